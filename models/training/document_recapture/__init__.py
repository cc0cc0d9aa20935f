"""How `models/trained/document_recapture.onnx` was made: `windows`, then `train`, then `evaluate`."""

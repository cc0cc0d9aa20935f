"""How `models/trained/document_detector.onnx` was made: `scenes`, then `train`, then `evaluate`."""

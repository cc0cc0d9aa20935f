"""How `models/trained/voice_spoof.onnx` was made: see README.md."""

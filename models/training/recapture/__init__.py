"""How `models/trained/recapture.onnx` was made: simulate recaptures, cut views, train, evaluate (see README.md)."""

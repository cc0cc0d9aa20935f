"""How `models/trained/face_artifacts.onnx` was made: manipulations of portraits, the network, its figures."""

"""How the network of `models/deepfake/generated.py` was trained: photographs against what decoders make of them."""

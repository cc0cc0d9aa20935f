"""Networks and signs of generated images and manipulated faces."""

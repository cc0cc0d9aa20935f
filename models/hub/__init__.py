"""Checkpoints that an operator brings: detectors for production accuracy, from a local directory or a model hub."""

"""Photographs that the document detector is measured on: `scenes`, then `evaluate`."""

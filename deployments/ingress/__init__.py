"""The HTTP face: each facade parses, authenticates and renders, and nothing more."""

"""The deepfake solution: made images, manipulated faces, cloned voices, and what their evidence says together."""

"""Untrusted bytes to arrays: what a file is, its frames, and the one way to fetch a URL."""

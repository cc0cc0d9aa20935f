"""The Oz-compatible API: folders of media, and the analyses made of them (contracts 4)."""

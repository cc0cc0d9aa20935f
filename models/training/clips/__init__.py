"""Selfie clips of people who answer a challenge, and of attacks on one, rendered from single portraits."""

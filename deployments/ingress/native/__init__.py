"""Veriscope's own API: solutions, full reports, artifacts, galleries and deliveries. Errors are RFC 9457 problems."""

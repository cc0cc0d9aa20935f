"""Ordinary and tampered PDFs, and what the PDF readers say of them."""

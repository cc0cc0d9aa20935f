"""Fields out of the text of documents: labels and layout, no template of any issuer."""

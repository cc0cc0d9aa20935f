"""Generated business documents with their truth, seeded."""

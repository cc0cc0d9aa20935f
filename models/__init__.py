"""One predictor a file: arrays in, dataclasses out. No Ray, no HTTP, no database."""

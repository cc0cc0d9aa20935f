"""What `benchmarks/identity.py` measures with, and on: pairs, degradations, attacks, systems, error rates, figures."""

"""Cases, measurements and report of `benchmarks.forensics`."""

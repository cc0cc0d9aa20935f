"""The parts of `benchmarks.face_manipulation`: what is judged, and how it is told."""

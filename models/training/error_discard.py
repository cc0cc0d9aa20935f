"""Error versus discard (ISO/IEC 29794-1): how errors fall as pairs of low quality are rejected."""

import numpy as np

SAMPLES = 250


def error_versus_discard(errors: np.ndarray, quality: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Share of errors among what remains when the share of lowest quality is rejected.

    Args:
        errors: (N,) bool.
        quality: (N,) higher = better; of a pair the lower of its two.
        shares: rejected, each 0..1 (1 excluded).
    """
    ordered = errors[np.argsort(quality, kind="stable")]
    return np.array([ordered[int(share * len(ordered) + 1e-9) :].mean() for share in shares])


def resampled_discard(
    errors: np.ndarray, quality: np.ndarray, persons: np.ndarray, shares: np.ndarray, seed: int
) -> np.ndarray:
    """`error_versus_discard` of samples of whole persons, drawn with replacement: (samples, shares)."""
    rng, names = np.random.default_rng(seed), np.unique(persons)
    rows = {name: np.flatnonzero(persons == name) for name in names}
    curves = []
    for _ in range(SAMPLES):
        drawn = np.concatenate([rows[name] for name in rng.choice(names, len(names))])
        curves.append(error_versus_discard(errors[drawn], quality[drawn], shares))
    return np.stack(curves)

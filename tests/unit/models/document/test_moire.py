"""Structure that runs through a whole document stands out of its mean spectrum; print on it does not."""

import cv2
import numpy as np

from models.document.moire import PEAKS, peaks


def crops(grid: float) -> np.ndarray:
    """Twelve crops with lettering and noise, under a grid of that contrast."""
    rng = np.random.default_rng(1)
    yy, xx = np.mgrid[0:128, 0:128]
    wave = 1 + grid * np.sin(2 * np.pi * (0.21 * xx + 0.13 * yy))
    found = []
    for number in range(12):
        image = np.full((128, 128, 3), 200, np.uint8)
        cv2.putText(image, f"AB{number}", (6, 40 + 6 * number), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 40, 50), 2)
        found.append(np.clip(image * wave[..., None] + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8))
    return np.stack(found)


def test_a_faint_grid_over_everything_is_a_peak() -> None:
    plain, gridded = peaks(crops(0.0)), peaks(crops(0.03))
    assert plain.shape == (PEAKS,)
    assert gridded[0] > plain[0] + 1


def test_an_even_area_has_no_peak_and_no_error() -> None:
    assert np.isfinite(peaks(np.full((3, 128, 128, 3), 180, np.uint8))).all()

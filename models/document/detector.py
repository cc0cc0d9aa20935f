"""What finding documents in a photograph answers."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class DocumentQuad:
    """One document.

    Attributes:
        corners: (4, 2) float32 x, y in pixels of the image, clockwise as seen, from the corner nearest to the image's
            top left; may lie outside of the image.
        score: 0..1, how much of its sides is edge.
    """

    corners: np.ndarray
    score: float

    @property
    def area(self) -> float:
        """Square pixels, parts outside of the image included."""
        return float(cv2.contourArea(self.corners))

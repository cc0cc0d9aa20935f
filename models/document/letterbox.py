"""A picture as the document detector's network gets it."""

import cv2
import numpy as np

SIZE = 256
"""Side of the network's input, pixels."""
MARGIN = 12
"""Grey pixels round the picture in it: room for corners that lie at or beyond the border."""
GREY = 127


def letterbox(image: np.ndarray) -> tuple[np.ndarray, float, np.ndarray]:
    """An (H, W, 3) uint8 image reduced into a square.

    Returns:
        (SIZE, SIZE, 3) uint8, the scale, and the (2,) x, y offset: network pixels = image pixels * scale + offset.
    """
    height, width = image.shape[:2]
    k = (SIZE - 2 * MARGIN) / max(height, width)
    inside = max(1, round(width * k)), max(1, round(height * k))
    small = cv2.resize(image, inside, interpolation=cv2.INTER_AREA if k < 1 else cv2.INTER_LINEAR)
    canvas = np.full((SIZE, SIZE, 3), GREY, np.uint8)
    left, top = (SIZE - inside[0]) // 2, (SIZE - inside[1]) // 2
    canvas[top : top + inside[1], left : left + inside[0]] = small
    return canvas, k, np.array([left, top], np.float32)

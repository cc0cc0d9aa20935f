"""Invisible watermarks of the kind dwtDct, embedded as `invisible-watermark` 0.2.0 does."""

import cv2
import numpy as np
import pytest
import skimage.data

from models.deepfake.watermark import DWT_DCT, block_votes, fits


def embedded(image: np.ndarray, message: np.ndarray) -> np.ndarray:
    """Puts the message into the chroma: a quarter or three quarters of a step of 36 above a whole one."""
    height, width = (side // 8 * 8 for side in image.shape[:2])
    yuv = cv2.cvtColor(image[:height, :width], cv2.COLOR_RGB2YUV).astype(np.float32)
    chroma = yuv[..., 1]
    coarse = chroma.reshape(height // 2, 2, width // 2, 2).sum((1, 3)) / 2
    for number, (row, column) in enumerate(np.ndindex(height // 8, width // 8)):
        block = coarse[row * 4 : row * 4 + 4, column * 4 : column * 4 + 4]
        at = np.unravel_index(np.abs(block.ravel()[1:]).argmax() + 1, (4, 4))
        block[at] = (block[at] // 36 + 0.25 + 0.5 * message[number % len(message)]) * 36
    old = chroma.reshape(height // 2, 2, width // 2, 2).sum((1, 3)) / 2
    yuv[..., 1] += np.kron((coarse - old) / 2, np.ones((2, 2), np.float32))
    return cv2.cvtColor(np.clip(np.round(yuv), 0, 255).astype(np.uint8), cv2.COLOR_YUV2RGB)


def best(image: np.ndarray) -> tuple[str, float, float]:
    return max((fit for votes in block_votes(image) for fit in fits(votes)), key=lambda fit: fit[1])


@pytest.mark.parametrize("name", sorted(DWT_DCT))
def test_every_known_message_is_read_where_it_was_embedded(name: str) -> None:
    message, strength, agreement = best(embedded(skimage.data.astronaut(), DWT_DCT[name]))
    assert message == name
    assert agreement > 0.95  # where colours are clipped a bit is lost
    assert strength > 20


def test_a_message_is_read_whichever_way_round_the_colours_were_embedded() -> None:
    swapped = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
    image = np.ascontiguousarray(embedded(swapped, DWT_DCT["SDXL"])[..., ::-1])
    assert best(image)[0] == "SDXL"


def test_nothing_is_read_from_a_photograph() -> None:
    _, strength, agreement = best(skimage.data.astronaut())
    assert strength < 5
    assert agreement < 0.8


def test_another_message_and_a_shifted_grid_are_not_taken_for_a_known_one() -> None:
    unknown = np.random.default_rng(3).integers(0, 2, 48).astype(np.uint8)
    for image in (
        embedded(skimage.data.astronaut(), unknown),
        embedded(skimage.data.astronaut(), DWT_DCT["SDXL"])[3:, 5:],
    ):
        assert best(image)[2] < 0.8

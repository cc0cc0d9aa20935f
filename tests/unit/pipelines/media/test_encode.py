import io

import numpy as np
from PIL import Image

from pipelines.media.encode import jpeg

from .samples import corners, shows_corners


def test_a_jpeg_shows_what_was_encoded() -> None:
    assert shows_corners(np.asarray(Image.open(io.BytesIO(jpeg(corners())))))


def test_a_picture_is_reduced_to_the_side_asked_for() -> None:
    with Image.open(io.BytesIO(jpeg(corners(600, 400), max_side=150))) as image:
        assert image.size == (150, 100)


def test_a_picture_that_fits_is_not_enlarged() -> None:
    with Image.open(io.BytesIO(jpeg(corners(), max_side=1000))) as image:
        assert image.size == (96, 64)


def test_a_lower_quality_takes_fewer_bytes() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    assert len(jpeg(noise, quality=40)) < len(jpeg(noise, quality=90))


def test_pixels_that_are_a_view_of_others_are_encoded_too() -> None:
    view = corners(200, 128)[::2, ::2]
    assert shows_corners(np.asarray(Image.open(io.BytesIO(jpeg(view)))))

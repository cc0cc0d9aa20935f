"""Ghosts and copies in pictures that the tests make; each check beside its control of identical history."""

import io

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image

from models.document.copy_move import CopyMoveDetector
from models.document.ghosts import GhostDetector, Picture
from models.document.quantisation import luma_table, nearest_quality


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    """Compressed once, and decoded."""
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "JPEG", quality=quality)
    return np.asarray(Image.open(target).convert("RGB"))


def pasted(base: np.ndarray, patch: np.ndarray, left: int, top: int) -> np.ndarray:
    picture = base.copy()
    picture[top : top + patch.shape[0], left : left + patch.shape[1]] = patch
    return picture


@pytest.fixture(scope="module")
def base() -> np.ndarray:
    return skimage.data.astronaut()


@pytest.fixture(scope="module")
def patch() -> np.ndarray:
    return np.ascontiguousarray(skimage.data.chelsea()[40:200, 120:280])


@pytest.fixture(scope="module")
def ghosts() -> GhostDetector:
    detector = GhostDetector()
    detector.load()
    return detector


@pytest.fixture(scope="module")
def copies() -> CopyMoveDetector:
    detector = CopyMoveDetector()
    detector.load()
    return detector


def test_the_table_is_libjpeg_s(base: np.ndarray) -> None:
    target = io.BytesIO()
    Image.fromarray(base).save(target, "JPEG", quality=83)
    steps = Image.open(target).quantization[0]  # type: ignore[attr-defined]
    assert list(steps) == luma_table(83).ravel().tolist()
    assert nearest_quality(luma_table(83).ravel().tolist()) == 83


def test_a_part_that_was_compressed_before_is_found(ghosts: GhostDetector, base: np.ndarray, patch: np.ndarray) -> None:
    (found,) = ghosts.predict([Picture(jpeg(pasted(base, jpeg(patch, 65), 200, 240), 90), 90)])
    assert found is not None
    assert found.score < 0.5
    assert found.details["kind"] == "earlier"
    left, top, right, bottom = found.regions[0]
    assert 168 <= left < right <= 392
    assert 208 <= top < bottom <= 432


def test_a_part_put_into_a_compressed_picture_is_found(
    ghosts: GhostDetector, base: np.ndarray, patch: np.ndarray
) -> None:
    (found,) = ghosts.predict([Picture(jpeg(pasted(jpeg(base, 70), patch, 203, 245), 90), 90)])
    assert found is not None
    assert found.score < 0.5
    assert found.details["kind"] == "missing"
    assert abs(found.details["global_quality"] - 70) <= 1


@pytest.mark.parametrize("quality", [75, 90, 95])
def test_ghosts_say_nothing_of_a_part_with_the_same_history(
    ghosts: GhostDetector, base: np.ndarray, patch: np.ndarray, quality: int
) -> None:
    """The control: the same forgery before the only compression."""
    (found,) = ghosts.predict([Picture(jpeg(pasted(base, patch, 200, 240), quality), quality)])
    assert found is not None
    assert found.score > 0.5


def test_a_picture_compressed_twice_is_no_splice_but_tells_the_earlier_quality(
    ghosts: GhostDetector, base: np.ndarray
) -> None:
    (found,) = ghosts.predict([Picture(jpeg(jpeg(base, 70), 90), 90)])
    assert found is not None
    assert found.score > 0.5
    assert abs(found.details["global_quality"] - 70) <= 1


@pytest.mark.parametrize("last", [90, 95])
def test_a_part_put_in_is_found_without_knowing_the_file_s_quality(
    ghosts: GhostDetector, base: np.ndarray, patch: np.ndarray, last: int
) -> None:
    forged, genuine = jpeg(pasted(jpeg(base, 70), patch, 203, 245), last), jpeg(jpeg(base, 70), last)
    found, calm = ghosts.predict([Picture(forged), Picture(genuine)])
    assert found is not None
    assert calm is not None
    assert found.score < 0.5 < calm.score


def test_a_picture_too_small_or_too_plain_cannot_be_judged(ghosts: GhostDetector, copies: CopyMoveDetector) -> None:
    plain = np.full((300, 300, 3), 128, np.uint8)
    assert ghosts.predict([Picture(plain), Picture(plain[:50, :50])]) == [None, None]
    assert copies.predict([plain]) == [None]


@pytest.mark.parametrize(("degrees", "scale"), [(0.0, 1.0), (15.0, 1.0), (0.0, 0.85)])
def test_a_copy_within_the_picture_is_found(
    copies: CopyMoveDetector, base: np.ndarray, degrees: float, scale: float
) -> None:
    size = 120
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), degrees, scale)
    eye = cv2.warpAffine(
        base[60:180, 160:280], turn, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    (found,) = copies.predict([jpeg(pasted(base, eye[15:-15, 15:-15], 20, 330), 88)])
    assert found is not None
    assert found.score < 0.5
    assert len(found.regions) == 2
    boxes = [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in found.regions]
    assert any(20 < x < 110 and 330 < y < 420 for x, y in boxes)
    assert any(160 < x < 280 and 60 < y < 180 for x, y in boxes)


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_genuine_pictures_hold_no_copies(copies: CopyMoveDetector, name: str) -> None:
    (found,) = copies.predict([jpeg(getattr(skimage.data, name)(), 90)])
    assert found is not None
    assert found.score > 0.5


def test_copies_say_nothing_of_a_part_from_another_picture(
    copies: CopyMoveDetector, base: np.ndarray, patch: np.ndarray
) -> None:
    """The control: a foreign part with the same history."""
    (found,) = copies.predict([jpeg(pasted(base, patch, 20, 330), 88)])
    assert found is not None
    assert found.score > 0.5


def test_lines_that_repeat_are_no_copies(copies: CopyMoveDetector) -> None:
    """A wall of steps looks like itself all along, yet nothing was copied."""
    rng = np.random.default_rng(0)
    wall = np.full((600, 800), 120.0)
    wall[::40] = 220
    wall[1::40] = 60
    picture = np.repeat(np.clip(wall + rng.normal(0, 6, wall.shape), 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    (found,) = copies.predict([jpeg(picture, 90)])
    assert found is None or found.score > 0.5

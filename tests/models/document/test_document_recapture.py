"""Documents, screens that show them and printed copies, simulated with layouts and devices that training never saw."""

import numpy as np
import pytest

from models.cards import card
from models.document.recapture import DocumentRecaptureDetector, RecaptureScores, cut_crops
from models.training.document_recapture.photos import photograph
from models.training.recapture.settings import HELD_OUT
from models.training.specimens import UNSEEN, specimen
from models.training.specimens.fonts import missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"Debian packages are missing: {', '.join(missing())}")
PARAMETERS = card("document/recapture").parameters


@pytest.fixture(scope="module")
def scores() -> dict[str, list[RecaptureScores]]:
    """Of 12 ordinary photographs of each kind."""
    detector = DocumentRecaptureDetector()
    detector.load()
    rng = np.random.default_rng(17)
    documents = [specimen(rng, layout, ppmm=12).front.image for layout in UNSEEN]
    found = {}
    for species in ("bona_fide", "screen", "print_grey"):
        taken = [
            photograph(documents[n % len(documents)], species, rng, HELD_OUT.ordinary(), documents[0])
            for n in range(12)
        ]
        found[species] = detector.predict([cut_crops(*shot) for shot in taken])
    return found


def test_documents_before_the_camera_hardly_ever_fail(scores: dict[str, list[RecaptureScores]]) -> None:
    failed = [
        one.screen < PARAMETERS["screen_fails_below"] or one.print < PARAMETERS["print_fails_below"]
        for one in scores["bona_fide"]
    ]
    assert sum(failed) <= 1


def test_recaptures_score_below_documents(scores: dict[str, list[RecaptureScores]]) -> None:
    bona_fide = scores["bona_fide"]
    assert np.median([one.screen for one in scores["screen"]]) < np.median([one.screen for one in bona_fide])
    assert np.median([one.print for one in scores["print_grey"]]) < np.median([one.print for one in bona_fide])


def test_crops_lie_in_the_document_at_native_resolution() -> None:
    image = np.random.default_rng(1).integers(0, 255, (700, 1000, 3), np.uint8)
    crops = cut_crops(image, np.array([[100, 80], [900, 90], [880, 600], [110, 590]], float))
    assert crops.shape == (12, 128, 128, 3)
    assert all(
        crop.tobytes() in {image[y : y + 128, x : x + 128].tobytes() for y, x in _places(image, crop)} for crop in crops
    )


def _places(image: np.ndarray, crop: np.ndarray) -> list[tuple[int, int]]:
    """Where the crop's first pixel row occurs in the image."""
    ys, xs = np.nonzero((image[:573, :873] == crop[0, 0]).all(-1))
    return list(zip(ys.tolist(), xs.tolist(), strict=True))


def test_a_picture_smaller_than_a_crop_is_padded() -> None:
    crops = cut_crops(np.zeros((90, 140, 3), np.uint8), np.array([[0, 0], [139, 0], [139, 89], [0, 89]], float))
    assert crops.shape[1:] == (128, 128, 3)

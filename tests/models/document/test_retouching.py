"""Retouching on generated documents: what was swapped after a compression is told from what was not."""

from collections.abc import Callable

import numpy as np
import pytest

from models.document.retouching import DocumentInPhoto, RetouchingDetector
from models.training.document_retouching.dataset import in_photo
from models.training.specimens import UNSEEN, Specimen, specimen
from models.training.specimens.capture import capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.fonts import MissingFontError
from models.training.specimens.forgeries import Forged, forge
from models.training.specimens.surroundings import UNSEEN_GROUNDS


@pytest.fixture(scope="module")
def detector() -> RetouchingDetector:
    loaded = RetouchingDetector()
    loaded.load()
    return loaded


@pytest.fixture(scope="module")
def documents(astronaut: np.ndarray) -> list[tuple[Specimen, Conditions]]:
    """Four documents of one holder, and how each is photographed: well, compressed once at a low quality."""
    face = astronaut[0:321, 95:345]
    try:
        made = [specimen(np.random.default_rng([31, n]), UNSEEN[n], face) for n in (0, 2, 4, 5)]
    except MissingFontError as error:
        pytest.skip(str(error))
    return [(document, Conditions(width=1400, height=1050, cover=0.5, quality=78)) for document in made]


@pytest.fixture
def score(detector: RetouchingDetector, officer: np.ndarray) -> Callable[..., float]:
    """The portrait's score after a forgery that shows somebody else."""

    def of(document: Specimen, how: Conditions, kind: str, *, once: bool = False) -> float:
        return judged(detector, document, how, kind, officer[30:480, 80:430], once=once)

    return of


def judged(
    detector: RetouchingDetector, document: Specimen, how: Conditions, kind: str, face: np.ndarray, *, once: bool
) -> float:
    rng = np.random.default_rng(5)
    shot = capture(np.random.default_rng(6), document.front.image, how, grounds=UNSEEN_GROUNDS)
    forged: Forged = forge(rng, document, kind, how, face, once=once, grounds=UNSEEN_GROUNDS, shot=shot)
    item, _ = in_photo(np.random.default_rng(7), document, forged)
    found = detector.predict([item])[0]
    assert found.portrait is not None
    assert found.heat.min() >= 0
    assert found.heat.max() <= 1
    assert len(found.fields) == len(item.fields)
    return found.portrait


def test_a_portrait_swapped_after_a_compression_scores_lower_than_an_honest_one(
    score: Callable[..., float], documents: list[tuple[Specimen, Conditions]]
) -> None:
    honest = [score(*document, "none") for document in documents]
    pasted = [score(*document, "portrait_paste") for document in documents]
    assert min(honest) >= 0.5, "no honest portrait is flagged"
    assert np.mean(pasted) < np.mean(honest)
    assert min(pasted) < 0.5


def test_the_control_of_one_history_is_not_flagged(
    score: Callable[..., float], documents: list[tuple[Specimen, Conditions]]
) -> None:
    assert min(score(*document, "portrait_paste", once=True) for document in documents) >= 0.5


def test_what_is_too_small_to_tell_is_not_judged(detector: RetouchingDetector) -> None:
    photo = np.full((160, 240, 3), 128, np.uint8)
    item = DocumentInPhoto(photo, np.eye(3), photo.copy(), (20.0, 20.0, 40.0, 44.0), ((100.0, 20.0, 140.0, 32.0),))
    found = detector.predict([item])[0]
    assert found.portrait is None
    assert found.fields == (None,)

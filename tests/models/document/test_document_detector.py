"""Documents found in photographs of layouts that nothing was tuned on, on surfaces that neither was."""

import numpy as np
import pytest

from models.document.detector import DocumentQuad
from models.predictor import Predictor
from models.registry import create
from models.training.document_detector.evaluate import corner_error, counted, overlap
from models.training.specimens import UNSEEN, specimen
from models.training.specimens.capture import Photo, capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.fonts import missing
from models.training.specimens.surroundings import UNSEEN_GROUNDS

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"Debian packages are missing: {', '.join(missing())}")


@pytest.fixture(scope="module")
def detector() -> Predictor[np.ndarray, list[DocumentQuad]]:
    loaded = create("document/detector")
    loaded.load()
    return loaded


def shots(count: int) -> list[Photo]:
    found = []
    for index in range(count):
        rng = np.random.default_rng([41, index])
        side = specimen(rng, UNSEEN[index % len(UNSEEN)], ppmm=7).front.image
        found.append(capture(rng, side, Conditions.clean(rng, 900), grounds=UNSEEN_GROUNDS))
    return found


def test_documents_of_unseen_layouts_are_found_with_their_corners(detector: Predictor) -> None:
    taken = shots(14)
    hits, errors = 0, []
    for shot, found in zip(taken, detector.predict([shot.image for shot in taken]), strict=True):
        if len(counted(found)) == 1 and overlap(found[0].corners, shot.quads[0], shot.image.shape) > 0.9:
            hits += 1
            errors.append(corner_error(found[0].corners, shot.quads[0]))
    assert hits >= 10
    assert np.median(errors) < 0.01


def test_a_flat_scan_is_a_document(detector: Predictor) -> None:
    scans = [specimen(np.random.default_rng(n), UNSEEN[n], ppmm=8).front.image for n in range(4)]
    found = detector.predict(scans)
    shares = [
        0.0 if not quads else quads[0].area / (scan.shape[0] * scan.shape[1])
        for scan, quads in zip(scans, found, strict=True)
    ]
    assert sum(share > 0.9 for share in shares) >= 3


def test_a_bare_surface_is_no_document(detector: Predictor) -> None:
    rng = np.random.default_rng(3)
    bare = [capture(rng, [], Conditions.clean(rng, 700), grounds=("wood", "cloth", "plain")).image for _ in range(6)]
    assert sum(bool(quads) for quads in detector.predict(bare)) <= 1

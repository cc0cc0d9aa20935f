import numpy as np
import pytest

from models.face.detector import FaceBox, YuNetDetector
from models.face.liveness import FrLiveness, liveness_crop
from tests.models.conftest import Placed


@pytest.fixture(scope="module")
def liveness() -> FrLiveness:
    loaded = FrLiveness()
    loaded.load()
    return loaded


def test_photos_of_people_score_live(
    liveness: FrLiveness, detector: YuNetDetector, astronaut: np.ndarray, officer: np.ndarray
) -> None:
    crops = [liveness_crop(image, detector.predict([image])[0][0]) for image in (astronaut, officer)]
    assert min(liveness.predict(crops)) > 0.9


def test_a_batch_changes_nothing(liveness: FrLiveness, astronaut_face: Placed) -> None:
    crop = liveness_crop(astronaut_face.image, astronaut_face.face)
    assert liveness.predict([crop[::-1], crop])[1] == pytest.approx(liveness.predict([crop])[0], abs=1e-4)


def test_no_crops_give_no_scores(liveness: FrLiveness) -> None:
    assert liveness.predict([]) == []


def test_a_crop_at_the_border_stays_inside_the_image(astronaut: np.ndarray) -> None:
    corner = FaceBox(-20.0, -10.0, 80.0, 110.0, 0.9, np.zeros((5, 2), np.float32))
    assert liveness_crop(astronaut, corner).shape == (128, 128, 3)

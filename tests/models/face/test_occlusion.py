import cv2
import numpy as np
import pytest

from models.face.alignment import align
from models.face.detector import YuNetDetector
from models.face.occlusion import OcclusionDetector
from tests.models.conftest import Placed


@pytest.fixture(scope="module")
def occlusion() -> OcclusionDetector:
    loaded = OcclusionDetector()
    loaded.load()
    return loaded


@pytest.fixture(scope="module")
def face(astronaut_face: Placed) -> np.ndarray:
    return align(astronaut_face.image, astronaut_face.face.points)


def test_a_bare_face_is_all_visible(occlusion: OcclusionDetector, face: np.ndarray) -> None:
    (seen,) = occlusion.predict([face])
    assert min(seen.left_eye, seen.right_eye, seen.nose, seen.mouth, seen.total) > 0.7


def test_spectacles_do_not_hide_the_eyes(
    occlusion: OcclusionDetector, detector: YuNetDetector, officer: np.ndarray
) -> None:
    (seen,) = occlusion.predict([align(officer, detector.predict([officer])[0][0].points)])
    assert min(seen.left_eye, seen.right_eye) > 0.5


def test_dark_lenses_hide_the_eyes_and_nothing_else(occlusion: OcclusionDetector, face: np.ndarray) -> None:
    worn = face.copy()
    for x in (38, 74):
        cv2.ellipse(worn, (x, 53), (15, 11), 0, 0, 360, (20, 20, 24), -1, cv2.LINE_AA)
    (seen,) = occlusion.predict([worn])
    assert max(seen.left_eye, seen.right_eye) < 0.5 < min(seen.nose, seen.mouth)


def test_a_mask_hides_the_mouth_and_leaves_the_eyes(occlusion: OcclusionDetector, face: np.ndarray) -> None:
    worn = face.copy()
    worn[64:] = (170, 200, 220)
    (seen,) = occlusion.predict([worn])
    assert seen.mouth < 0.5 < min(seen.left_eye, seen.right_eye)


def test_what_was_never_trained_on_is_told_from_a_face(occlusion: OcclusionDetector, face: np.ndarray) -> None:
    sheet, microphone = face.copy(), face.copy()
    sheet[20:80, 60:100] = 235
    sheet[24:78:6, 64:96] = 80
    cv2.line(microphone, (56, 94), (80, 111), (40, 40, 45), 12, cv2.LINE_AA)
    cv2.circle(microphone, (56, 92), 15, (95, 95, 100), -1, cv2.LINE_AA)
    behind, sung = occlusion.predict([sheet, microphone])
    assert behind.left_eye < 0.5 < behind.right_eye
    assert sung.mouth < 0.5 < min(sung.left_eye, sung.right_eye)


def test_the_hidden_eye_is_the_one_that_is_named(occlusion: OcclusionDetector, face: np.ndarray) -> None:
    worn = face.copy()
    cv2.ellipse(worn, (38, 53), (15, 11), 0, 0, 360, (20, 20, 24), -1, cv2.LINE_AA)
    (seen,) = occlusion.predict([worn])
    assert seen.right_eye < 0.5 < seen.left_eye

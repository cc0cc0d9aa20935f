from pathlib import Path

import cv2
import numpy as np
import pytest

from models import weights
from models.face.detector import YuNetDetector
from models.training.degradations import flat_and_tinted, noisy


def test_the_one_face_of_a_portrait_is_found(detector: YuNetDetector, astronaut: np.ndarray) -> None:
    (face,) = detector.predict([astronaut])[0]
    assert face.score > 0.9
    assert (face.left, face.top, face.right, face.bottom) == pytest.approx((178, 63, 268, 176), abs=3)


def test_points_are_eyes_nose_and_mouth_the_persons_right_first(detector: YuNetDetector, astronaut: np.ndarray) -> None:
    right_eye, left_eye, nose, right_mouth, left_mouth = detector.predict([astronaut])[0][0].points
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_mouth[0] < left_mouth[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])


def test_boxes_agree_with_opencvs_own_detector(detector: YuNetDetector, officer: np.ndarray) -> None:
    height, width = officer.shape[:2]
    theirs = cv2.FaceDetectorYN.create(str(weights.path("yunet")), "", (width, height), 0.6, 0.3, 5000)
    row = theirs.detect(cv2.cvtColor(officer, cv2.COLOR_RGB2BGR))[1][0]
    ours = detector.predict([officer])[0][0]
    assert [ours.left, ours.top, ours.width, ours.height] == pytest.approx(row[:4].tolist(), abs=0.1)
    assert ours.points.ravel().tolist() == pytest.approx(row[4:14].tolist(), abs=0.1)
    assert ours.score == pytest.approx(float(row[14]), abs=1e-3)


def test_a_large_image_is_reduced_and_its_boxes_come_back_in_its_own_pixels(
    detector: YuNetDetector, astronaut: np.ndarray
) -> None:
    large = cv2.resize(astronaut, (2048, 2048), interpolation=cv2.INTER_CUBIC)[:, :1500]
    face, small = detector.predict([large])[0][0], detector.predict([astronaut])[0][0]
    ours, theirs = ([box.left, box.top, box.right, box.bottom] for box in (face, small))
    assert [edge / 4 for edge in ours] == pytest.approx(theirs, abs=5)


def test_a_batch_of_several_sizes_gives_what_each_image_gives_alone(
    detector: YuNetDetector, astronaut: np.ndarray, officer: np.ndarray
) -> None:
    batch = [astronaut, officer, astronaut[:, ::-1], astronaut[:300]]
    together, alone = detector.predict(batch), [detector.predict([image])[0] for image in batch]
    assert [len(faces) for faces in together] == [1, 1, 1, 1]
    for ours, theirs in zip(together, alone, strict=True):
        assert ours[0].left == pytest.approx(theirs[0].left, abs=0.01)


def test_faces_come_largest_first(detector: YuNetDetector, astronaut: np.ndarray) -> None:
    canvas = np.zeros((512, 800, 3), np.uint8)
    canvas[:256, :256] = cv2.resize(astronaut, (256, 256), interpolation=cv2.INTER_AREA)
    canvas[:, 288:] = astronaut
    large, small = detector.predict([canvas])[0]
    assert large.left > 288 > small.right


def test_strong_noise_and_little_contrast_hide_no_face(detector: YuNetDetector, astronaut: np.ndarray) -> None:
    plain = detector.predict([astronaut])[0][0]
    rng = np.random.default_rng(2)
    for worse in (noisy(astronaut, plain, rng, (75, 75)), flat_and_tinted(astronaut, plain, rng, (0.05, 0.05))):
        (face,) = detector.predict([worse])[0]
        assert (face.left, face.right) == pytest.approx((plain.left, plain.right), abs=12)


def test_noise_alone_is_no_face(detector: YuNetDetector) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (6, 240, 320, 3), dtype=np.uint8)
    assert detector.predict(list(noise)) == [[]] * 6


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 900, 3), (480, 640, 3)])
def test_an_image_without_a_face_gives_none(detector: YuNetDetector, shape: tuple[int, int, int]) -> None:
    assert detector.predict([np.full(shape, 127, np.uint8)]) == [[]]


@pytest.mark.shared_data
def test_every_photo_of_the_pairs_has_its_face_found(
    detector: YuNetDetector, shared_data: Path, face_pairs: list[tuple[str, str, bool]]
) -> None:
    paths = sorted({path for first, second, _ in face_pairs for path in (first, second)})
    images = [cv2.cvtColor(cv2.imread(str(shared_data / path)), cv2.COLOR_BGR2RGB) for path in paths]
    assert [path for path, image in zip(paths, images, strict=True) if not detector.predict([image])[0]] == []

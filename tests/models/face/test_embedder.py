from pathlib import Path

import cv2
import numpy as np
import pytest

from models import weights
from models.face.alignment import align
from models.face.calibration import THRESHOLD, score
from models.face.detector import YuNetDetector
from models.face.embedder import SFace
from tests.models.conftest import Placed


@pytest.fixture(scope="module")
def crops(detector: YuNetDetector, astronaut: np.ndarray, officer: np.ndarray) -> list[np.ndarray]:
    return [align(image, detector.predict([image])[0][0].points) for image in (astronaut, officer)]


def test_alignment_is_opencvs_own(astronaut_face: Placed) -> None:
    face = astronaut_face.face
    row = np.array([face.left, face.top, face.width, face.height, *face.points.ravel(), face.score], np.float32)
    theirs = cv2.FaceRecognizerSF.create(str(weights.path("sface")), "").alignCrop(astronaut_face.image, row)
    ours = align(astronaut_face.image, face.points)
    assert np.abs(ours.astype(int) - theirs.astype(int)).max() <= 2


def test_embeddings_are_opencvs_own(embedder: SFace, crops: list[np.ndarray]) -> None:
    recognizer = cv2.FaceRecognizerSF.create(str(weights.path("sface")), "")
    theirs = recognizer.feature(cv2.cvtColor(crops[0], cv2.COLOR_RGB2BGR))[0]
    assert embedder.predict(crops[:1])[0] @ theirs / np.linalg.norm(theirs) > 0.9999


def test_embeddings_have_unit_length_and_a_batch_changes_nothing(embedder: SFace, crops: list[np.ndarray]) -> None:
    together = embedder.predict([*crops, *crops])
    assert [float(np.linalg.norm(vector)) for vector in together] == pytest.approx([1.0] * 4, abs=1e-5)
    assert together[3] @ embedder.predict(crops[1:])[0] == pytest.approx(1.0, abs=1e-5)


def test_no_crops_give_no_embeddings(embedder: SFace) -> None:
    assert embedder.predict([]) == []


def test_the_same_face_matches_when_mirrored_dark_and_compressed(embedder: SFace, crops: list[np.ndarray]) -> None:
    face = crops[0]
    data = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 20])[1]
    worn = [face[:, ::-1], (face * 0.4).astype(np.uint8), cv2.imdecode(data, cv2.IMREAD_COLOR)]
    first, *others = embedder.predict([face, *worn])
    assert min(score(float(first @ other)) for other in others) > 0.9


def test_two_persons_do_not_match(embedder: SFace, crops: list[np.ndarray]) -> None:
    first, second = embedder.predict(crops)
    assert score(float(first @ second)) < 0.55


@pytest.mark.shared_data
def test_labelled_pairs_are_told_apart_without_an_error_at_the_recommended_threshold(
    detector: YuNetDetector, embedder: SFace, shared_data: Path, face_pairs: list[tuple[str, str, bool]]
) -> None:
    vectors = {}
    for path in sorted({path for first, second, _ in face_pairs for path in (first, second)}):
        image = cv2.cvtColor(cv2.imread(str(shared_data / path)), cv2.COLOR_BGR2RGB)
        vectors[path] = embedder.predict([align(image, detector.predict([image])[0][0].points)])[0]
    scores = [score(float(vectors[first] @ vectors[second])) for first, second, _ in face_pairs]
    wrong = [pair for pair, value in zip(face_pairs, scores, strict=True) if (value >= THRESHOLD) != pair[2]]
    assert len(face_pairs) == 300
    assert wrong == []
    assert min(value for pair, value in zip(face_pairs, scores, strict=True) if pair[2]) > 0.9

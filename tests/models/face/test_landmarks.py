import cv2
import numpy as np
import pytest

from models.face.alignment import align
from models.face.detector import FaceBox, YuNetDetector
from models.face.embedder import SFace
from models.face.eyes import OPEN, eye_openness
from models.face.landmarks import BLENDSHAPES, FaceMesh, alignment_points, mesh_crop, to_image
from models.face.pose import head_pose
from models.face.quality import face_quality
from tests.models.conftest import Placed


def mirrored(image: np.ndarray, face: FaceBox) -> tuple[np.ndarray, FaceBox]:
    edge = image.shape[1] - 1
    points = face.points[[1, 0, 2, 4, 3]] * (-1, 1) + (edge, 0)
    box = FaceBox(edge - face.right, face.top, edge - face.left, face.bottom, face.score, points.astype(np.float32))
    return np.ascontiguousarray(image[:, ::-1]), box


def test_a_face_is_present_and_a_wall_is_not(mesh: FaceMesh, astronaut_face: Placed) -> None:
    (nothing,) = mesh.predict([np.full((256, 256, 3), 128, np.uint8)])
    assert astronaut_face.mesh.presence > 0.99
    assert nothing.presence < 0.1


def test_the_mesh_lies_on_the_face_of_the_original_image(astronaut_face: Placed) -> None:
    points = to_image(astronaut_face.mesh.landmarks, astronaut_face.crop_to_image)
    right_eye, left_eye, nose, *_ = astronaut_face.face.points
    assert np.linalg.norm(points[[33, 133], :2].mean(0) - right_eye) < 6
    assert np.linalg.norm(points[[263, 362], :2].mean(0) - left_eye) < 6
    assert np.linalg.norm(points[4, :2] - nose) < 6


def test_blendshapes_are_named_shares(astronaut_face: Placed) -> None:
    shapes = dict(zip(BLENDSHAPES, astronaut_face.mesh.blendshapes.tolist(), strict=True))
    assert len(shapes) == 52
    assert all(0 <= value <= 1 for value in shapes.values())
    assert shapes["mouthSmileLeft"] > 0.5
    assert shapes["mouthSmileRight"] > 0.5


def test_open_eyes_read_open(astronaut_face: Placed) -> None:
    pose = head_pose(to_image(astronaut_face.mesh.landmarks, astronaut_face.crop_to_image))
    assert (eye_openness(astronaut_face.mesh, pose).least or 0) > OPEN


def test_a_mirror_turns_yaw_and_roll_and_leaves_pitch(mesh: FaceMesh, astronaut_face: Placed) -> None:
    image, face = mirrored(astronaut_face.image, astronaut_face.face)
    crop, back = mesh_crop(image, face)
    theirs = head_pose(to_image(mesh.predict([crop])[0].landmarks, back))
    ours = head_pose(to_image(astronaut_face.mesh.landmarks, astronaut_face.crop_to_image))
    assert theirs.yaw == pytest.approx(-ours.yaw, abs=3)
    assert theirs.roll == pytest.approx(-ours.roll, abs=2)
    assert theirs.pitch == pytest.approx(ours.pitch, abs=3)


@pytest.mark.parametrize("degrees", [-30, 20])
def test_turning_the_picture_turns_the_roll(
    detector: YuNetDetector, mesh: FaceMesh, astronaut_face: Placed, degrees: int
) -> None:
    turn = cv2.getRotationMatrix2D((223, 120), degrees, 1)  # anticlockwise is positive, as in Pose.roll
    image = cv2.warpAffine(astronaut_face.image, turn, (512, 512))
    crop, back = mesh_crop(image, detector.predict([image])[0][0])
    turned = head_pose(to_image(mesh.predict([crop])[0].landmarks, back))
    upright = head_pose(to_image(astronaut_face.mesh.landmarks, astronaut_face.crop_to_image))
    assert turned.roll - upright.roll == pytest.approx(degrees, abs=3)
    assert (turned.yaw, turned.pitch) == pytest.approx((upright.yaw, upright.pitch), abs=5)


def test_a_crop_beyond_the_image_border_still_works(
    detector: YuNetDetector, mesh: FaceMesh, astronaut: np.ndarray
) -> None:
    image = np.ascontiguousarray(astronaut[70:, 185:])
    crop, _ = mesh_crop(image, detector.predict([image])[0][0])
    assert crop.shape == (256, 256, 3)
    assert mesh.predict([crop])[0].presence > 0.9


def test_blur_lowers_sharpness_and_darkness_lowers_brightness(astronaut_face: Placed) -> None:
    crop, landmarks = astronaut_face.crop, astronaut_face.mesh.landmarks
    plain = face_quality(crop, landmarks)
    assert face_quality(cv2.GaussianBlur(crop, (0, 0), 4), landmarks).sharpness < 0.3 < plain.sharpness
    assert face_quality((crop * 0.3).astype(np.uint8), landmarks).brightness < 0.2 < plain.brightness


@pytest.mark.parametrize("degrees", [-30, 30, 45])
def test_a_tilted_head_still_embeds_as_the_same_person(
    detector: YuNetDetector, mesh: FaceMesh, embedder: SFace, astronaut_face: Placed, degrees: int
) -> None:
    turn = cv2.getRotationMatrix2D((223, 120), degrees, 1)
    image = cv2.warpAffine(astronaut_face.image, turn, (512, 512))
    face = detector.predict([image])[0][0]
    crop, back = mesh_crop(image, face)
    points = alignment_points(face, mesh.predict([crop])[0], back)
    upright = align(astronaut_face.image, astronaut_face.face.points)
    first, second = embedder.predict([upright, align(image, points)])
    assert float(first @ second) > 0.8


def test_an_upright_face_is_aligned_by_the_detectors_points(astronaut_face: Placed) -> None:
    points = alignment_points(astronaut_face.face, astronaut_face.mesh, astronaut_face.crop_to_image)
    assert points is astronaut_face.face.points

"""Rendered clips of real portraits: a head that turns, and the same portrait as a sheet of paper that turns."""

import io

import av
import numpy as np
import pytest

from models.face.detector import YuNetDetector
from models.face.landmarks import FaceMesh, mesh_crop, to_image
from models.face.planarity import Planarity, planarity
from models.training.clips.camera import Camera, encode, film, photograph
from models.training.clips.head import Head, Posture

CAMERA = Camera(width=480, height=640, focal=640.0, fps=8, noise=2.0, quality=28)
SIZE = (CAMERA.width, CAMERA.height)


class Sheet(Head):
    """A portrait without depth."""

    def __init__(self, image: np.ndarray, mesh: np.ndarray) -> None:
        super().__init__(image, mesh)
        self.points[:, 2] = 0
        self.follows = np.ones_like(self.follows)


def meshes(pictures: list[np.ndarray], detector: YuNetDetector, mesh: FaceMesh) -> np.ndarray:
    found = []
    for picture, faces in zip(pictures, detector.predict(pictures), strict=True):
        crop, crop_to_image = mesh_crop(picture, faces[0])
        found.append(to_image(mesh.predict([crop])[0].landmarks, crop_to_image))
    return np.stack(found)


def seen(thing: Head, most: float, detector: YuNetDetector, mesh: FaceMesh) -> Planarity:
    """What is measured of it while it turns by that many degrees to both sides, after the camera and H.264."""
    postures = [Posture(yaw=yaw, x=yaw / 200) for yaw in np.linspace(-most, most, 12)]
    pictures = [photograph(thing, posture, CAMERA) for posture in postures]
    clip = encode(film(pictures, CAMERA, np.random.default_rng(1)), CAMERA)
    with av.open(io.BytesIO(clip)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    found = planarity(meshes(frames, detector, mesh), SIZE)
    assert found is not None
    return found


@pytest.mark.parametrize("person", ["astronaut", "officer"])
def test_a_head_that_turns_is_told_from_its_picture_that_turns(
    person: str, request: pytest.FixtureRequest, detector: YuNetDetector, mesh: FaceMesh
) -> None:
    image = request.getfixturevalue(person)
    (shape,) = meshes([image], detector, mesh)
    head = seen(Head(image, shape), 20, detector, mesh)
    sheet = seen(Sheet(image, shape), 38, detector, mesh)
    assert (head.planar, sheet.planar) == (False, True)
    assert (head.solid, sheet.solid) == (True, False)
    assert head.relief > 2 * sheet.relief

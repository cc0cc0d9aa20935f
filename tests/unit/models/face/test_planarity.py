"""A head that turns against a picture of one that turns, on synthetic meshes."""

import numpy as np
import pytest

from models.face.planarity import CARD, LEAST_FRAMES, Planarity, planarity

SIZE = (480, 640)
NOISE = 0.4  # pixels, as the mesh of a face of 150 pixels trembles


def head() -> np.ndarray:
    """(478, 3) points of a face 150 pixels wide: an oval that bends backwards, and a nose."""
    rng = np.random.default_rng(3)
    angle, radius = rng.uniform(0, 2 * np.pi, 478), np.sqrt(rng.uniform(0, 1, 478))
    x, y = 75 * radius * np.cos(angle), 95 * radius * np.sin(angle)
    nose = np.exp(-((x / 15) ** 2) - ((y - 10) / 25) ** 2)
    return np.column_stack([x, y, 60 * radius**2 - 40 * nose])


def about_y(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def about_z(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])


def trembling(meshes: list[np.ndarray]) -> np.ndarray:
    rng = np.random.default_rng(4)
    return np.stack([mesh + rng.normal(0, NOISE, mesh.shape) + (*rng.normal((240, 320), 20), 0) for mesh in meshes])


def turned_head(most: float) -> np.ndarray:
    return trembling([head() @ about_y(angle).T for angle in np.linspace(-most / 2, most, 12)])


def turned_picture(most: float) -> np.ndarray:
    """The network gives the picture a head's depth, however it is held; only what is seen gets narrow."""
    return trembling([head() * (np.cos(np.radians(angle)), 1, 1) for angle in np.linspace(-most / 2, most, 12)])


@pytest.mark.parametrize("degrees", [12, 20, 35])
def test_a_head_that_turns_is_solid_and_never_planar(degrees: float) -> None:
    found = planarity(turned_head(degrees), SIZE)
    assert found is not None
    assert not found.planar
    assert found.relief > 0.7
    assert found.solid == (found.turn >= CARD.parameters["turn_solid"])


@pytest.mark.parametrize("degrees", [25, 35, 45])
def test_a_picture_that_turns_is_planar(degrees: float) -> None:
    found = planarity(turned_picture(degrees), SIZE)
    assert found is not None
    assert found.planar
    assert not found.solid


def test_a_face_that_only_moves_grows_and_tilts_is_neither() -> None:
    meshes = [(1 + 0.8 * share) * head() @ about_z(23 * share).T for share in np.linspace(0, 1, 9)]
    found = planarity(trembling(meshes), SIZE)
    assert found is not None
    assert not found.planar
    assert not found.solid


def test_an_expression_squeezes_without_being_stiff() -> None:
    shape, meshes = head(), []
    for opening in np.linspace(0, 1, 12):
        mesh = shape.copy()
        mesh[shape[:, 1] > 30, 1] += 30 * opening
        meshes.append(mesh)
    found = planarity(trembling(meshes), SIZE)
    assert found is not None
    assert found.stiffness < CARD.parameters["stiffness_planar"]
    assert not found.planar


@pytest.mark.parametrize("focal", [480, 640, 900])
def test_a_face_that_perspective_stretches_at_the_edge_of_a_picture_is_not_planar(focal: int) -> None:
    meshes = []
    for x in np.linspace(-200, 200, 12) / focal:  # the tangent of where it stands; it faces the camera from there
        angle = np.degrees(np.arctan(x))
        away = head() @ about_y(angle).T + 900 * np.array([x, 0, 1])
        seen = np.column_stack([away[:, :2] / away[:, 2:] * focal + (240, 320), head()[:, 2]])
        meshes.append(seen + np.random.default_rng(5).normal(0, NOISE, seen.shape))
    found = planarity(np.stack(meshes), SIZE)
    assert found is not None
    assert not found.planar


def test_too_few_frames_say_nothing() -> None:
    assert planarity(turned_picture(40)[: LEAST_FRAMES - 1], SIZE) is None
    assert planarity(np.empty((0, 478, 3)), SIZE) is None


def test_frames_that_are_all_alike_are_no_error() -> None:
    assert planarity(np.repeat(head()[None], 8, axis=0), SIZE) == Planarity(
        squeeze=pytest.approx(0, abs=1e-6),
        stiffness=pytest.approx(0, abs=1e-3),
        turn=pytest.approx(0, abs=1e-6),
        relief=pytest.approx(0, abs=1e-3),
        frames=8,
    )

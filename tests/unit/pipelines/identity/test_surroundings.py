"""What surrounds a face that comes closer: a picture of a head is carried along, what stands behind a head is not."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipelines.identity.active_liveness.geometry import OUTLINE
from pipelines.identity.active_liveness.surroundings import surroundings
from pipelines.identity.active_liveness.verify import AGREEMENT_FLAT, LAG_LEAST, verify
from pipelines.identity.observation import Mark, Surroundings
from tests.unit.pipelines.identity.test_active_liveness import ACTIONS, challenge, observed, postures, track

SIZE = (640, 480)


def texture(seed: int, spread: float = 30.0) -> np.ndarray:
    """(H, W, 3) uint8: soft blotches, as hair, clothes and rooms have them."""
    noise = np.random.default_rng(seed).standard_normal((*SIZE, 1)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    grey = np.clip(128 + spread * soft / max(float(soft.std()), 1e-6), 1, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def filmed(marks: list[Mark], behind: float, room: np.ndarray | None = None) -> list[np.ndarray]:
    """Frames of a face that grows with its mesh, while all around it grows by that share of it (logarithms)."""
    face, around = texture(1), texture(2) if room is None else room
    first = marks[0].mesh
    assert first is not None
    start, reach = first[list(OUTLINE), :2].mean(0), float(np.ptp(first[:, 1]))
    frames = []
    for number, mark in enumerate(marks):
        assert mark.mesh is not None
        outline = mark.mesh[list(OUTLINE), :2]
        middle, growth = outline.mean(0), float(np.ptp(mark.mesh[:, 1])) / reach
        layers = []
        for layer, by in ((around, growth**behind), (face, growth)):
            place = np.column_stack([np.eye(2) * by, middle - by * start])
            layers.append(cv2.warpAffine(layer, place, SIZE[::-1], borderMode=cv2.BORDER_REFLECT_101))
        mask = np.zeros(SIZE, np.uint8)
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(outline).astype(np.int32)), 1)
        frame = np.where(mask[..., None] > 0, layers[1], layers[0])
        grain = np.random.default_rng(number).normal(0, 2, frame.shape)
        frames.append(np.clip(frame + grain, 1, 255).astype(np.uint8))
    return frames


@pytest.fixture(scope="module")
def marks() -> list[Mark]:
    return track(postures(*ACTIONS))


def test_a_picture_carries_its_surroundings_along(marks: list[Mark]) -> None:
    found = surroundings(filmed(marks, 1.0), marks, 1.0)
    assert found is not None
    assert abs(found.lag) < LAG_LEAST / 2
    assert found.agreement > AGREEMENT_FLAT


@pytest.mark.parametrize("behind", [0.8, 0.5])
def test_what_stands_behind_falls_behind(marks: list[Mark], behind: float) -> None:
    found = surroundings(filmed(marks, behind), marks, 1.0)
    assert found is not None
    assert found.lag > LAG_LEAST or found.agreement < AGREEMENT_FLAT


def test_a_plain_wall_tells_nothing(marks: list[Mark]) -> None:
    assert surroundings(filmed(marks, 0.5, texture(3, spread=1.0)), marks, 1.0) is None


def test_without_an_approach_there_is_nothing_to_compare(marks: list[Mark]) -> None:
    still = [replace(mark, mesh=marks[0].mesh) for mark in marks]
    assert surroundings(filmed(still, 1.0), still, 1.0) is None


@pytest.mark.parametrize(
    ("around", "reasons"),
    [
        (Surroundings(0.02, 0.99), ("flat_face",)),
        (Surroundings(0.2, 0.99), ()),
        (Surroundings(0.02, 0.6), ()),  # the room moved about: a picture's own would have come along
        (None, ()),
    ],
)
def test_surroundings_that_come_along_refute_a_head(
    marks: list[Mark], around: Surroundings | None, reasons: tuple[str, ...]
) -> None:
    seen = replace(observed(marks), surroundings=around)
    checks = {check.name: check for check in verify(seen, challenge(*ACTIONS))}
    assert checks["active.perspective"].reasons == reasons

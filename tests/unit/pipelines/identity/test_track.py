"""What the track of a video says: movement, blinks, parallax, and the timeline as evidence."""

import json
from collections.abc import Iterable

import numpy as np
import pytest

from models.face.eyes import EyeOpenness
from models.face.pose import Pose
from pipelines.identity.observation import Mark, Observation
from pipelines.identity.track import blinks, head_motion, planarity, timeline, track_checks
from pipelines.report import Check, Status
from tests.unit.models.face.test_planarity import SIZE, turned_head, turned_picture
from tests.unit.pipelines.identity.faces import face, observation

LEVEL = Pose(yaw=0.0, pitch=0.0, roll=0.0)
SECOND = 0.1


def mark(number: int, mesh: np.ndarray | None, eye: float | None = 0.9) -> Mark:
    if mesh is None:
        return Mark(timestamp=number * SECOND, faces=0)
    return Mark(
        timestamp=number * SECOND,
        faces=1,
        box=(0.0, 0.0, 150.0, 190.0),
        presence=0.99,
        pose=LEVEL,
        eyes=EyeOpenness(eye, eye),
        mouth=0.25,
        mesh=mesh,
    )


def seen(marks: Iterable[Mark]) -> Observation:
    return Observation(
        kind="video", width=480, height=640, duration=3.0, rotation=0, frames=observation(face()).frames,
        track=tuple(marks),
    )  # fmt: skip


def checks(marks: Iterable[Mark]) -> dict[str, Check]:
    return {check.name: check for check in track_checks(seen(marks), "selfie")}


def film(meshes: np.ndarray, eyes: Iterable[float | None] | None = None) -> list[Mark]:
    known = list(eyes) if eyes is not None else [0.9] * len(meshes)
    return [mark(number, mesh, eye) for number, (mesh, eye) in enumerate(zip(meshes, known, strict=True))]


def test_an_image_has_no_track_checks_and_no_timeline() -> None:
    assert track_checks(observation(face()), "file") == ()
    assert timeline(observation(face())) == {}


def test_a_head_that_turns_has_moved_and_has_depth() -> None:
    found = checks(film(turned_head(30)))
    assert found["liveness.motion"].status is Status.PASSED
    assert found["liveness.parallax"].status is Status.PASSED
    assert {check.subject for check in found.values()} == {"selfie"}


def test_a_picture_that_is_waved_fails_for_planar_motion() -> None:
    found = checks(film(turned_picture(35)))["liveness.parallax"]
    assert (found.status, found.reasons) == (Status.FAILED, ("planar_motion",))
    assert found.evidence["frames"] == 12


def test_a_face_that_does_not_turn_cannot_be_judged_by_parallax() -> None:
    found = checks(film(turned_head(1)))["liveness.parallax"]
    assert (found.status, found.reasons) == (Status.NOT_PERFORMED, ("too_little_motion",))


def test_a_frozen_face_is_inconclusive_and_nothing_else_is_claimed_of_it() -> None:
    found = checks(film(np.repeat(turned_head(1)[:1], 10, axis=0)))
    assert (found["liveness.motion"].status, found["liveness.motion"].reasons) == (Status.INCONCLUSIVE, ("no_motion",))
    assert found["liveness.blink"].status is Status.INCONCLUSIVE
    assert found["liveness.parallax"].status is Status.NOT_PERFORMED


def test_without_a_face_nothing_is_performed() -> None:
    found = checks([mark(number, None) for number in range(8)])
    assert {check.status for check in found.values()} == {Status.NOT_PERFORMED}
    assert planarity([], SIZE) is None
    assert head_motion([]) is None


def test_frames_whose_mesh_is_doubtful_do_not_count() -> None:
    doubtful = [Mark(timestamp=0.0, faces=1, presence=0.2, mesh=mesh) for mesh in turned_picture(40)]
    assert planarity(doubtful, SIZE) is None


@pytest.mark.parametrize(
    ("eyes", "count"),
    [
        ([0.9] * 10, 0),
        ([0.9, 0.9, 0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9], 1),
        ([0.9, 0.1, 0.9, 0.9, 0.9, 0.1, 0.1, 0.1, 0.9, 0.9], 2),
        ([0.9, *[0.1] * 10, 0.9], 0),  # asleep for a second
        ([0.1, 0.1, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.1, 0.1], 0),  # began or ended with shut eyes
        ([None] * 10, 0),
    ],
)
def test_a_blink_is_short_and_lies_between_open_eyes(eyes: list[float | None], count: int) -> None:
    marks = film(np.repeat(turned_head(1)[:1], len(eyes), axis=0), eyes)
    assert len(blinks(marks)) == count


def test_a_blink_tells_when_it_was() -> None:
    eyes = [0.9, 0.9, 0.9, 0.1, 0.9, 0.9, 0.9, 0.9]
    found = checks(film(turned_head(10)[:8], eyes))["liveness.blink"]
    assert found.status is Status.PASSED
    assert (found.evidence["count"], found.evidence["timestamps"]) == (1, [0.3])


def test_the_timeline_is_json_with_one_entry_a_frame_and_none_without_a_face() -> None:
    found = json.loads(json.dumps(timeline(seen([mark(0, turned_head(1)[0]), mark(1, None)]))))
    assert found == {
        "timestamps": [0.0, 0.1],
        "mouth": [0.25, None],
        "left_eye": [0.9, None],
        "right_eye": [0.9, None],
        "yaw": [0.0, None],
        "pitch": [0.0, None],
        "roll": [0.0, None],
    }

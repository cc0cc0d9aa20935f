"""Answers to a challenge, as tracks of a synthetic head before a pinhole camera."""

import random
from dataclasses import replace

import numpy as np
import pytest

from models.face.eyes import EyeOpenness
from models.face.pose import Pose
from models.training.clips.head import Posture, rotation
from models.training.clips.motion import answer
from pipelines.identity.active_liveness.challenge import Action, Challenge, Step, draw
from pipelines.identity.active_liveness.geometry import Growth, perspective
from pipelines.identity.active_liveness.movements import signals
from pipelines.identity.active_liveness.verify import NAMES, WHOLE_LEAST, WITHIN_LEAST, verify
from pipelines.identity.observation import Mark, Observation
from pipelines.policy import ACTIVE, ENFORCED, verdict
from pipelines.report import Check, Status, Verdict

FPS = 10
ACTIONS = ("turn_left", "blink", "move_closer", "nod")


def head() -> np.ndarray:
    """(478, 3) points of half an ellipsoid, in face widths; some landmarks at their places."""
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-0.45, 0.45, (2, 478))
    points = np.column_stack([x, y, 0.3 - np.sqrt(np.maximum(0.6 - x**2 - y**2, 0)) * 0.7])
    named = {10: (0, -0.6), 152: (0, 0.6), 234: (-0.5, 0), 454: (0.5, 0), 33: (-0.3, -0.15), 263: (0.3, -0.15)}
    for index, place in named.items():
        points[index] = (*place, 0.25)
    return points


HEAD = head()


def track(postures: list[Posture], seed: int = 0, person: int = 0, head: np.ndarray = HEAD) -> list[Mark]:
    rng = np.random.default_rng([9, seed])
    face = np.random.default_rng([1, person]).standard_normal(128)
    return [_mark(index / FPS, posture, face, rng, head) for index, posture in enumerate(postures)]


def _mark(time: float, posture: Posture, face: np.ndarray, rng: np.random.Generator, head: np.ndarray) -> Mark:
    points = head @ rotation(posture).T + (posture.x, posture.y, posture.distance)
    scale = 600 / posture.distance
    flat = points[:, :2] / points[:, 2:] * 600 + (240, 320)
    mesh = np.column_stack([flat, points[:, 2] * scale]) + rng.normal(0, 0.3, (478, 3))
    embedding = face + rng.normal(0, 0.5, 128)
    openness = 1 - posture.shut
    low, high = flat.min(0), flat.max(0)
    return Mark(
        timestamp=time,
        faces=1,
        box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
        presence=1.0,
        pose=Pose(posture.yaw, posture.pitch, posture.roll),
        eyes=EyeOpenness(openness, openness),
        mouth=0.0,
        mesh=mesh.astype(np.float32),
        embedding=(embedding / np.linalg.norm(embedding)).astype(np.float32),
    )


def flattened(marks: list[Mark]) -> list[Mark]:
    """The same outlines, scaled and shifted like a picture of the first frame."""
    first = marks[0].mesh
    assert first is not None
    span = np.ptp(first[:, 1])
    made = []
    for mark in marks:
        assert mark.mesh is not None
        mesh = (first - first.mean(0)) * (np.ptp(mark.mesh[:, 1]) / span) + mark.mesh.mean(0)
        made.append(replace(mark, mesh=mesh.astype(np.float32)))
    return made


def observed(marks: list[Mark], duration: float | None = 9.0) -> Observation:
    return Observation(
        kind="video", width=480, height=640, duration=duration, rotation=0, frames=(), track=tuple(marks)
    )


def challenge(*actions: str) -> Challenge:
    return Challenge("c", tuple(Step(Action(action), 0.2) for action in actions))


def postures(*actions: str, seed: int = 0) -> list[Posture]:
    return answer(actions, np.random.default_rng(seed), FPS)[0]


def judged(marks: list[Mark], *actions: str) -> dict[str, Check]:
    return {check.name: check for check in verify(observed(marks), challenge(*(actions or ACTIONS)))}


def refused(checks: dict[str, Check]) -> set[str]:
    return {reason for check in checks.values() for reason in check.reasons}


@pytest.mark.parametrize("seed", range(8))
def test_the_right_movements_in_their_order_pass_every_check(seed: int) -> None:
    actions = [step.action.value for step in draw(random.Random(seed))]
    checks = judged(track(postures(*actions, seed=seed), seed), *actions)
    assert {name: check.status for name, check in checks.items()} == dict.fromkeys(NAMES, Status.PASSED)


def test_a_recording_that_answers_another_challenge_is_told() -> None:
    marks = track(postures("nod", "turn_right", "move_closer", "blink"))
    assert judged(marks)["active.order"].reasons == ("another_challenge",)


def test_a_movement_too_many_is_another_challenge() -> None:
    marks = track(postures("turn_left", "turn_right", "blink", "move_closer", "nod"))
    assert judged(marks)["active.order"].reasons == ("another_challenge",)


def test_a_step_that_was_left_out_is_told() -> None:
    assert judged(track(postures("turn_left", "blink", "move_closer")))["active.order"].reasons == ("steps_missing",)


def test_a_still_photo_moves_nothing() -> None:
    still = [Posture(distance=4.0)] * 80
    assert refused(judged(track(still))) == {"nothing_moved", "too_little_motion", "no_approach"}


def test_whatever_is_flat_has_no_depth_when_it_comes_closer() -> None:
    checks = judged(flattened(track(postures(*ACTIONS))))
    assert checks["active.perspective"].reasons == ("flat_face",)
    assert checks["active.motion"].reasons == ("too_little_motion",)


def stepped(marks: list[Mark], by: float) -> Growth:
    """Changes the meshes by a step, as if by depth, where the face begins to come closer."""
    first = signals(marks)
    assert first is not None
    for mark, size in zip(marks, first.size, strict=True):
        assert mark.mesh is not None
        if size > 0.05:
            centre = mark.mesh.mean(0)
            mark.mesh[:, :2] -= by * HEAD[:, 2:] * (mark.mesh - centre)[:, :2]
    changed = signals(marks)
    assert changed is not None
    found = perspective(changed)
    assert found is not None
    return found


def test_a_mesh_that_changes_by_a_step_when_a_picture_begins_to_move_is_no_depth() -> None:
    marks = flattened(track(postures(*ACTIONS)))
    found = stepped(marks, 0.15)
    assert found.whole > WHOLE_LEAST
    assert found.within < WITHIN_LEAST
    assert judged(marks)["active.perspective"].reasons == ("flat_face",)


def test_growth_within_the_approach_is_no_depth_where_the_whole_recording_has_none() -> None:
    marks = track(postures(*ACTIONS))
    found = stepped(marks, -0.15)
    assert found.whole < WHOLE_LEAST
    assert found.within > WITHIN_LEAST
    assert judged(marks)["active.perspective"].reasons == ("flat_face",)


def test_a_picture_that_is_turned_is_flat_motion() -> None:
    marks = track(postures(*ACTIONS), head=HEAD * (1, 1, 0))
    # The mesh network imagines a head's depth in every picture.
    for mark in marks:
        assert mark.mesh is not None
        mark.mesh[:, 2] = HEAD[:, 2] * np.ptp(mark.mesh[:, 1]) / np.ptp(HEAD[:, 1])
    assert judged(marks)["active.motion"].reasons == ("still_photo",)


def test_another_person_halfway_is_told() -> None:
    held = postures(*ACTIONS)
    half = len(held) // 2
    marks = [*track(held)[:half], *track(held, person=5)[half:]]
    assert judged(marks)["active.identity"].reasons == ("person_changed",)


def test_a_cut_shows_as_a_jump() -> None:
    held = postures(*ACTIONS)
    half = len(held) // 2
    moved = [*held[:half], *(replace(posture, x=posture.x + 0.4) for posture in held[half:])]
    assert judged(track(moved))["active.continuity"].reasons == ("cut_together",)


def test_a_face_that_is_lost_or_not_alone_is_told() -> None:
    marks = track(postures(*ACTIONS))
    gone = [Mark(timestamp=m.timestamp, faces=0) if 2 < m.timestamp < 2.7 else m for m in marks]
    crowd = [replace(mark, faces=2) if mark.timestamp > 5 else mark for mark in marks]
    assert "face_lost" in judged(gone)["active.continuity"].reasons
    assert "several_faces" in judged(crowd)["active.continuity"].reasons


def test_a_recording_that_goes_on_too_long_is_refused() -> None:
    held = postures(*ACTIONS)
    marks = [replace(mark, timestamp=mark.timestamp * 1.9) for mark in track(held + held[-40:])]
    assert judged(marks)["active.order"].reasons == ("too_slow",)


@pytest.mark.parametrize(
    ("marks", "duration", "reason"),
    [
        ([], None, "no_video"),
        (track(postures(*ACTIONS))[::4], 9.0, "too_few_frames"),
        ([Mark(timestamp=n / 10, faces=0) for n in range(80)], 8.0, "no_face"),
    ],
)
def test_what_cannot_be_judged_never_counts_as_genuine(marks: list[Mark], duration: float | None, reason: str) -> None:
    checks = verify(observed(marks, duration), challenge(*ACTIONS))
    assert {(check.name, check.status, check.reasons) for check in checks} == {
        (name, Status.NOT_PERFORMED, (reason,)) for name in NAMES
    }
    live = Check(name="liveness", status=Status.PASSED)
    assert verdict("liveness_detection", [live, *checks]) is Verdict.INCONCLUSIVE


def test_every_active_check_decides() -> None:
    assert frozenset(NAMES) == ACTIVE
    assert ENFORCED["liveness_detection"] >= ACTIVE


def test_a_challenge_survives_its_way_through_a_task() -> None:
    asked = Challenge("c", draw())
    assert Challenge.from_json(asked.to_json()) == asked


def test_a_challenge_that_nobody_wrote_raises() -> None:
    with pytest.raises(ValueError, match="dance"):
        Challenge.from_json({"id": "c", "steps": [{"action": "dance", "at_least_s": 1}]})

"""Checks of movement: what is unusual doubts, and nothing of it accuses."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pipelines.deepfake.face_checks import motion_checks
from pipelines.deepfake.face_findings import FaceFindings, Motion
from pipelines.deepfake.face_motion import LipSync
from pipelines.deepfake.face_tracks import Glimpse
from pipelines.report import Check, Status

SOMEBODY = Glimpse(frame=0, index=0, timestamp=0.0, box=(0.0, 0.0, 9.0, 9.0), embedding=np.ones(4))


def checks(
    motion: Motion, *, kind: str = "video", sound: bool = True, faces: Sequence[Any] = ((SOMEBODY,),)
) -> list[Check]:
    return list(
        motion_checks(
            FaceFindings(
                kind=kind,
                width=9,
                height=9,
                duration=1.0,
                has_audio=sound,
                rotation=0,
                tracks=tuple(faces),
                facts={"details": {}, "flags": {}, "signals": {}},
                motion=motion,
            )
        )
    )


def test_what_real_recordings_show_passes() -> None:
    found = checks(Motion(identity=0.06, landmarks=1.5, lips=LipSync(0.7, 0.1, 6.2, 6.0), fps=13.0))
    assert [check.name for check in found] == ["identity_jitter", "landmark_jitter", "lip_sync"]
    assert {check.status for check in found} == {Status.PASSED}


def test_what_is_unusual_is_inconclusive_and_scores_low() -> None:
    found = checks(Motion(identity=0.9, landmarks=40.0, lips=LipSync(0.1, 0.0, 0.3, 6.0), fps=13.0))
    assert {check.status for check in found} == {Status.INCONCLUSIVE}
    assert max(check.score or 0.0 for check in found) < 0.5


def test_what_cannot_be_told_is_not_performed() -> None:
    found = checks(Motion(absent="too_few_frames"))
    assert {check.status for check in found} == {Status.NOT_PERFORMED}
    assert all(check.score is None for check in found)


def test_lips_need_sound_and_movement_needs_a_video_with_a_face() -> None:
    assert [check.name for check in checks(Motion(), sound=False)] == ["identity_jitter", "landmark_jitter"]
    assert checks(Motion(), kind="image") == []
    assert checks(Motion(), faces=()) == []

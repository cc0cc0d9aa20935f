"""Recordings: how long a face is seen, whose it is, and the best of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pipelines.identity.observation import Mark, Observation, Still
from pipelines.identity.recording import least_likeness, recording_checks, stills, summary, visible_s
from pipelines.policy import verdict
from pipelines.report import Check, Status, Verdict
from tests.unit.pipelines.identity.faces import face, observation

ONE, OTHER = np.eye(128, dtype=np.float32)[:2]


def recording(duration: float | None, shown: str, *embeddings: np.ndarray) -> Observation:
    """A video with a face where `shown` says `x`, and picked frames with those embeddings."""
    track = tuple(
        Mark(timestamp=float(n), faces=int(c == "x"), box=(0.0, 0.0, 9.0, 9.0) if c == "x" else None)
        for n, c in enumerate(shown)
    )
    seen = observation(*(face(embedding=embedding) for embedding in embeddings))
    return replace(seen, kind="video", duration=duration, track=track)


def named(checks: tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks}


@pytest.mark.parametrize(
    ("duration", "shown", "seconds"), [(4.0, "xxxx", 4.0), (4.0, "x.x.", 2.0), (4.0, "....", 0.0), (None, "xx", None)]
)
def test_a_face_is_seen_for_as_long_as_frames_show_it(duration: float, shown: str, seconds: float) -> None:
    assert visible_s(recording(duration, shown)) == seconds


@pytest.mark.parametrize(("shown", "status"), [("xxxx", Status.PASSED), ("xx..", Status.INCONCLUSIVE)])
def test_too_short_a_look_is_inconclusive_and_never_genuine(shown: str, status: Status) -> None:
    check = named(recording_checks(recording(3.0, shown), "file", {"least_s": 2}))["visible_time"]
    assert check.status is status
    live = Check(name="liveness", status=Status.PASSED)
    genuine = verdict("liveness_detection", [live, check]) is Verdict.GENUINE
    assert genuine is (status is Status.PASSED)


@pytest.mark.parametrize("seen", [observation(face()), recording(None, "xx", ONE)])
def test_what_has_no_time_is_not_timed(seen: Observation) -> None:
    assert "visible_time" not in named(recording_checks(seen, "file", {"least_s": 2}))


def test_nobody_asks_for_time_unless_told_to() -> None:
    assert "visible_time" not in named(recording_checks(recording(1.0, "x"), "file", {}))


@pytest.mark.parametrize("embeddings", [(ONE, ONE, ONE), (ONE, ONE * 0.8 + OTHER * 0.6)])
def test_one_person_stays_one(embeddings: tuple[Any, ...]) -> None:
    check = named(recording_checks(recording(3.0, "xxx", *embeddings), "file", {}))["one_person"]
    assert check.status is Status.PASSED


@pytest.mark.parametrize("embeddings", [(ONE, OTHER), (ONE, ONE, ONE, OTHER), (ONE, OTHER, OTHER)])
def test_another_person_is_noticed_whenever_they_take_over(embeddings: tuple[Any, ...]) -> None:
    seen = recording(3.0, "xxx", *embeddings)
    check = named(recording_checks(seen, "file", {}))["one_person"]
    assert (check.status, check.reasons) == (Status.FAILED, ("person_changed",))
    live = Check(name="liveness", status=Status.PASSED)
    assert verdict("identity", [live, check]) is Verdict.SUSPICIOUS


def test_one_face_alone_says_nothing_about_people() -> None:
    assert least_likeness(recording(1.0, "x", ONE)) is None


def test_the_best_of_it_is_handed_out_only_when_asked_for() -> None:
    best = Still(timestamp=1.25, box=(1.0, 2.0, 3.0, 4.0), frame=b"frame", face=b"face")
    seen = replace(recording(3.0, "xxx"), still=best)
    assert [(a.name, a.data) for a in stills(seen, {"best_frame": True})] == [("best_frame.jpg", b"frame")]
    assert [a.name for a in stills(seen, {"best_frame": True, "best_face": True}, "v1")] == [
        "best_frame.v1.jpg",
        "best_face.v1.jpg",
    ]
    assert not stills(seen, {})
    found = summary(seen)
    assert found.pop("timeline")["timestamps"] == [0.0, 1.0, 2.0]
    assert found == {"duration": 3.0, "visible_s": 3.0, "best": {"timestamp": 1.25, "box": [1.0, 2.0, 3.0, 4.0]}}

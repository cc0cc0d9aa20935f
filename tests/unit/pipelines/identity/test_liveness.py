"""From observations to liveness: thresholds, small faces, video, nobody."""

import pytest

from models.cards import card
from models.face.pad_fusion import fuse
from pipelines.identity.face_quality import quality_checks
from pipelines.identity.liveness import SMALLEST_FACE, bona_fide, liveness_check
from pipelines.report import Status
from tests.unit.pipelines.identity.faces import face, observation

LIMITS = card("face/pad-fusion").parameters


def signals_for(score: float) -> dict[str, float]:
    """Signals whose fusion lies next to that score."""
    found = min((value / 1000 for value in range(1001)), key=lambda value: abs(fuse(value, value) - score))
    return {"recapture": found, "liveness": found}


def test_nobody_is_not_performed_and_never_passed() -> None:
    check = liveness_check(observation(None), "file")
    assert (check.status, check.score, check.reasons) == (Status.NOT_PERFORMED, None, ("no_face",))
    assert check.evidence["no_faces"] is True


def test_a_bona_fide_face_passes_and_an_attack_fails() -> None:
    assert liveness_check(observation(face(**signals_for(1.0))), "file").status is Status.PASSED
    attack = liveness_check(observation(face(**signals_for(0.0))), "file")
    assert (attack.status, attack.reasons) == (Status.FAILED, ("presentation_attack",))


def test_between_attack_and_bona_fide_it_is_inconclusive() -> None:
    between = (LIMITS["threshold"] + LIMITS["inconclusive_below"]) / 2
    check = liveness_check(observation(face(**signals_for(between))), "file")
    assert (check.status, check.reasons) == (Status.INCONCLUSIVE, ("uncertain",))


def test_a_face_too_small_to_show_traces_never_passes() -> None:
    small = (100.0, 100.0, 100.0 + SMALLEST_FACE - 1, 300.0)
    check = liveness_check(observation(face(box=small, **signals_for(1.0))), "file")
    assert (check.status, check.reasons) == (Status.INCONCLUSIVE, ("face_too_small",))


def test_a_video_counts_by_its_median_frame() -> None:
    live, attack = face(**signals_for(1.0)), face(**signals_for(0.0))
    assert liveness_check(observation(live, attack, live, None), "file").status is Status.PASSED
    assert liveness_check(observation(attack, live, attack), "file").status is Status.FAILED


def test_a_face_without_its_signals_is_an_error_and_never_a_score() -> None:
    with pytest.raises(ValueError, match="without its liveness signals"):
        bona_fide(face(recapture=None))


def test_a_good_picture_meets_every_demand() -> None:
    checks = quality_checks(observation(face()), "file")
    assert {check.status for check in checks} == {Status.PASSED}
    assert checks[-1].name == "quality"


def test_several_faces_fail_the_demand_for_one_and_nothing_else() -> None:
    checks = quality_checks(observation(face(), in_frame=2), "file")
    failed = [check.name for check in checks if check.status is Status.FAILED]
    assert failed == ["quality.single_face", "quality"]


def test_eyes_that_cannot_be_seen_are_not_performed() -> None:
    from models.face.eyes import EyeOpenness

    checks = {check.name: check for check in quality_checks(observation(face(eyes=EyeOpenness(None, None))), "file")}
    assert checks["quality.eyes_open"].status is Status.NOT_PERFORMED

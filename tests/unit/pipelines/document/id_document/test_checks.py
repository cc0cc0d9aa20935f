"""What the checks say, and that nothing that could not be judged is ever genuine."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from pipelines.document.capture import Capture
from pipelines.document.id_document.authenticate import report
from pipelines.document.id_document.observation import SideSeen, Trace
from pipelines.report import Report, Status, Verdict
from tests.unit.pipelines.document.id_document.sides import (
    TD3,
    TODAY,
    captured,
    card_back,
    card_front,
    passport_lines,
    portrait,
    side,
    zone,
)

NOT_FOUND = SideSeen(capture=Capture(640, 480, error="DOCUMENT_NOT_FOUND"))


def judged(front: SideSeen, back: SideSeen | None = None, *, today: date = TODAY, skip: bool = False) -> Report:
    seen = {"front": (front,)} | ({} if back is None else {"back": (back,)})
    return report(seen, skip_forgery=skip, today=today)


def status(found: Report, name: str, subject: str | None = None) -> tuple[Status, tuple[str, ...]]:
    check = found.check(name, subject)
    assert check is not None
    return check.status, check.reasons


def test_a_consistent_passport_is_genuine() -> None:
    found = judged(side())
    assert found.verdict is Verdict.GENUINE
    assert found.data["document"] == {
        "type": "passport", "country": "UTO", "model": "td3", "sides": ["front"], "expired": False,
    }  # fmt: skip
    assert [artifact.name for artifact in found.artifacts] == ["portrait"]


def test_a_card_with_both_sides_is_genuine() -> None:
    found = judged(card_front(), card_back())
    assert found.verdict is Verdict.GENUINE
    assert status(found, "sides_consistency", "front+back")[0] is Status.PASSED


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"lines": passport_lines(**{"Date of birth": "12 AUG/AOÛT 84"})}, "mrz_visual_consistency"),
        ({"lines": passport_lines(**{"Surname/Nom": "MALLORY"})}, "mrz_visual_consistency"),
        ({"mrz": zone((TD3[0], TD3[1].replace("7408122", "8408122")))}, "mrz_check_digits"),
        ({"capture": captured(screen=0.0)}, "document_liveness_screen"),
        ({"capture": captured(copy=0.0)}, "document_liveness_print"),
        ({"traces": {**side().traces, "portrait_substitution": Trace(score=0.0)}}, "portrait_substitution"),
    ],
)
def test_each_sign_of_forgery_makes_it_suspicious(changes: dict[str, Any], name: str) -> None:
    found = judged(side(**changes))
    assert status(found, name)[0] is Status.FAILED
    assert found.verdict is Verdict.SUSPICIOUS


@pytest.mark.parametrize("printed", ["ERIKSSEN", "ERIKSSONF"])
def test_a_name_that_may_as_well_have_been_misread_keeps_it_from_being_genuine_and_accuses_nobody(printed: str) -> None:
    found = judged(side(lines=passport_lines(**{"Surname/Nom": printed})))
    assert status(found, "mrz_visual_consistency") == (Status.INCONCLUSIVE, ("surname_differs",))
    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("born", "expected"),
    [("12 AUG/AOÛT 74", Status.INCONCLUSIVE), ("12 AUG/AOÛT 84", Status.FAILED)],
    ids=["the print denies the zone", "the print confirms the zone"],
)
def test_a_wrong_check_digit_of_a_zone_that_was_read_badly_needs_the_prints_word(born: str, expected: Status) -> None:
    lines = (TD3[0], TD3[1].replace("7408122", "8408122"))
    found = judged(side(mrz=zone(lines, certain=False), lines=passport_lines(**{"Date of birth": born})))
    assert status(found, "mrz_check_digits")[0] is expected


@pytest.mark.parametrize(("certain", "expected"), [(False, Status.INCONCLUSIVE), (True, Status.FAILED)])
def test_a_wrong_composite_digit_alone_accuses_only_where_the_zone_was_read_for_certain(
    certain: bool, expected: Status
) -> None:
    composite = str((int(TD3[1][-1]) + 1) % 10)
    found = judged(side(mrz=zone((TD3[0], TD3[1][:-1] + composite), certain=certain)))
    assert status(found, "mrz_check_digits")[0] is expected


@pytest.mark.parametrize("name", ["jpeg_ghosts", "ghost_portrait"])
def test_what_is_no_proof_of_a_forgery_only_keeps_it_from_being_genuine(name: str) -> None:
    found = judged(side(traces={**side().traces, name: Trace(score=0.0)}))
    assert status(found, name)[0] is Status.FAILED
    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("score", [None, 0.46, 0.8])
def test_a_ghost_that_is_missing_or_unclear_decides_nothing(score: float | None) -> None:
    assert judged(side(traces={**side().traces, "ghost_portrait": Trace(score=score)})).verdict is Verdict.GENUINE


def test_what_genuine_scans_set_off_too_often_informs_only() -> None:
    found = judged(side(traces={**side().traces, "font_consistency": Trace(score=0.0)}))
    assert status(found, "font_consistency")[0] is Status.FAILED
    assert found.verdict is Verdict.GENUINE


@pytest.mark.parametrize("name", ["copy_move", "security_background"])
def test_what_nothing_can_tell_is_not_performed_and_decides_nothing(name: str) -> None:
    found = judged(side())
    assert status(found, name) == (Status.NOT_PERFORMED, ("not_supported",))
    assert found.verdict is Verdict.GENUINE


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        ({"mrz": None}, "mrz_check_digits", "mrz_not_found"),
        ({"lines": ()}, "mrz_visual_consistency", "too_little_to_compare"),
        ({"mrz": zone(TD3, certain=False), "lines": ()}, "mrz_check_digits", "mrz_uncertain"),
        ({"traces": {}}, "portrait_substitution", "not_judged"),
        (
            {"capture": captured(corners=np.array([(0, 0), (200, 0), (200, 140), (0, 140)], float))},
            "image_quality",
            "low_resolution",
        ),
        ({"sharpness": 0.01}, "image_quality", "blurry"),
        ({"capture": captured(error="DOCUMENT_CROPPED")}, "image_quality", "document_cropped"),
    ],
)
def test_what_could_not_be_judged_is_never_genuine(changes: dict[str, Any], name: str, reason: str) -> None:
    found = judged(side(**changes))
    assert status(found, name) == (Status.INCONCLUSIVE, (reason,))
    assert found.verdict is not Verdict.GENUINE


def test_a_capture_that_was_not_scored_is_never_genuine() -> None:
    found = judged(side(capture=captured(screen=None)))
    assert status(found, "document_liveness_screen")[0] is Status.NOT_PERFORMED
    assert found.verdict is Verdict.INCONCLUSIVE


def test_an_uncertain_zone_never_accuses() -> None:
    found = judged(side(mrz=zone(TD3, certain=False), lines=passport_lines(**{"Surname/Nom": "MALLORY"})))
    assert status(found, "mrz_visual_consistency") == (Status.INCONCLUSIVE, ("mrz_uncertain",))


def test_a_repaired_zone_counts_where_the_print_confirms_it() -> None:
    assert status(judged(side(mrz=zone(TD3, certain=False))), "mrz_check_digits")[0] is Status.PASSED


def test_skipped_forgery_checks_are_not_performed_and_do_not_hold_up_the_rest() -> None:
    found = judged(side(traces={}, capture=captured(screen=None)), skip=True)
    names = ("document_liveness_screen", "document_liveness_print", "portrait_substitution", "copy_move",
             "jpeg_ghosts", "font_consistency", "ghost_portrait", "security_background")  # fmt: skip
    assert {status(found, name) for name in names} == {(Status.NOT_PERFORMED, ("skipped",))}
    assert found.verdict is Verdict.GENUINE


def test_no_document_fails_the_image_quality_and_is_of_unknown_type() -> None:
    found = judged(NOT_FOUND)
    assert status(found, "image_quality", "front") == (Status.FAILED, ("document_not_found",))
    assert found.data["document"]["type"] == "unknown"
    assert found.data["sides"]["front"]["error"] == "DOCUMENT_NOT_FOUND"
    assert found.verdict is Verdict.SUSPICIOUS


def test_a_back_that_shows_no_document_is_said() -> None:
    found = judged(side(), NOT_FOUND)
    assert status(found, "image_quality", "back")[0] is Status.FAILED


def test_an_expired_document_fails_and_says_since_when() -> None:
    found = judged(side(), today=date(2032, 4, 16))
    check = found.check("expiry")
    assert check is not None
    assert (check.status, check.reasons, check.evidence["days"]) == (Status.FAILED, ("expired",), -1)
    assert found.data["document"]["expired"] is True


def test_the_last_day_is_still_valid() -> None:
    assert status(judged(side(), today=date(2032, 4, 15)), "expiry")[0] is Status.PASSED


def test_a_card_without_its_back_is_left_open() -> None:
    found = judged(card_front())
    assert status(found, "mrz_check_digits") == (Status.INCONCLUSIVE, ("missing_back",))


def test_the_back_of_another_holder_is_refused() -> None:
    other = zone(("I<UTOX123456785<<<<<<<<<<<<<<<", "8001014M3001019UTO<<<<<<<<<<<2", "JONES<<PETER<<<<<<<<<<<<<<<<<<"))
    assert other.valid
    found = judged(card_front(), card_back(mrz=other))
    assert status(found, "sides_consistency")[0] is Status.FAILED
    assert found.verdict is Verdict.SUSPICIOUS


def test_another_face_on_the_back_counts_against_it() -> None:
    found = judged(card_front(), card_back(portrait=portrait(direction=5, height=60)))
    check = found.check("sides_consistency")
    assert check is not None
    assert "portrait" in check.evidence["differ"]

"""From findings to reasons: every rule, their order, and that nothing but a genuine document is accepted."""

import itertools
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from deployments.ingress.shareid.findings import findings_of, security
from deployments.ingress.shareid.reasons import FORGERY, IDS, PRECEDENCE, Findings, expiry_reason, reasons
from deployments.ingress.shareid.request import Claim
from pipelines.policy import deciding
from pipelines.report import Status, Verdict

TODAY = date(2026, 11, 25)
FIELDS = {
    "given_names": "JEAN PIERRE",
    "surname": "MARTIN",
    "birth_date": "1990-07-13",
    "expiry_date": "2030-02-11",
}
CARD = Findings(
    verdict=Verdict.GENUINE,
    document=True,
    kind="id_card",
    country="FRA",
    sides=frozenset({"front", "back"}),
    least_side=224,
    statuses={"mrz_check_digits": Status.PASSED},
    quality=(),
    mrz=True,
    mrz_words=(),
    fields=FIELDS,
)
CLAIM = Claim("id_card", "fr", "Jean-Pierre", "Martin")


def against(claim: Claim = CLAIM, **changes: Any) -> list[str]:
    if "fields" in changes:
        changes["fields"] = {k: v for k, v in {**FIELDS, **changes["fields"]}.items() if v is not None}
    return reasons(replace(CARD, **changes), claim, TODAY, 224)


def failed(name: str, verdict: Verdict = Verdict.SUSPICIOUS, **changes: Any) -> list[str]:
    return against(verdict=verdict, statuses={name: Status.FAILED}, **changes)


def test_a_good_document_of_the_claimed_person_has_none() -> None:
    assert against() == []
    assert against(Claim()) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"document": False, "sides": frozenset(), "least_side": 10}, ["missing_doc"]),
        ({"least_side": 223}, ["low_resolution"]),
        ({"least_side": None}, []),
        ({"quality": ("blurred",)}, ["blur_img"]),
        ({"quality": ("too_small",)}, ["low_resolution"]),
        ({"quality": ("low_resolution",)}, ["low_resolution"]),
        ({"quality": ("glare", "blurred")}, ["blur_img", "low_quality"]),
        ({"sides": frozenset({"back"})}, ["missing_front"]),
        ({"sides": frozenset({"front"})}, ["missing_back"]),
        ({"quality": ("document_not_found",)}, ["missing_doc"]),
        ({"mrz": False}, []),  # many cards have none
        ({"mrz": False, "mrz_words": ("mrz_not_found",)}, ["missing_mrz"]),
        ({"mrz_words": ("mrz_unreadable",)}, ["missing_mrz"]),
        ({"fields": {"given_names": None}}, ["name_not_extracted"]),
        ({"fields": {"surname": None}}, ["surname_not_extracted"]),
        ({"fields": {"birth_date": None}}, ["date_not_extracted"]),
        ({"fields": {"expiry_date": "unreadable"}}, ["date_not_extracted"]),
        ({"fields": {"expiry_date": "2026-11-25"}}, []),
        ({"fields": {"expiry_date": "2026-11-24"}}, ["doc_expired_5y"]),
        ({"fields": {"expiry_date": "2021-11-25"}}, ["doc_expired"]),
    ],
)
def test_each_finding_has_its_reason(changes: dict[str, Any], expected: list[str]) -> None:
    assert against(**changes) == expected


def test_a_passport_has_one_side_and_an_mrz() -> None:
    passport = {"kind": "passport", "sides": frozenset({"front"})}
    claim = replace(CLAIM, doc_type="passport")
    assert against(claim, **passport) == []
    assert against(claim, **passport, mrz=False) == ["missing_mrz"]


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("sides_consistency", "sides_inconsistency"),
        ("mrz_check_digits", "wrong_mrz"),
        ("document_liveness_screen", "doc_spoof"),
        ("document_liveness_print", "doc_print"),
        ("portrait_substitution", "doc_not_auth"),
        ("copy_move", "doc_not_auth"),
        ("jpeg_ghosts", "doc_not_auth"),
        ("font_consistency", "doc_not_auth"),
        ("security_background", "doc_not_auth"),
        ("mrz_visual_consistency", "doc_not_auth"),
        ("barcode_visual_consistency", "doc_not_auth"),
        ("something_new", "doc_not_auth"),
    ],
)
def test_each_failed_check_has_its_reason(check: str, expected: str) -> None:
    assert failed(check) == [expected]


def test_a_check_that_the_policy_lets_pass_is_no_forgery() -> None:
    assert failed("copy_move", Verdict.GENUINE) == []
    assert failed("document_liveness_screen", Verdict.GENUINE) == []


def test_a_check_that_only_informs_is_no_reason_beside_another() -> None:
    informing = next(name for name in FORGERY if name not in deciding("id_document_authentication"))
    statuses = {informing: Status.FAILED, "expiry": Status.FAILED}
    expired = {"expiry_date": "2026-11-24"}
    assert against(verdict=Verdict.SUSPICIOUS, statuses=statuses, fields=expired) == ["doc_expired_5y"]


def test_what_is_not_genuine_is_never_accepted() -> None:
    worlds = itertools.product(
        (Verdict.SUSPICIOUS, Verdict.INCONCLUSIVE), Status, ("copy_move", "expiry", "image_quality", "unknown")
    )
    for verdict, status, check in worlds:
        assert against(verdict=verdict, statuses={check: status}), (verdict, status, check)
    assert against(verdict=Verdict.SUSPICIOUS, statuses={}) == ["doc_not_auth"]
    assert against(verdict=Verdict.INCONCLUSIVE, statuses={}) == ["low_quality"]
    unread = {"expiry_date": None}
    assert against(verdict=Verdict.INCONCLUSIVE, fields=unread) == ["date_not_extracted"]
    assert against(verdict=Verdict.SUSPICIOUS, fields=unread) == ["doc_not_auth", "date_not_extracted"]


def test_another_reason_explains_a_suspicion_unless_it_is_about_the_person() -> None:
    assert failed("expiry", fields={"expiry_date": "2026-11-24"}) == ["doc_expired_5y"]
    wrong = replace(CLAIM, first_name="Paul")
    assert against(wrong, verdict=Verdict.SUSPICIOUS) == ["doc_not_auth", "first_name_mismatch"]


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        ({"kind": "visa"}, Claim()),
        ({"kind": "unknown"}, Claim()),
        ({"kind": "driver_license"}, CLAIM),
        ({"country": "DEU"}, CLAIM),
        ({"country": "UTO"}, CLAIM),
    ],
)
def test_a_document_that_is_not_what_was_claimed_is_out_of_scope(changes: dict[str, Any], claim: Claim) -> None:
    assert against(claim, **changes) == ["out_of_scope"]


def test_a_country_that_could_not_be_told_is_not_another_one() -> None:
    assert against(country="") == []
    assert against(replace(CLAIM, country_code="de"), country="D") == []


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Jean", "Martin", []),
        ("PIERRE", "martin", []),
        ("Paul", "Martin", ["first_name_mismatch"]),
        ("Jean", "Dupont", ["last_name_mismatch"]),
        ("Paul", "Dupont", ["first_name_mismatch", "last_name_mismatch"]),
        ("Martin", "Jean", ["inversed_name"]),
        ("Martin", "Jean-Pierre", ["inversed_name"]),
        ("Martin", "Paul", ["first_name_mismatch", "last_name_mismatch"]),
        ("Martin", None, ["first_name_mismatch"]),
        (None, "Jean", ["last_name_mismatch"]),
        (None, None, []),
    ],
)
def test_names_are_compared_where_they_are_claimed(first: str | None, last: str | None, expected: list[str]) -> None:
    assert against(replace(CLAIM, first_name=first, last_name=last)) == expected


def test_a_name_that_was_not_read_is_no_other_name() -> None:
    assert against(replace(CLAIM, first_name="Paul"), fields={"given_names": None}) == ["name_not_extracted"]


def test_a_name_that_is_both_is_not_inversed() -> None:
    both = {"given_names": "MARTIN", "surname": "MARTIN"}
    assert against(replace(CLAIM, first_name="Martin", last_name="Martin"), fields=both) == []


def test_reasons_stand_in_their_order() -> None:
    every = against(
        Claim("passport", "de", "Paul", "Dupont"),
        verdict=Verdict.SUSPICIOUS,
        least_side=100,
        quality=("blurred", "glare"),
        sides=frozenset(),
        statuses=dict.fromkeys(
            (
                *("sides_consistency", "mrz_check_digits", "document_liveness_screen", "document_liveness_print"),
                "mrz_visual_consistency",
            ),
            Status.FAILED,
        ),
        fields={"expiry_date": "2020-01-01", "birth_date": None},
    )
    assert every == sorted(every, key=PRECEDENCE.index)
    assert set(PRECEDENCE) - set(every) == {
        "missing_doc", "missing_mrz", "name_not_extracted", "surname_not_extracted", "inversed_name", "doc_expired_5y",
    }  # fmt: skip
    assert set(IDS) <= set(PRECEDENCE)


@pytest.mark.parametrize(
    ("expires", "today", "expected"),
    [
        (date(2026, 11, 25), date(2026, 11, 25), None),
        (date(2026, 11, 25), date(2026, 11, 26), "doc_expired_5y"),
        (date(2021, 11, 26), date(2026, 11, 25), "doc_expired_5y"),
        (date(2021, 11, 25), date(2026, 11, 25), "doc_expired"),
        (date(2024, 2, 29), date(2029, 2, 27), "doc_expired_5y"),
        (date(2024, 2, 29), date(2029, 2, 28), "doc_expired"),
    ],
)
def test_five_years_are_counted_to_the_day(expires: date, today: date, expected: str | None) -> None:
    assert expiry_reason(expires, today) == expected


def test_security_says_true_false_or_nothing() -> None:
    def one(name: str, status: str, subject: str = "front") -> dict[str, Any]:
        return {"name": name, "status": status, "subject": subject, "reasons": []}

    report: dict[str, Any] = {
        "service": "id_document_authentication",
        "verdict": "suspicious",
        "checks": [
            one("copy_move", "passed"),
            one("portrait_substitution", "failed"),
            one("document_liveness_screen", "passed"),
            one("document_liveness_screen", "inconclusive", "back"),
            one("document_liveness_print", "not_performed"),
            one("expiry", "passed"),
        ],
        "data": {
            "document": {"type": "passport", "sides": ["front"]},
            "sides": {"front": {"error": "DOCUMENT_PHOTO_NOT_FOUND"}},
        },
    }
    shown = security(findings_of(report), report, portrait=False)
    assert shown == {
        "mrz_presence": False,
        "mrz_checksum": None,
        "mrz_visual_match": None,
        "not_expired": True,
        "doc_manipulation": False,
        "doc_screen": None,
        "doc_print": None,
        "portrait_presence": False,
        "sides_match": None,
        "visual_elements": None,
    }

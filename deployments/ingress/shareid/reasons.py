"""Why a document is not accepted: from findings to the vendor's reasons, in order of precedence (contracts 6.1).

Pure: neither thresholds nor pixels, only what the checks say, what was read, what was claimed, and the date.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from deployments.ingress.shareid.countries import alpha2
from deployments.ingress.shareid.names import is_given_name, same
from deployments.ingress.shareid.request import DOC_TYPES, Claim
from pipelines.policy import deciding
from pipelines.report import Status, Verdict

PRECEDENCE = (
    "missing_doc",
    "low_resolution",
    "blur_img",
    "low_quality",
    "missing_front",
    "missing_back",
    "out_of_scope",
    "sides_inconsistency",
    "missing_mrz",
    "wrong_mrz",
    "doc_spoof",
    "doc_print",
    "doc_not_auth",
    "name_not_extracted",
    "surname_not_extracted",
    "date_not_extracted",
    "inversed_name",
    "first_name_mismatch",
    "last_name_mismatch",
    "doc_expired",
    "doc_expired_5y",
)
IDS: Mapping[str, int] = {
    "doc_expired": 1,
    "doc_expired_5y": 2,
    "low_quality": 3,
    "missing_doc": 4,
    "missing_front": 5,
    "wrong_mrz": 6,
    "blur_img": 7,
    "low_resolution": 8,
    "inversed_name": 9,
    "doc_spoof": 10,
    "doc_print": 11,
    "date_not_extracted": 12,
    "first_name_mismatch": 21,
    "last_name_mismatch": 22,
    "missing_mrz": 66,
    "doc_not_auth": 100,
}
"""The numbers that the vendor documents; the others have none."""

_QUALITY = (
    ("not_found", "missing_doc"),
    ("blur", "blur_img"),
    ("resolution", "low_resolution"),
    ("small", "low_resolution"),
)
"""Part of a word about quality -> reason; every other word is `low_quality`."""

_NO_MRZ = frozenset({"mrz_not_found", "mrz_unreadable", "mrz_uncertain"})
TWO_SIDED = frozenset({"id_card", "driver_license", "residence_permit"})
WITH_MRZ = frozenset({"passport", "residence_permit"})
MANIPULATION = ("portrait_substitution", "copy_move", "jpeg_ghosts", "font_consistency", "ghost_portrait")
FORGERY = (*MANIPULATION, "security_background", "mrz_visual_consistency", "barcode_visual_consistency")
_DECIDE = deciding("id_document_authentication")
"""Checks that only inform are no reason."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a report says, as far as reasons depend on it.

    Attributes:
        verdict: what the policy made of the checks.
        document: whether any picture shows a document.
        kind: `passport`, `id_card`, ..., `unknown`.
        country: alpha-3 as the document has it, or empty.
        sides: which sides were seen.
        least_side: pixels of the shortest side of all photos; None where unknown (a PDF).
        statuses: check -> its worst status over all sides.
        quality: why checks of the pictures' quality did not pass.
        mrz: whether one was read.
        mrz_words: why the check of its digits did not pass.
        fields: field -> value as read; dates ISO 8601.
    """

    verdict: Verdict
    document: bool
    kind: str
    country: str
    sides: frozenset[str]
    least_side: int | None
    statuses: Mapping[str, Status]
    quality: tuple[str, ...]
    mrz: bool
    mrz_words: tuple[str, ...]
    fields: Mapping[str, str]


def reasons(found: Findings, claim: Claim, today: date, least_side: int) -> list[str]:
    """Every reason not to accept the document, the one to be told first; none where it is accepted.

    What the policy does not call genuine is never accepted: unless another finding explains that, it is `doc_not_auth`
    where it is suspicious and `low_quality` where it could not be judged.

    Args:
        today: the day on which an expiry date counts; a document is valid on its last day.
        least_side: pixels that each side of a photo has at least.
    """
    if not found.document:
        return ["missing_doc"]
    explained = {*_of_pictures(found, least_side), *_of_scope(found, claim), *_of_mrz(found), *_of_forgery(found)}
    explained |= _of_expiry(found, today)
    if found.verdict is Verdict.SUSPICIOUS and not explained:
        explained.add("doc_not_auth")
    explained |= _of_reading(found)
    if found.verdict is Verdict.INCONCLUSIVE and not explained:
        explained.add("low_quality")
    every = explained | _of_names(found, claim)
    return [reason for reason in PRECEDENCE if reason in every]


def expiry_reason(expires: date, today: date) -> str | None:
    """`doc_expired_5y` within five years of the last day, `doc_expired` from then on, None up to the last day."""
    if today <= expires:
        return None
    year = expires.year + 5
    day = min(expires.day, calendar.monthrange(year, expires.month)[1])
    return "doc_expired_5y" if today < date(year, expires.month, day) else "doc_expired"


def _of_pictures(found: Findings, least_side: int) -> set[str]:
    reasons: set[str] = set()
    if found.least_side is not None and found.least_side < least_side:
        reasons.add("low_resolution")
    reasons |= {next((reason for part, reason in _QUALITY if part in word), "low_quality") for word in found.quality}
    if "front" not in found.sides:
        reasons.add("missing_front")
    if "back" not in found.sides and found.kind in TWO_SIDED:
        reasons.add("missing_back")
    return reasons


def _of_scope(found: Findings, claim: Claim) -> set[str]:
    reasons = set()
    other_type = claim.doc_type is not None and DOC_TYPES[claim.doc_type] != found.kind
    other_country = claim.country_code is not None and found.country and alpha2(found.country) != claim.country_code
    if found.kind not in DOC_TYPES.values() or other_type or other_country:
        reasons.add("out_of_scope")
    if _failed(found, "sides_consistency"):
        reasons.add("sides_inconsistency")
    return reasons


def _of_mrz(found: Findings) -> set[str]:
    if _failed(found, "mrz_check_digits"):
        return {"wrong_mrz"}
    missing = not found.mrz and found.kind in WITH_MRZ
    return {"missing_mrz"} if missing or _NO_MRZ & set(found.mrz_words) else set()


def _of_forgery(found: Findings) -> set[str]:
    """Failed checks count where the policy made them count: it knows which of them only inform."""
    if found.verdict is Verdict.GENUINE:
        return set()
    reasons = set()
    if _failed(found, "document_liveness_screen"):
        reasons.add("doc_spoof")
    if _failed(found, "document_liveness_print"):
        reasons.add("doc_print")
    if any(_failed(found, name) for name in FORGERY if name in _DECIDE):
        reasons.add("doc_not_auth")
    return reasons


def _of_reading(found: Findings) -> set[str]:
    reasons = set()
    if "given_names" not in found.fields:
        reasons.add("name_not_extracted")
    if "surname" not in found.fields:
        reasons.add("surname_not_extracted")
    if any(_date(found, name) is None for name in ("birth_date", "expiry_date")):
        reasons.add("date_not_extracted")
    return reasons


def _of_names(found: Findings, claim: Claim) -> set[str]:
    given, surname = found.fields.get("given_names"), found.fields.get("surname")
    first, last = claim.first_name, claim.last_name
    wrong_first = first is not None and given is not None and not is_given_name(first, given)
    wrong_last = last is not None and surname is not None and not same(last, surname)
    if first and last and given and surname and (wrong_first or wrong_last):  # noqa: SIM102
        if same(first, surname) and is_given_name(last, given):
            return {"inversed_name"}
    mismatches = {"first_name_mismatch": wrong_first, "last_name_mismatch": wrong_last}
    return {name for name, wrong in mismatches.items() if wrong}


def _of_expiry(found: Findings, today: date) -> set[str]:
    expires = _date(found, "expiry_date")
    reason = expiry_reason(expires, today) if expires is not None else None
    return {reason} if reason else set()


def _failed(found: Findings, check: str) -> bool:
    return found.statuses.get(check) is Status.FAILED


def _date(found: Findings, name: str) -> date | None:
    try:
        return date.fromisoformat(found.fields.get(name, ""))
    except ValueError:
        return None

"""The document liveness service: what becomes of its scores, and what is never called genuine."""

from collections.abc import Mapping
from typing import Any

import pytest

from models.cards import card
from pipelines.context import Context
from pipelines.document.liveness import check_document_liveness, observe
from pipelines.media.frames import Decoded, DecodeRequest
from pipelines.report import Report, Status, Verdict
from tests.unit.pipelines.document.documents import PaintedDocuments, decoded, photo, sheet

PARAMETERS = card("document/recapture").parameters
BETWEEN = (PARAMETERS["screen_fails_below"] + PARAMETERS["threshold"]) / 2


class Here:
    """Workers whose sources are decoded pictures."""

    def __init__(self, models: PaintedDocuments) -> None:
        self.models = models

    async def look(self, source: Decoded, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        assert stage == "document_liveness"
        return await observe(source, self.models, options)


async def judged(models: PaintedDocuments, **sides: Decoded) -> Report:
    return await check_document_liveness(Context(sides, Here(models)))


async def test_a_document_before_the_camera_is_genuine() -> None:
    report = await judged(PaintedDocuments(0.95, 0.93), front=photo(sheet()))
    assert report.verdict is Verdict.GENUINE
    assert report.data["sides"]["front"]["error"] is None
    assert report.data["sides"]["front"]["scores"]["screen"] == 0.95


@pytest.mark.parametrize(("screen", "copy", "failed"), [(0.001, 0.95, "screen"), (0.95, 0.001, "print")])
async def test_each_instrument_fails_its_own_check(screen: float, copy: float, failed: str) -> None:
    report = await judged(PaintedDocuments(screen, copy), front=photo(sheet()))
    assert report.verdict is Verdict.SUSPICIOUS
    assert [check.name for check in report.checks if check.status is Status.FAILED] == [f"document_liveness_{failed}"]


async def test_a_portrait_that_does_not_belong_there_is_suspicious() -> None:
    models = PaintedDocuments(0.95, 0.95)
    models.portrait = 0.1
    report = await judged(models, front=photo(sheet()))
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.data["sides"]["front"]["scores"]["substitution"] == 0.1
    models.portrait = None  # too small to tell
    assert (await judged(models, front=photo(sheet()))).verdict is Verdict.GENUINE


async def test_a_doubtful_score_is_inconclusive() -> None:
    report = await judged(PaintedDocuments(BETWEEN, 0.95), front=photo(sheet()))
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("front", "error"),
    [
        (photo(), "DOCUMENT_NOT_FOUND"),
        (photo(sheet(), sheet(), height=900), "TOO_MANY_DOCUMENTS"),
        (photo(sheet(), width=1600, height=1200), "DOCUMENT_TOO_SMALL"),
        (photo(sheet(portrait=False)), "DOCUMENT_PHOTO_NOT_FOUND"),
    ],
)
async def test_a_capture_with_an_error_is_never_genuine_however_good_its_scores(front: Decoded, error: str) -> None:
    report = await judged(PaintedDocuments(0.99, 0.99), front=front)
    assert report.data["sides"]["front"]["error"] == error
    assert report.verdict is Verdict.INCONCLUSIVE


async def test_a_flat_scan_can_be_judged() -> None:
    report = await judged(PaintedDocuments(0.95, 0.93), front=decoded(sheet()))
    assert report.verdict is Verdict.GENUINE
    assert report.data["sides"]["front"]["flat_scan"]


async def test_each_side_has_checks_of_its_own_and_one_bad_side_decides() -> None:
    both = {"front": photo(sheet()), "back": photo(sheet(portrait=False))}
    good = await judged(PaintedDocuments(0.95, 0.93), **both)
    assert sorted({check.subject for check in good.checks}) == ["back", "front"]
    assert good.verdict is Verdict.GENUINE
    assert good.data["sides"]["back"]["error"] is None
    empty = await judged(PaintedDocuments(0.95, 0.93), front=photo(sheet()), back=photo())
    assert empty.verdict is Verdict.INCONCLUSIVE

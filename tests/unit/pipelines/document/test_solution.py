"""The document solution: which services judge, and what happens where one cannot."""

import pytest

from pipelines.context import Context
from pipelines.document.id_document.authenticate import report as id_report
from pipelines.document.solution import judge_document
from pipelines.errors import MediaError
from pipelines.nodes import Node
from pipelines.policy import verdict
from pipelines.report import Artifact, Check, Report, Status, Verdict
from tests.unit.pipelines.document.id_document.sides import TODAY, line, side
from tests.unit.pipelines.test_context import Counting

FINE = Check(name="integrity", status=Status.PASSED)


def answering(service: str, *checks: Check) -> Node:
    """A service that always says the same."""

    async def run(context: Context) -> Report:
        artifact = Artifact("heatmap.png", "image/png", b"png")
        return Report(service=service, verdict=verdict(service, checks), checks=checks, artifacts=(artifact,))

    return run


def failing(code: str) -> Node:
    async def run(context: Context) -> Report:
        raise MediaError(code, "it cannot be judged")

    return run


def identity_of(**changes: object) -> Node:
    async def run(context: Context) -> Report:
        assert context.has("front")
        return id_report({"front": (side(**changes),)}, skip_forgery=False, today=TODAY)

    return run


async def judged(forensics: Node, identity: Node) -> Report:
    nodes = {"data_extraction": answering("data_extraction"), "forensic_analysis": forensics}
    return await judge_document(Context({"file": "a"}, Counting()), nodes, identity)


async def test_all_that_applies_makes_one_report() -> None:
    report = await judged(answering("forensic_analysis", FINE), identity_of())
    assert report.verdict is Verdict.GENUINE
    assert set(report.data) == {"data_extraction", "forensic_analysis", "id_document_authentication"}
    assert sorted(artifact.name for artifact in report.artifacts) == [
        "forensic_analysis-heatmap.png",
        "heatmap.png",
        "portrait",
    ]


async def test_what_is_no_identity_document_is_not_judged_as_one() -> None:
    report = await judged(
        answering("forensic_analysis", FINE), identity_of(mrz=None, lines=(line("INVOICE", 9, 9),), portrait=None)
    )
    check = report.check("id_document_authentication")
    assert check is not None
    assert (check.status, check.reasons) == (Status.NOT_PERFORMED, ("not_applicable",))
    assert "id_document_authentication" not in report.data
    assert report.verdict is Verdict.GENUINE


async def test_a_service_that_cannot_judge_degrades_the_report_and_is_named() -> None:
    report = await judged(failing("media_timeout"), identity_of())
    check = report.check("forensic_analysis")
    assert check is not None
    assert (check.status, check.reasons) == (Status.NOT_PERFORMED, ("media_timeout",))
    assert report.verdict is Verdict.INCONCLUSIVE


async def test_one_sign_of_forgery_decides() -> None:
    report = await judged(answering("forensic_analysis", FINE), identity_of(lines=()))
    assert report.verdict is Verdict.INCONCLUSIVE
    bad = Check(name="signature", status=Status.FAILED)
    assert (await judged(answering("forensic_analysis", bad), identity_of())).verdict is Verdict.SUSPICIOUS


async def test_where_nothing_can_be_judged_the_task_fails() -> None:
    nodes = {"data_extraction": failing("corrupt_media"), "forensic_analysis": failing("corrupt_media")}
    with pytest.raises(MediaError, match="cannot be judged"):
        await judge_document(Context({"file": "a"}, Counting()), nodes, failing("corrupt_media"))

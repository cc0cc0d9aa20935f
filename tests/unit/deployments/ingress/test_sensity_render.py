"""The envelope, over everything a report can say."""

import itertools
from typing import Any

import pytest

from deployments.ingress.envelopes import thin
from deployments.ingress.sensity.render import envelope
from deployments.ingress.sensity.services import SERVICES
from deployments.tasks.task import State, Task, TaskSpec
from pipelines.report import Check, Report, Status, Verdict


def task(service: str, state: State, report: Report | None = None, **fields: Any) -> Task:
    spec = TaskSpec(tenant="t", facade="sensity", service=service, media=(), additional_info=fields.pop("info", None))
    stored = report.to_json() if report else None
    return Task(id="id", spec=spec, state=state, attempts=1, created_at=0.0, report=stored, **fields)


def judged(status: Status, verdict: Verdict, evidence: dict[str, Any]) -> dict[str, Any]:
    check = Check(name="liveness", status=status, score=1.0, evidence=evidence)
    report = Report(service="liveness_detection", verdict=verdict, checks=(check,))
    return envelope(task("liveness_detection", State.COMPLETED, report))


def test_live_is_said_only_of_a_passed_check_in_a_genuine_report() -> None:
    evidences: list[dict[str, Any]] = [{}, {"no_faces": False}, {"no_faces": True}]
    for status, verdict, evidence in itertools.product(Status, Verdict, evidences):
        body = judged(status, verdict, evidence)
        genuine = status is Status.PASSED and verdict is Verdict.GENUINE and not evidence.get("no_faces")
        assert (body["result"].get("live") == "Live") is genuine, (status, verdict, evidence)
        assert ("live" in body["result"]) is not body["no_faces"]


def test_a_match_is_said_only_of_a_passed_check() -> None:
    for status in Status:
        check = Check(name="face_match", subject="file+extra_file", status=status, score=0.99)
        report = Report(service="face_matching", verdict=Verdict.GENUINE, checks=(check,))
        result = envelope(task("face_matching", State.COMPLETED, report))["result"]
        assert (result.get("match") is True) is (status is Status.PASSED)


def test_a_report_without_its_main_check_claims_nothing() -> None:
    empty = Report(service="liveness_detection", verdict=Verdict.GENUINE, checks=())
    body = envelope(task("liveness_detection", State.COMPLETED, empty))
    assert "live" not in body["result"]
    empty = Report(service="face_matching", verdict=Verdict.GENUINE, checks=())
    assert envelope(task("face_matching", State.COMPLETED, empty))["result"] == {"identification": {}}


@pytest.mark.parametrize("service", list(SERVICES))
@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
def test_an_unfinished_task_of_any_type_is_in_progress(service: str, state: State) -> None:
    assert envelope(task(service, state)) == {
        "id": "id",
        "status": "in_progress",
        "event_type": SERVICES[service].event,
    }


@pytest.mark.parametrize("service", list(SERVICES))
def test_a_failed_task_of_any_type_has_an_error_and_no_result(service: str) -> None:
    body = envelope(task(service, State.FAILED, error_code="worker_lost", error="worker lost", info="i"))
    assert body["error"] == "worker lost"
    assert body["additional_info"] == "i"
    assert not {"result", "no_faces"} & set(body)


def test_quality_values_that_were_not_measured_are_absent() -> None:
    checks = (
        Check(name="liveness", status=Status.PASSED, evidence={"no_faces": False}),
        Check(name="quality.pose", status=Status.INCONCLUSIVE),
        Check(name="quality.sunglasses", status=Status.NOT_PERFORMED, evidence={"value": 0}),
        Check(name="quality.brightness", status=Status.PASSED, evidence={"value": 0}),
    )
    report = Report(service="liveness_detection", verdict=Verdict.GENUINE, checks=checks)
    found = envelope(task("liveness_detection", State.COMPLETED, report))["result"]["image_quality_checks"]
    assert found == {"pose": {"passed": False}, "brightness": {"passed": True, "value": 0}}


def test_a_thin_body_has_no_pictures_and_everything_else() -> None:
    body = {"id": "1", "preview": "AAAA", "result": {"explanation": [{"heatmap": "AAAA", "frame": 1}], "score": 1}}
    assert thin(body) == {"id": "1", "result": {"explanation": [{"frame": 1}], "score": 1}}

"""The IDLive Doc server's own endpoint over real HTTP (contracts 5.2)."""

import base64
from pathlib import Path
from typing import Any

import httpx
import pytest

from deployments.settings import TrustmaticSettings
from deployments.tasks.task import Failed
from pipelines.report import Report
from tests.contract.documents import liveness_of
from tests.contract.files import JPEG, PDF
from tests.contract.judges import judged_well, judging, reporting
from tests.contract.serving import Api

PATH = "/check_liveness"
IMAGE = base64.b64encode(JPEG).decode()
ALL = [{"pipeline_name": f"default-{name}"} for name in ("sr", "pc", "ps")]


def post(client: httpx.Client, **changes: Any) -> httpx.Response:
    body = {"image": IMAGE, "pipelines": ALL} | changes
    return client.post(PATH, json={k: v for k, v in body.items() if v is not None})


def answer(api: Api, client: httpx.Client, report: Report, **changes: Any) -> dict[str, Any]:
    with judging(api, reporting(report)):
        reply = post(client, **changes)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.json()
    return found


def test_each_pipeline_answers_for_itself_and_the_lowest_for_all(api: Api, client: httpx.Client) -> None:
    scores: Any = {("front", "document_liveness_print"): 0.6, ("front", "portrait_substitution"): 0.84}
    found = answer(api, client, liveness_of("front", scores=scores))
    assert [one["pipeline_name"] for one in found["results"]] == ["default-sr", "default-pc", "default-ps"]
    assert [one["probability"] for one in found["results"]] == pytest.approx([0.875, 0.5, 0.8])
    assert found["results"][1] == {
        "pipeline_name": "default-pc", "status": "OK", "probability": 0.5, "score": 0.0, "calibration": "REGULAR",
    }  # fmt: skip
    assert found["results"][2]["score"] == pytest.approx(1.3863)
    assert found["aggregate"] == {"probability": 0.5}
    assert found["image_quality_warnings"] == []


def test_a_softer_calibration_lets_more_live(api: Api, client: httpx.Client) -> None:
    report = liveness_of("front", scores={("front", "document_liveness_screen"): 0.55})
    found = {}
    for calibration in ("HARD", "REGULAR", "SOFT"):
        asked = [{"pipeline_name": "default-sr", "calibration": calibration}]
        found[calibration] = answer(api, client, report, pipelines=asked)["aggregate"]["probability"]
    assert found["HARD"] < found["REGULAR"] < 0.5 < found["SOFT"]


@pytest.mark.parametrize("error", ["DOCUMENT_NOT_FOUND", "DOCUMENT_CROPPED", "DOCUMENT_PHOTO_NOT_FOUND"])
def test_what_cannot_be_judged_has_a_status_and_no_numbers(api: Api, client: httpx.Client, error: str) -> None:
    found = answer(api, client, liveness_of("front", error={"front": error}))
    assert {one["status"] for one in found["results"]} == {error}
    assert {(one["probability"], one["score"]) for one in found["results"]} == {(None, None)}
    assert found["aggregate"] == {"probability": None}


def test_a_colourless_document_is_not_judged_either_unless_that_is_ignored(api: Api, client: httpx.Client) -> None:
    report = liveness_of("front", warnings=("DOCUMENT_IS_COLORLESS", "IMAGE_TOO_BLURRY"))
    found = answer(api, client, report)
    assert {one["status"] for one in found["results"]} == {"DOCUMENT_IS_COLORLESS"}
    found = answer(api, client, report, errors_to_ignore=["DOCUMENT_IS_COLORLESS"])
    assert {one["status"] for one in found["results"]} == {"OK"}
    assert found["image_quality_warnings"] == ["IMAGE_TOO_BLURRY"]


def test_an_ignored_error_is_a_warning_and_the_picture_is_judged(api: Api, client: httpx.Client) -> None:
    report = liveness_of("front", error={"front": "DOCUMENT_CROPPED"})
    found = answer(api, client, report, errors_to_ignore=["DOCUMENT_CROPPED"])
    assert found["aggregate"]["probability"] == pytest.approx(0.875)
    assert found["image_quality_warnings"] == ["DOCUMENT_BORDERS_OUTSIDE_OF_FRAME"]


@pytest.mark.parametrize(
    ("error", "warning"),
    [
        ("TOO_MANY_DOCUMENTS", "MULTIPLE_DOCUMENTS_IN_FRAME"),
        ("DOCUMENT_TOO_SMALL", "RELATIVE_DOCUMENT_SIZE_LOWER_THAN_10_PERCENT"),
        ("DOCUMENT_TOO_CLOSE_TO_BORDER", "DOCUMENT_TOO_CLOSE_TO_BORDER"),
    ],
)
def test_errors_of_the_wrapper_are_warnings_here(api: Api, client: httpx.Client, error: str, warning: str) -> None:
    found = answer(api, client, liveness_of("front", error={"front": error}))
    assert found["image_quality_warnings"] == [warning]
    assert found["aggregate"]["probability"] == pytest.approx(0.875)


def test_a_detector_without_a_score_leaves_all_without_one(api: Api, client: httpx.Client) -> None:
    found = answer(api, client, liveness_of("front", scores={("front", "document_liveness_print"): None}))
    assert [one["status"] for one in found["results"]] == ["OK", "NOT_PERFORMED", "OK"]
    assert found["aggregate"] == {"probability": None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"image": None}, (400, "INVALID_REQUEST")),
        ({"pipelines": None}, (400, "INVALID_REQUEST")),
        ({"pipelines": []}, (400, "INVALID_REQUEST")),
        ({"pipelines": [{}]}, (400, "INVALID_REQUEST")),
        ({"pipelines": [{"pipeline_name": []}]}, (400, "INVALID_REQUEST")),
        ({"pipelines": [{"pipeline_name": "default-sr", "calibration": "ODD"}]}, (400, "INVALID_REQUEST")),
        ({"errors_to_ignore": ["DOCUMENT_NOT_FOUND"]}, (400, "INVALID_REQUEST")),
        ({"errors_to_ignore": "DOCUMENT_CROPPED"}, (400, "INVALID_REQUEST")),
        ({"image": "no base64!"}, (406, "WRONG_FORMAT")),
        ({"image": base64.b64encode(PDF).decode()}, (406, "WRONG_FORMAT")),
    ],
)
def test_a_bad_request_is_refused(client: httpx.Client, changes: dict[str, Any], expected: tuple[int, str]) -> None:
    reply = post(client, **changes)
    assert (reply.status_code, reply.json()["error_code"]) == expected
    assert set(reply.json()) == {"error_code", "error"}


def test_a_damaged_picture_is_of_the_wrong_format_and_our_fault_is_ours(api: Api, client: httpx.Client) -> None:
    for code, status in (("corrupt_media", 406), ("internal", 500)):
        with judging(api, lambda _task, code=code: Failed(code, "it cannot be judged")):  # type: ignore[misc]
            assert post(client).status_code == status


def test_an_engine_that_takes_too_long_is_408(tmp_path: Path) -> None:
    running = Api(tmp_path, options={"trustmatic": TrustmaticSettings(wait_s=0.05)})
    running.start()
    try:
        with running.anonymous() as client:
            client.auth = running.account
            reply = post(client)
        assert (reply.status_code, reply.json()["error_code"]) == (408, "ENGINE_OVERLOADED")
    finally:
        running.stop()


def test_it_needs_name_and_password_and_its_description_does_not(api: Api) -> None:
    with api.anonymous() as client:
        assert post(client).status_code == 401
        assert client.get("/v3/api-docs").json() == client.get("/openapi.json").json()
        page = client.get("/swagger-ui/index.html", follow_redirects=True)
        assert (page.status_code, page.url.path) == (200, "/docs")


def test_one_judgement_is_asked_for_however_many_pipelines(api: Api, client: httpx.Client) -> None:
    with judging(api, judged_well) as judged:
        assert post(client).status_code == 200
    assert [task.spec.service for task in judged] == ["document_liveness"]

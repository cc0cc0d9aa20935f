"""Documents and files through the Sensity-compatible facade (contracts 2.2, 2.3 and 2.6)."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from deployments.ingress.envelopes import ENVELOPES, Sources
from pipelines.report import Report, Status, Verdict
from tests.contract.documents import MRZ, check, id_report, kept, no_document_report
from tests.contract.files import GIF, JPEG, MP4, PDF, PNG, TEXT, WAV, picture
from tests.contract.sensity.answers import created, refusal
from tests.contract.serving import Api

ID, EXTRACTION, FORENSIC = "/tasks/id_document_authentication", "/tasks/data_extraction", "/tasks/forensic_analysis"


def result(client: httpx.Client, path: str, task_id: str) -> dict[str, Any]:
    reply = client.get(f"{path}/{task_id}")
    assert reply.status_code == 200
    assert reply.json()["status"] == "completed", reply.text
    found: dict[str, Any] = reply.json()["result"]
    return found


@pytest.mark.parametrize(("front", "back"), [("front", "back"), ("file", "extra_file"), ("front", "extra_file")])
def test_the_deprecated_names_of_both_sides_mean_the_same(
    api: Api, account: tuple[str, str], client: httpx.Client, front: str, back: str
) -> None:
    task_id = created(client.post(ID, files={back: ("b.png", PNG), front: ("a.jpg", JPEG)}))
    task = api.store.get(account[0], task_id)
    assert task is not None
    assert [(ref.role, ref.mime) for ref in task.spec.media] == [("front", "image/jpeg"), ("back", "image/png")]
    assert dict(task.spec.options) == {"skip_forgery": False}


def test_forgery_is_skipped_only_when_asked_in_words_that_mean_it(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    task_id = created(client.post(ID, files={"front": ("a.jpg", JPEG)}, data={"skip_forgery": "True"}))
    task = api.store.get(account[0], task_id)
    assert task is not None
    assert task.spec.options["skip_forgery"] is True
    wrong = client.post(ID, files={"front": ("a.jpg", JPEG)}, data={"skip_forgery": "perhaps"})
    assert refusal(wrong) == (400, "invalid_parameter")


@pytest.mark.parametrize("content", [PDF, MP4, GIF, TEXT], ids=["pdf", "mp4", "gif", "text"])
def test_an_id_document_is_an_image(client: httpx.Client, content: bytes) -> None:
    assert refusal(client.post(ID, files={"front": ("a.jpg", content)})) == (415, "unsupported_media_type")
    assert refusal(client.post(ID, files={"back": ("a.jpg", JPEG)})) == (400, "missing_file")


def test_a_good_document_is_authentic_with_all_that_was_read(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    task_id = created(client.post(ID, files={"front": ("a.jpg", JPEG)}))
    api.complete(task_id, id_report(), *kept(api, account[0], portrait=JPEG, heatmap_copy_move_front=PNG))
    found = result(client, ID, task_id)
    assert (found["authentic"], found["score"]) == (True, 0.9)
    assert found["document"] == {
        "type": "passport", "country": "UTO", "model": "td3", "sides": ["front"], "expired": False,
    }  # fmt: skip
    assert found["fields"][0] == {
        "name": "surname", "value": "ERIKSSON", "mrz": "ERIKSSON", "visual": "ERIKSSON", "match": True,
        "confidence": 0.98,
    }  # fmt: skip
    assert (found["mrz"]["format"], found["mrz"]["lines"], found["mrz"]["valid"]) == ("TD3", list(MRZ), True)
    assert found["checks"][0] == {
        "name": "mrz_check_digits", "side": "front", "status": "passed", "score": 0.9, "message": "",
    }  # fmt: skip
    assert found["images"] == {"portrait": base64.b64encode(JPEG).decode()}


def test_a_failed_check_is_told_with_its_reason_and_side(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(ID, files={"front": ("a.jpg", JPEG), "back": ("b.jpg", JPEG)}))
    report = id_report(Verdict.SUSPICIOUS, checks={"copy_move": (Status.FAILED, "region_repeated")})
    both = check("sides_consistency", Status.FAILED, "other_person", subject="front+back")
    changed = Report(
        service=report.service, verdict=report.verdict, checks=(*report.checks, both), data=report.data
    )  # fmt: skip
    api.complete(task_id, changed)
    found = result(client, ID, task_id)
    assert found["authentic"] is False
    shown = {one["name"]: one for one in found["checks"]}
    assert shown["copy_move"]["message"] == "region repeated"
    assert (shown["sides_consistency"]["side"], shown["sides_consistency"]["status"]) == ("both", "failed")
    assert found["images"] == {}


def test_what_came_to_no_conclusion_is_neither_passed_nor_authentic(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(ID, files={"front": ("a.jpg", JPEG)}))
    api.complete(task_id, id_report(Verdict.INCONCLUSIVE, checks={"security_background": Status.INCONCLUSIVE}))
    found = result(client, ID, task_id)
    assert found["authentic"] is False
    unsure = next(one for one in found["checks"] if one["name"] == "security_background")
    assert unsure["status"] == "not_performed"
    assert "score" not in unsure


def test_a_picture_without_a_document_is_completed_and_not_authentic(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(ID, files={"front": ("a.jpg", JPEG)}))
    api.complete(task_id, no_document_report())
    found = result(client, ID, task_id)
    assert found["authentic"] is False
    assert found["document"] == {"type": "unknown", "sides": []}
    assert [(one["name"], one["status"]) for one in found["checks"]] == [("image_quality", "failed")]
    assert "mrz" not in found


@pytest.mark.parametrize(
    "fields",
    [{"keywords": ["total", "IBAN"]}, {"keywords": '["total", "IBAN"]'}, {"keywords": "total, IBAN"}],
    ids=["repeated", "json", "commas"],
)
def test_keywords_may_be_sent_in_three_spellings(
    api: Api, account: tuple[str, str], client: httpx.Client, fields: dict[str, Any]
) -> None:
    task_id = created(client.post(EXTRACTION, files={"file": ("a.pdf", PDF)}, data=fields))
    task = api.store.get(account[0], task_id)
    assert task is not None
    assert task.spec.options == {"date_order": "DMY", "extract_images": False, "keywords": ["total", "IBAN"]}


def test_a_hundred_keywords_are_enough(client: httpx.Client) -> None:
    def post(keywords: list[str]) -> httpx.Response:
        return client.post(EXTRACTION, files={"file": ("a.pdf", PDF)}, data={"keywords": keywords})

    created(post([f"word{number}" for number in range(100)]))
    assert refusal(post([f"word{number}" for number in range(101)])) == (400, "invalid_parameter")
    assert refusal(post(["x" * 101])) == (400, "invalid_parameter")
    assert refusal(post(['["a", 1]'])) == (400, "invalid_parameter")
    assert refusal(post(['["a'])) == (400, "invalid_parameter")


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"document_type": "vat", "date_order": "mdy"}, {"document_type": "VAT", "date_order": "MDY"}),
        ({"document_type": "Bank Statement"}, {"document_type": "Bank Statement", "date_order": "DMY"}),
        ({"is_extract_images": "yes", "document_type": ""}, {"extract_images": True}),
    ],
)
def test_what_the_caller_knows_reaches_the_service(
    api: Api, account: tuple[str, str], client: httpx.Client, fields: dict[str, str], options: dict[str, Any]
) -> None:
    task = api.store.get(account[0], created(client.post(EXTRACTION, files={"file": ("a.png", PNG)}, data=fields)))
    assert task is not None
    assert task.spec.options | options == task.spec.options
    assert ("document_type" in task.spec.options) is ("document_type" in options)


@pytest.mark.parametrize("fields", [{"document_type": "Love Letter"}, {"date_order": "DDD"}])
def test_words_outside_the_lists_are_refused(client: httpx.Client, fields: dict[str, str]) -> None:
    assert refusal(client.post(EXTRACTION, files={"file": ("a.png", PNG)}, data=fields)) == (400, "invalid_parameter")


@pytest.mark.parametrize("path", [EXTRACTION, FORENSIC])
def test_a_pdf_may_have_20_mib_and_a_picture_32(client: httpx.Client, path: str) -> None:
    exact = PDF + bytes(20 * 2**20 - len(PDF))
    created(client.post(path, files={"file": ("a.pdf", exact)}))
    assert refusal(client.post(path, files={"file": ("a.pdf", exact + b"\0")})) == (413, "payload_too_large")
    created(client.post(path, files={"file": ("a.jpg", JPEG + bytes(20 * 2**20))}))


def test_data_extraction_takes_no_webp_and_forensics_takes_everything(client: httpx.Client) -> None:
    for content in (picture("WEBP"), MP4, WAV, GIF):
        assert refusal(client.post(EXTRACTION, files={"file": ("a", content)})) == (415, "unsupported_media_type")
        created(client.post(FORENSIC, files={"file": ("a", content)}))
    assert refusal(client.post(FORENSIC, files={"file": ("a", TEXT)})) == (415, "unsupported_media_type")


EXTRACTED: dict[str, Any] = {
    "document_type": "Invoice",
    "classification": {"Invoice": 0.93},
    "ocr": [{"index": 0, "page": 1, "text": "Total: 12.00", "bbox": [1, 2, 3, 4], "source": "ocr", "confidence": 0.9}],
    "keywords": [],
    "overlapping_text": [],
    "extracted_data": {"total": {"value": "12.00", "raw": "12.00", "ocr_index": 0, "confidence": 0.9}},
}


def read(**more: Any) -> Report:
    return Report(service="data_extraction", verdict=Verdict.INCONCLUSIVE, checks=(), data=EXTRACTED | more)


def test_what_was_extracted_is_shown_as_it_is_and_fonts_only_where_there_are_any(
    api: Api, client: httpx.Client
) -> None:
    task_id = created(client.post(EXTRACTION, files={"file": ("a.png", PNG)}))
    api.complete(task_id, read(font_analysis=None))
    assert result(client, EXTRACTION, task_id) == EXTRACTED
    fonts = {"fonts": ["Helvetica"], "frequencies": [1.0]}
    task_id = created(client.post(EXTRACTION, files={"file": ("a.pdf", PDF)}))
    api.complete(task_id, read(font_analysis=fonts))
    assert result(client, EXTRACTION, task_id) == EXTRACTED | {"font_analysis": fonts}


def examined(flags: dict[str, tuple[str, Any]]) -> Report:
    data = {
        "document_details": {"file_type": "pdf", "mime_type": "application/pdf"},
        "red_flags": {name: message for name, (message, _) in flags.items()},
        "trigger_values": {name: value for name, (_, value) in flags.items()},
    }
    return Report(service="forensic_analysis", verdict=Verdict.SUSPICIOUS, checks=(), data=data)


def test_flags_and_their_values_have_the_same_keys_and_a_clean_file_has_none(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(FORENSIC, files={"file": ("a.jpg", JPEG)}))
    api.complete(task_id, examined({"multiple_versions": ("3 versions", 3)}))
    found = result(client, FORENSIC, task_id)
    assert found["red_flags"] == {"multiple_versions": "3 versions"}
    assert found["trigger_values"] == {"multiple_versions": 3}
    assert "extracted_images" not in found
    task_id = created(client.post(FORENSIC, files={"file": ("a.jpg", JPEG)}))
    api.complete(task_id, examined({}))
    found = result(client, FORENSIC, task_id)
    assert (found["red_flags"], found["trigger_values"]) == ({}, {})


def test_images_of_a_pdf_come_in_their_order_and_only_when_asked_for(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    asked = {"is_extract_images": "true"}
    artifacts = kept(api, account[0], extracted_10=PNG, extracted_2=JPEG, heatmap_ela=GIF)
    task_id = created(client.post(FORENSIC, files={"file": ("a.pdf", PDF)}, data=asked))
    api.complete(task_id, examined({}), *artifacts)
    images = [base64.b64encode(one).decode() for one in (JPEG, PNG)]
    assert result(client, FORENSIC, task_id)["extracted_images"] == images
    for content, data, expected in ((PDF, asked, []), (PDF, {}, None), (JPEG, asked, None)):
        task_id = created(client.post(FORENSIC, files={"file": ("a", content)}, data=data))
        api.complete(task_id, examined({}))
        assert result(client, FORENSIC, task_id).get("extracted_images") == expected


def test_pictures_that_expired_before_the_result_are_left_out(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    task_id = created(client.post(ID, files={"front": ("a.jpg", JPEG)}))
    (portrait,) = kept(api, account[0], portrait=JPEG)
    api.complete(task_id, id_report(), portrait)
    asyncio.run(api.blobs.delete([portrait.blob]))
    assert result(client, ID, task_id)["images"] == {}


def test_a_webhook_posts_what_a_poll_answers_and_a_thin_one_the_same_without_pictures(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    task_id = created(client.post(ID, files={"front": ("a.jpg", JPEG)}, data={"additional_info": "order 4711"}))
    api.complete(task_id, id_report(), *kept(api, account[0], portrait=JPEG))
    polled = client.get(f"{ID}/{task_id}").json()
    assert polled["event_type"] == "id_document_authentication_analysis_complete"
    task = api.store.get(account[0], task_id)
    assert task is not None

    def posted(webhook_body: str) -> Any:
        settings = api.settings.model_copy(update={"webhook_body": webhook_body})
        return asyncio.run(ENVELOPES["sensity"](task, Sources(settings, api.cases, api.blobs.get)))  # type: ignore[arg-type]

    assert posted("full") == polled
    polled["result"].pop("images")
    assert posted("thin") == polled


def test_the_name_of_the_file_reaches_forensics_for_its_extension_may_lie(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    task = api.store.get(account[0], created(client.post(FORENSIC, files={"file": ("scan.png", JPEG)})))
    assert task is not None
    assert task.spec.options == {"extract_images": False, "file_name": "scan.png"}


def test_a_url_takes_the_place_of_the_file(api: Api, account: tuple[str, str], client: httpx.Client) -> None:
    url = "https://www.example.com/in/scan%20one.pdf?page=2"
    task = api.store.get(account[0], created(client.post(FORENSIC, data={"url": url})))
    assert task is not None
    (media,) = task.spec.media
    assert (media.kind, media.url, media.blob) == ("url", url, "")
    assert media.limits is not None
    assert (media.limits["pdf"], media.limits["mp4"]) == (20 << 20, 32 << 20)
    assert task.spec.options["file_name"] == "scan one.pdf"


def test_file_and_url_exclude_each_other_and_an_empty_url_is_none(client: httpx.Client) -> None:
    both = client.post(FORENSIC, files={"file": ("a.jpg", JPEG)}, data={"url": "https://www.example.com/a.jpg"})
    assert refusal(both) == (400, "file_and_url")
    created(client.post(FORENSIC, files={"file": ("a.jpg", JPEG)}, data={"url": ""}))
    assert refusal(client.post(FORENSIC, data={"url": ""})) == (400, "missing_file")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "ftp://example.com/a", "http://user:pw@example.com/a", "nonsense"]
)
def test_a_url_that_is_never_opened_is_refused_at_once(client: httpx.Client, url: str) -> None:
    reply = client.post(FORENSIC, data={"url": url})
    assert refusal(reply) == (400, "invalid_parameter")
    assert url not in json.dumps(reply.json())


def test_social_media_are_left_to_the_task_to_fail(client: httpx.Client) -> None:
    created(client.post(FORENSIC, data={"url": "https://www.youtube.com/watch?v=1"}))

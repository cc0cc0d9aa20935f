"""DOCUMENTS analyses of the Oz-compatible API over real HTTP (contracts 4.3 and 4.4)."""

from typing import Any

import httpx
import pytest

from pipelines.report import Status, Verdict
from tests.contract.documents import id_report, no_document_report
from tests.contract.files import JPEG, MP4, PNG
from tests.contract.oz.serving import analysed, folder, refused
from tests.contract.serving import Api

TAGS = {"a": ["photo_id", "photo_id_back"], "b": ["photo_id", "photo_id_front"], "c": ["photo_selfie"]}


def documents(oz: httpx.Client, tags: Any = None, **files: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """A folder, and the ids of its media by their keys."""
    made = folder(oz, {"media:tags": tags or {}}, **files)
    return made, {one["original_name"].removesuffix(".bin"): one["media_id"] for one in made["media"]}


def test_both_sides_become_one_task_by_their_tags_and_selfies_are_left_out(api: Api, oz: httpx.Client) -> None:
    made, ids = documents(oz, TAGS, a=PNG, b=JPEG, c=JPEG)
    (asked,) = analysed(oz, made["folder_id"], {"type": "documents"})
    assert (asked["type"], asked["state"]) == ("DOCUMENTS", "PROCESSING")
    assert [one["media_id"] for one in asked["source_media"]] == [ids["b"], ids["a"]]
    tenant = api.store.tenant_of(asked["analysis_id"])
    task = api.store.get(str(tenant), asked["analysis_id"])
    assert task is not None
    assert [(ref.role, ref.mime) for ref in task.spec.media] == [("front", "image/jpeg"), ("back", "image/png")]
    assert (task.spec.service, task.spec.options["skip_forgery"]) == ("id_document_authentication", False)


def test_a_good_document_succeeds_with_its_text_fields(api: Api, oz: httpx.Client) -> None:
    made, ids = documents(oz, {"b": TAGS["b"]}, b=JPEG)
    (asked,) = analysed(oz, made["folder_id"], {"type": "DOCUMENTS"})
    api.complete(asked["analysis_id"], id_report())
    done = oz.get(f"/api/analyses/{asked['analysis_id']}").json()
    assert (done["state"], done["resolution_status"], done["resolution"]) == ("FINISHED", "SUCCESS", "SUCCESS")
    fields = done["results_data"]["text_fields"]
    assert fields[0] == {"field_name": "surname", "visual": "ERIKSSON", "mrz": "ERIKSSON"}
    assert {"document_number", "birth_date", "expiry_date"} <= {field["field_name"] for field in fields}
    (result,) = done["results_media"]
    assert (result["source_image_id"], result["results_data"]) == (ids["b"], done["results_data"])
    found = oz.get(f"/api/folders/{made['folder_id']}", params={"with_analyses": "true"}).json()
    assert (found["resolution_status"], found["system_resolution"]) == ("FINISHED", "SUCCESS")


@pytest.mark.parametrize(
    ("report", "resolution", "state"),
    [
        (id_report(Verdict.SUSPICIOUS, checks={"copy_move": Status.FAILED}), "DECLINED", "FINISHED"),
        (id_report(Verdict.INCONCLUSIVE), "OPERATOR_REQUIRED", "FINISHED"),
        (no_document_report(), "FAILED", "FAILED"),
    ],
)
def test_a_forgery_is_declined_and_what_could_not_be_judged_never_succeeds(
    api: Api, oz: httpx.Client, report: Any, resolution: str, state: str
) -> None:
    made, _ = documents(oz, {"b": TAGS["b"]}, b=JPEG)
    (asked,) = analysed(oz, made["folder_id"], {"type": "documents"})
    api.complete(asked["analysis_id"], report)
    done = oz.get(f"/api/analyses/{asked['analysis_id']}").json()
    assert (done["state"], done["resolution_status"]) == (state, resolution)
    assert (done["error_code"] is not None) is (state == "FAILED")
    found = oz.get(f"/api/folders/{made['folder_id']}").json()
    assert found["system_resolution"] == resolution


def test_media_that_are_named_need_no_tags(api: Api, oz: httpx.Client) -> None:
    made, ids = documents(oz, a=JPEG, b=PNG, c=JPEG)
    (asked,) = analysed(oz, made["folder_id"], {"type": "documents", "source_media": [ids["b"], ids["a"]]})
    assert [one["media_id"] for one in asked["source_media"]] == [ids["b"], ids["a"]]


def test_one_document_at_a_time_and_only_pictures(oz: httpx.Client) -> None:
    def post(made: dict[str, Any], **more: Any) -> tuple[int, int]:
        body = {"analyses": [{"type": "documents", **more}]}
        return refused(oz.post(f"/api/folders/{made['folder_id']}/analyses/", json=body))

    fronts = {"a": TAGS["b"], "b": TAGS["b"]}
    assert post(documents(oz, fronts, a=JPEG, b=PNG)[0]) == (400, 4)
    three, ids = documents(oz, a=JPEG, b=PNG, c=JPEG)
    assert post(three) == (400, 4)
    assert post(three, source_media=list(ids.values())) == (400, 4)
    video, ids = documents(oz, a=MP4)
    assert post(video, source_media=list(ids.values())) == (400, 4)

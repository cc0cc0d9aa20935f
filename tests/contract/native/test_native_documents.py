"""Documents and files through the native API over real HTTP."""

import asyncio
from typing import Any

import pytest

from deployments.tasks.task import Task
from tests.contract.documents import id_report, kept
from tests.contract.files import JPEG, PDF, PNG
from tests.contract.serving import Api


def task_of(api: Api, account: tuple[str, str], path: str, **sent: Any) -> Task:
    with api.client(account) as client:
        reply = client.post(path, **sent)
    assert reply.status_code == 202, reply.text
    assert reply.headers["location"] == reply.json()["url"]
    task = api.store.get(account[0], reply.json()["id"])
    assert task is not None
    return task


@pytest.mark.parametrize(
    ("path", "service", "files", "options"),
    [
        ("/v1/id-documents", "id_document_authentication", {"front": PNG, "back": JPEG}, {"skip_forgery": False}),
        ("/v1/document-liveness", "document_liveness", {"back": JPEG}, {}),
        ("/v1/data-extraction", "data_extraction", {"file": PDF}, {"date_order": "DMY"}),
        (
            "/v1/solutions/document",
            "document",
            {"file": PDF, "back": JPEG},
            {"date_order": "DMY", "skip_forgery": False, "extract_images": False, "file_name": "file.bin"},
        ),
        (
            "/v1/solutions/identity",
            "identity",
            {"selfie": JPEG, "front": PNG, "back": JPEG},
            {"skip_forgery": False},
        ),
        ("/v1/solutions/identity", "identity", {"selfie": JPEG, "reference": JPEG}, {"skip_forgery": False}),
        ("/v1/forensics", "forensic_analysis", {"file": PDF}, {"extract_images": False, "file_name": "file.bin"}),
    ],
)
def test_each_service_is_asked_by_itself(
    api: Api, account: tuple[str, str], path: str, service: str, files: dict[str, bytes], options: dict[str, Any]
) -> None:
    task = task_of(api, account, path, files={name: (f"{name}.bin", data) for name, data in files.items()})
    assert task.spec.service == service
    assert [ref.role for ref in task.spec.media] == list(files)
    assert dict(task.spec.options) | options == dict(task.spec.options)


@pytest.mark.parametrize("path", ["/v1/id-documents", "/v1/document-liveness", "/v1/data-extraction", "/v1/forensics"])
def test_a_file_is_needed(api: Api, path: str) -> None:
    with api.client() as client:
        reply = client.post(path, files={"other": ("a", JPEG)})
    assert (reply.status_code, reply.json()["title"]) == (400, "A required file is missing")


def test_pictures_of_a_report_are_fetched_one_by_one(api: Api, account: tuple[str, str]) -> None:
    task = task_of(api, account, "/v1/id-documents", files={"front": ("a.jpg", JPEG)})
    api.complete(task.id, id_report(), *kept(api, account[0], portrait=PNG))
    with api.client(account) as client:
        found = client.get(f"/v1/reports/{task.id}").json()
        assert found["report"]["data"]["document"]["type"] == "passport"
        (portrait,) = found["artifacts"]
        assert client.get(portrait["url"]).content == PNG


def test_a_url_is_fetched_by_whoever_works_on_the_task(api: Api, account: tuple[str, str]) -> None:
    task = task_of(api, account, "/v1/forensics", data={"url": "https://www.example.com/scan.pdf"})
    assert task.spec.media[0].kind == "url"


def test_a_task_is_erased_with_its_pictures(api: Api, account: tuple[str, str]) -> None:
    task = task_of(api, account, "/v1/id-documents", files={"front": ("a.jpg", JPEG)})
    (portrait,) = kept(api, account[0], portrait=PNG)
    api.complete(task.id, id_report(), portrait)
    with api.client(account) as client:
        assert client.delete(f"/v1/reports/{task.id}").status_code == 204
    with pytest.raises(FileNotFoundError):
        asyncio.run(api.blobs.get(portrait.blob))

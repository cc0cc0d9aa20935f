"""A client of the Oz-compatible API, and what a dispatcher would do, for the tests beside."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable
from typing import Any

import httpx

from deployments.tasks.task import Completed
from pipelines.report import Check, Report, Status, Verdict
from tests.contract.serving import Api

HEADER = "X-Forensic-Access-Token"


def signed_in(api: Api, account: tuple[str, str] | None = None) -> httpx.Client:
    with api.anonymous() as anonymous:
        token = opened(anonymous, account or api.new_account())["access_token"]
    client = api.anonymous()
    client.headers[HEADER] = token
    return client


def opened(client: httpx.Client, account: tuple[str, str]) -> dict[str, Any]:
    credentials = {"email": account[0], "password": account[1]}
    reply = client.post("/api/authorize/auth", json={"credentials": credentials})
    assert reply.status_code == 200, reply.text
    return reply.json()  # type: ignore[no-any-return]


def folder(client: httpx.Client, payload: Any = None, **files: bytes) -> dict[str, Any]:
    parts: dict[str, Any] = {key: (f"{key}.bin", data) for key, data in files.items()}
    data = {"payload": json.dumps(payload)} if payload is not None else None
    reply = client.post("/api/folders/", files=parts or None, data=data)
    assert reply.status_code == 201, reply.text
    return reply.json()  # type: ignore[no-any-return]


def analysed(client: httpx.Client, folder_id: str, *analyses: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    reply = client.post(f"/api/folders/{folder_id}/analyses/", json={"analyses": list(analyses), **more})
    assert reply.status_code == 201, reply.text
    return reply.json()  # type: ignore[no-any-return]


def refused(reply: httpx.Response) -> tuple[int, int]:
    assert set(reply.json()) == {"error_code", "error_message", "details"}
    return reply.status_code, reply.json()["error_code"]


def liveness(status: Status, media_id: str, score: float | None) -> Check:
    reasons = () if status is Status.PASSED else ("uncertain",)
    return Check(name="liveness", subject=media_id, status=status, score=score, threshold=0.2, reasons=reasons)


def judged(*checks: Check, verdict: Verdict) -> Report:
    return Report(service="liveness_set", verdict=verdict, checks=checks)


def zipped(*members: tuple[str, bytes], deflate: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def ending(api: Api, report: Callable[[str], Report]) -> threading.Thread:
    """Ends the next task as a dispatcher would."""

    def end() -> None:
        for _ in range(500):
            for task in api.store.claim("test", 10, 60):
                assert task.lease is not None
                api.store.finish(task.id, task.lease, Completed(report(task.spec.media[0].role).to_json()))
                return
            time.sleep(0.01)

    thread = threading.Thread(target=end)
    thread.start()
    return thread

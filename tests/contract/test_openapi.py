"""The API's description: valid, complete, and every example in it works when it is sent."""

import asyncio
import json
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from deployments.ingress.app import ROUTERS
from deployments.ingress.docs import describe
from deployments.tasks.task import ArtifactRef, TaskSpec
from pipelines.report import Status, Verdict
from tests.contract.documents import id_report
from tests.contract.files import JPEG, WAV
from tests.contract.judges import judged_well, judging
from tests.contract.oz.serving import HEADER, analysed, folder, opened, signed_in
from tests.contract.senseid.serving import sealed
from tests.contract.serving import Api, liveness_report

METHODS = ("get", "post", "put", "patch", "delete")


def routes_only() -> FastAPI:
    app = FastAPI(title="Veriscope", openapi_url=None, docs_url=None, redoc_url=None)
    for module in ROUTERS:
        app.router.routes.extend(module.router.routes)
    return app


DOCUMENT = describe(routes_only())
OPERATIONS = [
    (method, path, item[method]) for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item
]


def test_the_document_is_valid_openapi_and_is_what_the_app_serves(api: Api) -> None:
    with api.anonymous() as client:
        served = client.get("/openapi.json").json()
    assert served["openapi"].startswith("3.1")
    validate(served)
    assert served == json.loads(json.dumps(DOCUMENT))


def test_every_route_but_the_documentation_and_the_unbuilt_task_types_is_described() -> None:
    served = {
        (method.lower(), route.path) for module in ROUTERS for route in module.router.routes for method in route.methods
    }
    described = {(method, path) for method, path, _ in OPERATIONS}
    aliases = {("get", "/v3/api-docs"), ("get", "/swagger-ui/index.html")}
    assert served - described == {("get", "/docs"), ("get", "/openapi.json"), ("post", "/tasks/{task}"), *aliases}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_every_operation_says_what_it_is_for_and_gives_examples(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["description"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        Draft202012Validator(content["schema"]).validate(content["example"])
    successes = {status: reply for status, reply in operation["responses"].items() if status[0] == "2"}
    assert successes, "no success is described"
    for status, reply in successes.items():
        contents = reply.get("content", {})
        assert contents or status == "204", "a body without a type"
        for media, content in contents.items():
            assert "example" in content or media == "application/octet-stream"
            if media == "application/json":
                schema_of(content).validate(content["example"])


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_every_example_works_when_it_is_sent(api: Api, method: str, path: str, operation: dict[str, Any]) -> None:
    account = api.new_account()
    with api.client(account) as client:
        target = path.format(**prepared(api, client, account, path))
        auth = account if operation.get("security") == [{"Basic": []}] else None
        body = body_of(operation)
        if path.startswith("/api/"):
            pair = opened(client, account)
            client.headers[HEADER] = pair["access_token"]
            body = {"json": {"expire_token": pair["expire_token"]}} if path.endswith("/refresh") else body
        with judging(api, judged_well):  # not before: it claims what is being prepared
            reply = client.request(method, target, auth=auth, **body)  # type: ignore[arg-type]
    assert 200 <= reply.status_code < 300, reply.text
    described = operation["responses"][str(reply.status_code)]
    for media, content in described.get("content", {}).items():
        if media == "application/json":
            schema_of(content).validate(reply.json())


def prepared(api: Api, client: httpx.Client, account: tuple[str, str], path: str) -> dict[str, str]:
    """What the path speaks of, made for this account."""
    if path.startswith("/auth/tokens/"):
        return {"id": api.accounts.tokens(account[0])[0]["jti"]}
    if path.startswith("/webhooks/"):
        endpoint = client.post("/webhooks/voice_analysis_complete", data={"url": "https://hooks.example.com/a"})
        return {"event": "voice_analysis_complete", "id": endpoint.json()["id"]}
    if path.startswith("/v1/galleries/"):
        client.post("/v1/galleries", json={"id": "staff"})
        api.galleries.add(account[0], "staff", "employee-17", np.eye(128, dtype=np.float32)[0])
        return {"id": "staff", "subject": "employee-17"}
    if path.startswith("/api/"):
        return prepared_oz(api, account, path)
    if path.startswith("/flow/{"):
        claim = {"doc_type": None, "country_code": None, "first_name": None, "last_name": None, "tags": []}
        service, options = "id_document_authentication", {"claim": claim}
        spec = TaskSpec(tenant=account[0], facade="shareid", service=service, media=(), options=options)
        flow = api.store.submit(spec)
        api.complete(flow.id, id_report())
        return {"flow_id": flow.id}
    if "{" not in path:
        return {}
    client.post("/webhooks/liveness_detection_analysis_complete", data={"url": "https://hooks.example.com/a"})
    task_id = client.post("/tasks/liveness_detection", files={"file": ("a.jpg", JPEG)}).json()["report_id"]
    if path.startswith("/v1/deliveries/"):
        api.complete(task_id, liveness_report(Status.PASSED, Verdict.GENUINE))
        return {"id": api.outbox.list(account[0])[0].id}
    if "artifacts" in path:
        frame = asyncio.run(api.blobs.put(JPEG, account[0]))
        artifact = ArtifactRef(name="best_frame.jpg", mime="image/jpeg", blob=frame.key, size=frame.size)
        api.complete(task_id, liveness_report(Status.PASSED, Verdict.GENUINE), artifact)
    return {"task": "liveness_detection", "id": task_id, "name": "best_frame.jpg"}


def prepared_oz(api: Api, account: tuple[str, str], path: str) -> dict[str, str]:
    """The same for the Oz-compatible API."""
    with signed_in(api, account) as client:
        if "collection_id" in path:
            (blacklist,) = client.get("/api/collections").json()["items"]
            api.galleries.add(account[0], "blacklist", "person-17", np.eye(128, dtype=np.float32)[0])
            return {"collection_id": blacklist["collection_id"], "person_id": "person-17"}
        made = folder(client, a=JPEG)
        media_id, folder_id = made["media"][0]["media_id"], made["folder_id"]
        asked = {"type": "quality", "params": {"extract_best_shot": True}}
        analysis_id = analysed(client, folder_id, asked)[0]["analysis_id"]
    if "images" in path:
        frame = asyncio.run(api.blobs.put(JPEG, account[0]))
        artifact = ArtifactRef(name=f"best_frame.{media_id}.jpg", mime="image/jpeg", blob=frame.key, size=frame.size)
        api.complete(analysis_id, liveness_report(Status.PASSED, Verdict.GENUINE), artifact)
    return {"folder_id": folder_id, "media_id": media_id, "analysis_id": analysis_id}


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The request's example as arguments of the client; files by what their example is called."""
    contents = operation.get("requestBody", {}).get("content", {})
    if "application/json" in contents:
        return {"json": contents["application/json"]["example"]}
    if "multipart/form-data" not in contents:
        return {}
    content = contents["multipart/form-data"]
    properties = content["schema"]["properties"]
    files = {name for name in content["example"] if properties[name].get("format") == "binary"}
    return {
        "files": {name: (value, as_file(name, value)) for name, value in content["example"].items() if name in files}
        or None,
        "data": {name: value for name, value in content["example"].items() if name not in files},
    }


def as_file(name: str, example: str) -> bytes:
    if name == "liveness_file":
        return sealed(JPEG)
    return WAV if example.endswith(".wav") else JPEG


def schema_of(content: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]})


def test_the_page_shows_every_operation_and_loads_nothing_from_elsewhere(api: Api) -> None:
    with api.anonymous() as client:
        reply = client.get("/docs")
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    for _, path, _ in OPERATIONS:
        assert f"<code>{path}</code>" in reply.text
    assert "<script" not in reply.text
    assert "src=" not in reply.text.replace("default-src", "")

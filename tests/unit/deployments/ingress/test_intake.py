"""What becomes of a request that is cut off while it is being answered."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from deployments.ingress.app import create_app
from deployments.tasks.store import TaskStore
from deployments.tasks.task import State, Task
from tests.contract.files import JPEG
from tests.contract.raw import MULTIPART, multipart
from tests.contract.serving import Api


class WaitingStore(TaskStore):
    """Commits when it is told to."""

    entered = threading.Event()
    go = threading.Event()

    def submit(self, *args: Any, **kwargs: Any) -> Task:
        self.entered.set()
        self.go.wait(5)
        return super().submit(*args, **kwargs)


async def test_a_request_cancelled_while_its_task_is_committed_keeps_task_and_media(tmp_path: Path) -> None:
    api = Api(tmp_path, store_class=WaitingStore)
    app = create_app(api.backend())
    claims = app.state.intake.auth.new_claims(api.account[0], frozenset({"tasks:write"}))
    api.accounts.issue(api.account[0], claims)
    headers = [
        (b"authorization", app.state.intake.auth.sign(claims).encode()),
        (b"content-type", MULTIPART.encode()),
        (b"idempotency-key", b"cut-off"),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/tasks/liveness_detection",
        "headers": headers,
        "query_string": b"",
    }
    body = multipart(('name="file"; filename="a.jpg"', JPEG))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(_message: Any) -> None:
        pass

    request = asyncio.create_task(app(scope, receive, send))
    await asyncio.to_thread(WaitingStore.entered.wait, 5)
    request.cancel()
    await asyncio.sleep(0.02)
    WaitingStore.go.set()
    with pytest.raises(asyncio.CancelledError):
        await request
    (task,) = api.store.list(api.account[0], 10)
    assert task.state is State.QUEUED
    assert await api.blobs.get(task.spec.media[0].blob) == JPEG
    api.engine.dispose()

"""What the Sensity-compatible facade answers, taken apart."""

import httpx


def created(reply: httpx.Response) -> str:
    """The id of a task that was accepted."""
    assert reply.status_code == 200, reply.text
    assert set(reply.json()) == {"report_id", "task_id", "success"}
    return str(reply.json()["report_id"])


def refusal(reply: httpx.Response) -> tuple[int, str]:
    """Status and code of an error."""
    assert reply.json()["success"] is False
    return reply.status_code, reply.json()["code"]

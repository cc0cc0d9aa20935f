"""A client of Trustmatic's document liveness, written from the vendor's documentation alone.

    python trustmatic.py http://127.0.0.1:8000 bank "correct horse battery staple" front.jpg [back.jpg]

Is the document itself before the camera, or a screen or print of it? Files may be http(s) URLs as well. Needs httpx.
"""

import base64
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import httpx

ACCEPTED_FROM, REVIEWED_BELOW = 0.25, 0.5


class Trustmatic:
    """The one call of the documentation."""

    def __init__(self, base_url: str, username: str, password: str) -> None:
        encoded = base64.b64encode(f"{username}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {encoded}"}
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False)

    def document_liveness(self, front: str, back: str | None = None, session: str | None = None) -> dict[str, Any]:
        """Checks a document. `front` and `back` are base64 texts or URLs; the reply has a score or an error."""
        body = {"sessionId": session or str(uuid.uuid4()), "frontSideImageBase": front}
        if back is not None:
            body["backSideImageBase"] = back
        reply: dict[str, Any] = self._http.post("/api/v1/document/liveness", json=body).json()
        return reply


def as_sent(source: str) -> str:
    """A file as base64; a URL as it is."""
    is_url = source.startswith(("http://", "https://"))
    return source if is_url else base64.b64encode(Path(source).read_bytes()).decode()


def verdict(answer: dict[str, Any]) -> str:
    """What the documentation recommends to make of an answer."""
    if answer["hasError"]:
        return f"not judged: {answer['error']}"
    if answer["score"] < ACCEPTED_FROM:
        return "rejected"
    return "manual review" if answer["score"] < REVIEWED_BELOW else "accepted"


def main(base_url: str, username: str, password: str, front: str, back: str | None = None) -> None:
    """Checks a document and prints the answer."""
    client = Trustmatic(base_url, username, password)
    answer = client.document_liveness(as_sent(front), as_sent(back) if back is not None else None)
    print(json.dumps(answer | {"verdict": verdict(answer)}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])

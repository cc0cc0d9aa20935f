"""Manipulated faces through the running cluster: a photograph, the same with another face, a video, no face."""

import base64
import io
from functools import cache
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.pictures import astronaut, h264, hopper, nobody, pixels
from tests.running import Cluster, until_finished

pytestmark = [pytest.mark.cluster, pytest.mark.weights]
FACES = "/tasks/face_manipulation"
PATIENCE_S = 240
"""A busy machine is slow; how fast is not what is tested here."""


def judged(client: httpx.Client, name: str, data: bytes) -> dict[str, Any]:
    created = client.post(FACES, files={"file": (name, data)}, data={"explain": "true"})
    assert created.status_code == 200, created.text
    body: dict[str, Any] = until_finished(client, f"{FACES}/{created.json()['report_id']}", PATIENCE_S)
    assert body["status"] == "completed", body
    return body


@cache
def two_faces() -> bytes:
    """A PNG of two people side by side."""
    both = [Image.open(io.BytesIO(data)).convert("RGB").resize((480, 480)) for data in (astronaut(), hopper())]
    out = io.BytesIO()
    Image.fromarray(np.hstack([np.asarray(one) for one in both])).save(out, "PNG")
    return out.getvalue()


def test_faces_of_a_picture_are_judged_one_by_one(cluster: Cluster) -> None:
    with cluster.client() as client:
        body = judged(client, "two.png", two_faces())
        report = client.get(f"/v1/reports/{body['id']}").json()["report"]
    assert body["no_faces"] is False
    assert body["result"]["class_name"] in ("real", "fake")
    assert body["result"]["class_probability"] >= 0.5
    preview = Image.open(io.BytesIO(base64.b64decode(body["preview"])))
    assert max(preview.size) == 256
    assert len(report["data"]["faces"]) == 2
    names = {check["name"] for check in report["checks"]}
    assert {"face_artifacts", "face_frequency", "face_manipulation"} <= names


def test_a_real_photograph_is_not_called_fake_for_sure(cluster: Cluster) -> None:
    with cluster.client() as client:
        result = judged(client, "astronaut.jpg", astronaut())["result"]
    assert result["class_name"] == "real" or result.get("inconclusive")


def test_a_video_has_a_timeline_and_its_movement_is_judged(cluster: Cluster) -> None:
    frames = [np.roll(pixels(astronaut()), step, axis=1) for step in range(30)]
    with cluster.client() as client:
        body = judged(client, "a.mp4", h264(frames))
        report = client.get(f"/v1/reports/{body['id']}").json()["report"]
        picture = client.get(f"/v1/reports/{body['id']}/artifacts/timeline.png")
    (face,) = report["data"]["faces"]
    times = [moment["timestamp"] for moment in face["timeline"]]
    assert len(times) > 3
    assert times == sorted(times)
    assert picture.content.startswith(b"\x89PNG")
    assert {"identity_jitter", "landmark_jitter"} <= {check["name"] for check in report["checks"]}


def test_a_picture_without_a_face_says_so(cluster: Cluster) -> None:
    with cluster.client() as client:
        body = judged(client, "nobody.jpg", nobody())
    assert body["no_faces"] is True
    assert body["result"] == {"class_name": "no_faces", "class_probability": 0}

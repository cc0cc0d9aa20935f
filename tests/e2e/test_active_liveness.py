"""A challenge is set over HTTP, answered by a recording, and judged by the running cluster."""

import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from models.face.detector import YuNetDetector
from models.face.landmarks import FaceMesh, mesh_crop, to_image
from models.training.clips.head import Head
from models.training.clips.scenarios import clip
from tests.pictures import astronaut
from tests.running import Cluster, until_finished

pytestmark = [pytest.mark.cluster, pytest.mark.weights, pytest.mark.timeout(180)]

LIVENESS = "/tasks/liveness_detection"


@pytest.fixture(scope="module")
def person() -> Head:
    image = np.array(Image.open(io.BytesIO(astronaut())).convert("RGB"))
    detector, mesh = YuNetDetector(), FaceMesh()
    detector.load()
    mesh.load()
    crop, to_picture = mesh_crop(image, detector.predict([image])[0][0])
    return Head(image, to_image(mesh.predict([crop])[0].landmarks, to_picture))


def answered(client: httpx.Client, person: Head, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The envelope and the full report of a recording of that kind, made for a fresh challenge."""
    challenge = client.post("/liveness/challenges").json()
    actions = [step["action"] for step in challenge["steps"]]
    recording = clip(kind, actions, person, person, np.random.default_rng(5))
    reply = client.post(LIVENESS, files={"file": ("selfie.mp4", recording)}, data={"session_info": challenge["token"]})
    assert reply.status_code == 200, reply.text
    task = reply.json()["report_id"]
    envelope = until_finished(client, f"{LIVENESS}/{task}", timeout=120)
    return envelope, client.get(f"/v1/reports/{task}").json()["report"]


def active(report: dict[str, Any]) -> dict[str, str]:
    return {c["name"]: c["status"] for c in report["checks"] if c["name"].startswith("active.")}


def test_an_honest_answer_passes_every_active_check(cluster: Cluster, person: Head) -> None:
    with cluster.client() as client:
        envelope, report = answered(client, person, "honest")
    assert envelope["status"] == "completed"
    assert set(active(report).values()) == {"passed"}, report["checks"]


def test_the_replay_of_another_answer_is_refused(cluster: Cluster, person: Head) -> None:
    with cluster.client() as client:
        envelope, report = answered(client, person, "replay_other")
    assert active(report)["active.order"] == "failed"
    assert envelope["result"]["live"] != "Live"

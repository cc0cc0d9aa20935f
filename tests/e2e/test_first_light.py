"""A newcomer submits a real photo over HTTP and gets a true answer."""

import io
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from standardwebhooks import Webhook

from tests.pictures import astronaut, hopper, jpeg, nobody
from tests.receiver import receiving
from tests.running import ACCOUNT, Cluster, until_finished

pytestmark = [pytest.mark.cluster, pytest.mark.weights]

LIVENESS = "/tasks/liveness_detection"


def submitted(client: httpx.Client, path: str, **files: bytes) -> dict[str, Any]:
    """Submits files and waits for the end of the task."""
    reply = client.post(path, files={name: (f"{name}.jpg", data) for name, data in files.items()})
    assert reply.status_code == 200, reply.text
    return until_finished(client, f"{path}/{reply.json()['report_id']}")


def checked(cluster: Cluster, tmp_path: Path, picture: bytes, *arguments: str) -> dict[str, Any]:
    """What `veriscope check --json` says of the picture."""
    file = tmp_path / "picture.jpg"
    file.write_bytes(picture)
    command = [sys.executable, "-m", "cluster.cli", "check", str(file), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.mark.parametrize("picture", [astronaut, hopper])
def test_a_real_photo_is_live(cluster: Cluster, picture: Any) -> None:
    with cluster.client() as client:
        answer = submitted(client, LIVENESS, file=picture())
    assert answer["status"] == "completed"
    assert answer["no_faces"] is False
    assert answer["result"]["live"] == "Live"
    assert answer["result"]["image_quality_checks"]["single_face"] == {"passed": True, "value": 1}


def test_a_picture_without_a_face_is_never_live(cluster: Cluster) -> None:
    with cluster.client() as client:
        answer = submitted(client, LIVENESS, file=nobody())
    assert answer["no_faces"] is True
    assert "live" not in answer.get("result", {})


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_face_is_found_whichever_way_the_photo_lies(cluster: Cluster, degrees: int) -> None:
    with cluster.client() as client:
        answer = submitted(client, "/tasks/face_matching", file=astronaut(degrees), extra_file=astronaut())
    assert answer["result"]["match"] is True


def test_two_people_do_not_match_and_the_score_is_symmetric(cluster: Cluster) -> None:
    with cluster.client() as client:
        one = submitted(client, "/tasks/face_matching", file=astronaut(), extra_file=hopper())
        other = submitted(client, "/tasks/face_matching", file=hopper(), extra_file=astronaut())
    assert one["result"]["match"] is False
    assert one["result"]["score"] == pytest.approx(other["result"]["score"], abs=1e-3)


def test_matching_without_a_face_fails_and_says_in_which_file(cluster: Cluster) -> None:
    with cluster.client() as client:
        first = submitted(client, "/tasks/face_matching", file=nobody(), extra_file=astronaut())
        second = submitted(client, "/tasks/face_matching", file=astronaut(), extra_file=nobody())
    assert (first["status"], first["error"]) == ("failed", "no face found in file")
    assert (second["status"], second["error"]) == ("failed", "no face found in extra_file")


def test_a_webhook_brings_what_a_poll_answers_and_its_signature_verifies(cluster: Cluster) -> None:
    event = "liveness_detection_analysis_complete"
    with receiving() as receiver, cluster.client() as client:
        secret = client.post(f"/webhooks/{event}", data={"url": receiver.url}).json()["secret"]
        answer = submitted(client, LIVENESS, file=astronaut())
        delivered = wait_for(receiver.received, answer["id"])
        client.delete(f"/webhooks/{event}")
    Webhook(secret).verify(delivered.body, delivered.headers)
    assert delivered.json == answer


def wait_for(received: list[Any], task: str) -> Any:
    for _ in range(200):
        for item in list(received):
            if item.json["id"] == task:
                return item
        time.sleep(0.1)
    raise AssertionError("no webhook came within 20 seconds")


def test_the_command_line_gives_the_same_scores_as_the_cluster(cluster: Cluster, tmp_path: Path) -> None:
    with cluster.client() as client:
        answer = submitted(client, LIVENESS, file=astronaut())
        report = client.get(f"/v1/reports/{answer['id']}").json()["report"]
    local = checked(cluster, tmp_path, astronaut())
    assert [(c["name"], c["status"], c["score"]) for c in local["checks"]] == [
        (c["name"], c["status"], c["score"]) for c in report["checks"]
    ]


def test_the_identity_solution_joins_liveness_and_match(cluster: Cluster) -> None:
    with cluster.client() as client:
        files = {"selfie": ("s.jpg", astronaut()), "reference": ("r.jpg", jpeg_of(astronaut()))}
        reply = client.post("/v1/solutions/identity", files=files)
        report = finished_report(client, reply.json()["id"])
    assert report["report"]["verdict"] == "genuine"
    assert {check["name"]: check["status"] for check in report["report"]["checks"]}["face_match"] == "passed"
    trace = [(look["role"], look["stage"], look["outcome"]) for look in report["report"]["trace"]]
    assert sorted(trace) == [("reference", "faces", "done"), ("selfie", "faces", "done")], "each decoded once"


def test_an_unusable_reference_degrades_the_identity_report_and_is_never_genuine(cluster: Cluster) -> None:
    with cluster.client() as client:
        files = {"selfie": ("s.jpg", astronaut()), "reference": ("r.jpg", nobody())}
        reply = client.post("/v1/solutions/identity", files=files)
        report = finished_report(client, reply.json()["id"])
    assert report["status"] == "completed"
    assert report["report"]["verdict"] == "inconclusive"


def jpeg_of(picture: bytes) -> bytes:
    """The same picture, compressed once more: another file of the same person."""
    return jpeg(np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")), 80)


def finished_report(client: httpx.Client, task: str) -> dict[str, Any]:
    """The native report once it is terminal."""
    for _ in range(300):
        report: dict[str, Any] = client.get(f"/v1/reports/{task}").json()
        if report["status"] in ("completed", "failed"):
            return report
        time.sleep(0.1)
    raise AssertionError("the report was not finished within 30 seconds")


def test_a_gallery_finds_who_was_enrolled(cluster: Cluster) -> None:
    with cluster.client() as client:
        assert client.post("/v1/galleries", json={"id": "staff"}).status_code == 201
        for subject, picture in (("collins", astronaut()), ("hopper", hopper())):
            files, data = {"file": ("a.jpg", picture)}, {"subject_id": subject}
            reply = client.post("/v1/galleries/staff/subjects", files=files, data=data)
            assert finished_report(client, reply.json()["id"])["report"]["verdict"] == "genuine"
        files = {"file": ("b.jpg", jpeg_of(astronaut()))}
        reply = client.post("/tasks/face_matching", files=files, data={"gallery_id": "staff"})
        answer = until_finished(client, f"/tasks/face_matching/{reply.json()['report_id']}")
        client.delete("/v1/galleries/staff")
    found = answer["result"]["identification"]["candidates"]
    assert found[0]["subject_id"] == "collins"
    assert answer["result"]["match"] is True


def test_everything_reports_ready(cluster: Cluster) -> None:
    reply = httpx.get(f"{cluster.url}/readyz", timeout=10)
    assert reply.status_code == 200
    assert set(reply.json()["pipelines"].values()) == {"ready"}


def test_a_wrong_password_is_refused(cluster: Cluster) -> None:
    assert httpx.post(f"{cluster.url}/auth/tokens", auth=(ACCOUNT[0], "wrong"), timeout=30).status_code == 401

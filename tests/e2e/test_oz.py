"""The Oz endpoints judge real pictures, through the client that was written from the vendor's documentation."""

import io
import json
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image
from standardwebhooks import Webhook

from tests.pictures import astronaut, h264, hopper, jpeg, nobody, pixels, zipped
from tests.receiver import Received, receiving
from tests.running import ACCOUNT, Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.weights]

CLIENT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "oz.py"
PATIENCE_S = 60


@pytest.fixture(scope="module")
def oz(cluster: Cluster) -> Iterator[httpx.Client]:
    """A plain HTTP client that has signed in."""
    with httpx.Client(base_url=cluster.url, timeout=120, trust_env=False) as client:
        credentials = {"credentials": {"email": ACCOUNT[0], "password": ACCOUNT[1]}}
        signed_in = client.post("/api/authorize/auth/", json=credentials)
        client.headers["X-Forensic-Access-Token"] = signed_in.json()["access_token"]
        yield client


def views(picture: bytes, count: int) -> list[np.ndarray]:
    """(480, 480, 3) RGB frames of a camera that drifts over the photo."""
    still = pixels(picture)
    short = min(still.shape[:2])
    still = cv2.resize(np.ascontiguousarray(still[:short, :short]), (520, 520))
    tops = [round(20 + 15 * np.sin(number / 5)) for number in range(count)]
    return [np.ascontiguousarray(still[top : top + 480, 20:500]) for top in tops]


@cache
def video(*pictures: bytes) -> bytes:
    """An H.264 MP4 of two seconds for each of the photos, one after the other."""
    return h264(view for picture in pictures for view in views(picture, 30))


@cache
def shots(picture: bytes) -> bytes:
    """A ZIP of six frames."""
    return zipped(*(jpeg(view) for view in views(picture, 6)))


def folder(oz: httpx.Client, payload: dict[str, Any] | None = None, query: str = "", **files: bytes) -> dict[str, Any]:
    parts = {key: (key, data) for key, data in files.items()}
    reply = oz.post(f"/api/folders/{query}", files=parts, data={"payload": json.dumps(payload or {})})
    assert reply.status_code == 201, reply.text
    return reply.json()  # type: ignore[no-any-return]


def analysed(oz: httpx.Client, folder_id: str, *analyses: dict[str, Any]) -> list[dict[str, Any]]:
    """Asks for the analyses and waits until none is PROCESSING."""
    reply = oz.post(f"/api/folders/{folder_id}/analyses/", json={"analyses": list(analyses)})
    assert reply.status_code == 201, reply.text
    wanted = [asked["analyse_id"] for asked in reply.json()]
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = {one["analysis_id"]: one for one in oz.get(f"/api/folders/{folder_id}/analyses/").json()}
        answers = [found[analysis_id] for analysis_id in wanted]
        if all(answer["resolution_status"] != "PROCESSING" for answer in answers):
            return answers
        time.sleep(0.1)
    raise AssertionError(f"still PROCESSING after {PATIENCE_S} s")


def judged(oz: httpx.Client, kind: str, params: dict[str, Any] | None = None, **files: bytes) -> dict[str, Any]:
    """The finished analysis of that type over these files."""
    made = folder(oz, **files)
    (answer,) = analysed(oz, made["folder_id"], {"type": kind, "params": params or {}})
    return answer


def test_the_example_runs_as_it_stands(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(video(astronaut()))
    (tmp_path / "b.jpg").write_bytes(astronaut())
    files = [str(tmp_path / name) for name in ("a.mp4", "b.jpg")]
    command = [sys.executable, str(CLIENT), cluster.url, *ACCOUNT, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    answers = json.loads(done.stdout)
    assert answers["same_person"] == "SUCCESS"
    assert answers["liveness"] in ("SUCCESS", "DECLINED", "FAILED")
    assert len(answers["confidence_spoofing"]) == 2


@pytest.mark.parametrize("picture", [astronaut, hopper])
def test_a_real_photo_is_no_spoof(oz: httpx.Client, picture: Any) -> None:
    answer = judged(oz, "quality", selfie=picture())
    assert (answer["state"], answer["resolution_status"]) == ("FINISHED", "SUCCESS"), answer
    (result,) = answer["results_media"]
    assert 0 <= result["results_data"]["confidence_spoofing"] < 0.5
    assert result["source_image_id"] == answer["source_media"][0]["media_id"]


def test_image_video_and_shots_set_are_each_judged_under_their_own_key(oz: httpx.Client) -> None:
    made = folder(oz, image=astronaut(), video=video(astronaut()), shots=shots(astronaut()))
    by_name = {medium["original_name"]: medium for medium in made["media"]}
    assert {name: medium["media_type"] for name, medium in by_name.items()} == {
        "image": "IMAGE_FOLDER", "video": "VIDEO_FOLDER", "shots": "SHOTS_SET_FOLDER"
    }  # fmt: skip
    facts = by_name["video"]["info"]["video"]
    assert (facts["width"], facts["height"], facts["fps"]) == (480, 480, 15)
    assert facts["duration"] == pytest.approx(2, abs=0.1)
    assert by_name["shots"]["info"]["shots_set"] == {"width": 480, "height": 480}
    (answer,) = analysed(oz, made["folder_id"], {"type": "quality"})
    keys = {"image": "source_image_id", "video": "source_video_id", "shots": "source_shots_set_id"}
    assert len(answer["results_media"]) == 3
    for name, key in keys.items():
        (result,) = [one for one in answer["results_media"] if one.get(key) == by_name[name]["media_id"]]
        if result["results_data"] is not None:
            assert 0 <= result["results_data"]["confidence_spoofing"] <= 1
    whole = oz.get(f"/api/folders/{made['folder_id']}", params={"with_analyses": "true"}).json()
    assert whole["system_resolution"] == answer["resolution"]


def test_a_still_shots_set_has_no_time_and_is_judged_all_the_same(oz: httpx.Client) -> None:
    answer = judged(oz, "quality", shots=shots(astronaut()))
    (result,) = answer["results_media"]
    assert result["results_data"] is not None, answer["error_message"]


def test_a_video_in_which_another_person_takes_over_is_declined(oz: httpx.Client) -> None:
    answer = judged(oz, "quality", video=video(astronaut(), hopper()))
    assert answer["resolution_status"] == "DECLINED"
    assert "person_changed" in answer["decline_reasons"]


def test_nobody_in_the_picture_is_failed_and_has_no_score(oz: httpx.Client) -> None:
    answer = judged(oz, "quality", selfie=nobody())
    assert (answer["state"], answer["resolution_status"], answer["error_code"]) == ("FAILED", "FAILED", 4)
    assert "no_face" in answer["error_message"]
    assert answer["results_media"][0]["results_data"] is None


def test_one_person_in_photo_video_and_shots_set_is_the_same(oz: httpx.Client) -> None:
    answer = judged(oz, "biometry", a=astronaut(), b=video(astronaut()), c=shots(astronaut()))
    assert answer["resolution_status"] == "SUCCESS", answer
    scores = answer["results_data"]
    assert 0.85 <= scores["min_confidence"] <= scores["max_confidence"] <= 1


def test_the_least_similar_pair_of_two_people_declines(oz: httpx.Client) -> None:
    answer = judged(oz, "biometry", a=astronaut(), b=hopper(), c=astronaut())
    assert (answer["resolution_status"], answer["decline_reasons"]) == ("DECLINED", ["different_person"])
    assert answer["results_data"]["min_confidence"] < 0.85 <= answer["results_data"]["max_confidence"]


def test_a_person_on_the_blacklist_is_declined_and_another_is_not(oz: httpx.Client) -> None:
    (blacklist,) = [one for one in oz.get("/api/collections").json()["items"] if one["alias"] == "blacklist"]
    path = f"/api/collections/{blacklist['collection_id']}/persons/"
    parts = {"image": ("portrait.jpg", hopper())}
    enrolled = oz.post(path, files=parts, data={"payload": json.dumps({"person_id": "grace"})})
    assert enrolled.status_code == 201, enrolled.text
    listed, free = judged(oz, "blacklist", a=hopper()), judged(oz, "collection", a=astronaut())
    assert oz.delete(path + "grace").status_code == 204
    gone = judged(oz, "blacklist", a=hopper())
    assert [one["resolution_status"] for one in (listed, free, gone)] == ["DECLINED", "SUCCESS", "SUCCESS"]
    assert listed["collection"] == blacklist
    (person,) = listed["results_media"][0]["results_data"]["persons"]
    assert person["person_id"] == "grace"
    assert person["confidence"] > 0.85


def test_a_folder_is_announced_once_when_all_its_analyses_have_ended(oz: httpx.Client) -> None:
    with receiving() as receiver:
        made = folder(oz, {"resolution_endpoint": receiver.url}, a=astronaut(), b=hopper())
        analysed(oz, made["folder_id"], {"type": "quality"}, {"type": "biometry"})
        delivered = first_of(receiver.received)
        shown = oz.get(f"/api/folders/{made['folder_id']}", params={"with_analyses": "true"}).json()
        time.sleep(2)
    assert len(receiver.received) == 1
    assert {one["type"] for one in delivered.json["analyses"]} == {"QUALITY", "BIOMETRY"}
    assert without_links(delivered.json) == without_links(shown)
    Webhook(made["webhook_secret"]).verify(delivered.body, delivered.headers)


def first_of(received: list[Received]) -> Received:
    for _ in range(200):
        if received:
            return received[0]
        time.sleep(0.1)
    raise AssertionError("no webhook came within 20 seconds")


def without_links(value: Any) -> Any:
    """The same values without signed URLs, which change with the hour."""
    if isinstance(value, dict):
        return {key: without_links(inner) for key, inner in value.items() if not key.endswith("_url")}
    return [without_links(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("instant", [False, True])
def test_a_single_request_answers_with_the_results_and_instant_ones_are_forgotten(
    oz: httpx.Client, instant: bool
) -> None:
    payload = {"analyses": [{"type": "quality", "source_media": ["selfie"]}]}
    made = folder(oz, payload, "?instant=true" if instant else "", selfie=astronaut(), document=hopper())
    (answer,) = made["analyses"]
    assert (made["system_resolution"], answer["resolution"]) == ("SUCCESS", "SUCCESS")
    assert [medium["original_name"] for medium in answer["source_media"]] == ["selfie"]
    paths = [f"/api/folders/{made['folder_id']}", f"/api/analyses/{answer['analyse_id']}"]
    paths += [f"/api/media/{medium['media_id']}" for medium in made["media"]]
    assert {oz.get(path).status_code for path in paths} == {404 if instant else 200}


def test_every_path_takes_both_slashes(oz: httpx.Client) -> None:
    made = folder(oz, a=astronaut())
    for path in ("folders", f"folders/{made['folder_id']}", f"folders/{made['folder_id']}/media", "collections"):
        for slash in ("", "/"):
            assert oz.get(f"/api/{path}{slash}").status_code == 200
            assert oz.get(f"/oz/api/{path}{slash}").status_code == 200


def test_an_archive_that_is_no_shots_set_is_refused(oz: httpx.Client) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../1.jpg", astronaut())
    for archive_bytes in (out.getvalue(), shots(astronaut())[:2000]):
        reply = oz.post("/api/folders", files={"a": ("a.zip", archive_bytes)})
        assert (reply.status_code, reply.json()["error_code"]) == (400, 4), reply.text


def test_the_best_shot_of_a_video_can_be_fetched_by_its_link(cluster: Cluster, oz: httpx.Client) -> None:
    answer = judged(oz, "quality", {"extract_best_shot": True}, video=video(astronaut()))
    (image,) = answer["results_media"][0]["output_images"]
    assert image["media_type"] == "IMAGE_RESULT_ANALYSIS_QUALITY"
    path = image["original_url"].split("://", 1)[1].split("/", 1)[1]
    fetched = httpx.get(f"{cluster.url}/{path}", timeout=30)
    assert fetched.status_code == 200
    assert Image.open(io.BytesIO(fetched.content)).size == (480, 480)
    thumb = answer["source_media"][0]["thumb_url"].split("://", 1)[1].split("/", 1)[1]
    assert max(Image.open(io.BytesIO(httpx.get(f"{cluster.url}/{thumb}", timeout=30).content)).size) <= 320

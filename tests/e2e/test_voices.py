"""Voices through the running cluster: files, URLs, videos, and what is said in them."""

import io
import re
import shutil
import subprocess
import time
import wave
from functools import cache
from typing import Any

import httpx
import numpy as np
import pytest

from tests.fileserver import handing_out
from tests.pictures import astronaut, h264, pixels
from tests.running import Cluster, until_finished

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.weights,
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="apt-get install espeak-ng"),
]
VOICE = "/tasks/voice_analysis"
PATIENCE_S = 240
"""A busy machine is slow; how fast is not what is tested here."""
MESSAGE = """You have reached the office of the harbour master. We are open from nine to five on weekdays.
If you want to moor a boat, please leave your name and the length of the boat. For the weather report, call the station
on the hill. The bridge opens every two hours in summer, and every four hours in winter. Dogs must be kept on a lead.
The restaurant on the pier is closed until the spring. If your call is about a lost bag, please ask at the ticket hall.
In an emergency, do not leave a message here, but call the coast guard at once. Thank you for your patience."""


@cache
def spoken(text: str = "Good morning. I would like to open a new account, please.") -> bytes:
    """A WAV of a voice that a machine made."""
    command = ["espeak-ng", "-v", "en-us", "-s", "140", "--stdout", text]
    return subprocess.run(command, capture_output=True, check=True).stdout


@cache
def silence(seconds: float = 3.0) -> bytes:
    """A WAV in which nothing happens."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(2 * round(seconds * 16_000)))
    return out.getvalue()


def ended(client: httpx.Client, created: httpx.Response) -> dict[str, Any]:
    assert created.status_code == 200, created.text
    return until_finished(client, f"{VOICE}/{created.json()['report_id']}", PATIENCE_S)


def test_a_voice_is_judged_written_down_and_explained(cluster: Cluster) -> None:
    with cluster.client() as client:
        body = ended(client, client.post(VOICE, files={"file": ("call.wav", spoken())}, data={"explain": "true"}))
        assert body["status"] == "completed", body
        report = client.get(f"/v1/reports/{body['id']}").json()
        picture = client.get(f"/v1/reports/{body['id']}/artifacts/timeline.png")
    result = body["result"]
    assert {"good", "morning", "account"} <= set(re.findall(r"\w+", result["transcription"]["text"].lower()))
    assert result["transcription"]["language"] == "en"
    assert result["translation"]["text"] == result["transcription"]["text"]
    assert result["class_name"] in ("real", "fake")
    assert result["class_probability"] >= 0.5
    assert report["progress"] == 1.0
    judged = report["report"]["data"]["judgement"]
    assert (judged["label"], judged["inconclusive"]) == (result["class_name"], "inconclusive" in result)
    # A machine's voice may fool the detector, but nothing is genuine that no check passed.
    checks = {check["name"]: check["status"] for check in report["report"]["checks"]}
    assert (report["report"]["verdict"] == "genuine") <= (checks["voice_spoof"] == "passed")
    assert picture.content.startswith(b"\x89PNG")
    assert pixels(picture.content).shape == (300, 1200, 3)


def test_a_file_behind_a_url_is_fetched_and_what_is_not_wanted_is_left_out(cluster: Cluster) -> None:
    with handing_out({"/call.wav": spoken(), "/page.html": b"<html></html>"}) as server, cluster.client() as client:
        sent = client.post(VOICE, data={"url": f"{server}/call.wav", "transcribe": "false"})
        page = client.post(VOICE, data={"url": f"{server}/page.html"})
        film = client.post(VOICE, data={"url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ"})
        heard = ended(client, sent)
        assert heard["status"] == "completed", heard
        assert not {"transcription", "translation", "explanation"} & set(heard["result"])
        assert ended(client, page)["error"] == "the file behind the url is not of a supported type"
        refused = ended(client, film)
        assert (refused["status"], refused["error"]) == ("failed", "unsupported url source")


def test_silence_has_no_voice_and_a_film_without_sound_no_audio(cluster: Cluster) -> None:
    picture = pixels(astronaut())[:256, :256]
    with cluster.client() as client:
        silent = client.post(VOICE, files={"file": ("silence.wav", silence())})
        film = client.post(VOICE, files={"file": ("film.mp4", h264([picture] * 10))})
        heard = ended(client, silent)
        assert (heard["status"], heard["result"]["class_name"]) == ("completed", "no_voice")
        assert (heard["result"]["class_probability"], heard["result"]["transcription"]["text"]) == (0, "")
        failed = ended(client, film)
        assert (failed["status"], failed["error"]) == ("failed", "no audio stream")


def test_a_sound_of_more_than_twenty_minutes_is_too_long(cluster: Cluster) -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:  # 8 kHz, 8 bits: 10 MB
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8_000)
        file.writeframes(np.full(1_202 * 8_000, 128, np.uint8).tobytes())
    with cluster.client() as client:
        failed = ended(client, client.post(VOICE, files={"file": ("long.wav", out.getvalue())}))
    assert (failed["status"], failed["error"]) == ("failed", "audio too long")


def test_a_longer_recording_says_how_far_it_is(cluster: Cluster) -> None:
    seen: list[float] = []
    with cluster.client() as client:
        created = client.post(VOICE, files={"file": ("long.wav", spoken(MESSAGE))})
        path = f"/v1/reports/{created.json()['report_id']}"
        deadline = time.monotonic() + PATIENCE_S
        while (report := client.get(path).json())["status"] in ("queued", "running"):
            assert time.monotonic() < deadline
            seen.append(report["progress"])
            time.sleep(0.5)
    assert report["status"] == "completed", report
    assert seen == sorted(seen)
    assert all(0 <= share < 1 for share in seen)
    assert report["progress"] == 1.0
    assert len(report["report"]["data"]["speech"]["segments"]) >= 4

"""Voices through the Sensity-compatible facade (contracts 2.2, 2.3 and 2.6)."""

from typing import Any

import httpx
import pytest

from deployments.ingress.sensity.document_forms import MEDIA_BYTES
from pipelines.report import Report, Verdict
from tests.contract.files import JPEG, MP4, PDF, TEXT, WAV
from tests.contract.sensity.answers import created, refusal
from tests.contract.serving import Api

VOICE = "/tasks/voice_analysis"
URL = "https://media.example.com/call.wav"
SPEECH = {
    "language": "de",
    "language_probability": 0.99,
    "text": "Guten Tag.",
    "segments": [{"start": 0.5, "end": 1.5, "text": "Guten Tag."}],
    "translation": {
        "language": "en",
        "text": "Good day.",
        "segments": [{"start": 0.5, "end": 1.5, "text": "Good day."}],
    },
}
SEGMENTS = [
    {"start": 0.0, "end": 4.0, "fake_probability": 0.9},
    {"start": 4.0, "end": 8.0, "fake_probability": 0.2},
]


def report(label: str, probability: float, *, inconclusive: bool = False, **data: Any) -> Report:
    judgement = {"label": label, "fake_probability": probability, "inconclusive": inconclusive}
    return Report(
        service="voice_analysis",
        verdict=Verdict.INCONCLUSIVE,
        checks=(),
        data={"judgement": judgement, "segments": SEGMENTS if label != "no_voice" else []} | data,
    )


def result(api: Api, client: httpx.Client, found: Report, **fields: str) -> dict[str, Any]:
    task_id = created(client.post(VOICE, files={"file": ("a.wav", WAV)}, data=fields))
    assert client.get(f"{VOICE}/{task_id}").json() == {
        "id": task_id, "status": "in_progress", "event_type": "voice_analysis_complete",
    }  # fmt: skip
    api.complete(task_id, found)
    body = client.get(f"{VOICE}/{task_id}").json()
    assert (body["status"], body["event_type"]) == ("completed", "voice_analysis_complete")
    assert "no_faces" not in body
    shown: dict[str, Any] = body["result"]
    return shown


def options(api: Api, account: tuple[str, str], task_id: str) -> dict[str, Any]:
    task = api.store.get(account[0], task_id)
    assert task is not None
    return dict(task.spec.options)


def test_it_is_transcribed_and_not_explained_unless_asked_otherwise(
    api: Api, account: tuple[str, str], client: httpx.Client
) -> None:
    plain = created(client.post(VOICE, files={"file": ("a.wav", WAV)}))
    assert options(api, account, plain) == {"explain": False, "transcribe": True}
    told = created(
        client.post(VOICE, files={"file": ("a.wav", WAV)}, data={"explain": "True", "transcribe": "off"})
    )  # fmt: skip
    assert options(api, account, told) == {"explain": True, "transcribe": False}
    for field in ("explain", "transcribe"):
        wrong = client.post(VOICE, files={"file": ("a.wav", WAV)}, data={field: "perhaps"})
        assert refusal(wrong) == (400, "invalid_parameter")


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
def test_a_url_may_stand_for_the_file_in_both_kinds_of_forms(
    api: Api, account: tuple[str, str], client: httpx.Client, form: str
) -> None:
    if form == "urlencoded":
        reply = client.post(VOICE, data={"url": URL, "transcribe": "false"})
    else:
        reply = client.post(VOICE, files={"url": (None, URL), "transcribe": (None, "false")})
    task_id = created(reply)
    task = api.store.get(account[0], task_id)
    assert task is not None
    (media,) = task.spec.media
    assert (media.role, media.kind, media.url) == ("file", "url", URL)
    assert media.limits is not None
    assert set(media.limits) >= {"wav", "mp3", "m4a", "ogg", "aac", "flac", "mp4", "mkv", "webm", "3gp"}
    assert set(media.limits.values()) == {MEDIA_BYTES}
    assert "png" not in media.limits
    assert task.spec.options["transcribe"] is False


def test_a_file_and_a_url_are_one_too_many_and_an_empty_url_is_none(client: httpx.Client) -> None:
    both = client.post(VOICE, files={"file": ("a.wav", WAV)}, data={"url": URL})
    assert refusal(both) == (400, "file_and_url")
    created(client.post(VOICE, files={"file": ("a.wav", WAV)}, data={"url": ""}))
    assert refusal(client.post(VOICE, data={"url": ""})) == (400, "missing_file")
    assert refusal(client.post(VOICE, files={"file": ("a.wav", b"")})) == (400, "empty_file")


@pytest.mark.parametrize("content", [JPEG, PDF, TEXT], ids=["image", "pdf", "text"])
def test_pictures_and_texts_have_no_voice(client: httpx.Client, content: bytes) -> None:
    assert refusal(client.post(VOICE, files={"file": ("a.wav", content)})) == (415, "unsupported_media_type")
    created(client.post(VOICE, files={"file": ("a.wav", MP4)}))


def test_the_limit_is_thirty_two_mebibytes_inclusive(client: httpx.Client) -> None:
    created(client.post(VOICE, files={"file": ("a.wav", WAV + bytes(MEDIA_BYTES - len(WAV)))}))
    over = client.post(VOICE, files={"file": ("a.wav", WAV + bytes(MEDIA_BYTES - len(WAV) + 1))})
    assert refusal(over) == (413, "payload_too_large")


@pytest.mark.parametrize(("label", "probability", "shown"), [("fake", 0.97, 0.97), ("real", 0.03, 0.97)])
def test_the_probability_is_that_of_the_label(
    api: Api, client: httpx.Client, label: str, probability: float, shown: float
) -> None:
    found = result(api, client, report(label, probability))
    assert found == {"class_name": label, "class_probability": shown}


@pytest.mark.parametrize(("label", "probability"), [("fake", 0.5), ("fake", 0.6), ("real", 0.45)])
def test_weak_evidence_says_that_it_is_weak(
    api: Api, client: httpx.Client, label: str, probability: float
) -> None:  # fmt: skip
    found = result(api, client, report(label, probability, inconclusive=True))
    assert found["inconclusive"] is True
    assert found["class_probability"] == pytest.approx(max(probability, 1 - probability))


def test_an_explanation_names_every_stretch_with_its_own_label(api: Api, client: httpx.Client) -> None:
    found = result(api, client, report("fake", 0.8), explain="true")
    assert found["explanation"] == [
        {"start": 0.0, "end": 4.0, "class_name": "fake", "class_probability": 0.9},
        {"start": 4.0, "end": 8.0, "class_name": "real", "class_probability": 0.8},
    ]


def test_what_is_said_stands_beside_its_translation(api: Api, client: httpx.Client) -> None:
    found = result(api, client, report("real", 0.1, speech=SPEECH))
    assert found["transcription"] == {key: SPEECH[key] for key in SPEECH if key != "translation"}
    assert found["translation"] == SPEECH["translation"]


def test_where_nobody_speaks_there_is_no_voice_and_no_text(api: Api, client: httpx.Client) -> None:
    silent = {"text": "", "segments": [], "translation": {"language": "en", "text": "", "segments": []}}
    found = result(api, client, report("no_voice", 0.5, inconclusive=True, speech=silent), explain="true")
    assert found == {
        "class_name": "no_voice", "class_probability": 0, "transcription": {"text": "", "segments": []},
        "translation": {"language": "en", "text": "", "segments": []},
    }  # fmt: skip


def test_a_failed_task_says_why(api: Api, client: httpx.Client) -> None:
    task_id = created(client.post(VOICE, files={"file": ("a.mp4", MP4)}))
    api.fail(task_id, "no_audio_stream", "no audio stream")
    body = client.get(f"{VOICE}/{task_id}").json()
    assert (body["status"], body["error"]) == ("failed", "no audio stream")
    assert "result" not in body


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/a.wav", "http://[::1]/a.wav", "ftp://example.com/a.wav", "http://a:b@example.com/a.wav"]
)
def test_a_url_that_is_never_opened_is_refused_at_once(client: httpx.Client, url: str) -> None:
    assert refusal(client.post(VOICE, data={"url": url})) == (400, "invalid_parameter")


def test_a_url_of_a_social_network_is_left_to_the_task(client: httpx.Client) -> None:
    created(client.post(VOICE, data={"url": "https://www.youtube.com/watch?v=1"}))

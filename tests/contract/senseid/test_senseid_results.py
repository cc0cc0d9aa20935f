"""What is made of reports and of failed tasks (contracts 3.5 to 3.7)."""

import base64
from typing import Any

import httpx
import pytest

from deployments.settings import SenseIdSettings
from deployments.tasks.task import ArtifactRef, Completed, Outcome, Task
from pipelines.report import Status
from tests.contract.files import JPEG, MP4
from tests.contract.judges import judged_well, judging
from tests.contract.senseid.serving import (
    IMAGES,
    LIVENESS_IMAGE,
    MATRIX,
    PHOTO,
    QUALITY,
    SILENT,
    SILENT_IMAGE,
    completed,
    covered,
    failed,
    live,
    match,
    post,
    visible,
)
from tests.contract.serving import Api

ALL = {"return_status": "true", "return_image": "true", "return_face_image": "true"}
BEST = {"best": {"timestamp": 1.25, "box": [1, 2, 3, 4]}}


def answer(api: Api, client: httpx.Client, path: str, judge: Any, **fields: Any) -> dict[str, Any]:
    with judging(api, judge):
        reply = post(client, path, **fields)
    body: dict[str, Any] = reply.json()
    assert (reply.status_code == 200) == (body["code"] == 1000)
    assert reply.status_code in (200, 400)
    return {
        name: value for name, value in body.items() if name not in ("request_id", "code" if "passed" in body else "")
    }


def code(api: Api, client: httpx.Client, path: str, judge: Any, **fields: Any) -> tuple[int, str]:
    body = answer(api, client, path, judge, **fields)
    return body["code"], body.get("message", "")


def silent(
    status: Status = Status.PASSED, seen: Status = Status.PASSED, duration: float = 4.0, who: str = "file"
) -> Any:
    return completed(live(status, subject=who), visible(seen, duration, who), match(), data=BEST)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("image_size", (2003, "invalid image size")),
        ("image_too_large", (2003, "invalid image size")),
        ("corrupt_media", (2005, "invalid image type or corrupted")),
        ("unsupported_media", (2005, "invalid image type or corrupted")),
        ("no_face", (4000, "detection failed")),
    ],
)
@pytest.mark.parametrize("path", [IMAGES, QUALITY])
def test_a_photo_that_cannot_be_judged(
    api: Api, client: httpx.Client, path: str, word: str, expected: tuple[int, str]
) -> None:
    assert code(api, client, path, failed(word, "file")) == expected


def test_a_truncated_photo_is_2006_in_the_matrix_alone(api: Api, client: httpx.Client) -> None:
    assert code(api, client, MATRIX, failed("corrupt_media", "extra_file")) == (2006, "corrupted image error")
    assert code(api, client, MATRIX, failed("unsupported_media", "file"))[0] == 2005


def test_the_role_tells_liveness_data_from_the_photo(api: Api, client: httpx.Client) -> None:
    assert code(api, client, LIVENESS_IMAGE, failed("corrupt_media", "file"))[0] == 2007
    assert code(api, client, LIVENESS_IMAGE, failed("corrupt_media", "extra_file"))[0] == 2005
    assert code(api, client, LIVENESS_IMAGE, failed("no_face", "extra_file"))[0] == 4000


def test_a_video_that_cannot_be_decoded(api: Api, client: httpx.Client) -> None:
    assert code(api, client, SILENT, failed("corrupt_media", "file"))[0] == 2008
    assert code(api, client, SILENT_IMAGE, failed("corrupt_media", "selfie"))[0] == 1200


def test_a_failure_of_ours_is_500(api: Api, client: httpx.Client) -> None:
    with judging(api, failed("worker_lost")):
        reply = post(client, IMAGES)
    assert (reply.status_code, reply.json()["code"], reply.json()["message"]) == (500, 500, "INTERNAL_ERROR")


@pytest.mark.parametrize(("path", "role"), [(IMAGES, "file"), (IMAGES, "extra_file"), (LIVENESS_IMAGE, "extra_file")])
def test_a_covered_photo_is_4004_only_when_quality_is_checked(
    api: Api, client: httpx.Client, path: str, role: str
) -> None:
    judge = completed(match(), covered(Status.FAILED, role))
    assert code(api, client, path, judge, check_quality="true") == (4004, "face occlusion")
    assert code(api, client, path, judge)[0] == 1000


def test_a_covered_face_in_the_video_does_not_count_as_the_photo(api: Api, client: httpx.Client) -> None:
    checks = (live(subject="selfie"), visible(subject="selfie"), match())
    hidden = completed(*checks, covered(Status.FAILED, "selfie"))
    assert answer(api, client, SILENT_IMAGE, hidden, check_quality="true")["passed"] is True
    hidden = completed(*checks, covered(Status.FAILED, "reference"))
    assert code(api, client, SILENT_IMAGE, hidden, check_quality="true")[0] == 4004


def test_a_low_score_is_no_error(api: Api, client: httpx.Client) -> None:
    body = answer(api, client, IMAGES, completed(match(0.12, Status.FAILED, "different_person")))
    assert body == {"code": 1000, "verification_score": 0.12}


def test_a_passed_video_has_nothing_that_was_not_asked_for(api: Api, client: httpx.Client) -> None:
    assert answer(api, client, SILENT, silent()) == {"passed": True, "liveness_score": 0.97}
    with_photo = answer(api, client, SILENT_IMAGE, silent(who="selfie"))
    assert with_photo == {"passed": True, "liveness_score": 0.97, "verification_score": 0.93}


@pytest.mark.parametrize(("path", "who"), [(SILENT, "file"), (SILENT_IMAGE, "selfie")])
def test_pictures_come_as_plain_base64_when_passed_and_asked_for(
    api: Api, client: httpx.Client, path: str, who: str
) -> None:
    body = answer(api, client, path, with_pictures(api, who), **ALL)
    assert (body["liveness_status"], body["image_timestamp"]) == ("ok", 1.25)
    assert base64.b64decode(body["base64_image"], validate=True) == JPEG
    assert base64.b64decode(body["base64_face_image"], validate=True) == JPEG
    only = answer(api, client, path, with_pictures(api, who), return_face_image="true")
    assert {"base64_image", "image_timestamp", "liveness_status"}.isdisjoint(only)
    assert "base64_face_image" in only


def with_pictures(api: Api, who: str) -> Any:
    import asyncio

    def judge(task: Task) -> Outcome:
        blobs = [asyncio.run(api.blobs.put(JPEG, task.spec.tenant)) for _ in range(2)]
        names = ("best_frame.jpg", "best_face.jpg")
        artifacts = [
            ArtifactRef(name=n, mime="image/jpeg", blob=b.key, size=b.size) for n, b in zip(names, blobs, strict=True)
        ]
        done = silent(who=who)(task)
        assert isinstance(done, Completed)
        return Completed(done.report, tuple(artifacts))

    return judge


def test_a_hacked_video_has_no_pictures_and_no_comparison_even_when_asked_for(api: Api, client: httpx.Client) -> None:
    hack = silent(Status.FAILED, who="selfie")
    body = answer(api, client, SILENT_IMAGE, hack, **ALL)
    assert body == {"passed": False, "liveness_score": 0.97, "liveness_status": "hack"}


def test_without_return_status_there_is_none_even_on_failure(api: Api, client: httpx.Client) -> None:
    assert "liveness_status" not in answer(api, client, SILENT, silent(Status.FAILED), return_status="false")


@pytest.mark.parametrize("status", [Status.INCONCLUSIVE, Status.FAILED])
def test_what_could_not_be_judged_has_not_passed(api: Api, client: httpx.Client, status: Status) -> None:
    assert answer(api, client, SILENT, silent(status))["passed"] is False


def test_without_a_measured_time_nothing_has_passed(api: Api, client: httpx.Client) -> None:
    assert answer(api, client, SILENT, completed(live()))["passed"] is False


def test_a_video_without_a_face_is_4007(api: Api, client: httpx.Client) -> None:
    nobody = completed(live(Status.NOT_PERFORMED, None), visible(Status.INCONCLUSIVE))
    assert code(api, client, SILENT, nobody) == (4007, "liveness silent check failed")


def test_an_unusable_photo_is_told_before_an_unusable_video(api: Api, client: httpx.Client) -> None:
    shown = (live(Status.NOT_PERFORMED, None, "selfie"), visible(Status.INCONCLUSIVE, subject="selfie"))
    photo = match(None, Status.NOT_PERFORMED, "no_face", subject="reference")
    video = match(None, Status.NOT_PERFORMED, "no_face", subject="selfie")
    assert code(api, client, SILENT_IMAGE, completed(*shown, photo))[0] == 4000
    assert code(api, client, SILENT_IMAGE, completed(*shown, video))[0] == 4007
    tiny = match(None, Status.NOT_PERFORMED, "image_size", subject="reference")
    passed = (live(subject="selfie"), visible(subject="selfie"))
    assert code(api, client, SILENT_IMAGE, completed(*passed, tiny))[0] == 2003


def test_a_container_under_two_seconds_is_2008_in_silent_detection_and_short_time_with_a_photo(
    api: Api, client: httpx.Client
) -> None:
    assert code(api, client, SILENT, silent(seen=Status.INCONCLUSIVE, duration=1.9)) == (2008, "invalid video error")
    body = answer(api, client, SILENT_IMAGE, silent(seen=Status.INCONCLUSIVE, duration=1.9, who="selfie"), **ALL)
    assert body == {"passed": False, "liveness_score": 0.97, "liveness_status": "short_time"}


def test_a_face_seen_for_under_two_seconds_is_short_time(api: Api, client: httpx.Client) -> None:
    body = answer(api, client, SILENT, silent(seen=Status.INCONCLUSIVE, duration=6.0), **ALL)
    assert body == {"passed": False, "liveness_score": 0.97, "liveness_status": "short_time"}


def test_an_idempotency_key_replays_the_answer_and_its_id(api: Api, client: httpx.Client) -> None:
    client.headers["Idempotency-Key"] = "photo-4711"
    with judging(api, judged_well) as judged:
        first, second = post(client, QUALITY), post(client, QUALITY)
    assert second.headers["idempotency-replayed"] == "true"
    assert first.content == second.content
    assert len(judged) == 1
    other = post(client, QUALITY, encrypted_image=PHOTO[:-8])
    assert (other.status_code, other.json()["code"]) in [(400, 1200), (422, 422)]


def test_a_judgement_that_takes_too_long_is_503_and_goes_on(tmp_path: Any) -> None:
    api = Api(tmp_path, options={"senseid": SenseIdSettings(wait_s=0.3, allow_plain=True)})
    api.start()
    try:
        with api.anonymous() as client:
            reply = post(client, QUALITY)
            assert (reply.status_code, reply.json()["code"]) == (503, 503)
            assert reply.headers["retry-after"] == "2"
            assert api.kept()[0] == 1
            with judging(api, judged_well):
                plain = client.post(QUALITY, files={"image_file": ("a.jpg", JPEG)})
                both = {"liveness_file": ("a.mp4", MP4), "image_file": ("a.jpg", JPEG)}
                assert client.post(LIVENESS_IMAGE, files=both).json()["code"] == 1000
            assert plain.json()["code"] == 1000
            assert post(client, QUALITY, encrypted_image=None).json()["code"] == 1200
    finally:
        api.stop()


def test_plain_files_are_not_taken_unless_allowed(client: httpx.Client) -> None:
    assert client.post(QUALITY, files={"image_file": ("a.jpg", JPEG)}).json()["code"] == 1200

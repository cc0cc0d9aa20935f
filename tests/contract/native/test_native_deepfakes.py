"""Images, faces and voices through the native API over real HTTP."""

import pytest

from tests.contract.files import JPEG, PDF
from tests.contract.native.test_native_documents import task_of
from tests.contract.serving import Api


@pytest.mark.parametrize(
    ("path", "service", "options"),
    [
        ("/v1/ai-generated-images", "ai_generated_image_detection", {"explain": True}),
        ("/v1/face-manipulation", "face_manipulation", {"explain": True}),
        ("/v1/solutions/deepfake", "deepfake", {"explain": True, "transcribe": False, "file_name": "clip.bin"}),
    ],
)
def test_a_file_is_examined(
    api: Api, account: tuple[str, str], path: str, service: str, options: dict[str, object]
) -> None:
    task = task_of(api, account, path, files={"file": ("clip.bin", JPEG)}, data={"explain": "true"})
    assert task.spec.service == service
    assert dict(task.spec.options) | options == dict(task.spec.options)


@pytest.mark.parametrize(
    "path", ["/v1/ai-generated-images", "/v1/face-manipulation", "/v1/voices", "/v1/solutions/deepfake"]
)
def test_a_file_may_lie_at_a_url(api: Api, account: tuple[str, str], path: str) -> None:
    task = task_of(api, account, path, data={"url": "https://www.example.com/clip.mp4"})
    assert [ref.role for ref in task.spec.media] == ["file"]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/v1/ai-generated-images", PDF),
        ("/v1/face-manipulation", PDF),
        ("/v1/voices", JPEG),
        ("/v1/solutions/deepfake", PDF),
    ],
)
def test_what_the_service_cannot_judge_is_refused(api: Api, account: tuple[str, str], path: str, data: bytes) -> None:
    with api.client(account) as client:
        reply = client.post(path, files={"file": ("clip.mp4", data)})
    assert reply.status_code == 415
    assert reply.headers["content-type"].startswith("application/problem+json")

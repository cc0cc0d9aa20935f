"""What tests of the SenseID-compatible API stand on: sealed files, and reports as judges write them."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deployments.tasks.task import Completed, Failed, Outcome, Task
from pipelines.report import Check, Report, Status, Verdict
from tests.contract.files import JPEG, MP4

KEY, IV = b"dcbbad6765e14139a07d34b92292a672", b"df25d188a061"
IMAGES = "/identity/image_verification/stateless"
MATRIX = "/identity/multiface_image_omni_verification/stateless"
LIVENESS_IMAGE = "/identity/liveness_image_verification/stateless"
SILENT_IMAGE = "/identity/silent_image_verification/stateless"
QUALITY = "/quality/face/stateless"
SILENT = "/liveness/silent_detection/stateless"
PATHS = (IMAGES, MATRIX, LIVENESS_IMAGE, SILENT_IMAGE, QUALITY, SILENT)


def sealed(plain: bytes, key: bytes = KEY) -> bytes:
    """Ciphertext and tag."""
    return AESGCM(key).encrypt(IV, plain, None)


def text(plain: bytes, key: bytes = KEY) -> str:
    """What the vendor's clients send."""
    return base64.b64encode(sealed(plain, key)).decode()


PHOTO, VIDEO = text(JPEG), text(MP4)
_GOOD: Mapping[str, dict[str, str]] = {
    IMAGES: {"first_encrypted_image": PHOTO, "second_encrypted_image": PHOTO},
    MATRIX: {"first_encrypted_image": PHOTO, "second_encrypted_image": PHOTO},
    LIVENESS_IMAGE: {"encrypted_image": PHOTO},
    SILENT_IMAGE: {"encrypted_video": VIDEO, "encrypted_image": PHOTO},
    QUALITY: {"encrypted_image": PHOTO},
    SILENT: {"encrypted_video": VIDEO},
}


def post(client: httpx.Client, path: str, **changes: Any) -> httpx.Response:
    """A good request of that path as multipart, with changed fields; None leaves one out."""
    values: dict[str, Any] = dict(_GOOD[path])
    if path == LIVENESS_IMAGE:
        values["liveness_file"] = sealed(MP4)
    values |= changes
    files = {n: (f"{n}.bin", v) if isinstance(v, bytes) else (None, v) for n, v in values.items() if v is not None}
    return client.post(path, files=files or {"nothing": (None, "")})


def failed(code: str, subject: str | None = None) -> Callable[[Task], Outcome]:
    return lambda task: Failed(code, "the media cannot be judged", subject)


def completed(*checks: Check, data: Mapping[str, Any] | None = None) -> Callable[[Task], Outcome]:
    """A report of these checks."""

    def outcome(task: Task) -> Outcome:
        report = Report(service=task.spec.service, verdict=Verdict.GENUINE, checks=checks, data=data or {})
        return Completed(report.to_json())

    return outcome


def match(score: float | None = 0.93, status: Status = Status.PASSED, *reasons: str, subject: str = "") -> Check:
    return Check(name="face_match", status=status, score=score, reasons=reasons, evidence={"subject": subject})


def live(status: Status = Status.PASSED, score: float | None = 0.97, subject: str = "file") -> Check:
    return Check(name="liveness", status=status, score=score, subject=subject)


def visible(status: Status = Status.PASSED, duration: float | None = 4.0, subject: str = "file") -> Check:
    reasons = () if status is Status.PASSED else ("short_time",)
    evidence = {"duration": duration, "visible_s": duration}
    return Check(name="visible_time", status=status, subject=subject, reasons=reasons, evidence=evidence)


def covered(status: Status, subject: str) -> Check:
    return Check(name="quality.occlusion", status=status, subject=subject)


def judged_well(task: Task) -> Outcome:
    """Everything is as it should be, whatever was asked."""
    subject = "selfie" if task.spec.service == "identity" else "file"
    rects = {"file": [[1, 2, 3, 4]], "extra_file": [[5, 6, 7, 8]]}
    data = {"scores": [[0.93]], "rects": rects, "faces": [FACE], "best": {"timestamp": 1.25, "box": [1, 2, 3, 4]}}
    return completed(match(), live(subject=subject), visible(subject=subject), data=data)(task)


FACE = {
    "rect": {"left": 1, "top": 2, "right": 3, "bottom": 4},
    "pose": {"yaw": 0.0, "pitch": 0.0, "roll": 0.0},
    "occlusion": {"left_eye": 1.0, "right_eye": 1.0, "nose": 1.0, "mouth": 1.0, "total": 1.0},
    "distance2center": 0.9,
    "size": 0.2,
    "brightness": 0.5,
    "sharpness": 0.8,
    "eye_open": {"left": 1.0, "right": None},
    "mouth_open": 0.0,
    "quality": 0.9,
}

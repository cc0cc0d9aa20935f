"""Examples and error replies of the endpoints, for /openapi.json."""

import base64
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deployments.ingress.openapi import creating, errors, form_body, reply
from deployments.ingress.senseid import forms
from deployments.ingress.senseid.errors import SENSEID
from deployments.ingress.senseid.forms import Endpoint, form_of
from deployments.settings import PUBLIC_IV, PUBLIC_KEY, SenseIdSettings

Json = dict[str, Any]
_ID = "3f0d2c8be6a44e0f9a517d3e7cc2019a"
_COMMON = ("invalid_parameter", "not_found", "length_required", "payload_too_large", "unauthorized", "internal")
_OURS = ("idempotency_key_reused", "request_in_progress", "rate_limited", "overloaded")
_PHOTO = ("image_size", "content_length", "image_type", "no_face")
_REFUSED = {
    forms.IMAGES: (*_PHOTO, "face_occlusion"),
    forms.MATRIX: (*_PHOTO, "corrupted_image"),
    forms.LIVENESS_IMAGE: (*_PHOTO, "corrupted_liveness_data", "face_occlusion"),
    forms.SILENT_IMAGE: (*_PHOTO, "face_occlusion", "liveness_failed"),
    forms.QUALITY: _PHOTO,
    forms.SILENT: ("content_length", "invalid_video", "liveness_failed"),
}
_FACE = {
    "rect": {"left": 212, "top": 140, "right": 420, "bottom": 402},
    "pose": {"yaw": 3.1, "pitch": -2.0, "roll": 0.5},
    "occlusion": {"left_eye": 1.0, "right_eye": 1.0, "nose": 0.98, "mouth": 0.99, "total": 0.99},
    "distance2center": 0.93,
    "size": 0.18,
    "brightness": 0.52,
    "sharpness": 0.81,
    "eye_open": {"left": 0.9, "right": 0.88},
    "mouth_open": 0.02,
    "quality": 0.91,
}
_RECTS = {"first_image_face_rects": [[212, 140, 420, 402]], "second_image_face_rects": [[90, 60, 210, 215]]}
_MEMBERS: dict[Endpoint, Json] = {
    forms.IMAGES: {"verification_score": 0.93},
    forms.MATRIX: {"scores": [[0.93]], "face_rects": _RECTS},
    forms.LIVENESS_IMAGE: {"verification_score": 0.93},
    forms.SILENT_IMAGE: {
        "passed": True,
        "liveness_score": 0.97,
        "liveness_status": "ok",
        "verification_score": 0.93,
        "image_timestamp": 1.2,
        "base64_image": "/9j/4AAQSkZJRg==",
    },
    forms.QUALITY: {"faces": [_FACE]},
    forms.SILENT: {"passed": False, "liveness_score": 0.03, "liveness_status": "hack"},
}
# A BMP of one white pixel and an empty MP4: the smallest files whose types can be told.
_DOT = (
    bytes.fromhex("424d3a0000000000000036000000280000000100000001000000010018000000000004000000")
    + bytes(16)
    + b"\xff" * 4
)
_CLIP = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"


def responses(endpoint: Endpoint) -> dict[int | str, Json]:
    """Success and every error that the endpoint may answer."""
    success = reply("Judged", {"code": 1000, **_MEMBERS[endpoint], "request_id": _ID})
    return success | errors(SENSEID, *_COMMON, *_REFUSED[endpoint], *_OURS)


def request(endpoint: Endpoint) -> Json:
    """The form with files encrypted under the documented key."""
    rule = form_of(endpoint, SenseIdSettings.model_construct())
    example = {name: _example(name) for name in endpoint.fields} | dict.fromkeys(endpoint.flags, "true")
    return creating(form_body(rule, example))


def _example(name: str) -> str:
    if name == "liveness_file":
        return "liveness.bin"
    plain = _CLIP if name == "encrypted_video" else _DOT
    sealed = AESGCM(PUBLIC_KEY.encode()).encrypt(PUBLIC_IV.encode(), plain, None)
    return base64.b64encode(sealed).decode()

"""The six requests: their files and flags, what each file must be, and which mistake is told first (contracts 3)."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule
from deployments.ingress.senseid.crypto import decrypted, text_payload
from deployments.settings import SenseIdSettings
from deployments.tasks.task import MediaRef
from pipelines.media.sniff import HEAD_BYTES, sniff

PHOTOS = ("jpg", "png", "bmp", "gif", "tiff")
VIDEOS = ("mp4", "mov", "avi", "webm", "3gp")
_SPARE = 8 << 20
"""How much larger than its limit a file may be and still be told its size is wrong instead of the request's."""

FLAGS: Mapping[str, str] = {
    "auto_rotate": "true: turn the photo upright, by EXIF and by looking; false: take it as it lies. Default false.",
    "check_quality": "true: refuse a photo whose eyes, nose or mouth are covered. Default false.",
    "return_image": "true: return the best frame and its time, if passed. Default false.",
    "return_face_image": "true: return the face of the best frame, if passed. Default false.",
    "return_status": "true: return why it did or did not pass. Default false.",
}
_MATCH = ("auto_rotate", "check_quality")
_RETURN = ("return_image", "return_face_image", "return_status")


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """One path of the facade.

    Attributes:
        service: of the task that is made of a request.
        fields: the vendor's field -> media role.
        flags: names of its booleans.
        corrupt: error code for a photo that cannot be decoded although it looks like one.
        bad_video: error code for a video that cannot be used.
    """

    path: str
    service: str
    fields: Mapping[str, str]
    flags: tuple[str, ...] = ()
    corrupt: str = "image_type"
    bad_video: str = "invalid_parameter"


_TWO = {"first_encrypted_image": "file", "second_encrypted_image": "extra_file"}
IMAGES = Endpoint("/identity/image_verification/stateless", "face_matching", _TWO, _MATCH)
MATRIX = Endpoint(
    "/identity/multiface_image_omni_verification/stateless",
    "face_matrix",
    _TWO,
    ("auto_rotate",),
    corrupt="corrupted_image",
)
LIVENESS_IMAGE = Endpoint(
    "/identity/liveness_image_verification/stateless",
    "face_matching",
    {"liveness_file": "file", "encrypted_image": "extra_file"},
    _MATCH,
    bad_video="corrupted_liveness_data",
)
SILENT_IMAGE = Endpoint(
    "/identity/silent_image_verification/stateless",
    "identity",
    {"encrypted_video": "selfie", "encrypted_image": "reference"},
    _MATCH + _RETURN,
)
QUALITY = Endpoint("/quality/face/stateless", "face_quality", {"encrypted_image": "file"})
SILENT = Endpoint(
    "/liveness/silent_detection/stateless",
    "liveness_detection",
    {"encrypted_video": "file"},
    _RETURN,
    bad_video="invalid_video",
)
_PLAIN = {
    "first_encrypted_image": "first_image_file",
    "second_encrypted_image": "second_image_file",
    "encrypted_image": "image_file",
    "encrypted_video": "video_file",
    "liveness_file": "liveness_file",
}
_ABOUT = {
    "encrypted_video": "Encrypted video: base64 of AES-256-GCM ciphertext and tag.",
    "liveness_file": "Binary: AES-256-GCM ciphertext and tag of a video, a photo or a ZIP of JPEG frames.",
}
Decode = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]


def form_of(endpoint: Endpoint, settings: SenseIdSettings) -> FormRule:
    """What a request holds. Fields keep the vendor's names; `media_of` gives them their roles."""
    files = tuple(_rule(name, endpoint, settings) for name in endpoint.fields)
    plain = tuple(_plain(rule, settings) for rule in files) if settings.allow_plain else ()
    return FormRule(
        files=files + tuple(rule for rule in plain if rule.role != "liveness_file"),
        fields={name: FLAGS[name] for name in endpoint.flags},
        urlencoded=True,
        json=True,
        check=lambda form: _check(form, endpoint),
    )


def sent_as(form: Form, name: str) -> str:
    """The field under which that file was sent: its own, or the one for plain files."""
    return _PLAIN[name] if _PLAIN[name] in form.files or _PLAIN[name] in form.empty else name


def media_of(endpoint: Endpoint, form: Form) -> tuple[MediaRef, ...]:
    """The files in the roles that the service knows."""
    return tuple(replace(form.files[sent_as(form, name)], role=role) for name, role in endpoint.fields.items())


def options_of(endpoint: Endpoint, form: Form, settings: SenseIdSettings) -> dict[str, Any]:
    """Options of the task."""
    photo = {"least_side": settings.least_side, "most_side": settings.most_side, "least_face": settings.least_face}
    video = {"least_side": settings.least_video_side, "least_face": settings.least_face}
    limits = {role: video if name == "encrypted_video" else photo for name, role in endpoint.fields.items()}
    options: dict[str, Any] = {"limits": limits}
    if "auto_rotate" in endpoint.flags:
        # A video is always turned upright: the flag is about the photo.
        photos = [role for name, role in endpoint.fields.items() if name not in ("encrypted_video", "liveness_file")]
        turned = form.boolean("auto_rotate", False)
        options["rotate"] = {role: turned or role not in photos for role in endpoint.fields.values()}
    elif endpoint is QUALITY:
        options["rotate"] = {"file": False}
    if "check_quality" in endpoint.flags:
        options["occlusion"] = form.boolean("check_quality", False)
    if "return_status" in endpoint.flags:
        options |= {
            "least_s": settings.least_video_s,
            "best_frame": form.boolean("return_image", False),
            "best_face": form.boolean("return_face_image", False),
            "return_status": form.boolean("return_status", False),
        }
    return options


def _rule(name: str, endpoint: Endpoint, settings: SenseIdSettings) -> FileRule:
    photos = dict.fromkeys(PHOTOS, settings.photo_bytes)
    videos = dict.fromkeys(VIDEOS, settings.video_bytes)
    limits, unsupported = photos, "image_type"
    if name == "encrypted_video":
        limits, unsupported = videos, endpoint.bad_video
    elif name == "liveness_file":
        limits, unsupported = photos | videos | {"zip": settings.video_bytes}, "corrupted_liveness_data"
    return FileRule(
        name,
        limits,
        about=_ABOUT.get(name, "Encrypted photo: base64 of AES-256-GCM ciphertext and tag."),
        text=name != "liveness_file",
        decode=_liveness_data(settings) if name == "liveness_file" else _payload(settings),
        wire_bytes=2 * (max(limits.values()) + _SPARE),
        unsupported=unsupported,
        too_large="content_length",
        empty="content_length",
    )


def _plain(rule: FileRule, settings: SenseIdSettings) -> FileRule:
    about = "The same, not encrypted."
    wire = rule.largest + _SPARE
    return replace(
        rule, role=_PLAIN[rule.role], required=False, text=False, decode=_as_sent, wire_bytes=wire, about=about
    )


def _payload(settings: SenseIdSettings) -> Decode:
    key, iv = _secrets(settings)
    return lambda data: text_payload(data, key, iv)


def _liveness_data(settings: SenseIdSettings) -> Decode:
    """Binary ciphertext, or where plain files are allowed the file itself."""
    key, iv = _secrets(settings)

    async def unpack(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        head = bytearray()
        while len(head) < HEAD_BYTES and (piece := await anext(data, None)) is not None:
            head += piece
        whole = _chained(bytes(head), data)
        if not (settings.allow_plain and sniff(bytes(head)) is not None):
            whole = decrypted(whole, key, iv)
        try:
            async for plain in whole:
                yield plain
        except ApiError as error:
            if error.code != "invalid_parameter":
                raise
            raise ApiError("corrupted_liveness_data", pointer="#/liveness_file") from None

    return unpack


async def _as_sent(data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for piece in data:
        yield piece


async def _chained(head: bytes, data: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for piece in data:
        yield piece


def _secrets(settings: SenseIdSettings) -> tuple[bytes, bytes]:
    return settings.decrypt_key.get_secret_value().encode(), settings.decrypt_iv.get_secret_value().encode()


def _check(form: Form, endpoint: Endpoint) -> None:
    """1200 before 2004 before 2005, whatever came first on the wire."""
    for problem in form.problems:
        if problem.code == "invalid_parameter":
            raise problem
    for name in endpoint.flags:
        form.boolean(name, False)
    names = [sent_as(form, name) for name in endpoint.fields]
    for name in names:
        if name not in form.files and name not in form.empty:
            raise ApiError("missing_file", f"{name} is required", pointer=f"#/{name}")
    for name in names:
        if name in form.empty:
            raise ApiError("content_length", f"{name} is empty", pointer=f"#/{name}")
    for problem in form.problems:
        if problem.code == "content_length":
            raise problem

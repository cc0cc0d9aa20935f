"""What is sent: one or two pictures as base64, `data:` URL or http(s) URL, in a JSON body (contracts 5.1)."""

from collections.abc import Mapping
from dataclasses import replace

from deployments.ingress.base64_text import image_from_text
from deployments.ingress.errors import ApiError
from deployments.ingress.forms import FileRule, Form, FormRule, invalid
from deployments.settings import TrustmaticSettings
from deployments.tasks.task import MediaRef

IMAGES = ("jpg", "png", "webp", "tiff", "bmp")
ROLES: Mapping[str, str] = {"frontSideImageBase": "front", "backSideImageBase": "back"}
"""Field -> media role."""
MAX_SESSION = 128
_LAYOUT = 1 << 16
"""Line breaks and a `data:` prefix beside the base64 itself."""


def picture_rule(name: str, at_most: int, about: str, **changes: object) -> FileRule:
    """A picture as text in a JSON body."""
    rule = FileRule(
        name,
        dict.fromkeys(IMAGES, at_most),
        required=False,
        about=about,
        decode=image_from_text,
        text=True,
        # Base64, with line breaks after every 64th character at most.
        wire_bytes=at_most * 4 // 3 * 66 // 64 + _LAYOUT,
        unsupported="image_type",
    )
    return replace(rule, **changes)  # type: ignore[arg-type]


def form_of(settings: TrustmaticSettings) -> FormRule:
    """The body of a request."""
    how = "as base64, data: URL or http(s) URL."
    front = picture_rule(
        "frontSideImageBase",
        settings.image_bytes,
        f"The front, {how}",
        aliases=("documentImageBase",),
        url="frontSideImageBase",
    )
    back = picture_rule("backSideImageBase", settings.image_bytes, f"The back, {how}", url="backSideImageBase")
    return FormRule(
        files=(front, back),
        fields={"sessionId": "1 to 128 characters of the client's choice; returned with the result."},
        echo=("sessionId",),
        multipart=False,
        json=True,
        check=_check,
    )


def media_of(form: Form) -> tuple[MediaRef, ...]:
    """The pictures in the roles that the service knows."""
    return tuple(replace(form.files[name], role=role) for name, role in ROLES.items() if name in form.files)


def _check(form: Form) -> None:
    session = form.text("sessionId")
    if session is None or len(session) > MAX_SESSION:
        form.texts.pop("sessionId", None)  # nothing to repeat
        raise invalid("sessionId", f"is required, with at most {MAX_SESSION} characters")
    if form.problems:
        return
    if not form.files:
        raise ApiError("missing_file", "frontSideImageBase is required", pointer="#/frontSideImageBase")

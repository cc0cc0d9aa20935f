"""What is sent to have images, faces and voices examined, and what the services are told (contracts 2.2 and 2.3)."""

from collections.abc import Mapping
from typing import Any

from deployments.ingress.forms import FileRule, Form, FormRule
from deployments.ingress.sensity.document_forms import INFO, MEDIA_BYTES

PICTURES: Mapping[str, int] = dict.fromkeys(("jpg", "png", "tiff", "gif", "webp"), MEDIA_BYTES)
VIDEOS: Mapping[str, int] = dict.fromkeys(("mkv", "flv", "mov", "mp4", "avi", "webm", "3gp"), MEDIA_BYTES)
SOUNDS: Mapping[str, int] = dict.fromkeys(("wav", "mp3", "m4a", "ogg", "aac", "flac"), MEDIA_BYTES)


def media_form(limits: Mapping[str, int], about: str, fields: Mapping[str, str] | None = None) -> FormRule:
    """A file or the URL of one, the wish for an explanation, and further `fields`."""
    return FormRule(
        files=(FileRule("file", limits, about=about, url="url"),),
        fields={
            **INFO,
            "url": "Where the file lies, instead of `file`.",
            "explain": "true: say what the judgement stands on. Default false.",
            **(fields or {}),
        },
        urlencoded=True,
    )


IMAGE = media_form({**PICTURES, **VIDEOS}, "Image, or video of at most 30 minutes.")
FACES = media_form({**PICTURES, **VIDEOS}, "Image, or video of at most 30 minutes, with faces.")
VOICE = media_form(
    {**SOUNDS, **VIDEOS},
    "Sound of at most 20 minutes, or video of at most 30.",
    {"transcribe": "false: leave out what is said. Default true."},
)


def explain_option(form: Form) -> dict[str, Any]:
    """Options of a form that has nothing else to say."""
    return {"explain": form.boolean("explain", False)}


def voice_options(form: Form) -> dict[str, Any]:
    """Options of the analysis of a voice."""
    return explain_option(form) | {"transcribe": form.boolean("transcribe", True)}

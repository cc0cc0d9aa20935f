"""The eight task types of the facade: their forms, limits and webhook events (contracts 2.2 and 2.3)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deployments.ingress.challenges import SESSION_INFO
from deployments.ingress.forms import FileRule, Form, FormRule, invalid
from deployments.ingress.names import IDENTIFIER
from deployments.ingress.sensity import deepfake_forms as deepfakes
from deployments.ingress.sensity import document_forms as documents
from deployments.ingress.sensity.document_forms import INFO, MEDIA_BYTES

_IMAGES = ("jpg", "png", "tiff", "webp")
_VIDEOS = ("mkv", "flv", "mov", "mp4", "avi", "webm", "3gp")
FACE_MEDIA: Mapping[str, int] = dict.fromkeys((*_IMAGES, *_VIDEOS), MEDIA_BYTES)
FACE_IMAGES: Mapping[str, int] = dict.fromkeys(_IMAGES, MEDIA_BYTES)


@dataclass(frozen=True, slots=True)
class Service:
    """A task type.

    Attributes:
        name: the last path segment, and the service of the task.
        event: the webhook event of a finished task.
        form: what a create request holds.
        options: reads and checks what the task is told beside its files.
    """

    name: str
    event: str
    form: FormRule
    options: Callable[[Form], dict[str, Any]] = lambda form: {}


def _matching_options(form: Form) -> dict[str, Any]:
    gallery = form.text("gallery_id")
    if gallery is None:
        form.require("extra_file")
        return {}
    if not IDENTIFIER.fullmatch(gallery):
        raise invalid("gallery_id", "is not the name of a gallery")
    return {"gallery_id": gallery}


_LIVENESS_FORM = FormRule(
    files=(FileRule("file", FACE_MEDIA, about="Selfie, image or video."),),
    fields={**INFO, "session_info": SESSION_INFO},
)
_MATCHING_FORM = FormRule(
    files=(
        FileRule("file", FACE_MEDIA, ("source", "face"), about="Selfie, image or video."),
        FileRule(
            "extra_file", FACE_IMAGES, ("target", "reference"), False, "Reference photo; optional with gallery_id."
        ),
    ),
    fields={**INFO, "gallery_id": "Gallery to search for the face in `file`."},
)

_ALL = (
    Service("face_manipulation", "face_manipulation_analysis_complete", deepfakes.FACES, deepfakes.explain_option),
    Service(
        "ai_generated_image_detection",
        "ai_generated_image_detection_analysis_complete",
        deepfakes.IMAGE,
        deepfakes.explain_option,
    ),
    Service("voice_analysis", "voice_analysis_complete", deepfakes.VOICE, deepfakes.voice_options),
    Service("forensic_analysis", "forensic_analysis_complete", documents.FORENSIC, documents.forensic_options),
    Service(
        "id_document_authentication",
        "id_document_authentication_analysis_complete",
        documents.ID_DOCUMENT,
        documents.id_document_options,
    ),
    Service("liveness_detection", "liveness_detection_analysis_complete", _LIVENESS_FORM),
    Service("face_matching", "face_matching_analysis_complete", _MATCHING_FORM, _matching_options),
    Service("data_extraction", "data_extraction_analysis_complete", documents.EXTRACTION, documents.extraction_options),
)
SERVICES: Mapping[str, Service] = {service.name: service for service in _ALL}
EVENTS = tuple(sorted(service.event for service in _ALL))

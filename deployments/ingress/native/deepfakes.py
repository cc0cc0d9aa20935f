"""Images, faces and voices made or changed by machines: each service by itself, and all that apply together."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from deployments.ingress.forms import Form, FormRule
from deployments.ingress.native.submit import described, reading, submit
from deployments.ingress.sensity import deepfake_forms as forms
from deployments.ingress.sensity.document_forms import forensic_options

router = APIRouter(tags=["Native: deepfakes"])

_ANY: FormRule = forms.media_form(
    {**forms.PICTURES, **forms.VIDEOS, **forms.SOUNDS},
    "Image, sound of at most 20 minutes, or video of at most 30.",
    {"transcribe": "true: write down what is said too, which takes longer. Default false."},
)


@router.post("/v1/ai-generated-images", **described(forms.IMAGE, "file_and_url", file="photo.jpg"))
async def create_ai_generated_image(request: Request) -> Response:
    """Was the image, or a video's frames, made by a generator?"""
    return await submit(
        request, "tasks:write", "ai_generated_image_detection", forms.IMAGE, reading(forms.explain_option)
    )


@router.post("/v1/face-manipulation", **described(forms.FACES, "file_and_url", file="interview.mp4"))
async def create_face_manipulation(request: Request) -> Response:
    """Was a face in the image or video swapped, re-enacted or made to speak?"""
    return await submit(request, "tasks:write", "face_manipulation", forms.FACES, reading(forms.explain_option))


@router.post("/v1/voices", **described(forms.VOICE, "file_and_url", file="call.wav"))
async def create_voice(request: Request) -> Response:
    """Is the voice a person's or a machine's, what is said, and in which language?"""
    return await submit(request, "tasks:write", "voice_analysis", forms.VOICE, reading(forms.voice_options))


@router.post("/v1/solutions/deepfake", **described(_ANY, "file_and_url", file="clip.mp4"))
async def create_deepfake(request: Request) -> Response:
    """Was anything in this image, video or sound made or changed by a machine? By all services that apply."""
    return await submit(request, "tasks:write", "deepfake", _ANY, reading(_all_options))


def _all_options(form: Form) -> dict[str, Any]:
    return forms.explain_option(form) | forensic_options(form) | {"transcribe": form.boolean("transcribe", False)}

"""The deepfake solution: was this media made or changed by a machine? By whichever services apply to it."""

from collections.abc import Mapping

from pipelines.context import Context
from pipelines.deepfake.ai_generated_image import detect_ai_generated
from pipelines.deepfake.face_manipulation import detect_manipulation
from pipelines.deepfake.voice import analyse_voice
from pipelines.document.forensics import analyse_file
from pipelines.errors import MediaError
from pipelines.nodes import Node, answers, combined
from pipelines.policy import NOT_APPLICABLE
from pipelines.report import Report

SERVICE = "deepfake"
NODES: Mapping[str, Node] = {
    "face_manipulation": detect_manipulation,
    "ai_generated_image_detection": detect_ai_generated,
    "voice_analysis": analyse_voice,
    "forensic_analysis": analyse_file,
}
_NOT_OF_THE_KIND = frozenset(("unsupported_media", "no_audio_stream", "no_video_stream"))


async def judge_media(context: Context, nodes: Mapping[str, Node] = NODES) -> Report:
    """What speaks for and against `file`: an image, a video or a sound file.

    A service that has nothing to judge in media of this kind (voices in a picture, faces in a sound) counts as not
    applicable; one that cannot judge for another reason degrades the report, which then is not genuine and names it.
    Options: of the four services.

    Raises:
        MediaError: of the first service, where all of them failed.
    """
    found = await answers({name: node(context) for name, node in nodes.items()})
    return combined(SERVICE, {name: _applied(answer) for name, answer in found.items()})


def _applied(answer: Report | MediaError) -> Report | MediaError:
    if isinstance(answer, MediaError) and answer.code in _NOT_OF_THE_KIND:
        return MediaError(NOT_APPLICABLE, answer.message)
    return answer

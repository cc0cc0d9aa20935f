"""The deepfake solution: which services judge, and what happens where one cannot."""

import pytest

from pipelines.context import Context
from pipelines.deepfake.solution import judge_media
from pipelines.errors import MediaError
from pipelines.nodes import Node
from pipelines.policy import NOT_APPLICABLE, verdict
from pipelines.report import Check, Report, Status, Verdict
from tests.unit.pipelines.test_context import Counting

REAL = Check(name="ai_generated_image", status=Status.PASSED, score=0.9)
VOICE = Check(name="voice_spoof", status=Status.PASSED, score=0.9)
WHOLE = Check(name="integrity", status=Status.PASSED)


def answering(service: str, *checks: Check) -> Node:
    async def run(context: Context) -> Report:
        return Report(service=service, verdict=verdict(service, checks), checks=checks)

    return run


def failing(code: str) -> Node:
    async def run(context: Context) -> Report:
        raise MediaError(code, "it cannot be judged")

    return run


async def judged(images: Node, voice: Node, forensics: Node) -> Report:
    nodes = {"ai_generated_image_detection": images, "voice_analysis": voice, "forensic_analysis": forensics}
    return await judge_media(Context({"file": "a"}, Counting()), nodes)


async def test_a_picture_is_judged_without_a_voice() -> None:
    images = answering("ai_generated_image_detection", REAL)
    report = await judged(images, failing("unsupported_media"), answering("forensic_analysis", WHOLE))
    assert report.verdict is Verdict.GENUINE
    check = report.check("voice_analysis")
    assert check is not None
    assert (check.status, check.reasons) == (Status.NOT_PERFORMED, (NOT_APPLICABLE,))


async def test_a_whole_file_of_which_nothing_can_be_judged_is_not_genuine() -> None:
    silence = Check(name="voice_spoof", status=Status.NOT_PERFORMED, reasons=(NOT_APPLICABLE,))
    voice, forensics = answering("voice_analysis", silence), answering("forensic_analysis", WHOLE)
    report = await judged(failing("unsupported_media"), voice, forensics)
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("name", ["ai_generation", "watermark", "signature", "audio_splice", "ai_generated_image"])
async def test_one_sign_of_a_machine_decides(name: str) -> None:
    found = Check(name=name, status=Status.FAILED)
    voice, forensics = answering("voice_analysis", VOICE), answering("forensic_analysis", WHOLE, found)
    report = await judged(answering("ai_generated_image_detection", REAL), voice, forensics)
    assert report.verdict is Verdict.SUSPICIOUS


async def test_a_service_that_cannot_judge_keeps_the_media_from_being_genuine_and_is_named() -> None:
    images, voice = answering("ai_generated_image_detection", REAL), failing("media_timeout")
    report = await judged(images, voice, answering("forensic_analysis", WHOLE))
    check = report.check("voice_analysis")
    assert check is not None
    assert check.reasons == ("media_timeout",)
    assert report.verdict is Verdict.INCONCLUSIVE


async def test_media_that_no_service_can_read_fails_the_task() -> None:
    with pytest.raises(MediaError):
        await judged(*(failing("corrupt_media") for _ in range(3)))

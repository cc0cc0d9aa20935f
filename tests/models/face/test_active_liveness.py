"""Rendered clips of two real faces, through decoding, models and the checks of active liveness."""

import asyncio
from functools import cache

import numpy as np
import pytest

from models.face.detector import YuNetDetector
from models.face.landmarks import FaceMesh, mesh_crop, to_image
from models.training.clips.camera import Camera, encode, film, photograph
from models.training.clips.head import Head
from models.training.clips.motion import answer
from models.training.clips.scenarios import clip
from pipelines.context import Context
from pipelines.identity.active_liveness.challenge import Action, Challenge, Step
from pipelines.identity.active_liveness.verify import NAMES
from pipelines.identity.liveness import check_liveness
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder
from pipelines.report import Report, Status, Verdict

STEPS = ("turn_left", "move_closer", "nod")
CAMERA = Camera(width=360, height=480, focal=480.0, fps=8)
"""Few and small frames, to keep these tests quick."""
CHALLENGE = Challenge("c", tuple(Step(Action(action), 0.3) for action in STEPS))


@pytest.fixture(scope="module")
def heads(astronaut: np.ndarray, officer: np.ndarray, detector: YuNetDetector, mesh: FaceMesh) -> tuple[Head, Head]:
    def of(image: np.ndarray) -> Head:
        crop, to_picture = mesh_crop(image, detector.predict([image])[0][0])
        return Head(np.ascontiguousarray(image), to_image(mesh.predict([crop])[0].landmarks, to_picture))

    return of(astronaut), of(officer)


@cache
def models() -> LocalModels:
    return LocalModels()


def judged(recording: bytes) -> Report:
    async def run() -> Report:
        async with IsolatedDecoder() as decoder:
            context = Context(
                {"file": recording}, LocalWorkers(decoder, models()), options={"challenge": CHALLENGE.to_json()}
            )
            return await check_liveness(context)

    return asyncio.run(run())


def reasons(report: Report) -> set[str]:
    return {reason for check in report.checks if check.name in NAMES for reason in check.reasons}


@pytest.mark.timeout(120)
def test_an_honest_answer_passes_every_active_check(heads: tuple[Head, Head]) -> None:
    report = judged(clip("honest", STEPS, *heads, np.random.default_rng(5), CAMERA))
    assert {check.name: check.status for check in report.checks if check.name in NAMES} == dict.fromkeys(
        NAMES, Status.PASSED
    )
    assert report.data["challenge"] == "c"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("still_held", "nothing_moved"),
        ("still_moved", "flat_face"),
        ("replay_other", "another_challenge"),
        ("cut_together", "cut_together"),
        ("person_swap", "person_changed"),
        ("screen_approach", "flat_face"),
    ],
)
def test_an_attack_is_rejected_with_its_reason(heads: tuple[Head, Head], kind: str, reason: str) -> None:
    report = judged(clip(kind, STEPS, *heads, np.random.default_rng(5), CAMERA))
    assert reason in reasons(report)
    assert report.verdict is Verdict.SUSPICIOUS


def test_somebody_else_for_the_time_of_one_movement_is_told(heads: tuple[Head, Head]) -> None:
    rng = np.random.default_rng(5)
    postures, moments = answer(STEPS, rng, CAMERA.fps)
    nod = [n for n in range(len(postures)) if moments[2].began <= n / CAMERA.fps <= moments[2].ended]
    frames = [photograph(heads[n in nod], posture, CAMERA) for n, posture in enumerate(postures)]
    report = judged(encode(film(frames, CAMERA, rng), CAMERA))
    assert "person_changed" in reasons(report)


def test_a_photo_in_place_of_a_recording_is_never_genuine() -> None:
    from tests.pictures import astronaut

    report = judged(astronaut())
    assert reasons(report) == {"no_video"}
    assert report.verdict is not Verdict.GENUINE


def test_the_same_seed_gives_the_same_clip(heads: tuple[Head, Head]) -> None:
    first, again = (clip("still_held", STEPS, *heads, np.random.default_rng(2), CAMERA) for _ in range(2))
    assert first == again

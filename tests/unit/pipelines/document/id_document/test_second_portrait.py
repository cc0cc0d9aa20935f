"""The ghost picture against the portrait: judged where it can be recognized, and by the most alike face."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from models.document.text_line import TextLine
from models.face.landmarks import FaceMeshResult
from pipelines.document.capture import Capture
from pipelines.document.id_document.observation import Portrait
from pipelines.document.id_document.second_portrait import SURE, THRESHOLD, second_portrait, without
from pipelines.policy import NOT_APPLICABLE
from tests.unit.pipelines.document.id_document.sides import line
from tests.unit.pipelines.identity.faces import box

HOLDER = np.eye(128, dtype=np.float32)[0]
MAIN, GHOST = box(100, 150, 200), box(800, 400, 90)


class Ghosts:
    """Finds one ghost in the cleared picture, so sure and so much alike."""

    def __init__(self, cosine: float, presence: float = 0.99) -> None:
        self.presence = presence
        self.embedding = cosine * HOLDER + np.sqrt(1 - cosine**2) * np.eye(128, dtype=np.float32)[1]

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        mesh = FaceMeshResult(np.full((478, 3), 128, np.float32), self.presence, np.zeros(52, np.float32))
        answers = {"face/detector": [GHOST], "face/landmarks": mesh, "face/embedder": self.embedding}
        return [answers[name] for _ in batch]


async def judged(models: Ghosts, printed: Sequence[TextLine] = ()) -> tuple[float | None, str | None]:
    document = np.full((757, 1200, 3), 200, np.uint8)
    capture = Capture(1200, 757, error=None, document=document, face=MAIN)
    trace = await second_portrait(capture, Portrait((100, 150, 300, 350), HOLDER, b""), printed, models)
    return trace.score, trace.reason


async def test_another_person_beside_the_portrait_scores_below_the_threshold() -> None:
    stranger, _ = await judged(Ghosts(cosine=0.05))
    holder, _ = await judged(Ghosts(cosine=0.5))
    assert stranger is not None
    assert holder is not None
    assert stranger < THRESHOLD < SURE <= holder


@pytest.mark.parametrize(
    ("models", "printed"),
    [(Ghosts(0.05, presence=0.5), ()), (Ghosts(0.05), (line("04/20/2035", 780, 440),))],
    ids=["too faint", "written over"],
)
async def test_a_ghost_in_which_nobody_is_recognized_is_not_judged(
    models: Ghosts, printed: tuple[TextLine, ...]
) -> None:
    assert await judged(models, printed) == (None, NOT_APPLICABLE)


def test_the_portrait_itself_is_painted_over() -> None:
    document = np.random.default_rng(1).integers(0, 256, (757, 1200, 3), dtype=np.uint8)
    cleared = without(document, MAIN)
    assert cleared[200:300, 120:280].std() < cleared[500:600, 700:900].std() / 2

"""Ghost pictures on generated cards: the same face is recognized, an exchanged portrait is not."""

import numpy as np
import pytest

from models.training.document_retouching.dataset import in_photo
from models.training.specimens import LAYOUTS, specimen
from models.training.specimens.capture import capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.fonts import MissingFontError
from models.training.specimens.forgeries import forge
from pipelines.document.capture import Capture
from pipelines.document.id_document.observation import Portrait
from pipelines.document.id_document.second_portrait import SURE, THRESHOLD, second_portrait
from pipelines.identity.sights import sights
from pipelines.local import LocalModels


async def score(document: np.ndarray, models: LocalModels) -> float | None:
    (faces,) = await models.predict("face/detector", [document])
    (sight,) = await sights([(document, faces[0])], models)
    (embedding,) = await models.predict("face/embedder", [sight.aligned])
    seen = Capture(1, 1, error=None, document=document, face=faces[0], others=tuple(faces[1:]))
    box = (faces[0].left, faces[0].top, faces[0].right, faces[0].bottom)
    return (await second_portrait(seen, Portrait(box, embedding, b""), (), models)).score


async def test_a_swapped_portrait_no_longer_looks_like_its_ghost(astronaut: np.ndarray, officer: np.ndarray) -> None:
    how = Conditions(width=1400, height=1050, cover=0.55, quality=90)
    try:
        card = specimen(np.random.default_rng(3), LAYOUTS["qtl_licence"], astronaut[0:321, 95:345])
    except MissingFontError as error:
        pytest.skip(str(error))
    shot = capture(np.random.default_rng(4), card.front.image, how)
    models, found = LocalModels(), {}
    for kind in ("none", "portrait_blend"):
        forged = forge(np.random.default_rng(5), card, kind, how, officer[30:480, 80:430], shot=shot)
        item, _ = in_photo(np.random.default_rng(6), card, forged)
        found[kind] = await score(item.document, models)
    assert found["none"] is not None
    assert found["portrait_blend"] is not None
    assert found["portrait_blend"] < THRESHOLD < SURE <= found["none"]

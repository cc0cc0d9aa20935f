"""Forged documents: only what the mask says was changed, and a control has the history of an honest file."""

import numpy as np
import pytest

from models.training.specimens import LAYOUTS, Specimen, specimen
from models.training.specimens.conditions import Conditions
from models.training.specimens.fonts import missing
from models.training.specimens.forgeries import DIGITAL, KINDS, forge
from models.training.specimens.specimen import drawn_face

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"Debian packages are missing: {', '.join(missing())}")
HOW = Conditions(width=800, height=600, noise=0.002, quality=95)


@pytest.fixture(scope="module")
def document() -> Specimen:
    return specimen(np.random.default_rng(1), LAYOUTS["uto_passport"], ppmm=8)


def forged(document: Specimen, kind: str, **options: bool):
    return forge(np.random.default_rng(2), document, kind, HOW, drawn_face(np.random.default_rng(3)), **options)


@pytest.mark.parametrize("kind", KINDS)
def test_a_forgery_differs_from_the_honest_photograph_within_its_mask(document: Specimen, kind: str) -> None:
    honest, changed = forged(document, "none"), forged(document, kind)
    assert not honest.mask.any()
    assert 50 < changed.mask.sum() < changed.mask.size / 4
    if kind in DIGITAL:
        apart = np.abs(honest.image.astype(int) - changed.image).max(-1)
        assert apart[changed.mask].mean() > 5 * max(0.2, apart[~changed.mask].mean())


@pytest.mark.parametrize("kind", ["field_font", "field_same", "field_shift"])
def test_an_edited_field_says_something_else(document: Specimen, kind: str) -> None:
    changed = forged(document, kind)
    assert changed.field is not None
    assert changed.text != document.front.printed[changed.field]


def test_the_control_is_compressed_once(document: Specimen) -> None:
    control = forged(document, "portrait_paste", once=True)
    outside = np.abs(control.photo.raw.astype(int) - control.image)[~control.mask]
    assert outside.mean() < 3  # one JPEG of quality 95
    assert np.abs(control.photo.raw.astype(int) - control.image)[control.mask].mean() > 10


def test_an_unknown_kind_is_refused(document: Specimen) -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        forged(document, "magic")

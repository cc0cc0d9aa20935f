"""Generated documents: their truth agrees with what is drawn, and a seed draws one document."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import zxingcpp

from models.training.specimens import LAYOUTS, RESERVED, TRAIN, UNSEEN, Layout, specimen
from models.training.specimens.__main__ import write
from models.training.specimens.capture import capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.fonts import FAMILIES, MissingFontError, font, missing
from models.training.specimens.mrz import FORMATS, check_digit

pytestmark = pytest.mark.skipif(bool(missing()), reason=f"Debian packages are missing: {', '.join(missing())}")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
def test_every_layout_is_drawn_within_its_sides_with_a_zone_of_the_right_shape(layout: Layout) -> None:
    document = specimen(np.random.default_rng(1), layout, ppmm=6)
    for side in document.sides().values():
        height, width = side.image.shape[:2]
        assert (width, height) == (round(layout.size[0] * 6), round(layout.size[1] * 6))
        for name, (left, top, right, bottom) in side.boxes.items():
            assert 0 <= left < right <= width, name
            assert 0 <= top < bottom <= height, name
            inked = np.abs(side.image[top:bottom, left:right].astype(int) - side.plate[top:bottom, left:right])
            assert inked.max() > 60, name
    if layout.form is not None:
        count, length = FORMATS[layout.form]
        assert [len(line) for line in document.mrz] == [length] * count


def test_the_printed_fields_agree_with_the_zone() -> None:
    document = specimen(np.random.default_rng(2), LAYOUTS["uto_passport"])
    first, second = document.mrz
    assert document.front.printed["document_number"] == second[:9]
    assert check_digit(second[:9]) == second[9]
    assert first[5:].startswith(document.truth["surname"].upper()[:1])
    assert second[13:19] == document.truth["birth_date"][2:].replace("-", "")


@pytest.mark.parametrize("layout", [one for one in LAYOUTS.values() if one.barcode], ids=lambda one: one.name)
def test_the_printed_barcode_reads_as_its_payload(layout: Layout) -> None:
    document = specimen(np.random.default_rng(3), layout)
    assert document.back is not None
    left, top, right, bottom = document.back.boxes["barcode"]
    codes = zxingcpp.read_barcodes(np.ascontiguousarray(document.back.image[top:bottom, left:right]))
    assert [code.bytes.decode() for code in codes] == [document.barcode]


def test_a_seed_draws_one_document_and_takes_one_photograph() -> None:
    def shot(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        document = specimen(rng, TRAIN[2], ppmm=5)
        return capture(rng, document.front.image, Conditions.degraded(rng, long_side=480)).image

    assert np.array_equal(shot(4), shot(4))
    assert not np.array_equal(shot(4), shot(5))


def test_nothing_visible_is_shared_between_the_sets_of_layouts() -> None:
    for read in (lambda one: one.country.code, lambda one: one.pattern, lambda one: one.font, lambda one: one.palette):
        for one_set, other in combinations((TRAIN, UNSEEN, RESERVED), 2):
            assert not {read(one) for one in one_set} & {read(one) for one in other}


def test_the_homography_leads_from_the_flat_side_to_the_corners() -> None:
    rng = np.random.default_rng(6)
    side = specimen(rng, TRAIN[0], ppmm=5).front.image
    shot = capture(rng, [side, side], Conditions(width=640, height=480, cover=0.3, turn=8))
    height, width = side.shape[:2]
    for matrix, quad in zip(shot.homographies, shot.quads, strict=True):
        corners = np.array([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]]) @ matrix.T
        assert np.allclose(corners[:, :2] / corners[:, 2:], quad, atol=0.05)
        assert quad.min() >= 0
        assert np.all(quad.max(0) <= (640, 480))


def test_a_missing_font_is_named_together_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "ocrb", ("nowhere/OCRB.otf", "fonts-ocr-b"))
    with pytest.raises(MissingFontError, match="fonts-ocr-b"):
        font("ocrb", 12.5)


def test_the_command_writes_images_and_their_truth(tmp_path: Path) -> None:
    write(tmp_path, 2, 7, unseen=True, flat=False, degraded=1.0, faces=[])
    truth = json.loads((tmp_path / "truth.json").read_text())
    assert list(truth) == ["00000", "00001"]
    entry = truth["00000"]
    assert entry["layout"] == UNSEEN[0].name
    assert entry["mrz"]
    assert entry["fields"]["document_number"]
    assert (tmp_path / entry["files"]["front"]["file"]).stat().st_size > 10_000
    assert len(entry["files"]["front"]["corners"]) == 4

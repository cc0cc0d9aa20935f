"""Reading a zone with fake readers: what is repaired, what is certain, and what is no zone."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np

from models.document.mrz_lattice import Lattice
from models.document.mrz_reader import PITCH
from models.document.text_line import TextLine
from pipelines.document.mrz import Mrz, read_mrz
from tests.unit.pipelines.document.mrz.lattices import lattice_of

PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
IMAGE = np.full((600, 1000, 3), 200, np.uint8)
Doubts = dict[int, dict[str, float]]


class Readers:
    """Say for every row what they were told to, in order; other rows, and rows taken for another length, are noise."""

    def __init__(self, text: Sequence[Lattice], own: Sequence[Lattice] | None = None) -> None:
        self.text, self.own = list(text), list(text if own is None else own)

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        noise = Lattice(np.full((40, 38), 1 / 38, np.float32))
        if name == "document/mrz-text-reader":
            return [self.text.pop(0) if self.text else noise for _ in batch]
        assert name == "document/mrz-reader"
        assert [line.shape[1] // PITCH for line in batch] == [30, 36, 44] * (len(batch) // 3)
        rows = [self.own.pop(0) if self.own else noise for _ in batch[::3]]
        return [row if len(row.probabilities) == 3 * length else noise for row in rows for length in (30, 36, 44)]


def rows(texts: Sequence[str]) -> list[TextLine]:
    boxes = [(50, 450 + 40 * n, 950, 480 + 40 * n) for n in range(len(texts))]
    quads = [np.array([[a, b], [c, b], [c, d], [a, d]], np.float32) for a, b, c, d in boxes]
    return [TextLine(text, quad, 0.9) for text, quad in zip(texts, quads, strict=True)]


async def read(lines: Sequence[str], doubts: Sequence[Doubts] | None = None, own: Sequence[str] = ()) -> Mrz | None:
    told = zip(lines, doubts or [{}] * len(lines), strict=True)
    seen = [lattice_of(line, doubt, 0.99999) for line, doubt in told]
    others = [lattice_of(line, sure=0.99999) for line in own] or None
    return await read_mrz(IMAGE, Readers(seen, others), rows(lines), today=date(2026, 6, 1))


async def test_a_clear_zone_is_valid_and_certain() -> None:
    for form, lines in (("TD3", PASSPORT), ("TD1", CARD)):
        found = await read(lines)
        assert found is not None
        assert (found.format, found.lines, found.valid, found.certain) == (form, lines, True, True)
        assert found.fields["surname"] == "ERIKSSON"
        assert found.to_json()["check_digits"]["composite"] is True


async def test_a_repaired_line_is_never_certain_and_its_reading_is_an_alternative() -> None:
    found = await read(PASSPORT, [{}, {8: {"8": 0.6, "3": 0.39}}])
    assert found is not None
    assert (found.lines, found.valid) == (PASSPORT, True)
    assert found.certain_lines == (True, False)
    assert not found.certain
    assert (PASSPORT[0], PASSPORT[1].replace("C36", "C86")) in found.alternatives


async def test_doubt_in_a_name_that_no_digit_covers_is_not_certain() -> None:
    found = await read(PASSPORT, [{6: {"R": 0.7, "P": 0.29}}, {}])
    assert found is not None
    assert found.certain_lines == (False, True)


async def test_a_line_that_the_readers_read_differently_is_not_certain() -> None:
    found = await read(PASSPORT, own=(PASSPORT[0].replace("ANNA", "ANHA"), PASSPORT[1]))
    assert found is not None
    assert found.certain_lines == (False, True)


async def test_a_check_digit_that_is_plainly_wrong_is_reported_and_not_repaired() -> None:
    forged = (PASSPORT[0], PASSPORT[1].replace("740812", "840812"))
    found = await read(forged)
    assert found is not None
    assert (found.lines, found.valid, found.certain) == (forged, False, True)
    assert found.check_digits["birth_date"] is False


async def test_rows_that_no_format_explains_are_no_zone() -> None:
    assert await read(("NOT<A<ZONE<AT<ALL<<<<<<", "12345678901234567890<<<")) is None


async def test_a_row_that_was_not_found_is_looked_for_above_and_below() -> None:
    seen = [lattice_of(line, sure=0.99999) for line in (PASSPORT[1], PASSPORT[0])]
    found = await read_mrz(IMAGE, Readers(seen), rows([PASSPORT[1]]))
    assert found is not None
    assert found.lines == PASSPORT
    assert found.quads[0].mean() < found.quads[1].mean()


async def test_a_page_without_such_rows_asks_no_model() -> None:
    assert await read_mrz(IMAGE, Readers([]), rows(["Invoice 4711", "Total 12.00"])) is None

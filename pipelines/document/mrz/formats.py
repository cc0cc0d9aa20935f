"""The formats of machine-readable zones, as data: which characters may stand where, and what each check digit covers.

Sources: ICAO 9303 (8th edition) part 4 (TD3), 5 (TD1), 6 (TD2), 7 (MRV-A, MRV-B); for `FRA_ID` the French national
identity card issued from 1988 to 2021, which is two lines of 36 with an order of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from models.document.mrz_lattice import ALPHABET

DIGITS = "0123456789"
LETTERS = ALPHABET[11:]
FILLER = "<"
NAME = LETTERS + FILLER
DATE = DIGITS + FILLER
SEX = "MF<"

Place = tuple[int, int]
"""Line and column, from 0."""


@dataclass(frozen=True, slots=True)
class Field:
    """A run of characters of one line.

    Attributes:
        symbols: characters that may stand there.
        check: whether the column after it holds its check digit.
        may_be_filler: the check digit is a filler where the field is empty.
        overflows: the check digit is a filler where the text goes on in the optional data, whose end holds the digit.
    """

    name: str
    line: int
    start: int
    end: int
    symbols: str = ALPHABET
    check: bool = False
    may_be_filler: bool = False
    overflows: bool = False

    def places(self) -> Iterator[Place]:
        """Its characters in order, without the check digit."""
        return ((self.line, column) for column in range(self.start, self.end))


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        lines, length: so many lines of so many characters.
        kinds: what the first character may be.
        composite: (line, start, end) runs that the composite check digit covers, in order; empty where there is none.
        composite_at: where that digit stands.
        starts: what the first line begins with, where that is fixed.
    """

    name: str
    lines: int
    length: int
    kinds: str
    fields: tuple[Field, ...]
    composite: tuple[tuple[int, int, int], ...] = ()
    composite_at: Place | None = None
    starts: str = ""

    @cached_property
    def symbols(self) -> dict[Place, str]:
        """Characters that may stand at each place."""
        allowed = {(line, column): ALPHABET for line in range(self.lines) for column in range(self.length)}
        for part in self.fields:
            allowed |= dict.fromkeys(part.places(), part.symbols)
            if part.check:
                allowed[part.line, part.end] = DIGITS + (FILLER if part.may_be_filler or part.overflows else "")
        if self.composite_at:
            allowed[self.composite_at] = DIGITS
        allowed[0, 0] = self.kinds
        for column, character in enumerate(self.starts):
            allowed[0, column] = character
        return allowed

    def field(self, name: str) -> Field:
        """The field of that name. Raises StopIteration where the format has none."""
        return next(part for part in self.fields if part.name == name)

    def text(self, lines: tuple[str, ...], name: str) -> str:
        """What the field holds, fillers included; empty where the format has no such field."""
        return next((lines[f.line][f.start : f.end] for f in self.fields if f.name == name), "")


def _document(line: int, kinds: str) -> tuple[Field, Field]:
    return Field("document_code", line, 0, 2, NAME), Field("issuing_country", line, 2, 5, NAME)


TD1 = Format(
    "TD1",
    3,
    30,
    "ACI",
    (
        *_document(0, "ACI"),
        Field("document_number", 0, 5, 14, check=True, overflows=True),
        Field("optional_data", 0, 15, 30),
        Field("birth_date", 1, 0, 6, DATE, check=True),
        Field("sex", 1, 7, 8, SEX),
        Field("expiry_date", 1, 8, 14, DATE, check=True),
        Field("nationality", 1, 15, 18, NAME),
        Field("optional_data_2", 1, 18, 29),
        Field("names", 2, 0, 30, NAME),
    ),
    composite=((0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)),
    composite_at=(1, 29),
)


def _two_lines(name: str, length: int, kinds: str, optional: Field, checked: bool) -> Format:
    """Names above; number, nationality, birth, sex, expiry and optional data below."""
    return Format(
        name,
        2,
        length,
        kinds,
        (
            *_document(0, kinds),
            Field("names", 0, 5, length, NAME),
            Field("document_number", 1, 0, 9, check=True, overflows=name == "TD2"),
            Field("nationality", 1, 10, 13, NAME),
            Field("birth_date", 1, 13, 19, DATE, check=True),
            Field("sex", 1, 20, 21, SEX),
            Field("expiry_date", 1, 21, 27, DATE, check=True),
            optional,
        ),
        composite=((1, 0, 10), (1, 13, 20), (1, 21, length - 1)) if checked else (),
        composite_at=(1, length - 1) if checked else None,
    )


TD2 = _two_lines("TD2", 36, "ACI", Field("optional_data", 1, 28, 35), checked=True)
TD3 = _two_lines("TD3", 44, "P", Field("optional_data", 1, 28, 42, check=True, may_be_filler=True), checked=True)
MRVA = _two_lines("MRVA", 44, "V", Field("optional_data", 1, 28, 44), checked=False)
MRVB = _two_lines("MRVB", 36, "V", Field("optional_data", 1, 28, 36), checked=False)
FRA_ID = Format(
    "FRA_ID",
    2,
    36,
    "I",
    (
        *_document(0, "I"),
        Field("surname", 0, 5, 30, NAME),
        Field("issuing_office", 0, 30, 36),
        Field("document_number", 1, 0, 12, check=True),
        Field("given_names", 1, 13, 27, NAME),
        Field("birth_date", 1, 27, 33, DATE, check=True),
        Field("sex", 1, 34, 35, SEX),
    ),
    composite=((0, 0, 36), (1, 0, 35)),
    composite_at=(1, 35),
    starts="IDFRA",
)

FORMATS = (TD1, TD2, TD3, MRVA, MRVB, FRA_ID)

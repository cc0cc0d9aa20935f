"""One value a field out of print, zone and barcode, and whether they agree."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from models.document.text_line import TextLine
from pipelines.document.id_document.dates import readings
from pipelines.document.id_document.names import distance_of_names, machine_form
from pipelines.document.id_document.visual import DATES, NAMES, NUMBERS, PAST_DATES, Printed
from pipelines.document.id_document.zone import Zone

FIELDS = (
    *("surname", "given_names", "birth_name", "birth_date", "birth_place", "sex", "nationality", "document_number"),
    *("personal_number", "issue_date", "expiry_date", "issuing_country", "issuing_authority", "address"),
)
_SURE = 0.9
"""Confidence of the reader from which a difference of a letter or two is taken for one, and not for a misreading."""
_CONFUSED = str.maketrans("OQDILSZBGT", "0001152867")
"""Letters and figures that readers take for one another in numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field with what each source says of it; dates ISO 8601.

    Attributes:
        value: the zone's where it has one that can be trusted, else the barcode's, else the print's.
        match: whether the sources that name it agree; None where fewer than two do, or where it cannot be told.
        agrees: for each machine readable source whether the print says the same; None where that cannot be told.
        slight: the sources from which a printed name differs by so little that it may as well have been misread: text
            networks are sure of a letter under glare. Dates and numbers have no such grace.
    """

    name: str
    value: str
    mrz: str | None = None
    visual: str | None = None
    barcode: str | None = None
    match: bool | None = None
    confidence: float
    agrees: Mapping[str, bool | None]
    slight: frozenset[str]

    def to_json(self) -> dict[str, Any]:
        """As the reports hold it."""
        said = {"mrz": self.mrz, "visual": self.visual, "barcode": self.barcode}
        return {
            "name": self.name,
            "value": self.value,
            **{source: text for source, text in said.items() if text is not None},
            "match": self.match,
            "confidence": round(self.confidence, 4),
        }


def merge(
    printed: Sequence[Printed],
    zone: Zone | None,
    barcode: Mapping[str, str] | None,
    lines: Sequence[TextLine],
    today: date,
    *,
    zone_certain: bool,
) -> list[Field]:
    """Every field that any source names, in the order of `FIELDS`.

    Args:
        lines: all printed text (without the zone), where a value may stand that no label led to.
        zone_certain: the zone's lines were read without repair and all check digits are right.
    """
    by_name = {value.name: value for value in printed}
    found = []
    for name in FIELDS:
        machine = {"mrz": (zone.fields if zone else {}).get(name), "barcode": (barcode or {}).get(name)}
        seen = by_name.get(name)
        agrees: dict[str, bool | None] = {}
        slight = set()
        for source, value in machine.items():
            if value is None:
                continue
            cut = source == "mrz" and zone is not None and name in zone.truncated
            agrees[source], seen = _compare(name, value, seen, by_name, lines, today, truncated=cut)
            if agrees[source] is False and _maybe_misread(name, value, seen, truncated=cut):
                slight.add(source)
        found.append(_field(name, machine, seen, agrees, frozenset(slight), zone_certain))
    return [field for field in found if field is not None]


def _field(
    name: str,
    machine: Mapping[str, str | None],
    seen: Printed | None,
    agrees: dict[str, bool | None],
    slight: frozenset[str],
    certain: bool,
) -> Field | None:
    visual = None if seen is None else _value(name, seen, machine)
    zone = machine["mrz"]
    if zone and visual and name in DATES and zone[-8:] == visual[-8:]:
        zone = visual
    said = [value for value in (zone, machine["barcode"], visual) if value]
    if not said:
        return None
    if machine["mrz"] and machine["barcode"]:
        agrees["both"] = _same_machine(name, machine["mrz"], machine["barcode"])
    told = [answer for answer in agrees.values() if answer is not None]
    sure = 0.99 if machine["barcode"] or (machine["mrz"] and certain) else 0.7 if machine["mrz"] else 0.0
    confidence = sure if sure else 0.9 * (seen.confidence if seen else 0.0)
    return Field(
        name=name,
        value=said[0],
        mrz=machine["mrz"],
        visual=visual,
        barcode=machine["barcode"],
        match=None if not told else all(told),
        confidence=confidence,
        agrees=agrees,
        slight=slight,
    )


def _value(name: str, seen: Printed, machine: Mapping[str, str | None]) -> str:
    """What is printed, a date as ISO 8601: of several readings the one that a machine readable source says."""
    if name not in DATES or not seen.dates:
        return seen.text
    isos = [day.isoformat() for day in seen.dates]
    said = {value[-8:] for value in machine.values() if value}
    return next((iso for iso in isos if iso[-8:] in said), isos[0])


def _compare(
    name: str,
    value: str,
    seen: Printed | None,
    by_name: Mapping[str, Printed],
    lines: Sequence[TextLine],
    today: date,
    *,
    truncated: bool,
) -> tuple[bool | None, Printed | None]:
    """(agrees, what is printed). A value that stands in print elsewhere than the labels led to is what is printed."""
    answer = (
        None if seen is None else agreement(name, seen.text, seen.dates, value, seen.confidence, truncated=truncated)
    )
    if answer is True:
        return True, seen
    elsewhere = _elsewhere(name, value, by_name, lines, today, truncated=truncated)
    return (True, elsewhere) if elsewhere is not None else (answer, seen)


def agreement(
    name: str, printed: str, dates: Sequence[date], machine: str, confidence: float, *, truncated: bool = False
) -> bool | None:
    """Whether print and a machine readable value are the same; None where that cannot be told."""
    if name in DATES:
        # The zone writes two figures of a year: the print says which century.
        return machine[-8:] in [day.isoformat()[-8:] for day in dates] if dates else None
    if name in NAMES:
        wrong = distance_of_names(printed, machine, truncated=truncated)
        return _judged(wrong, len(machine), confidence)
    if name in NUMBERS:
        wanted, said = (re.sub(r"[^A-Z0-9]", "", text.upper()).translate(_CONFUSED) for text in (machine, printed))
        if wanted == said or (len(wanted) >= 6 and wanted in said):
            return True
        return _judged(
            sum(a != b for a, b in zip(wanted, said, strict=False)) + abs(len(wanted) - len(said)),
            len(wanted),
            confidence,
        )
    if name == "sex":
        return printed == machine
    if name == "nationality":
        return True if machine in re.split(r"[^A-Z]+", printed.upper()) else None
    if name == "address":
        return None
    return True if machine_form(printed) == machine_form(machine) else None


def _judged(wrong: int, length: int, confidence: float) -> bool | None:
    """Nothing wrong: the same. A letter or two in a text that was read badly: cannot be told."""
    if wrong == 0:
        return True
    return None if _few(wrong, length) and confidence < _SURE else False


def _few(wrong: int, length: int) -> bool:
    return wrong <= max(1, length // 6)


def _maybe_misread(name: str, value: str, seen: Printed | None, *, truncated: bool) -> bool:
    if seen is None or name not in NAMES:
        return False
    return _few(distance_of_names(seen.text, value, truncated=truncated), len(value))


def _elsewhere(
    name: str, value: str, by_name: Mapping[str, Printed], lines: Sequence[TextLine], today: date, *, truncated: bool
) -> Printed | None:
    """The line that says the value though no label led there."""
    owned = {printed.line for other, printed in by_name.items() if other != name and other in DATES}
    for index, line in enumerate(lines):
        dates: tuple[date, ...] = ()
        if name in DATES:
            if index in owned:
                continue
            dates = tuple(readings(line.text, past=name in PAST_DATES, today=today))
        elif name not in NAMES | NUMBERS or len(value) < 3:
            return None
        for text in (line.text, *re.split(r"[,/]", line.text)):
            if agreement(name, text, dates, value, line.confidence, truncated=truncated):
                return Printed(name, text.strip(), index, line.confidence, line.box, dates)
    return None if name not in ("surname", "given_names") else _in_full_name(name, value, lines)


def _in_full_name(name: str, value: str, lines: Sequence[TextLine]) -> Printed | None:
    """The line that names surname and given names together."""
    wanted = machine_form(value).split()
    for index, line in enumerate(lines):
        words = machine_form(line.text).split()
        if wanted and (words[: len(wanted)] == wanted or words[-len(wanted) :] == wanted) and len(words) > len(wanted):
            return Printed(name, value, index, line.confidence, line.box)
    return None


def _same_machine(name: str, one: str, other: str) -> bool | None:
    if name in NAMES:
        return distance_of_names(other, one, truncated=len(one) >= 12) == 0
    if name in (*DATES, "sex", *NUMBERS):
        return one == other
    return None

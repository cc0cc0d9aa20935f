"""Both sides of a document put together: what it is and what stands on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.document.id_document.aamva import Licence, read_aamva
from pipelines.document.id_document.classify import Classification, classify
from pipelines.document.id_document.fields import Field, merge
from pipelines.document.id_document.observation import SideSeen
from pipelines.document.id_document.visual import Printed, numbered_fields, visual_fields
from pipelines.document.id_document.zone import Zone, zone_of
from pipelines.document.mrz import Mrz

MONTH_FIRST = frozenset({"USA", "PHL", "BLZ", "FSM", "MHL", "PLW"})
"""Issuers that write the month before the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is known of a document.

    Attributes:
        sides: `front` and, where it was seen, `back`; the front is the one with the holder's picture.
        mrz: the zone that can be trusted most, on `mrz_side`.
        licence: of the barcode on `barcode_side`.
        printed: what is printed, by side.
    """

    sides: Mapping[str, SideSeen]
    kind: Classification
    fields: tuple[Field, ...]
    mrz: Mrz | None = None
    mrz_side: str | None = None
    zone: Zone | None = None
    licence: Licence | None = None
    barcode_side: str | None = None
    printed: Mapping[str, tuple[Printed, ...]]

    def field(self, name: str) -> Field | None:
        """The field of that name."""
        return next((field for field in self.fields if field.name == name), None)

    def expires(self) -> date | None:
        """The day of expiry, where it is known to the day."""
        field = self.field("expiry_date")
        try:
            return None if field is None else date.fromisoformat(field.value)
        except ValueError:
            return None


def put_together(seen: Sequence[SideSeen], today: date) -> Document:
    """Sorts the sides, whatever order they came in, and merges what each source says.

    Args:
        seen: every document found in the task's media, those of the front's role first; at least one that was found.
    """
    sides = sort_sides([side for side in seen if side.found])
    mrz_side, mrz = _best_zone(sides)
    zone = None if mrz is None else zone_of(mrz)
    barcode_side, licence = _licence(sides)
    lines = [line for side in sides.values() for line in side.lines]
    kind = classify(zone, licence, lines, numbered=any(numbered_fields(side.lines) for side in sides.values()))
    month_first = kind.country in MONTH_FIRST
    printed = {
        name: tuple(visual_fields(side.lines, side.size[0], today, month_first=month_first))
        for name, side in sides.items()
    }
    # A field that both sides print (a number, most often) counts by the front.
    both = {value.name: value for name in ("back", "front") for value in printed.get(name, ())}
    fields = merge(
        list(both.values()),
        zone,
        None if licence is None else licence.fields,
        lines,
        today,
        zone_certain=mrz is not None and mrz.certain and mrz.valid,
    )
    return Document(
        sides=sides, kind=kind, fields=tuple(fields), mrz=mrz, mrz_side=mrz_side, zone=zone, licence=licence,
        barcode_side=barcode_side, printed=printed,
    )  # fmt: skip


def sort_sides(found: Sequence[SideSeen]) -> dict[str, SideSeen]:
    """The side with the largest face is the front, the next other one the back; a single side without a face may be
    either: one with a zone of three lines or a licence's barcode is a back."""
    if not found:
        return {}
    front = max(found, key=lambda side: (_face_height(side), -found.index(side)))
    others = [side for side in found if side is not front]
    if not others:
        alone_back = front.portrait is None and (_is_td1(front) or any(read_aamva(text) for _, text in front.barcodes))
        return {"back" if alone_back else "front": front}
    return {"front": front, "back": others[0]}


def _face_height(side: SideSeen) -> float:
    if side.portrait is None or not side.size[1]:
        return 0.0
    return (side.portrait.box[3] - side.portrait.box[1]) / side.size[1]


def _is_td1(side: SideSeen) -> bool:
    return side.mrz is not None and side.mrz.format == "TD1"


def _best_zone(sides: Mapping[str, SideSeen]) -> tuple[str | None, Mrz | None]:
    zones = [(side.mrz.valid, side.mrz.certain, name) for name, side in sides.items() if side.mrz is not None]
    if not zones:
        return None, None
    name = max(zones)[2]
    return name, sides[name].mrz


def _licence(sides: Mapping[str, SideSeen]) -> tuple[str | None, Licence | None]:
    for name, side in sides.items():
        for _, text in side.barcodes:
            if (licence := read_aamva(text)) is not None:
                return name, licence
    return None, None

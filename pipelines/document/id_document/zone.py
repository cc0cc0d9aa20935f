"""What the machine readable zone tells about the document beyond its characters."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines.document.mrz import Mrz
from pipelines.document.mrz.formats import FILLER, FORMATS

_KINDS = {"P": "passport", "V": "visa"}
_PERMITS = frozenset({"IR", "AR", "CR", "RP"})
"""Document codes of residence permits: what follows the first letter is the issuer's choice, and these are in use."""
_CODES = {"GBD": "GBR", "GBN": "GBR", "GBO": "GBR", "GBP": "GBR", "GBS": "GBR", "RKS": "XKX"}
"""Codes of ICAO 9303-3, section 5, that ISO 3166-1 does not know, where it knows the country."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone for comparison with what is printed.

    Attributes:
        form: TD1, TD2, TD3, MRVA, MRVB or FRA_ID.
        kind: of document, as far as the code tells: passport, visa, residence_permit or id_card.
        fields: by the reports' names; empty ones are left out.
        truncated: names that the zone had no room for in full.
    """

    form: str
    kind: str
    fields: Mapping[str, str]
    truncated: frozenset[str]


def zone_of(mrz: Mrz) -> Zone:
    """Kind and fields of a zone that was read."""
    code = mrz.lines[0][:2]
    kind = _KINDS.get(code[0]) or ("residence_permit" if code in _PERMITS else "id_card")
    fields = {name: _CODES.get(value, value) if name in ("issuing_country", "nationality") else value
              for name, value in mrz.fields.items()}  # fmt: skip
    return Zone(mrz.format, kind, fields, _truncated(mrz))


def _truncated(mrz: Mrz) -> frozenset[str]:
    layout = next(known for known in FORMATS if known.name == mrz.format)
    runs = {part.name: layout.text(mrz.lines, part.name) for part in layout.fields}
    if "names" not in runs:
        return frozenset(name for name in ("surname", "given_names") if not runs[name].endswith(FILLER))
    if runs["names"].endswith(FILLER):
        return frozenset()
    return frozenset({"given_names"} if runs["names"].partition("<<")[2].strip(FILLER) else {"surname"})

"""Which document is it: its kind, country and model, from the zone, the barcode and the text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from babel import Locale
from babel.core import get_global

from models.document.text_line import TextLine
from pipelines.document.id_document.aamva import Licence
from pipelines.document.id_document.labels import edits, kind_words, normalised, parts_of
from pipelines.document.id_document.zone import Zone

KINDS = ("passport", "id_card", "driver_license", "residence_permit", "visa")
_LANGUAGES = (
    "en", "fr", "de", "es", "it", "pt", "nl", "sv", "nb", "da", "fi", "pl", "cs", "sk", "hr", "sl", "hu", "ro", "tr",
    "lv", "lt", "et", "az", "id", "ms", "vi", "sq",
)  # fmt: skip
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Classification:
    """What a document is.

    Attributes:
        kind: passport, id_card, driver_license, residence_permit, visa or unknown.
        country: alpha-3 (ISO 3166-1 or ICAO 9303), empty where it is not known.
        model: td1, td2, td3, mrva, mrvb or fra_id after its zone; aamva-<version> after its barcode; eu after numbered
            fields; empty where none of them tells.
        by: what told: zone, barcode, text.
    """

    kind: str
    country: str
    model: str
    by: tuple[str, ...]


def classify(
    zone: Zone | None, licence: Licence | None, lines: Sequence[TextLine], *, numbered: bool
) -> Classification:
    """Args: lines: the printed text of all sides. numbered: the fields are numbered as EU licences number them."""
    titled, named = _titled(lines), _country_named(lines)
    if zone is not None:
        # The code of a permit begins like that of an identity card, and issuers choose what follows.
        kind = titled if zone.kind in ("id_card", "residence_permit") and titled in KINDS[1:4] else zone.kind
        country = zone.fields.get("issuing_country", "")
        return Classification(kind, country, zone.form.lower(), ("zone",) + (("text",) if kind == titled else ()))
    if licence is not None:
        # The same record is on licences and on identity cards of the same issuers; only the title tells.
        kind = "id_card" if titled == "id_card" else "driver_license"
        return Classification(kind, licence.country or named, f"aamva-{licence.version}", ("barcode",))
    if titled or numbered:
        kind = "driver_license" if numbered and titled != "residence_permit" else titled
        return Classification(kind, named, "eu" if numbered else "", ("text",))
    return Classification("unknown", named, "", ("text",) if named else ())


def _titled(lines: Sequence[TextLine]) -> str:
    """The kind that a title names; the largest print first, the longest title in it."""
    best: tuple[float, int, str] = (0.0, 0, "")
    for line in lines:
        height = float(min(line.box[3] - line.box[1], line.box[2] - line.box[0]))
        for words in (*parts_of(line.text[:_LONGEST]), normalised(line.text[:_LONGEST])):
            kind, size = _kind(words)
            if kind and (size >= 9, height, size) > (best[1] >= 9, best[0], best[1]):
                best = (height, size, kind)
    return best[2]


def _kind(words: str) -> tuple[str, int]:
    """(kind, letters of the title found in it)."""
    known = kind_words()
    if words in known:
        return known[words], len(words)
    inside = [title for title in known if len(title) >= 9 and title in words]
    if inside:
        longest = max(inside, key=len)
        return known[longest], len(longest)
    near = [title for title in known if len(title) >= 8 and abs(len(title) - len(words)) <= 1]
    found = next((title for title in near if edits(words, title, 1) <= 1), None)
    return (known[found], len(found)) if found else ("", 0)


def _country_named(lines: Sequence[TextLine]) -> str:
    """Alpha-3 of a country whose name, or whose bare code, stands on a line of its own or in its title."""
    names = _countries()
    for line in lines:
        said = normalised(line.text[:_LONGEST])
        for words in (said, *parts_of(line.text[:_LONGEST])):
            bare = _without(words, ("republic of", "republique de", "kingdom of", "republik", "the"))
            if (code := names.get(words) or names.get(bare)) is not None:
                return code
    return ""


def _without(words: str, beginnings: tuple[str, ...]) -> str:
    return next((words.removeprefix(start).strip() for start in beginnings if words.startswith(start + " ")), words)


@cache
def _countries() -> Mapping[str, str]:
    """Names of countries, normalised, in the languages above -> alpha-3."""
    alpha3 = {
        two[0]: three for three, two in get_global("territory_aliases").items() if len(three) == 3 and three.isalpha()
    }
    names: dict[str, str] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in alpha3 and len(normalised(name)) >= 4:
                names.setdefault(normalised(name), alpha3[code])
    usual = {
        "ceska republika": "CZE", "rzeczpospolita polska": "POL", "bundesrepublik deutschland": "DEU", "utopia": "UTO",
        "republique francaise": "FRA", "repubblica italiana": "ITA", "republica portuguesa": "PRT",
        "hellenic republic": "GRC",
        "united states of america": "USA", "azerbaycan respublikasi": "AZE", "republic of azerbaijan": "AZE",
        "slovenska republika": "SVK", "republika hrvatska": "HRV", "republika slovenija": "SVN",
        "republic of china": "TWN",
        "koninkrijk der nederlanden": "NLD", "republik osterreich": "AUT", "suomi finland": "FIN", "espana": "ESP",
    }  # fmt: skip
    return names | usual

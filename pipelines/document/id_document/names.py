"""Are a printed name and one in the machine readable zone the same? Transliterated after ICAO Doc 9303-3, section 6."""

import re
import unicodedata

_SEVERAL = {
    "Å": ("AA", "A"), "Ä": ("AE", "A"), "Æ": ("AE",), "Ð": ("D", "DH"), "Đ": ("D",), "Ø": ("OE", "O"), "Ö": ("OE", "O"),
    "Œ": ("OE",), "ẞ": ("SS",), "ß": ("SS",), "Þ": ("TH",), "Ü": ("UE", "UXX", "U"), "Ñ": ("N", "NXX"), "Ĳ": ("IJ",),
    "Ł": ("L",), "Ə": ("E", "A"), "İ": ("I",), "\u0131": ("I",), "Ŋ": ("N",), "Ħ": ("H",), "Ŧ": ("T",), "ĸ": ("K", "Q"),
}  # fmt: skip
_CYRILLIC = dict(
    zip(
        "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЁІЇЄҐЎЈЉЊЋЏЂЅ",
        "A B V G D E ZH Z I I K L M N O P R S T U F KH TS CH SH SHCH IE Y # E IU IA E I I IE G U J LJ NJ C DZ D DZ".split(),  # noqa: SIM905, E501
        strict=True,
    )
)  # fmt: skip
_GREEK = dict(
    zip("ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "A V G D E Z I TH I K L M N X O P R S T Y F CH PS O".split(), strict=True)  # noqa: SIM905
)  # fmt: skip
_ALIKE = str.maketrans({"0": "O", "1": "I", "5": "S", "8": "B", "2": "Z", "6": "G", "|": "I", "!": "I"})
"""Figures never stand in names: there they are letters that were misread."""
_FIGURES = {"0": ("O", "OE"), "1": ("I", "L")}
"""Those that may be several letters: a barred O is often read as a zero."""
_PLAIN = {"O": ("O", "OE")}
"""Printed letters that may have lost a mark when they were read: text networks often miss the bar of a barred O."""
_MOST = 80


def machine_form(text: str) -> str:
    """Letters A to Z as the zone would hold them, words apart by one space; every other sign parts words."""
    spelt = "".join(_spelt(letter)[0] for letter in text.upper()[:_MOST])
    return " ".join(re.sub(r"[^A-Z]+", " ", spelt).split())


def distance_of_names(printed: str, zone: str, *, truncated: bool = False) -> int:
    """Single-letter edits from the likeliest transliteration of the printed name to the zone's; 0 where they agree.

    Spaces do not count, since hyphens, apostrophes and line breaks are written many ways.

    Args:
        truncated: the zone had no room for all of the name, so the printed one may go on.
    """
    # A barcode may hold accents, which a zone cannot: the shortest spelling stands for them.
    spelt = "".join(_spelt(letter)[-1] for letter in zone.upper().translate(_ALIKE)[:_MOST])
    wanted = re.sub(r"[^A-Z]", "", spelt)
    return _edits([_PLAIN.get(letter) or _spelt(letter) for letter in printed.upper()[:_MOST]], wanted, truncated)


def _spelt(letter: str) -> tuple[str, ...]:
    """The ways in which the zone may write one letter."""
    if letter in _SEVERAL:
        return _SEVERAL[letter]
    if letter in _CYRILLIC:
        return (_CYRILLIC[letter].replace("#", ""),)
    base = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)).upper()
    if base in _GREEK:
        return (_GREEK[base],)
    if base in _FIGURES:
        return _FIGURES[base]
    base = base.translate(_ALIKE)
    return (base,) if re.fullmatch(r"[A-Z]+", base) else ("" if base in "'\u2019" else " ",)


def _edits(options: list[tuple[str, ...]], wanted: str, truncated: bool) -> int:
    """Levenshtein distance where each letter may be written in several ways. (letters of `printed`) x (of `wanted`)."""
    options = [tuple(way.strip() for way in ways) for ways in options]
    options = [ways for ways in options if ways != ("",)]
    row = list(range(len(wanted) + 1))
    lowest_at_end = row[-1]
    for ways in options:
        following = [row[0] + 1] + [0] * len(wanted)
        for end in range(1, len(wanted) + 1):
            best = min(row[end] + 1, following[end - 1] + 1)
            for way in ways:
                size = len(way)
                if 0 < size <= end:
                    wrong = sum(a != b for a, b in zip(way, wanted[end - size : end], strict=True))
                    best = min(best, row[end - size] + wrong)
                elif not way:
                    best = min(best, row[end])
            following[end] = best
        row = following
        lowest_at_end = min(lowest_at_end, row[-1])
    return lowest_at_end if truncated else row[-1]

"""One spelling for labels and text: no case, accents, spaces or punctuation, and one shape for what OCR confuses."""

import unicodedata

_UNDECOMPOSED = str.maketrans(
    {"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u0131": "i", "\u00e6": "ae", "\u0153": "oe"}
)
"""Letters whose stroke Unicode does not count as an accent."""
_ALIKE = str.maketrans("01i", "oll")
_KEPT = frozenset("#%@")


def squeeze(text: str) -> tuple[str, list[int]]:
    """The text reduced to what labels are compared by, and where each kept character stands in the text."""
    kept: list[str] = []
    offsets: list[int] = []
    for at, character in enumerate(text):
        for plain in unicodedata.normalize("NFKD", character).casefold().translate(_UNDECOMPOSED):
            if plain.isalnum() or plain in _KEPT:
                kept.append(plain.translate(_ALIKE))
                offsets.append(at)
    return "".join(kept), offsets


def one_edit_apart(one: str, other: str) -> bool:
    """Whether at most one character must be changed, added or dropped to make them equal."""
    if abs(len(one) - len(other)) > 1:
        return False
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[at + 1 :] == other[at + 1 :] or one[at:] == other[at + 1 :] or one[at + 1 :] == other[at:]

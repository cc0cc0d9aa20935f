"""Labels made of several: a sum, a word, and the tax that the sum holds or leaves out."""

import re
from collections.abc import Sequence
from dataclasses import replace

from pipelines.document.extraction.lexicon import Hit

_SUMS = ("total", "subtotal")
_MARKS = r"[\s\d.,%@()\[\]:=&/*\-]*"
_FILLING = re.compile(rf"^{_MARKS}(?:[^\W\d_]{{2,10}}{_MARKS}){{0,2}}$")
"""What may stand between the parts: a rate, brackets, a currency, a little word or two."""


def composed(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits of a text with those that form one phrase joined.

    "Total (incl. 6% GST)" names a total, "Total (excl. GST)" a subtotal, "Total 6% GST" a tax. Words such as "with"
    that join nothing are dropped.
    """
    joined: list[Hit] = []
    n = 0
    while n < len(hits):
        first = hit = hits[n]
        n += 1
        if hit.label.kind == "modifier":
            continue
        if hit.label.field in _SUMS:
            modifier = _next(text, hit, hits[n:], kinds=("including", "excluding"))
            taxed = _next(text, modifier or hit, hits[n:], kinds=("tax",))
            if modifier is not None and taxed is not None:
                field = "total" if modifier.label.field == "including" else "subtotal"
                hit = _named(hit, field, taxed.end)
            elif modifier is not None and modifier.label.field == "excluding":
                hit = _named(hit, "subtotal", modifier.end)
            elif taxed is not None and _same_phrase(text, hit, taxed):
                bare = len(text[hit.start : hit.end].split()) == 1
                hit = _named(hit, "tax" if bare else hit.label.field, taxed.end)
            if hit is not first:
                n += sum(other.start < hit.end for other in hits[n:])
        joined.append(hit)
    return joined


def _next(text: str, before: Hit, rest: Sequence[Hit], kinds: tuple[str, ...]) -> Hit | None:
    """The hit of these fields that comes next, with nothing but filling in between."""
    after = [hit for hit in rest if hit.start >= before.end]
    hit = next((one for one in after if one.start == after[0].start and one.label.field in kinds), None)
    return hit if hit is not None and _FILLING.match(text[before.end : hit.start]) else None


def _same_phrase(text: str, one: Hit, other: Hit) -> bool:
    """Whether no amount stands between them: "Total 54.50 GST 3.20" are two labels."""
    return not re.search(r"\d[.,]\d{2}(?!\d)", text[one.end : other.start])


def _named(hit: Hit, field: str, end: int) -> Hit:
    return replace(hit, label=replace(hit.label, field=field), end=end)

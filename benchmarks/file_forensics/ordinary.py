"""Ordinary files: how often each red flag is raised on what nobody forged."""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pipelines.context import Context
from pipelines.document.forensics import analyse_file
from pipelines.errors import MediaError
from pipelines.local import LocalWorkers

Files = Sequence[tuple[str, bytes]]


@dataclass(slots=True)
class Raised:
    """How many of `n` files raised each flag; `unread` failed as media."""

    n: int = 0
    unread: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)


async def raised(workers: LocalWorkers, files: Files) -> Raised:
    """Runs the whole service over files, one after the other."""
    found = Raised()
    for name, data in files:
        found.n += 1
        try:
            report = await analyse_file(Context({"file": data}, workers, options={"file_name": name}))
        except MediaError:
            found.unread += 1
            continue
        found.flags.update(report.data["red_flags"].keys())
        found.verdicts[report.verdict.value] += 1
    return found


def files(folder: Path, pattern: str, *, least_side: int = 200, most: int = 1000) -> Files:
    """Pictures of a folder that are large enough to be judged, by name."""
    kept = []
    for path in sorted(folder.rglob(pattern)):
        data = path.read_bytes()
        if min(Image.open(io.BytesIO(data)).size) >= least_side:
            kept.append((path.name, data))
    return kept[:most]


def from_camera(sources: Files) -> Iterator[tuple[str, bytes]]:
    """The same pictures as a camera would write them: reduced, compressed once, with EXIF."""
    for number, (name, data) in enumerate(sources):
        image = Image.open(io.BytesIO(data)).convert("RGB")
        image = image.resize((round(image.width * 0.83), round(image.height * 0.83)), Image.Resampling.BOX)
        exif = Image.Exif()
        exif[0x010F], exif[0x0110], exif[0x0132] = "Maker", "Model", "2024:05:01 10:00:00"
        exif.get_ifd(0x8769)[0x9003] = "2024:05:01 10:00:00"
        target = io.BytesIO()
        image.save(target, "JPEG", quality=(85, 90, 95)[number % 3], exif=exif, subsampling=2)
        yield f"{Path(name).stem}.jpg", target.getvalue()


def screenshots(count: int) -> Iterator[tuple[str, bytes]]:
    """Drawn windows with text, lists and icons that repeat, as PNG and as JPEG in turn."""
    for seed in range(count):
        rng = np.random.default_rng(seed)
        image = Image.new("RGB", (900, 640), tuple(int(c) for c in rng.integers(225, 256, 3)))
        draw = ImageDraw.Draw(image)
        draw.rectangle((0, 0, 900, 40), fill=tuple(int(c) for c in rng.integers(40, 120, 3)))
        for row in range(14):
            y = 60 + 40 * row
            draw.ellipse((20, y, 44, y + 24), fill=tuple(int(c) for c in rng.integers(60, 220, 3)))
            words = " ".join("".join(chr(97 + int(c)) for c in rng.integers(0, 26, 6)) for _ in range(9))
            draw.text((60, y + 4), words, fill=(30, 30, 30))
        target = io.BytesIO()
        kind = "PNG" if seed % 2 else "JPEG"
        image.save(target, kind, quality=90)
        yield f"screen{seed}.{kind.lower()}", target.getvalue()

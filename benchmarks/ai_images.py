"""AI-generated images: what is found on foreign generators, and what is wrongly said of photographs.

    python -m benchmarks.ai_images --data ../shared/data --keep DIR [--wallpapers DIR] [--imwatermark DIR]

Seeded; one thread; scores are kept in DIR/scores.json. Nothing was fitted or chosen on the pictures measured here: the
fakes are of generators that `models/training/ai_generated_image` never saw, the photographs of other sources.
`--wallpapers` holds drawn desktop backgrounds, `--imwatermark` the unpacked package invisible-watermark 0.2.0.
"""

import argparse
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.ai_images_page import page
from models.deepfake.fingerprint import FingerprintBank
from models.deepfake.generated_image import GeneratedImageDetector
from models.deepfake.watermark import DWT_DCT, WatermarkReader, block_votes, fits

SIDE, EVERY = 256, 6
"""Common size; robustness is measured on every sixth picture."""
Condition = Callable[[np.ndarray], np.ndarray]


def jpeg(quality: int, kind: str = "JPEG") -> Condition:
    """Compressed once more."""

    def change(pixels: np.ndarray) -> np.ndarray:
        target = io.BytesIO()
        Image.fromarray(pixels).save(target, kind, quality=quality)
        with Image.open(target) as image:
            return np.asarray(image.convert("RGB"))

    return change


def resized(factor: float) -> Condition:
    """Made smaller."""
    return lambda pixels: cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


def middle(pixels: np.ndarray) -> np.ndarray:
    """The middle square of 256 pixels."""
    top, left = ((side - SIDE) // 2 for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + SIDE, left : left + SIDE])


def common(pixels: np.ndarray) -> np.ndarray:
    """The short side made 256 pixels, the middle square of it, JPEG 90: nothing of size or format is left."""
    factor = SIDE / min(pixels.shape[:2])
    width, height = (max(SIDE, round(side * factor)) for side in pixels.shape[1::-1])
    small = pixels if factor >= 1 else np.asarray(Image.fromarray(pixels).resize((width, height), Image.LANCZOS))
    return jpeg(90)(middle(small))


def screenshot(pixels: np.ndarray) -> np.ndarray:
    """Shown in a window at 0.9 of its size, photographed by the screen itself."""
    small = cv2.resize(pixels, None, fx=0.9, fy=0.9, interpolation=cv2.INTER_LINEAR)
    return np.pad(small, ((24, 8), (8, 8), (0, 0)), constant_values=236)


CONDITIONS: Mapping[str, tuple[Condition, int]] = {
    "as published": (lambda pixels: pixels, 1),
    "common size, JPEG 90": (common, 1),
    "middle square, JPEG 90": (lambda pixels: jpeg(90)(middle(pixels)), 1),
    **{f"JPEG {quality}": (jpeg(quality), EVERY) for quality in (95, 85, 75, 60, 50)},
    "WebP 80": (jpeg(80, "WEBP"), EVERY),
    "0.75 of its size": (resized(0.75), EVERY),
    "half its size": (resized(0.5), EVERY),
    "half of each side cut off": (lambda p: np.ascontiguousarray(p[: p.shape[0] // 2, : p.shape[1] // 2]), EVERY),
    "screenshot": (screenshot, EVERY),
}
"""Name -> what is done to both classes, and to every how many pictures."""


def opened(file: Path, most: int = 4096) -> np.ndarray:
    """(H, W, 3) uint8 RGB."""
    with Image.open(file) as image:
        image.thumbnail((most, most))
        return np.asarray(image.convert("RGB"))


def foreign(data: Path) -> Iterator[tuple[str, bool, str]]:
    """(source, fake, path) of pictures that nothing was fitted on, of at least 256 pixels."""
    with (data / "MANIFEST.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["use"] == "eval-only" and row["kind"] in ("ai_images", "real_photos"):
                with Image.open(data / row["path"]) as image:
                    if min(image.size) >= SIDE:
                        yield row["path"].split("/")[1], row["kind"] == "ai_images", row["path"]


def other_reals(data: Path, wallpapers: Path | None) -> Iterator[tuple[str, Path]]:
    """(set, file) of further pictures that no generator made: cameras' files, receipts, documents, drawings."""
    sets = {"forensics/exif": "camera files", "documents/receipts": "receipts", "documents/id_images": "documents"}
    for folder, name in sets.items():
        for file in sorted((data / folder).rglob("*")):
            if file.suffix.lower() in (".jpg", ".jpeg", ".png"):
                yield name, file
    for file in sorted(wallpapers.rglob("*") if wallpapers else ()):
        if file.suffix.lower() in (".jpg", ".png", ".webp") and not file.is_symlink():
            yield "drawn backgrounds", file


def measured(data: Path, wallpapers: Path | None) -> dict[str, Any]:
    """Log odds and fingerprints of everything; None where the detector could not judge."""
    detector, bank = GeneratedImageDetector(), FingerprintBank()
    detector.load()
    bank.load()

    def judged(pixels: np.ndarray) -> float | None:
        (score,) = detector.predict([np.ascontiguousarray(pixels)])
        return None if score is None else round(score.fake_log_odds, 4)

    found: dict[str, Any] = {"foreign": [], "others": []}
    for number, (source, fake, path) in enumerate(foreign(data)):
        pixels = opened(data / path)
        scores = {name: judged(change(pixels)) for name, (change, every) in CONDITIONS.items() if number % every == 0}
        (print_,) = bank.predict([pixels])
        votes = max((fit for vote in block_votes(pixels) for fit in fits(vote)), key=lambda fit: fit[1])
        found["foreign"].append(
            {"source": source, "fake": fake, "scores": scores, "watermark": votes[1:],
             "fingerprint": print_.generator if print_ is not None and print_.found else None}
        )  # fmt: skip
    for name, file in other_reals(data, wallpapers):
        try:
            pixels = opened(file)
        except (OSError, SyntaxError):  # damaged on purpose
            continue
        found["others"].append({"set": name, "score": judged(pixels)})
    return found


def watermarked(imwatermark: Path, data: Path) -> dict[str, Any]:
    """How many messages of the package's own writer are read after each change: method and message -> way -> count."""
    import sys

    sys.path.insert(0, str(imwatermark))
    from imwatermark import WatermarkEncoder  # type: ignore[import-not-found]

    reader = WatermarkReader()
    reader.load()
    ways: Mapping[str, Condition] = {
        "as written": lambda p: p,
        **{f"JPEG {quality}": jpeg(quality) for quality in (95, 90, 80, 70)},
        "8 pixels cut off": lambda p: np.ascontiguousarray(p[8:, 8:]),
        "0.9 of its size": resized(0.9),
    }
    found: dict[str, dict[str, list[bool]]] = {}
    photos = [path for source, _, path in foreign(data) if source == "bsds500"]
    WatermarkEncoder.loadModel()
    for method, message, count in (("dwtDct", "StableDiffusionV1", 20), ("dwtDct", "SDXL", 20), ("rivaGan", "SDV2", 5)):
        writer = WatermarkEncoder()
        if message == "SDXL":
            writer.set_watermark("bits", [int(bit) for bit in DWT_DCT[message]])
        else:
            writer.set_watermark("bytes", message.encode())
        row: dict[str, list[bool]] = {name: [] for name in ways}
        for path in photos[:count]:
            marked = writer.encode(np.ascontiguousarray(opened(data / path)[..., ::-1]), method)[..., ::-1]
            for name, change in ways.items():
                pixels = np.ascontiguousarray(change(np.ascontiguousarray(marked)))
                mark = reader.dwt_dct(pixels) if method == "dwtDct" else reader.rivagan(pixels)
                row[name].append(mark.found and mark.message == message)
        found[f"{method}, {message}"] = row
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--wallpapers", type=Path)
    parser.add_argument("--imwatermark", type=Path)
    args = parser.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    kept = args.keep / "scores.json"
    found = json.loads(kept.read_text()) if kept.exists() else measured(args.data, args.wallpapers)
    kept.write_text(json.dumps(found))
    if args.imwatermark and "watermarks" not in found:
        found["watermarks"] = watermarked(args.imwatermark, args.data)
        kept.write_text(json.dumps(found))
    print(page(found))


if __name__ == "__main__":
    main()

"""Simulated photographs of documents, of screens that show them and of printed copies, by the small window.

    M=models.training.document_recapture.windows
    python -m $M --data ../shared/data --out train --count 9000 --seed 21 --wide
    python -m $M --data ../shared/data --out devices --count 800 --seed 2 --unseen --held-out

A window is a piece of 300 x 300 camera pixels of the whole photograph, which costs a fifth of it. Screens, inks and
cameras are those of `models.training.recapture`; both classes pass through the same camera.
"""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from models.document.recapture import LONGEST, SIZE
from models.training.recapture.camera import Optics, develop, encode
from models.training.recapture.scene import Portrait, backdrop
from models.training.recapture.settings import HELD_OUT, TRAIN, WIDE, Settings
from models.training.recapture.simulate import View, homography, illuminate, linear, look, print_light, screen_light
from models.training.specimens import TRAIN as TRAIN_LAYOUTS
from models.training.specimens import UNSEEN, Side, specimen
from models.training.specimens.capture import developed
from models.training.specimens.conditions import Conditions, photograph
from models.training.specimens.portraits import id_portraits

SPECIES = ("bona_fide", "screen", "print_colour", "print_grey")
_SHARES = (0.46, 0.27, 0.17, 0.10)
TAKEN = 3
"""Crops of each window."""
_PLAIN = 0.4  # share of pictures by the plain camera of `specimens.conditions`
_WINDOW, _PPMM, _SMALLEST = 300, 14.0, 450.0


def sides(faces: list[np.ndarray], count: int, seed: int, unseen: bool) -> list[np.ndarray]:
    """Sides of documents, drawn once and photographed often."""
    found: list[Side] = []
    layouts = UNSEEN if unseen else TRAIN_LAYOUTS
    for index in range(count):
        rng = np.random.default_rng([seed, 1, index])
        face = faces[int(rng.integers(len(faces)))]
        found += specimen(rng, layouts[index % len(layouts)], face, ppmm=_PPMM).sides().values()
    return [side.image for side in found]


def staged(document: np.ndarray, rng: np.random.Generator, other: np.ndarray) -> Portrait:
    """A document on a ground that reaches a tenth beyond it, the document being the `box`."""
    height, width = document.shape[:2]
    margin = width // 10
    size = width + 2 * margin, height + 2 * margin
    around = cv2.resize(backdrop(rng, (size[1] // 3, size[0] // 3), other), size, interpolation=cv2.INTER_LINEAR)
    around[margin : margin + height, margin : margin + width] = document
    return Portrait(around, (margin, margin, margin + width, margin + height))


def light_of(
    scene: Portrait, view: View, species: str, rng: np.random.Generator, settings: Settings, other: np.ndarray
) -> np.ndarray:
    """What falls on the sensor, (H, W, 3) float32, of the document itself or of its recapture."""
    optics = Optics.draw(rng, settings.hard)
    if species == "bona_fide":
        light = optics.apply(look(linear(scene.image, rng), view))
    elif species == "screen":
        light = screen_light(scene, view, optics, rng, settings, other)
    else:
        light = print_light(scene, view, optics, rng, settings, other, halftone=rng.random() < 0.7)
        if species == "print_grey":  # black toner only; the lamp's colour stays for the camera to remove
            light = np.repeat(light.mean(-1, keepdims=True), 3, -1)
    return illuminate(light, rng, settings.hard)


def view_of(
    scene: Portrait, rng: np.random.Generator, width: float, size: tuple[int, int], whole: bool
) -> tuple[View, np.ndarray]:
    """Where the camera looks: at a random piece of a document that appears `width` camera pixels wide, or at all of it.

    Returns:
        The view, and the corners of the document (4, 2) in camera pixels.
    """
    left, top, right, bottom = scene.box
    k = width / (right - left)
    reach = (0.5, 0.5) if whole else tuple(rng.uniform(0.08, 0.92, 2))
    middle = left + reach[0] * (right - left), top + reach[1] * (bottom - top)
    tilt = np.clip(rng.normal(0, 0.1, 2), -0.25, 0.25) / width
    centre = np.array(size) / 2
    matrix = homography(centre, rng.normal(0, 0.12), tilt, 1 / k, middle)
    yy, xx = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    weight = matrix[2, 0] * xx + matrix[2, 1] * yy + matrix[2, 2]
    x = (matrix[0, 0] * xx + matrix[0, 1] * yy + matrix[0, 2]) / weight
    y = (matrix[1, 0] * xx + matrix[1, 1] * yy + matrix[1, 2]) / weight
    corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float64)
    seen = cv2.perspectiveTransform(corners, np.linalg.inv(matrix))[0]
    return View(x.astype(np.float32), y.astype(np.float32), k), seen


def taken_by(light: np.ndarray, rng: np.random.Generator, settings: Settings) -> np.ndarray:
    """The picture that a camera makes of light, (H, W, 3) uint8 RGB: mostly the one that edits much, else a plain one.

    Both photograph documents and recaptures alike, so that neither is a sign of anything.
    """
    if rng.random() >= _PLAIN:
        return develop(light, rng, settings)
    how = Conditions.degraded(rng) if rng.random() < 0.4 else Conditions.clean(rng)
    how = replace(how, blur=how.blur / 2, motion=0.0)  # light has passed a lens
    level = float(light[::4, ::4].mean())
    gain = np.float32(rng.uniform(0.25, 0.6) / max(level, 1e-3))
    return developed(photograph(np.clip(light * gain, 0, 1.2), rng, how), how)


def near(scene: Portrait, view: View) -> tuple[Portrait, View]:
    """Only what a view sees of a scene and some pixels round it: drawing the rest takes most of the time."""
    margin = 24 + 8 / view.scale
    height, width = scene.image.shape[:2]
    left, right = max(0, int(view.x.min() - margin)), min(width, int(view.x.max() + margin) + 1)
    top, bottom = max(0, int(view.y.min() - margin)), min(height, int(view.y.max() + margin) + 1)
    box = scene.box[0] - left, scene.box[1] - top, scene.box[2] - left, scene.box[3] - top
    corner = np.float32(left), np.float32(top)
    return Portrait(scene.image[top:bottom, left:right], box), View(view.x - corner[0], view.y - corner[1], view.scale)


def history(document: np.ndarray, rng: np.random.Generator, settings: Settings, species: str) -> np.ndarray:
    """The file that a screen shows or a printer prints: scanned or photographed, reduced, compressed."""
    if species == "bona_fide":
        return document
    if rng.random() < 0.6:
        k = rng.uniform(0.55, 1.0)
        document = cv2.resize(document, None, fx=k, fy=k, interpolation=cv2.INTER_AREA)
    return encode(document, rng, settings) if rng.random() < 0.6 else document


def window(
    document: np.ndarray, species: str, rng: np.random.Generator, settings: Settings, other: np.ndarray
) -> np.ndarray | None:
    """(TAKEN, 128, 128, 3) uint8 crops of one simulated window; None where the camera left too little."""
    scene = staged(history(document, rng, settings, species), rng, other)
    width = _SMALLEST * (LONGEST / _SMALLEST) ** rng.random()
    view, _ = view_of(scene, rng, width, (_WINDOW, _WINDOW), whole=False)
    light = light_of(*near(scene, view), species, rng, settings, other)
    image = taken_by(light, rng, settings)
    height, wide = image.shape[:2]
    if min(height, wide) < SIZE:
        return None
    starts = [(int(rng.integers(0, height - SIZE + 1)), int(rng.integers(0, wide - SIZE + 1))) for _ in range(TAKEN)]
    return np.stack([image[y : y + SIZE, x : x + SIZE] for y, x in starts])


def write(out: Path, data: Path, count: int, seed: int, unseen: bool, settings: Settings) -> None:
    """Writes crops.npy (N, TAKEN, 128, 128, 3) and species.npy (N,) int8, -1 where a row is not drawn yet."""
    faces = id_portraits(data, "test" if unseen else "train", 120)
    documents = sides(faces, 40 if unseen else 130, seed, unseen)
    out.mkdir(parents=True, exist_ok=True)
    create = partial(np.lib.format.open_memmap, mode="w+")
    species = create(out / "species.npy", dtype=np.int8, shape=(count,))
    species[:] = -1
    crops = create(out / "crops.npy", dtype=np.uint8, shape=(count, TAKEN, SIZE, SIZE, 3))
    for index in range(count):
        rng = np.random.default_rng([seed, 2, index])
        kind = int(rng.choice(len(SPECIES), p=_SHARES))
        hard = settings if rng.random() < 0.5 else settings.ordinary()
        taken = None
        while taken is None:
            document, other = (pile[int(rng.integers(len(pile)))] for pile in (documents, faces))
            taken = window(document, SPECIES[kind], rng, hard, other)
        crops[index], species[index] = taken, kind


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--unseen", action="store_true", help="layouts and people kept for measuring")
    parser.add_argument("--held-out", action="store_true", help="device families never used in training")
    parser.add_argument("--wide", action="store_true", help="also screens and printers that have no name")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    settings = HELD_OUT if args.held_out else WIDE if args.wide else TRAIN
    write(args.out, args.data, args.count, args.seed, args.unseen, settings)


if __name__ == "__main__":
    main()

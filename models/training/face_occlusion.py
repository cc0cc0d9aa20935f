"""Trains the occlusion network on portraits with drawn occluders, calibrates and measures it on held-out people.

    python -m models.training.face_occlusion --data ../shared/data --minutes 4.5   (needs the packages onnx, onnxscript)

Groups of `faces/portraits` (use=train) are split: a fifth is the test part, another eighth sets the scale, the rest
trains. Kinds in `unseen_occluders` are never trained on. Training goes by the clock; the seed fixes everything else.
"""

import argparse
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from models.face.alignment import REFERENCE, SIZE, align, similarity
from models.face.landmarks import FaceMesh, alignment_points, mesh_crop, to_image
from models.face.occlusion import GRID
from models.training.face_data import faces, photos
from models.training.occluders import LEFT_EYE, RIGHT_EYE, TRAINED, Portrait, blob, clear_glasses, photograph, wear

SEED = 7
SAMPLES, BATCH = 14000, 128
MODEL = Path(__file__).parents[1] / "trained" / "face_occlusion.onnx"
LABELS = tomllib.loads(Path(__file__).with_name("face_occlusion_labels.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A portrait, which part of the data it belongs to, and the regions that are really hidden in it."""

    name: str
    part: str
    face: Portrait
    hidden: tuple[str, ...]


class OcclusionNet(nn.Module):
    """(N, 112, 112, 3) RGB 0..255 to logits (N, 14, 14) that the cell is hidden."""

    def __init__(self) -> None:
        super().__init__()
        widths = ((3, 16, 2), (16, 32, 2), (32, 48, 2), (48, 64, 2), (64, 64, 1))
        blocks = [
            nn.Sequential(nn.Conv2d(a, b, 3, step, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU())
            for a, b, step in widths
        ]
        self.fine, self.coarse = nn.Sequential(*blocks[:3]), nn.Sequential(*blocks[3:])
        # Left and right of a face are not alike to the network's cells, so each cell may lean on the whole face.
        self.whole = nn.Conv2d(64, 64, 7, padding=3, groups=64)
        self.head = nn.Sequential(nn.Conv2d(112, 48, 1), nn.ReLU(), nn.Conv2d(48, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        fine = self.fine(images.permute(0, 3, 1, 2) / 127.5 - 1)
        coarse = self.coarse(fine)
        wide = nn.functional.interpolate(torch.relu(coarse + self.whole(coarse)), scale_factor=2.0, mode="nearest")
        return self.head(torch.cat([fine, wide], 1))[:, 0]


def people(data: Path) -> list[Person]:
    """Every portrait with a face, aligned as the pipelines align it, but those of which nobody can say."""
    mesh, kept = FaceMesh(), []
    mesh.load()
    for photo, image, face in faces(data, photos(data, "faces/portraits", "train")):
        if face is not None:
            crop, back = mesh_crop(image, face)
            placed = mesh.predict([crop])[0]
            points = alignment_points(face, placed, back)
            onto = similarity(points, REFERENCE)
            marks = to_image(placed.landmarks, back)[:, :2] @ onto[:, :2].T + onto[:, 2]
            kept.append((photo, Portrait(align(image, points), marks)))
    order = np.random.default_rng(SEED).permutation(sorted({photo.group for photo, _ in kept})).tolist()
    part = dict.fromkeys(order, "train") | dict.fromkeys(order[1::8], "scale") | dict.fromkeys(order[::5], "test")
    named = [(Path(photo.path).name, part[photo.group], face) for photo, face in kept]
    hidden = LABELS["hidden"]
    return [Person(*row, tuple(hidden.get(row[0], ()))) for row in named if row[0] not in LABELS["unclear"]]


def samples(known: list[Person], count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(count, 112, 112, 3) uint8 faces and the hidden share of each (14, 14) cell."""
    rng = np.random.default_rng(seed)
    bare, kinds = [person.face for person in known if not person.hidden], list(TRAINED.values())
    real = [person for person in known if set(person.hidden) == {"left_eye", "right_eye"}]
    others = [face.pixels for face in bare]
    images, targets = [], []
    for index in range(count):
        face = bare[index % len(bare)]
        face = face.mirrored() if rng.random() < 0.5 else face
        choice = rng.random()
        pixels, hidden = face.pixels, np.zeros((SIZE, SIZE), np.float32)
        if choice < 0.06 and real:
            pixels, hidden = _worn(real[int(rng.integers(len(real)))].face)
        elif choice < 0.20:
            pixels, _ = wear(face, clear_glasses, others, rng)
        elif choice < 0.70:
            pixels, hidden = wear(face, kinds[int(rng.integers(len(kinds)))], others, rng)
        turn = np.asarray(
            cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), rng.normal(0, 3), rng.normal(1, 0.04)), np.float64
        )
        turn[:, 2] = turn[:, 2] + rng.normal(0, 2, 2)
        pixels, hidden = _moved(pixels, turn), _moved(hidden, turn)
        images.append(photograph(pixels, rng))
        targets.append(hidden.reshape(GRID, SIZE // GRID, GRID, SIZE // GRID).mean((1, 3)))
    return np.stack(images), np.stack(targets).astype(np.float32)


def _moved(plane: np.ndarray, turn: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.warpAffine(plane, turn, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE))


def _worn(face: Portrait) -> tuple[np.ndarray, np.ndarray]:
    """Real sunglasses; lenses of ordinary size stand for what they hide."""
    hidden = np.zeros((SIZE, SIZE), np.float32)
    for eye in (RIGHT_EYE, LEFT_EYE):
        blob(hidden, face.at(*eye) + np.array([0, 2]), (face.span * 0.42, face.span * 0.32), 0, 2.5)
    return face.pixels, hidden


def train(images: np.ndarray, targets: np.ndarray, minutes: float, checkpoint: Path) -> OcclusionNet:
    """Fits the network to the hidden shares by cross entropy; the step size falls with the clock."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    net, begun = OcclusionNet(), time.monotonic()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    x, y, order = torch.from_numpy(images), torch.from_numpy(targets), torch.empty(0, dtype=torch.long)
    losses: list[float] = []
    while (done := (time.monotonic() - begun) / 60 / minutes) < 1:
        if len(order) < BATCH:
            order = torch.randperm(len(x))
            print(f"{done:.0%} loss {np.mean(losses[-100:] or [0]):.4f} seen {len(losses) * BATCH}", flush=True)
            torch.save(net.state_dict(), checkpoint)
        rows, order = order[:BATCH], order[BATCH:]
        optimizer.param_groups[0]["lr"] = 4e-3 * min(1, done / 0.05 + 0.02) * (0.5 + 0.5 * np.cos(np.pi * done))
        loss = nn.functional.binary_cross_entropy_with_logits(net(x[rows].float()), y[rows])
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(float(loss.detach()))
    return net.eval()


def export(net: OcclusionNet, path: Path) -> None:
    """Writes the ONNX graph: `faces` (N, 112, 112, 3) float32 RGB 0..255 to `hidden` (N, 14, 14), 0..1."""
    path.parent.mkdir(exist_ok=True)
    torch.onnx.export(
        nn.Sequential(net, nn.Sigmoid()).eval(),
        (torch.zeros(2, SIZE, SIZE, 3),),
        str(path),
        input_names=["faces"],
        output_names=["hidden"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False,
        dynamo=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--minutes", type=float, default=4.5)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    everyone = people(arguments.data)
    net = train(
        *samples([person for person in everyone if person.part == "train"], SAMPLES, SEED),
        arguments.minutes,
        arguments.out.with_suffix(".pt"),
    )
    export(net, arguments.out)


if __name__ == "__main__":
    main()

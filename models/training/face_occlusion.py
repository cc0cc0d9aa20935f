"""Trains the occlusion network on portraits with synthetic sunglasses, masks and objects, and exports it.

    python -m models.training.face_occlusion --data ../shared/data      (needs the packages onnx and onnxscript)

A fifth of the groups of `faces/portraits` (use=train) is held out: no person of it is seen in training.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from models.face.alignment import SIZE, align
from models.face.occlusion import GRID, REGIONS, shares
from models.training.face_data import faces, photos
from models.training.occluders import clear_glasses, mask, occlude, photograph, sunglasses

SEED = 7
COPIES = 10
MODEL = Path(__file__).parents[1] / "trained" / "face_occlusion.onnx"


class OcclusionNet(nn.Module):
    """(N, 112, 112, 3) RGB 0..255 to logits (N, 14, 14) that the cell is hidden."""

    def __init__(self) -> None:
        super().__init__()
        widths = ((3, 12, 2), (12, 24, 2), (24, 32, 2), (32, 48, 2), (48, 48, 1))
        blocks = [
            nn.Sequential(nn.Conv2d(a, b, 3, step, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU())
            for a, b, step in widths
        ]
        self.fine, self.coarse = nn.Sequential(*blocks[:3]), nn.Sequential(*blocks[3:])
        # Left and right of a face are not alike to the network's cells, so each cell may lean on the whole face.
        self.whole = nn.Conv2d(48, 48, 7, padding=3, groups=48)
        self.head = nn.Sequential(nn.Conv2d(80, 32, 1), nn.ReLU(), nn.Conv2d(32, 1, 1))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        fine = self.fine(images.permute(0, 3, 1, 2) / 127.5 - 1)
        coarse = self.coarse(fine)
        wide = nn.functional.interpolate(torch.relu(coarse + self.whole(coarse)), scale_factor=2.0, mode="nearest")
        return self.head(torch.cat([fine, wide], 1))[:, 0]


def samples(crops: np.ndarray, textures: list[np.ndarray], copies: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(N x copies, 112, 112, 3) uint8 faces and the hidden share of each (14, 14) cell."""
    rng = np.random.default_rng(seed)
    images, targets = [], []
    for _ in range(copies):
        for crop in crops:
            face, hidden = occlude(crop[:, ::-1] if rng.random() < 0.5 else crop, textures, rng)
            shift = np.array([[1, 0, rng.normal(0, 2)], [0, 1, rng.normal(0, 2)]])
            face, hidden = (_shift(plane, shift) for plane in (face, hidden))
            images.append(photograph(face, rng))
            targets.append(hidden.reshape(GRID, SIZE // GRID, GRID, SIZE // GRID).mean((1, 3)))
    return np.stack(images), np.stack(targets).astype(np.float32)


def _shift(plane: np.ndarray, shift: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(plane, shift, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)


def train(images: np.ndarray, targets: np.ndarray, epochs: int) -> OcclusionNet:
    """Fits the network to the hidden shares by cross entropy."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    net = OcclusionNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=1e-3)
    steps = len(images) // 128
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps * epochs)
    x, y = torch.from_numpy(images), torch.from_numpy(targets)
    for epoch in range(epochs):
        order, total = torch.randperm(len(x)), 0.0
        for step in range(steps):
            rows = order[step * 128 : step * 128 + 128]
            loss = nn.functional.binary_cross_entropy_with_logits(net(x[rows].float()), y[rows])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            schedule.step()
            total += float(loss.detach())
        print(f"epoch {epoch} loss {total / steps:.4f}", flush=True)
    return net.eval()


def evaluate(net: OcclusionNet, crops: np.ndarray, textures: list[np.ndarray]) -> None:
    """Prints visible shares per region on held-out persons: bare, with clear glasses, sunglasses and mask."""
    rng = np.random.default_rng(SEED + 1)
    sets = {
        "bare": [photograph(crop, rng) for crop in crops],
        "clear glasses": [photograph(clear_glasses(crop, rng)[0], rng) for crop in crops],
        "sunglasses": [photograph(sunglasses(crop, rng)[0], rng) for crop in crops],
        "mask": [photograph(mask(crop, textures, rng)[0], rng) for crop in crops],
    }
    for name, images in sets.items():
        with torch.no_grad():
            hidden = torch.sigmoid(net(torch.from_numpy(np.stack(images)).float())).numpy()
        visible = np.array([[shares(grid)[region] for region in REGIONS] for grid in hidden])
        below = ", ".join(
            f"{region} {share:.3f}" for region, share in zip(REGIONS, (visible < 0.5).mean(0), strict=True)
        )
        print(f"{name} (n={len(images)}): share of faces with a region less than half visible: {below}")


def export(net: OcclusionNet, path: Path) -> None:
    """Writes the ONNX graph: `faces` (N, 112, 112, 3) float32 RGB 0..255 to `hidden` (N, 14, 14), 0..1."""
    path.parent.mkdir(exist_ok=True)
    whole = nn.Sequential(net, nn.Sigmoid()).eval()
    batch = torch.export.Dim("batch")
    sample = (torch.zeros(2, SIZE, SIZE, 3),)
    torch.onnx.export(
        whole,
        sample,
        str(path),
        input_names=["faces"],
        output_names=["hidden"],
        dynamic_shapes=({0: batch},),
        external_data=False,
        dynamo=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=MODEL)
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    crops, groups, textures = [], [], []
    for photo, image, face in faces(arguments.data, photos(arguments.data, "faces/portraits", "train")):
        if face is not None:
            crops.append(align(image, face.points))
            groups.append(photo.group)
            textures.append(image)
    held = np.random.default_rng(SEED).permutation(sorted(set(groups)))[::5]
    out = np.isin(groups, held)
    known = [texture for texture, away in zip(textures, out, strict=True) if not away]
    net = train(*samples(np.stack(crops)[~out], known, COPIES, SEED), arguments.epochs)
    evaluate(net, np.stack(crops)[out], [texture for texture, away in zip(textures, out, strict=True) if away])
    export(net, arguments.out)


if __name__ == "__main__":
    main()

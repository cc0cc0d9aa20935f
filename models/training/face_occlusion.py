"""Trains the occlusion network on portraits with drawn occluders: one net for each fifth of the people, left out.

    python -m models.training.face_occlusion --data ../shared/data --work DIR   (needs the packages onnx, onnxscript)

Groups of `faces/portraits` (use=train) are split into fifths. DIR receives `fold-0.onnx` to `fold-4.onnx`, each of
which never saw the people of its fifth; the first is the one that ships. `face_occlusion_figures` sets the scale and
measures. Kinds in `unseen_occluders` are never trained on. The seed fixes everything; about nine minutes of one core.
"""

import argparse
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
from models.training.bare_faces import BARE
from models.training.face_data import faces, photos
from models.training.face_occlusion_net import Head, Trunk, Whole, export, principal
from models.training.occluders import LEFT_EYE, RIGHT_EYE, TRAINED, Portrait, blob, clear_glasses, photograph, wear
from models.training.odd_objects import ODD

SEED = 7
FOLDS = 5
SAMPLES, BATCH, EPOCHS = 10000, 64, 8
SHARES = {"bare": 0.22, "look": 0.18, "glasses": 0.12, "worn sunglasses": 0.05, "known kind": 0.25, "odd object": 0.18}
"""Of the samples, by what was done to the face."""
LABELS = tomllib.loads(Path(__file__).with_name("face_occlusion_labels.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A portrait, which fifth of the people it belongs to, and the regions that are really hidden in it."""

    name: str
    fold: int
    face: Portrait
    hidden: tuple[str, ...]


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
    fold = {group: place % FOLDS for place, group in enumerate(order)}
    named = [(Path(photo.path).name, fold[photo.group], face) for photo, face in kept]
    hidden = LABELS["hidden"]
    return [Person(*row, tuple(hidden.get(row[0], ()))) for row in named if row[0] not in LABELS["unclear"]]


def sample(person: Person, known: list[Person], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, bool]:
    """A (112, 112, 3) uint8 face, the hidden share of each (14, 14) cell, and whether nothing was done to it.

    Args:
        known: people of the same fifth, whose faces serve as textures.
    """
    face = person.face.mirrored() if rng.random() < 0.5 else person.face
    others = [one.face.pixels for one in known]
    real = [one for one in known if set(one.hidden) == {"left_eye", "right_eye"}]
    what = str(rng.choice(list(SHARES), p=list(SHARES.values())))
    pixels, hidden = face.pixels, np.zeros((SIZE, SIZE), np.float32)
    if what == "look" or (what == "known kind" and rng.random() < 0.2):
        look = list(BARE.values())[rng.integers(len(BARE))]
        face = Portrait(look(face, rng).clip(0, 255).astype(np.uint8), face.points)
        pixels = face.pixels
    if what == "worn sunglasses" and real:
        pixels, hidden = _worn(real[int(rng.integers(len(real)))].face)
    elif what == "glasses":
        pixels, _ = wear(face, clear_glasses, others, rng)
    elif what in ("known kind", "odd object"):
        kinds = list((TRAINED if what == "known kind" else ODD).values())
        pixels, hidden = wear(face, kinds[int(rng.integers(len(kinds)))], others, rng)
    turn = np.asarray(cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), rng.normal(0, 3), rng.normal(1, 0.04)), np.float64)
    turn[:, 2] = turn[:, 2] + rng.normal(0, 2, 2)
    pixels, hidden = _moved(pixels, turn), _moved(hidden, turn)
    return photograph(pixels, rng), hidden.reshape(GRID, SIZE // GRID, GRID, SIZE // GRID).mean((1, 3)), what == "bare"


def _moved(plane: np.ndarray, turn: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.warpAffine(plane, turn, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE))


def _worn(face: Portrait) -> tuple[np.ndarray, np.ndarray]:
    """Real sunglasses; lenses of ordinary size stand for what they hide."""
    hidden = np.zeros((SIZE, SIZE), np.float32)
    for eye in (RIGHT_EYE, LEFT_EYE):
        blob(hidden, face.at(*eye) + np.array([0, 2]), (face.span * 0.42, face.span * 0.32), 0, 2.5)
    return face.pixels, hidden


def prepare(everyone: list[Person], trunk: Trunk, work: Path) -> None:
    """Draws the samples and keeps their components, so that every fold's head learns from one reading of the trunk.

    Writes `components.npy` (N, 192, 14, 14) float16 and `samples.npz`; the basis comes from people outside the first
    fifth.
    """
    rng = np.random.default_rng(SEED)
    bare = [person for person in everyone if not person.hidden]
    fifths = [[person for person in everyone if person.fold == fold] for fold in range(FOLDS)]
    owners = [bare[index] for index in rng.permutation(np.arange(SAMPLES) % len(bare))]
    basis, targets, plain = np.empty(0), [], []
    for begin in range(0, SAMPLES, 4 * BATCH):
        drawn = [sample(one, fifths[one.fold], rng) for one in owners[begin : begin + 4 * BATCH]]
        images = torch.from_numpy(np.stack([d[0] for d in drawn])).float()
        with torch.inference_mode():
            read = [trunk(few) for few in torch.split(images, 8)]
        features = torch.cat(read).numpy()
        if begin == 0:
            shown = features[[one.fold > 0 for one in owners[: len(drawn)]]]
            basis = principal(shown.transpose(0, 2, 3, 1).reshape(-1, shown.shape[1]))
            kept = np.lib.format.open_memmap(
                work / "components.npy", "w+", np.float16, (SAMPLES, len(basis), GRID, GRID)
            )
        kept[begin : begin + len(drawn)] = np.einsum("kc,nchw->nkhw", basis, features, optimize=True)
        targets += [d[1] for d in drawn]
        plain += [d[2] for d in drawn]
        print(f"{begin + len(drawn)} of {SAMPLES} samples", flush=True)
    folds = [one.fold for one in owners]
    np.savez(work / "samples.npz", basis=basis, targets=np.stack(targets), bare=plain, folds=folds)


def train(components: np.ndarray, targets: np.ndarray, bare: np.ndarray) -> Head:
    """Fits a head to the hidden shares by cross entropy."""
    torch.manual_seed(SEED)
    head, total = Head(components[bare]), len(targets) // BATCH * EPOCHS
    optimizer = torch.optim.AdamW(head.parameters(), lr=3e-3, weight_decay=1e-2)
    losses: list[float] = []
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(targets)).numpy()[: len(targets) // BATCH * BATCH].reshape(-1, BATCH):
            optimizer.param_groups[0]["lr"] = 3e-3 * min(1, len(losses) / 50 + 0.02) * (1 - len(losses) / total)
            x, y = torch.from_numpy(components[rows].astype(np.float32)), torch.from_numpy(targets[rows])
            loss = nn.functional.binary_cross_entropy_with_logits(head(x), y)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            losses.append(float(loss.detach()))
        print(f"loss {np.mean(losses[-100:]):.4f}", flush=True)
    return head.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--folds", type=int, nargs="*", default=range(FOLDS))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    trunk, work = Trunk(), arguments.work
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "samples.npz").exists():
        prepare(people(arguments.data), trunk, work)
    components = np.load(work / "components.npy", mmap_mode="r")
    with np.load(work / "samples.npz") as kept:
        basis, targets, bare, folds = (kept[name] for name in ("basis", "targets", "bare", "folds"))
    for fold in arguments.folds:
        seen = folds != fold
        head = train(components[seen], targets[seen], bare[seen])
        export(Whole(trunk, basis, head), work / f"fold-{fold}.onnx")


if __name__ == "__main__":
    main()

"""Presentation attacks on the passive liveness service: simulated instruments on held-out people, and real photos."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.biometrics.systems import ROOT, Product, Tick, fingerprint
from models import weights
from models.training.face_data import photos
from models.training.recapture.dataset import captures, open_detector, portraits, split_of
from models.training.recapture.settings import HELD_OUT, SPECIES, TRAIN
from pipelines.context import Context
from pipelines.identity.liveness import check_liveness
from pipelines.report import Status

SEED = 20261124
BONA_FIDE = SPECIES[0]
SETTINGS = {
    "ordinary captures, devices held out": HELD_OUT.ordinary(),
    "hard captures, devices held out": HELD_OUT,
    "hard captures, devices as in training": TRAIN,
}
PHOTOS = "photos as published"
TAKES = 2


@dataclass(frozen=True, slots=True)
class Judged:
    """What the service said of N presentations: their instrument and the status of its `liveness` check.

    Of recordings `status` is the verdict, and `why` names the checks that rejected each, joined by `+`.
    """

    species: np.ndarray
    status: np.ndarray
    why: np.ndarray | None = None

    def of(self, *species: str) -> np.ndarray:
        """Statuses of these instruments."""
        return self.status[np.isin(self.species, species)]


def liveness_version() -> str:
    """A fingerprint of the code and weights that decide, and of the simulator."""
    parts = [*(ROOT / "models/face").glob("*.py"), *(ROOT / "models/trained").glob("*.onnx")]
    parts += [*(ROOT / "models/cards").glob("face-*.toml"), *(ROOT / "models/training/recapture").glob("*.py")]
    parts += [*(ROOT / "pipelines/identity").glob("*.py"), Path(__file__)]
    return fingerprint(parts)


def judge(product: Product, data: Path, cache: Path, count: int, tick: Tick) -> dict[str, Judged]:
    """Presents everything to the liveness service; what was judged before by the same code is read from disk."""
    folder = cache / f"liveness-{liveness_version()}"
    folder.mkdir(parents=True, exist_ok=True)
    people = portraits(data, open_detector(str(weights.path("yunet"))), "test")
    sets: dict[str, Iterator[tuple[str, bytes]]] = {PHOTOS: _published(data)}
    for place, (name, settings) in enumerate(SETTINGS.items()):
        drawn = captures(people, count, SEED + place, settings, TAKES)
        sets[name] = ((SPECIES[kind], _png(shot.image)) for kind, shot in drawn)
    found = {}
    for place, (name, shown) in enumerate(sets.items()):
        file = folder / f"{place}-{count}.npz"
        if not file.exists():
            rows = [(kind, _ask(product, picture, tick)) for kind, picture in shown]
            np.savez(file, species=[row[0] for row in rows], status=[row[1] for row in rows])
        with np.load(file) as kept:
            found[name] = Judged(kept["species"], kept["status"])
    return found


def _ask(product: Product, picture: bytes, tick: Tick) -> str:
    report = product.run(check_liveness(Context({"file": picture}, product.workers)))
    tick()
    return next(str(check.status.value) for check in report.checks if check.name == "liveness")


def _published(data: Path) -> Iterator[tuple[str, bytes]]:
    """Labelled web photos, and the portraits of people whom no liveness network was trained on."""
    for photo in photos(data, "faces/pairs", "dev"):
        yield "web photos", (data / photo.path).read_bytes()
    for photo in photos(data, "faces/portraits", "train"):
        if split_of(photo.group) == "test":
            yield "stock portraits", (data / photo.path).read_bytes()
    for photo in photos(data, "faces/spoof", "eval-only"):
        yield "screen, genuine recapture", (data / photo.path).read_bytes()


def _png(image: np.ndarray) -> bytes:
    return bytes(cv2.imencode(".png", image[..., ::-1])[1].data)


GENUINE, ATTACK, UNDECIDED = Status.PASSED.value, Status.FAILED.value, Status.INCONCLUSIVE.value

"""Runs a system over all photos, clean and spoilt, keeping what it found on disk, and scores the pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.biometrics.measures import FAILED
from benchmarks.biometrics.pairs import Collection, Source
from benchmarks.biometrics.systems import ROOT, Seen, System, Tick, fingerprint
from models.training.degradations import DEGRADATIONS, spoilt
from models.training.face_data import faces

CLEAN = "clean"
CONDITIONS = (CLEAN, *DEGRADATIONS)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one source under one condition; `FAILED` where a face was not found.

    Under a degradation every pair is compared twice: each of its photos spoilt once, against the other one clean.
    """

    genuine: np.ndarray
    quality: np.ndarray
    persons: np.ndarray
    impostors: np.ndarray


class Findings:
    """What one system made of every photo under every condition."""

    def __init__(self, collection: Collection, system: System, data: Path, cache: Path) -> None:
        self._collection, self._system, self._data = collection, system, data
        self._cache = cache / f"{system.name}-{system.version}"
        self._pictures = cache / f"pictures-{fingerprint([ROOT / 'models/training/degradations.py'])}"
        self._seen: dict[str, Seen] = {}
        probes = {photo.path for photo in collection.probes}
        self._probes = [index for index, photo in enumerate(collection.photos) if photo.path in probes]

    @property
    def total(self) -> int:
        """Pictures that `gather` looks at."""
        return len(self._collection.photos) + len(DEGRADATIONS) * len(self._probes)

    def gather(self, tick: Tick) -> None:
        """Looks at everything that is not on disk yet."""
        for condition in CONDITIONS:
            file = self._cache / f"{condition.replace(' ', '-')}.npz"
            if file.exists():
                with np.load(file) as kept:
                    self._seen[condition] = Seen(kept["vectors"], kept["quality"], float(kept["cpu_ms"]))
                for _ in range(len(self._seen[condition].vectors)):
                    tick()
                continue
            found = self._system.look(self._paths(condition), tick)
            self._cache.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part.npz")
            np.savez(part, vectors=found.vectors, quality=found.quality, cpu_ms=found.cpu_ms)
            part.rename(file)
            self._seen[condition] = found

    def _paths(self, condition: str) -> list[Path]:
        if condition == CLEAN:
            return [self._data / photo.path for photo in self._collection.photos]
        folder = self._pictures / condition.replace(" ", "-")
        if not (folder / "done").exists():
            folder.mkdir(parents=True, exist_ok=True)
            for photo, image, face in faces(self._data, self._collection.probes):
                if face is None:
                    raise ValueError(f"{photo.path} shows no face and cannot be spoilt to scale")
                spoiled = spoilt(condition, photo.path, image, face)
                cv2.imwrite(str(folder / f"{Path(photo.path).stem}.png"), spoiled[..., ::-1])
            (folder / "done").touch()
        return [folder / f"{Path(photo.path).stem}.png" for photo in self._collection.probes]

    @property
    def cpu_ms(self) -> float:
        """Mean CPU milliseconds for one clean photo."""
        return self._seen[CLEAN].cpu_ms

    def not_acquired(self, condition: str, source: Source) -> tuple[int, int]:
        """Photos of the source's genuine pairs in which no face was found, and how many there are."""
        vectors, _ = self._placed(condition)
        used = np.unique(source.genuine)
        return int(np.isnan(vectors[used, 0]).sum()), len(used)

    def scores(self, source: Source, condition: str) -> Scores:
        """Compares the pairs of a source."""
        vectors, quality = self._placed(condition)
        clean, clean_quality = self._placed(CLEAN)
        genuine, impostors = source.genuine, source.impostors
        persons = source.persons
        if condition != CLEAN:
            genuine, impostors = (np.vstack([pairs, pairs[:, ::-1]]) for pairs in (genuine, impostors))
            impostors = impostors[np.isin(impostors[:, 0], self._probes)]
            persons = np.tile(persons, 2)
        lower = np.minimum(quality[genuine[:, 0]], clean_quality[genuine[:, 1]])
        return Scores(self._compare(vectors, clean, genuine), lower, persons, self._compare(vectors, clean, impostors))

    def _placed(self, condition: str) -> tuple[np.ndarray, np.ndarray]:
        """Vectors and qualities by index of the collection's photos; NaN for those not under this condition."""
        seen = self._seen[condition]
        if condition == CLEAN:
            return seen.vectors, seen.quality
        vectors = np.full((len(self._collection.photos), seen.vectors.shape[1]), np.nan)
        quality = np.zeros(len(vectors))
        vectors[self._probes], quality[self._probes] = seen.vectors, seen.quality
        return vectors, quality

    def _compare(self, probes: np.ndarray, references: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        found = self._system.similarity(probes[pairs[:, 0]].astype(float), references[pairs[:, 1]].astype(float))
        return np.where(np.isnan(found), FAILED, found)


def pooled(parts: Iterator[Scores]) -> Scores:
    """Several sources or conditions as one; persons of different parts are told apart by their labels only."""
    every = list(parts)
    return Scores(*(np.concatenate([getattr(part, name) for part in every]) for name in Scores.__slots__))

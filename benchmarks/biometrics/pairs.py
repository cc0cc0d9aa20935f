"""Who is compared with whom: labelled web photos, and stock portraits by upload session and by claimed group."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.training.face_calibration import compare
from models.training.face_data import Photo, photos


@dataclass(frozen=True, slots=True)
class Source:
    """Pairs of one origin, as indices into the photos of a `Collection`.

    Attributes:
        genuine: (G, 2) int.
        impostors: (I, 2) int.
        persons: (G,) int, whose pair each genuine one is.
    """

    name: str
    about: str
    genuine: np.ndarray
    impostors: np.ndarray
    persons: np.ndarray


@dataclass(frozen=True, slots=True)
class Collection:
    """All photos, by path under the data folder, and the sources of pairs among them."""

    photos: list[Photo]
    sources: list[Source]

    @property
    def probes(self) -> list[Photo]:
        """The photos of any genuine pair: those that get degraded."""
        used = {int(index) for source in self.sources for index in source.genuine.ravel()}
        return [self.photos[index] for index in sorted(used)]


def collect(data: Path) -> Collection:
    """Reads the pairs of the development data."""
    labelled, portraits = photos(data, "faces/pairs", "dev"), photos(data, "faces/portraits", "train")
    web = _labelled(data, labelled)
    used = sorted({int(index) for index in np.vstack([web.genuine, web.impostors]).ravel()})
    place = np.full(len(labelled), -1)
    place[used] = np.arange(len(used))
    kept = [labelled[index] for index in used]
    web = Source(web.name, web.about, place[web.genuine], place[web.impostors], web.persons)
    return Collection(kept + portraits, [web, *_portraits(portraits, len(kept))])


def _labelled(data: Path, labelled: list[Photo]) -> Source:
    index = {photo.path: number for number, photo in enumerate(labelled)}
    with (data / "faces/pairs/pairs.csv").open(newline="", encoding="utf-8") as stream:
        rows = [(index[row["path_a"]], index[row["path_b"]], row["same"] == "1") for row in csv.DictReader(stream)]
    genuine = np.array([row[:2] for row in rows if row[2]])
    impostors = np.array([row[:2] for row in rows if not row[2]])
    person = np.arange(len(labelled))
    for first, second in genuine:
        person[person == person[second]] = person[first]
    about = "faces/pairs: web photos of public figures with published labels (dev)"
    return Source("labelled", about, genuine, impostors, person[genuine[:, 0]])


def _portraits(portraits: list[Photo], offset: int) -> list[Source]:
    """Two readings of the portraits: pairs of one upload session within a group, and all pairs of a group."""
    found = compare(portraits, np.zeros((len(portraits), 1), np.float32))
    both = np.stack([found.first, found.second], axis=1)
    groups = np.unique([photo.group for photo in portraits], return_inverse=True)[1]
    impostors = both[found.impostor] + offset
    sources = []
    for name, about, chosen in (
        ("one session", "faces/portraits: same group and neighbouring upload numbers", found.genuine & found.session),
        ("claimed groups", "faces/portraits: any two photos of a group", found.genuine),
    ):
        genuine = both[chosen]
        sources.append(Source(name, about, genuine + offset, impostors, groups[genuine[:, 0]]))
    return sources

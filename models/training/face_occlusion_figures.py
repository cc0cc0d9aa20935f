"""Sets the scale of the occlusion networks and measures them on people whom they never saw.

    python -m models.training.face_occlusion_figures --data ../shared/data --work DIR [--against OLD.onnx]

DIR holds `fold-0.onnx` to `fold-4.onnx` of `face_occlusion`; fifths without one are left out. Each network judges its
own fifth of the people alone, by limits from the other fifths, each scored by the network that never saw it. So every
portrait counts once (`every fifth`), for the recipe; the network that ships is that of the first fifth (`first fifth`).
A region counts as called hidden below its limit, as truly hidden above 0.6 and as truly bare below 0.1.
"""

import argparse
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.face.alignment import SIZE
from models.face.occlusion import GRID, REGIONS, region_share
from models.onnx import Session
from models.training.bare_faces import BARE
from models.training.face_occlusion import FOLDS, Person, people
from models.training.occluders import TRAINED, Kind, clear_glasses, photograph, wear
from models.training.odd_objects import ODD
from models.training.recapture.evaluate import wilson
from models.training.unseen_occluders import UNSEEN

SEED = 8
FALSE_MOST = 0.01
"""Share of unoccluded portraits, as published, in which any region may be called hidden; of those photographed again
likewise."""
TAKES = 2
Images = Sequence[np.ndarray]
Drawing = Callable[[Person, Images, np.random.Generator], tuple[np.ndarray, list[float]]]
"""A picture of a person, and the share of each region that can truly be seen."""


class Nets:
    """Networks by fifth of the people that each has never seen."""

    def __init__(self, files: Mapping[int, Path]) -> None:
        self._nets = {fold: Session(file, {"faces": ("batch", SIZE, SIZE, 3)}) for fold, file in files.items()}

    def visible(self, images: Images, folds: np.ndarray) -> np.ndarray:
        """(N, 4) uncalibrated visible shares, regions in the order of `REGIONS`."""
        out = np.empty((len(images), len(REGIONS)))
        for fold, net in self._nets.items():
            rows = np.flatnonzero(folds == fold)
            for few in (rows[i : i + 16] for i in range(0, len(rows), 16)):
                (grids,) = net(np.stack([images[row] for row in few]))
                out[few] = [[region_share(grid, box) for box in REGIONS.values()] for grid in grids]
        return out


def limits(published: np.ndarray, again: np.ndarray) -> np.ndarray:
    """(4,) visible shares below which regions are called hidden: as high as `FALSE_MOST` of bare portraits allows, with
    the same share of false alarms for each region, both eyes alike."""
    both = np.concatenate([published, again])
    found = np.zeros(len(REGIONS))
    for share in np.linspace(0, FALSE_MOST, 101):
        tried = np.quantile(both, share, axis=0, method="lower")
        tried[:2] = tried[:2].min()
        if max((part < tried).any(1).mean() for part in (published, again)) <= FALSE_MOST:
            found = tried
    return found


def figures(nets: Nets, everyone: list[Person], fixed: np.ndarray | None) -> dict[str, Any]:
    """Detection and false occlusion by kind and region, and who is flagged among real portraits.

    What is drawn over a person depends on the kind, the person and who else is in the same fifth.

    Args:
        fixed: limits to judge by; None sets them, for each fifth on the others.
    """
    bare, found = [person for person in everyone if not person.hidden], {}
    folds = np.array([person.fold for person in bare])
    others = [[person.face.pixels for person in bare if person.fold == fold] for fold in range(FOLDS)]
    published = nets.visible([person.face.pixels for person in bare], folds)
    taken = [photograph(person.face.pixels, _chance(person, take)) for take in range(TAKES) for person in bare]
    again = nets.visible(taken, np.tile(folds, TAKES))
    least = np.tile(fixed, (FOLDS, 1)) if fixed is not None else _limits(published, again, folds)
    for place, (name, draw) in enumerate(DRAWN.items(), TAKES):
        worn = [draw(person, others[person.fold], _chance(person, place)) for person in bare]
        called = nets.visible([pixels for pixels, _ in worn], folds) < least[folds]
        found[name] = _counted(called, 1 - np.array([seen for _, seen in worn]), folds)
    called = (published < least[folds]).any(1)
    found["portraits"] = {
        "bare flagged": _both(called, folds),
        "bare photographed again": _both((again < least[np.tile(folds, TAKES)]).any(1), np.tile(folds, TAKES)),
        "really hidden regions found": _really_hidden(nets, everyone, least),
        "which": [
            f"{bare[row].name} {folds[row]} {published[row].round(2).tolist()}" for row in np.flatnonzero(called)
        ],
    }
    return {"limits": least.round(3).tolist()} | found


def _chance(person: Person, place: int) -> np.random.Generator:
    return np.random.default_rng([SEED, place, zlib.crc32(person.name.encode())])


def _limits(published: np.ndarray, again: np.ndarray, folds: np.ndarray) -> np.ndarray:
    seen = [folds != fold for fold in range(FOLDS)]
    return np.stack([limits(published[rows], again[np.tile(rows, TAKES)]) for rows in seen])


def _occluded(*kinds: Kind) -> Drawing:
    def draw(person: Person, others: Images, rng: np.random.Generator) -> tuple[np.ndarray, list[float]]:
        pixels, mask = wear(person.face, kinds[int(rng.integers(len(kinds)))], others, rng)
        cells = mask.reshape(GRID, SIZE // GRID, GRID, SIZE // GRID).mean((1, 3))
        return photograph(pixels, rng), [region_share(cells, box) for box in REGIONS.values()]

    return draw


def _changed(person: Person, others: Images, rng: np.random.Generator) -> tuple[np.ndarray, list[float]]:
    look = list(BARE.values())[int(rng.integers(len(BARE)))]
    return photograph(look(person.face, rng).clip(0, 255).astype(np.uint8), rng), [1.0] * len(REGIONS)


DRAWN: dict[str, Drawing] = {name: _occluded(kind) for name, kind in {**TRAINED, **UNSEEN}.items()} | {
    "odd object": _occluded(*ODD.values()),
    "clear glasses": _occluded(clear_glasses),
    "changed look": _changed,
}


def _really_hidden(nets: Nets, everyone: list[Person], least: np.ndarray) -> dict[str, Any]:
    worn = [person for person in everyone if person.hidden]
    folds = np.array([person.fold for person in worn])
    called = nets.visible([person.face.pixels for person in worn], folds) < least[folds]
    regions = list(REGIONS)
    pairs = [(row, regions.index(region)) for row, person in enumerate(worn) for region in person.hidden]
    rows, columns = np.array(pairs).T
    return _both(np.asarray(called[rows, columns]), folds[rows])


def _counted(called: np.ndarray, truth: np.ndarray, folds: np.ndarray) -> dict[str, Any]:
    hidden, bare = truth > 0.6, truth < 0.1
    regions = {name: _both(called[:, i][hidden[:, i]], folds[hidden[:, i]]) for i, name in enumerate(REGIONS)}
    everywhere = np.nonzero(hidden)
    return {
        **regions,
        "all": _both(np.asarray(called[everywhere]), folds[everywhere[0]]),
        "false": _both(np.asarray((called & bare).any(1)), folds),
    }


def _both(hits: np.ndarray, folds: np.ndarray) -> dict[str, Any]:
    """Count, number, rate and Wilson's 95 % interval, over every fifth and over the first."""
    found = {}
    for name, rows in (("every fifth", np.ones(len(hits), bool)), ("first fifth", folds == 0)):
        count, n = int(hits[rows].sum()), int(rows.sum())
        found[name] = [count, n, *(round(float(value), 3) for value in wilson(count, n))]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--against", type=Path, help="another network that did not see the first fifth, judged there")
    parser.add_argument("--limits", type=float, nargs=len(REGIONS), help="of the other network")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    everyone = people(arguments.data)
    files = {fold: file for fold in range(FOLDS) if (file := arguments.work / f"fold-{fold}.onnx").exists()}
    ours = figures(Nets(files), [person for person in everyone if person.fold in files], None)
    (arguments.work / "figures.json").write_text(json.dumps(ours, indent=1))
    if arguments.against:
        first = [person for person in everyone if person.fold == 0]
        theirs = figures(Nets({0: arguments.against}), first, np.array(arguments.limits))
        (arguments.work / "against.json").write_text(json.dumps(theirs, indent=1))


if __name__ == "__main__":
    main()

"""Sets the scale of an occlusion network on one part of the people and measures it, beside another, on the test part.

    python -m models.training.face_occlusion_figures --data ../shared/data --model NEW.onnx --against OLD.onnx

A region counts as called hidden below a visible share of 0.5, as truly hidden above 0.6 and as truly bare below 0.1.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from models.face.alignment import SIZE
from models.face.occlusion import GRID, REGIONS, region_share
from models.onnx import Session
from models.training.face_occlusion import Person, people
from models.training.occluders import TRAINED, clear_glasses, photograph, wear
from models.training.unseen_occluders import UNSEEN

SEED = 8
BARE_MOST = 0.005
"""Share of unoccluded faces of the scale part in which one region may be called hidden."""
TAKES = 4


def visible(model: Path, images: list[np.ndarray]) -> np.ndarray:
    """(N, 4) uncalibrated visible shares, regions in the order of `REGIONS`."""
    net = Session(model, {"faces": ("batch", SIZE, SIZE, 3)})
    grids = np.concatenate([net(np.stack(images[i : i + 64]))[0] for i in range(0, len(images), 64)])
    return np.array([[region_share(grid, box) for box in REGIONS.values()] for grid in grids])


def scale(model: Path, everyone: list[Person]) -> dict[str, float]:
    """Visible share below which a region is called hidden; both eyes alike."""
    rng = np.random.default_rng(SEED)
    bare = [person.face.pixels for person in everyone if person.part == "scale" and not person.hidden]
    shares = visible(model, [*bare, *(photograph(pixels, rng) for pixels in bare * TAKES)])
    low = np.quantile(shares, BARE_MOST, axis=0)
    return dict(zip(REGIONS, [min(low[:2]), min(low[:2]), *low[2:]], strict=True))


def figures(model: Path, limits: dict[str, float], everyone: list[Person]) -> dict[str, Any]:
    """Detection and false occlusion by kind and region on drawn occluders, and who is flagged among real portraits."""
    rng, least = np.random.default_rng(SEED + 1), np.array([limits[region] for region in REGIONS])
    test = [person for person in everyone if person.part == "test"]
    bare = [person for person in test if not person.hidden]
    others, found = [person.face.pixels for person in bare], {}
    for name, kind in {**TRAINED, **UNSEEN, "clear_glasses": clear_glasses}.items():
        worn = [wear(person.face, kind, others, rng) for person in bare for _ in range(2)]
        called = visible(model, [photograph(pixels, rng) for pixels, _ in worn]) < least
        grids = [mask.reshape(GRID, SIZE // GRID, GRID, SIZE // GRID).mean((1, 3)) for _, mask in worn]
        truth = 1 - np.array([[region_share(grid, box) for box in REGIONS.values()] for grid in grids])
        rows = {
            region: [int((called & (truth > 0.6))[:, i].sum()), int((truth > 0.6)[:, i].sum())]
            for i, region in enumerate(REGIONS)
        }
        false = [int((called & (truth < 0.1)).any(1).sum()), len(called)]
        found[name] = {**rows, "all": np.sum(list(rows.values()), 0).tolist(), "false": false}
    called = visible(model, [person.face.pixels for person in test]) < least
    flagged = {
        person.name: [r for r, c in zip(REGIONS, row, strict=True) if c]
        for person, row in zip(test, called, strict=True)
    }
    real = [(region in flagged[p.name]) for p in test for region in p.hidden]
    found["portraits"] = {
        "bare flagged": [sum(bool(flagged[person.name]) for person in bare), len(bare)],
        "which": [f"{person.name} {flagged[person.name]}" for person in bare if flagged[person.name]],
        "really hidden regions found": [sum(real), len(real)],
    }
    takes = visible(model, [photograph(person.face.pixels, rng) for person in bare for _ in range(TAKES)]) < least
    found["portraits"]["bare photographed again"] = [int(takes.any(1).sum()), len(takes)]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--against", type=Path)
    arguments = parser.parse_args()
    everyone = people(arguments.data)
    for model in filter(None, (arguments.model, arguments.against)):
        limits = scale(model, everyone)
        report = {"limits": limits, **figures(model, limits, everyone)}
        if model == arguments.against:  # as it was shipped
            report["as shipped"] = figures(model, dict.fromkeys(REGIONS, 0.72), everyone)
        print(json.dumps(report))


if __name__ == "__main__":
    main()

"""Fits the unified face quality to match failures of spoilt portraits, measures it, and writes the card `face/quality`.

    nice -n 19 python -m models.training.face_quality --data ../shared/data

Half of the groups of `faces/portraits` (use=train) fit, the other half judges, and so do the labelled pairs of
`faces/pairs` (use=dev). Spoilt pictures are compared with their clean original and with other photos of the group that
the clean original does match, because groups hold several persons at times. A failure is a cosine below that of FMR
1e-3; a pair's quality is the lower one of its two pictures. The seed fixes everything.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from models.cards import Measurement as Row
from models.face.calibration import cosine_at
from models.face.iso_quality import Components, features
from models.training.degradations import DEGRADATIONS, WIDE
from models.training.error_discard import error_versus_discard, resampled_discard
from models.training.face_calibration import area
from models.training.face_data import measured, photos
from models.training.face_views import CLEAN, View, views

SEED = 7
EACH = 5
"""Kinds that each portrait is spoilt by."""
OTHERS = 3
RIDGE = 1e-3
FLOOR = 0.1
"""Least weight of what a component lacks of 1, so that no subject of the standard is without effect."""
STEPS = 3000
SHARES = np.array([0.0, 0.1, 0.2, 0.3])
FAILURE = cosine_at(0.6)
"""Cosine at FMR 1e-3."""
TEMPLATE = Path(__file__).with_name("face_quality_card.toml")
CARD = Path(__file__).parents[1] / "cards" / "face-quality.toml"
HELD_OUT = "held-out half of faces/portraits (train), spoilt from hardly visible to hopeless in 14 ways"
LABELLED = "38 genuine pairs of faces/pairs (dev), each photo spoilt in ten ways against the other one clean"


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """N comparisons of a spoilt picture with a clean one of the same person.

    Attributes:
        spoilt: (N, F) inputs of the model, `clean` likewise.
        failed: (N,) bool.
        weights: (N,) so that each spoilt picture counts once.
        persons: (N,) labels; `kinds` how each was spoilt.
    """

    spoilt: np.ndarray
    clean: np.ndarray
    failed: np.ndarray
    weights: np.ndarray
    persons: np.ndarray
    kinds: np.ndarray

    def where(self, rows: np.ndarray) -> "Pairs":
        """Those of a mask."""
        return Pairs(**{name: getattr(self, name)[rows] for name in self.__slots__})


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A logistic model with weights at or above 0."""

    weights: np.ndarray
    bias: float

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        """Quality 0..1 of (N, F) inputs."""
        return 1 / (1 + np.exp(-(inputs @ self.weights + self.bias)))

    def of_pairs(self, pairs: Pairs) -> np.ndarray:
        """The lower quality of each pair."""
        return np.minimum(self.scores(pairs.spoilt), self.scores(pairs.clean))


def fit(inputs: np.ndarray, matched: np.ndarray, weights: np.ndarray) -> Model:
    """Accelerated projected gradient (Beck and Teboulle 2009) on weighted log loss with a small ridge."""
    rows = np.column_stack([inputs, np.ones(len(inputs))])
    share = weights / weights.sum()
    step = 1 / (0.25 * np.linalg.norm(rows * np.sqrt(share)[:, None], 2) ** 2 + RIDGE)
    least = np.repeat((FLOOR, 0.0), inputs.shape[1] // 2)
    at = ahead = np.append(least, 0.0)
    pace = 1.0
    for _ in range(STEPS):
        slope = rows.T @ (share * (1 / (1 + np.exp(-rows @ ahead)) - matched))
        slope[:-1] += RIDGE * ahead[:-1]
        reached = ahead - step * slope
        reached[:-1] = np.maximum(reached[:-1], least)
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        ahead = reached + (pace - 1) / faster * (reached - at)
        at, pace = reached, faster
    return Model(at[:-1].round(3), round(float(at[-1]), 3))


def grouped(seen: list[View]) -> Iterator[tuple[View, View, str, float]]:
    """Spoilt and clean pictures of portraits, the person, and what the comparison weighs."""
    clean = {view.photo.path: view for view in seen if view.kind == CLEAN}
    members: dict[str, list[View]] = defaultdict(list)
    for view in clean.values():
        members[view.photo.group].append(view)
    for view in seen:
        own = clean.get(view.photo.path)
        if view.kind == CLEAN or own is None:
            continue
        others = [
            one for one in members[view.photo.group] if one is not own and float(one.vector @ own.vector) >= FAILURE
        ]
        references = [own, *others[:OTHERS]]
        for one in references:
            yield view, one, view.photo.group, 1 / len(references)


def genuine(data: Path) -> list[tuple[str, str]]:
    """Paths of the labelled pairs of one person."""
    with (data / "faces/pairs/pairs.csv").open(newline="", encoding="utf-8") as stream:
        return [(row["path_a"], row["path_b"]) for row in csv.DictReader(stream) if row["same"] == "1"]


def labelled(seen: list[View], pairs: list[tuple[str, str]]) -> Iterator[tuple[View, View, str, float]]:
    """Both photos of each genuine pair in turn, under every kind, against the other one clean."""
    of: dict[str, list[View]] = defaultdict(list)
    for view in seen:
        of[view.photo.path].append(view)
    person = {path: path for pair in pairs for path in pair}
    for first, second in pairs:
        old, new = person[second], person[first]
        person = {path: new if name == old else name for path, name in person.items()}
    for first, second in [*pairs, *(pair[::-1] for pair in pairs)]:
        clean = next(view for view in of[second] if view.kind == CLEAN)
        for view in of[first]:
            if view.kind != CLEAN:
                yield view, clean, person[first], 1.0


def compared(rows: Iterator[tuple[View, View, str, float]]) -> Pairs:
    """Compares them."""
    every = list(rows)
    return Pairs(
        np.stack([features(row[0].components) for row in every]),
        np.stack([features(row[1].components) for row in every]),
        np.array([float(row[0].vector @ row[1].vector) for row in every]) < FAILURE,
        np.array([row[3] for row in every]),
        np.array([row[2] for row in every]),
        np.array([row[0].kind for row in every]),
    )


def unknown_kinds(fitted: Pairs, judged: Pairs) -> np.ndarray:
    """Quality of the judged pairs, each by a model that was not fitted on its kind."""
    scores = np.zeros(len(judged.failed))
    for kind in np.unique(judged.kinds):
        rest = fitted.where(fitted.kinds != kind)
        rows = judged.kinds == kind
        scores[rows] = fit(rest.spoilt, ~rest.failed, rest.weights).of_pairs(judged.where(rows))
    return scores


def figures(on: str, pairs: Pairs, quality: np.ndarray, note: str = "") -> Iterator[Row]:
    """The card's rows on error versus discard; intervals resample persons."""
    errors, n = pairs.failed, len(pairs.failed)
    people = f"{len(np.unique(pairs.persons))} persons" + (f"; {note}" if note else "")
    curve = error_versus_discard(errors, quality, SHARES)
    samples = resampled_discard(errors, quality, pairs.persons, SHARES, SEED)
    low, high = np.quantile(samples, (0.025, 0.975), axis=0)
    for share, *values in zip(SHARES, curve, low, high, strict=True):
        yield _row(f"FNMR at FMR 1e-3, worst {share:.0%} rejected", on, n, values, people)
    least, most = np.quantile(samples[:, 0] - samples[:, 1], (0.025, 0.975))
    yield _row("FNMR taken away by rejecting the worst 10%", on, n, [curve[0] - curve[1], least, most], people)
    yield Row("AUC of quality for failures", on, n, round(area(quality[~errors], quality[errors]), 4), note=people)


def _row(what: str, on: str, n: int, interval: list[float], note: str) -> Row:
    value, low, high = (round(float(one), 4) for one in interval)
    return Row(what, on, n, value, low, high, note)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--card", type=Path, default=CARD)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    data = arguments.data
    portraits = photos(data, "faces/portraits", "train")
    order = np.random.default_rng(SEED).permutation(sorted({photo.group for photo in portraits}))
    pairs = compared(grouped(list(views(data, portraits, WIDE, EACH, SEED))))
    fitting = np.isin(pairs.persons, order[::2])
    fitted, judged = pairs.where(fitting), pairs.where(~fitting)
    known = genuine(data)
    paths = {path for pair in known for path in pair}
    web_photos = [photo for photo in photos(data, "faces/pairs", "dev") if photo.path in paths]
    web = compared(labelled(list(views(data, web_photos, DEGRADATIONS, len(DEGRADATIONS), SEED)), known))
    model = fit(fitted.spoilt, ~fitted.failed, fitted.weights)
    left_out = "each way judged by weights that were fitted without it"
    rows = [
        *figures(HELD_OUT, judged, model.of_pairs(judged)),
        *figures(HELD_OUT, judged, unknown_kinds(fitted, judged), left_out),
        *figures(LABELLED, web, model.of_pairs(web)),
    ]
    text = TEMPLATE.read_text(encoding="utf-8").format(
        bias=model.bias, weights=model.weights.tolist(), n=len(fitted.failed), groups=len(np.unique(fitted.persons))
    )
    arguments.card.write_text(text + "".join(measured(row) for row in rows), encoding="utf-8")
    print(text + "".join(measured(row) for row in rows))
    for field, whole, poor in zip(fields(Components), *model.weights.reshape(2, -1), strict=True):
        print(f"{field.name:26} {whole:7.3f} {poor:7.3f}")


if __name__ == "__main__":
    main()

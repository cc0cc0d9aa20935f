"""Measures how often strangers look alike to the embedder and writes the cosine-to-score table of `face/match`.

    python -m models.training.face_calibration --data ../shared/data

Impostor pairs are photos of `faces/portraits` (use=train) that lie in different groups and under the same folder label
(man or woman: an impostor would not choose the other), less pairs of neighbouring upload numbers, which are often one
session of one person. The groups were made by similarity and are imperfect both ways: some persons are spread over two
groups, so the upper impostor tail is too high and the table too strict, which is the safe side; and some groups hold
several persons, so genuine figures of this set are only lower bounds. Intervals resample whole groups. `faces/pairs`
(use=dev) only validates the table.
"""

import argparse
import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.cards import Measurement as Row
from models.training.face_data import Photo, embeddings, measured, photos

RATES = (0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)
SAME_SESSION = 100
RESAMPLES = 200
SEED = 20261121
TEMPLATE = Path(__file__).with_name("face_match_card.toml")
CARD = Path(__file__).parents[1] / "cards" / "face-match.toml"
TRAIN = "faces/portraits (train, stock portraits)"
DEV = "faces/pairs (dev, 25 web photos of celebrities)"


@dataclass(frozen=True, slots=True)
class Pairs:
    """All pairs i < j of a set of photos: row and column indices, cosines, and who is compared with whom.

    `session` marks pairs of neighbouring upload numbers, which are often one session of one person.
    """

    first: np.ndarray
    second: np.ndarray
    cosines: np.ndarray
    genuine: np.ndarray
    impostor: np.ndarray
    session: np.ndarray


def compare(kept: list[Photo], vectors: np.ndarray) -> Pairs:
    """Compares every photo with every other."""
    first, second = np.triu_indices(len(kept), 1)
    groups = np.array([photo.group for photo in kept])
    uploads = np.array([_upload_number(photo.path) for photo in kept])
    same = groups[first] == groups[second]
    known = (uploads[first] > 0) & (uploads[second] > 0)
    session = known & (np.abs(uploads[first] - uploads[second]) <= SAME_SESSION)
    folders = np.array([photo.note.partition(";")[0] for photo in kept])
    alike = folders[first] == folders[second]
    return Pairs(first, second, (vectors @ vectors.T)[first, second], same, ~same & ~session & alike, session)


def _upload_number(path: str) -> int:
    """The number at the end of a stock photo's file name, 0 where there is none."""
    found = re.search(r"(\d{4,})\.jpg$", path)
    return int(found.group(1)) if found else 0


def bounds(pairs: Pairs, groups: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cosine that a share RATES of impostor pairs reaches: measured (rates,), and its 95 % interval (2, rates)."""
    order = np.flatnonzero(pairs.impostor)
    order = order[np.argsort(-pairs.cosines[order])]
    first, second, cosines = pairs.first[order], pairs.second[order], pairs.cosines[order]
    names, member = np.unique(groups, return_inverse=True)
    drawn = []
    for _ in range(RESAMPLES):
        weight = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))[member]
        drawn.append(_at_rates(cosines, weight[first] * weight[second]))
    return _at_rates(cosines, np.ones(len(cosines))), np.quantile(drawn, [0.025, 0.975], axis=0)


def _at_rates(descending: np.ndarray, weights: np.ndarray) -> np.ndarray:
    share = np.cumsum(weights) / weights.sum()
    return descending[np.minimum(np.searchsorted(share, RATES), len(descending) - 1)]


def table(cosines: np.ndarray) -> tuple[list[float], list[float]]:
    """Completes the measured points to (cosines, scores) over the whole range.

    Score = (3 - log10 FMR) / 10. Below the smallest measured rate the last decade's slope continues to score 1 (FMR
    1e-7): the tail of impostors falls ever faster, so the true rate there is lower than said. Below FMR 0.9 the score
    runs to 0 at cosine -1, so that it keeps ordering.
    """
    scores = (3 - np.log10(RATES)) / 10
    slope = (cosines[-1] - cosines[RATES.index(0.001)]) / 0.1
    beyond = np.arange(0.8, 1.01, 0.1)
    xs = [-1.0, *cosines, *(cosines[-1] + (beyond - scores[-1]) * slope)]
    ys = [0.0, *scores, *beyond]
    return [round(float(x), 4) for x in xs], [round(float(y), 4) for y in ys]


def area(genuine: np.ndarray, impostor: np.ndarray) -> float:
    """Chance that a genuine pair scores above an impostor pair; ties count half."""
    ordered = np.sort(impostor)
    below, not_above = np.searchsorted(ordered, genuine, "left"), np.searchsorted(ordered, genuine, "right")
    return float((below + not_above).mean() / 2 / len(ordered))


def labelled_pairs(data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Cosines and truth (same person) of `faces/pairs/pairs.csv`."""
    kept, vectors = embeddings(data, photos(data, "faces/pairs", "dev"))
    by_path = {photo.path: vector for photo, vector in zip(kept, vectors, strict=True)}
    with (data / "faces/pairs/pairs.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    cosines = np.array([by_path[row["path_a"]] @ by_path[row["path_b"]] for row in rows])
    return cosines, np.array([row["same"] == "1" for row in rows])


def tail(cosines: np.ndarray, interval: np.ndarray, pairs: int) -> list[Row]:
    """The card's rows on what was measured of impostors."""
    rows = []
    for rate in (1e-1, 1e-2, 1e-3, 1e-4):
        value, low, high = (round(float(v[RATES.index(rate)]), 3) for v in (cosines, *interval))
        rows.append(Row(f"cosine at FMR {rate:g}", TRAIN, pairs, value, low, high))
    return rows


def validate(data: Path, xs: list[float], ys: list[float]) -> list[Row]:
    """The card's rows on pairs that the table never saw."""
    cosines, same = labelled_pairs(data)
    genuine, strangers = cosines[same], cosines[~same]
    rows = [
        Row("AUC", DEV, len(same), round(area(genuine, strangers), 4)),
        Row("lowest genuine cosine", DEV, len(genuine), round(float(genuine.min()), 3)),
        Row("highest impostor cosine", DEV, len(strangers), round(float(strangers.max()), 3)),
    ]
    for rate in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6):
        cosine = float(np.interp((3 - np.log10(rate)) / 10, ys, xs))
        note = f"cosine {cosine:.3f}"
        missed, passed = round(float((genuine < cosine).mean()), 4), round(float((strangers >= cosine).mean()), 4)
        rows.append(Row(f"FNMR at FMR {rate:g}", DEV, len(genuine), missed, note=note))
        rows.append(Row(f"FMR seen at FMR {rate:g}", DEV, len(strangers), passed, note=note))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--card", type=Path, default=CARD)
    arguments = parser.parse_args()
    kept, vectors = embeddings(arguments.data, photos(arguments.data, "faces/portraits", "train"))
    pairs = compare(kept, vectors)
    cosines, interval = bounds(pairs, np.array([photo.group for photo in kept]), np.random.default_rng(SEED))
    xs, ys = table(cosines)
    impostors, claimed = pairs.cosines[pairs.impostor], pairs.cosines[pairs.genuine]
    loose = "the groups hold several persons at times: a lower bound"
    rows = tail(cosines, interval, len(impostors)) + validate(arguments.data, xs, ys)
    rows.append(Row("AUC, at least", TRAIN, len(claimed), round(area(claimed, impostors), 4), note=loose))
    text = TEMPLATE.read_text(encoding="utf-8").format(
        pairs=len(impostors), photos=len(kept), groups=len({photo.group for photo in kept}), cosines=xs, scores=ys
    )
    text += "".join(measured(row) for row in rows)
    arguments.card.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

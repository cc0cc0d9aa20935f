"""Scores to tables."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.training.recapture.evaluate import auc, wilson

_NETWORK, _GRAIN, _FUSED = 0, 1, 2
_LEVELS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98)
_RESAMPLES = 500
NAIVE = (
    ("frozen Lite0, supervised", "AUC .56-.60 on FF++ and Celeb-DF"),
    ("linear probe on self-blended images", "AUC .36-.67"),
    (
        "Lite0 at 160 px fine-tuned on self-blended and swapped portraits",
        "frames .75 (.41-1.00), clips .57; 11 of 42 frames of unseen real video flagged; fake minus real about 0",
    ),
)
"""Attempts before this one, and what they gave on foreign data."""


def report(found: Mapping[str, Any], limits: Mapping[str, Any]) -> str:
    """Markdown."""
    fake_from = float(limits["fake_from"])
    return "\n".join(
        [
            "# Manipulated faces: figures",
            "",
            f"Made by `benchmarks/face_manipulation.py`: {found['about']['people']} people whom training never saw."
            f" A face is called fake from a fused probability of {fake_from:g} and real below"
            f" {limits['real_below']:g}; between them it is inconclusive. All manipulations are made here:"
            " no corpus of published deepfakes was at hand.",
            "",
            "## Kinds of manipulation",
            "",
            *_kinds(found, fake_from),
            "",
            "Before, on real deepfakes, which could not be obtained here, so the two tables do not compare:",
            "",
            "| naive attempt | on foreign data |",
            "|---|---|",
            *(f"| {what} | {gave} |" for what, gave in NAIVE),
            "",
            "## What happens to a picture afterwards",
            "",
            "The unseen kinds but MI-GAN, in equal parts.",
            "",
            *_table(found.get("robust", {}), fake_from),
            "",
            "## False alarms on real pictures",
            "",
            *_real(found["real"], fake_from, float(limits["real_below"])),
            "",
            "## Clips",
            "",
            *_clips(found.get("clips", {}), found["about"]["unseen"], fake_from),
            "",
            "## Thresholds",
            "",
            *_levels(found),
            "",
        ]
    )


def _kinds(found: Mapping[str, Any], fake_from: float) -> list[str]:
    pooled = {
        "**all seen in training**": [name for name in found["pairs"] if name not in found["about"]["unseen"]],
        "**all unseen**": found["about"]["unseen"],
    }
    rows = {
        f"{name}{'' if name in found['about']['unseen'] else ' (trained)'}": s for name, s in found["pairs"].items()
    }
    for title, names in ((title, names) for title, names in pooled.items() if names):
        rows[title] = {side: [row for name in names for row in found["pairs"][name][side]] for side in ("real", "fake")}
    return _table(rows, fake_from)


def _table(rows: Mapping[str, Any], fake_from: float) -> list[str]:
    lines = [
        "| | pairs | AUC | AUC network | AUC grain | fake above its real | detected | false alarms |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, scores in rows.items():
        real, fake = np.array(scores["real"]), np.array(scores["fake"])
        value, low, high = area(real[:, _FUSED], fake[:, _FUSED])
        lines.append(
            f"| {name} | {len(real)} | {value:.2f} ({low:.2f}-{high:.2f}) | {_auc(real, fake, _NETWORK):.2f} |"
            f" {_auc(real, fake, _GRAIN):.2f} | {share(fake[:, _FUSED] > real[:, _FUSED])} |"
            f" {share(fake[:, _FUSED] >= fake_from)} | {share(real[:, _FUSED] >= fake_from)} |"
        )
    return lines


def _real(sets: Mapping[str, Sequence[float]], fake_from: float, real_below: float) -> list[str]:
    lines = ["| pictures | n | called fake | not called real |", "|---|---|---|---|"]
    for name, values in sets.items():
        scores = np.array(values)
        lines.append(f"| {name} | {len(scores)} | {share(scores >= fake_from)} | {share(scores >= real_below)} |")
    return lines


def _clips(clips: Mapping[str, Mapping[str, float]], unseen: Sequence[str], fake_from: float) -> list[str]:
    names = [name for name in next(iter(clips.values()), ()) if name != "real"]
    if not names:
        return ["Not measured."]
    real = np.array([scores["real"] for scores in clips.values()])
    lines = [
        f"{len(clips)} clips of which nothing was trained on, two stretches of three frames each, all re-encoded with"
        f" H.264 (crf 23). Called fake as they are: {share(real >= fake_from)}; median fake probability"
        f" {np.median(real):.2f}, highest {real.max():.2f}.",
        "",
        "| manipulated | AUC over clips | fake above its own real | median difference in log odds | detected |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        fake = np.array([scores[name] for scores in clips.values()])
        apart = _logit(fake) - _logit(real)
        lines.append(
            f"| {name}{'' if name in unseen else ' (trained)'} | {auc(-np.r_[real, fake], _first(real, fake)):.2f} |"
            f" {share(fake > real)} | {np.median(apart):+.2f} | {share(fake >= fake_from)} |"
        )
    return lines


def _levels(found: Mapping[str, Any]) -> list[str]:
    fake = np.array(
        [row for name in found["about"]["unseen"] or found["pairs"] for row in found["pairs"][name]["fake"]]
    )[:, _FUSED]
    real = np.array([row for scores in found["pairs"].values() for row in scores["real"]])[:, _FUSED]
    lines = ["| fake from | false alarms | detected (unseen kinds) |", "|---|---|---|"]
    return lines + [f"| {level:g} | {share(real >= level)} | {share(fake >= level)} |" for level in _LEVELS]


def share(hits: np.ndarray) -> str:
    """Per cent with its 95 % interval and n."""
    value, low, high = wilson(int(hits.sum()), len(hits))
    return f"{100 * value:.1f} % ({100 * low:.1f}-{100 * high:.1f}; n={len(hits)})"


def area(real: np.ndarray, fake: np.ndarray) -> tuple[float, float, float]:
    """AUC with its 95 % interval from resampling pairs."""
    rng = np.random.default_rng(1)
    rows = rng.integers(0, len(real), (_RESAMPLES, len(real)))
    values = [auc(-np.r_[real[row], fake[row]], _first(real, fake)) for row in rows]
    low, high = np.quantile(values, (0.025, 0.975))
    return auc(-np.r_[real, fake], _first(real, fake)), float(low), float(high)


def _auc(real: np.ndarray, fake: np.ndarray, column: int) -> float:
    return auc(-np.r_[real[:, column], fake[:, column]], _first(real, fake))


def _first(real: np.ndarray, fake: np.ndarray) -> np.ndarray:
    return np.r_[np.ones(len(real), bool), np.zeros(len(fake), bool)]


def _logit(share_of: np.ndarray) -> np.ndarray:
    p = np.clip(share_of, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(p / (1 - p)))

"""Shares, intervals and ROC curves of checks whose scores are higher for genuine documents."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt

THRESHOLD = 0.5
HONEST = "none"
CONTROLS = ("soft", "plain")
"""Honest ones whose portrait looks otherwise."""
Row = dict[str, Any]


def auc(honest: Sequence[float], forged: Sequence[float]) -> float:
    """Chance that an honest one has the higher score."""
    high, low = np.array(honest)[:, None], np.array(forged)[None]
    return float((high > low).mean() + 0.5 * (high == low).mean())


def interval(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson)."""
    share, z = hits / n, 1.96
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def scores(rows: Sequence[Row], check: str) -> dict[str, list[float]]:
    """Kind -> scores of one check, where it could judge."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row["check"] == check and row["score"] is not None:
            found.setdefault(row["kind"], []).append(row["score"])
    return found


def table(rows: Sequence[Row], checks: Sequence[str]) -> list[Row]:
    """One row for each check and kind; clean captures also by themselves."""
    found = []
    for check in checks:
        kinds = scores(rows, check)
        honest = kinds[HONEST]
        clean = scores([row for row in rows if row["careful"]], check)
        kinds = {HONEST: honest, f"{HONEST}, clean captures": clean.get(HONEST, []), **kinds}
        for kind, values in kinds.items():
            if values:
                flagged = sum(score < THRESHOLD for score in values)
                low, high = interval(flagged, len(values))
                found.append({"check": check, "kind": kind, "n": len(values), "auc": round(auc(honest, values), 3),
                              "flagged": round(flagged / len(values), 3), "low": round(low, 3),
                              "high": round(high, 3)})  # fmt: skip
    return found


def draw(rows: Sequence[Row], checks: Mapping[str, tuple[str, ...]], file: Path) -> None:
    """ROC curves: one panel a check, with the kinds that begin with one of its words; controls dashed."""
    figure, panels = plt.subplots(1, len(checks), figsize=(4.2 * len(checks), 4.4), sharey=True)
    for panel, check in zip(panels, checks, strict=True):
        every = scores(rows, check)
        honest = np.array(every[HONEST])
        kinds = {kind: values for kind, values in every.items() if kind.startswith(checks[check])}
        limits = np.concatenate([[-1], np.unique(np.concatenate([honest, *map(np.array, kinds.values())])), [2]])
        alarms = [(honest < limit).mean() for limit in limits]
        for kind, values in sorted(kinds.items()):
            hits = [(np.array(values) < limit).mean() for limit in limits]
            dashed = "control" in kind or kind in CONTROLS
            panel.plot(alarms, hits, "--" if dashed else "-", label=f"{kind} (n={len(values)})", linewidth=1.2)
        panel.plot([0, 1], [0, 1], color="grey", linewidth=0.5)
        panel.axvline(0.02, color="grey", linewidth=0.5, linestyle=":")
        panel.set(title=f"{check} (honest n={len(honest)})", xlabel="honest photographs flagged", xlim=(0, 1),
                  ylim=(0, 1.01))  # fmt: skip
        panel.legend(fontsize=6, loc="lower right")
    panels[0].set_ylabel("forged photographs flagged")
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def markdown(found: Sequence[Row]) -> str:
    """The table as Markdown; AUC against the honest ones."""
    lines = ["| check | kind | n | AUC | flagged (95 %) |", "|---|---|---|---|---|"]
    for row in found:
        area = "" if row["kind"].startswith(HONEST) else f"{row['auc']:.2f}"
        share = f"{row['flagged']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
        lines.append(f"| `{row['check']}` | {row['kind']} | {row['n']} | {area} | {share} |")
    return "\n".join(lines)

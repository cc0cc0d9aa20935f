"""The page that `benchmarks.ai_images` prints."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from benchmarks.ai_image_files import FILES
from benchmarks.forensics import share, table
from models.cards import card
from pipelines.deepfake.fusion import Evidence, fuse
from pipelines.media.forensics import read
from pipelines.media.frames import Limits
from pipelines.media.sniff import sniff
from pipelines.report import Status

FUSION = "deepfake/ai-image-fusion"
RESAMPLES = 1000
_HEAD = """# AI-generated images: what is found, and what is wrongly said

Made by `python -m benchmarks.ai_images --data ../shared/data --keep DIR` (seeded). Shares are per cent with Wilson's
95 % intervals, areas under the ROC (AUC) with 95 % intervals of a bootstrap over pictures. The photographs are web
JPEGs of about 480 pixels (BSDS500, ImageNet), the generators those of 2021 to 2023; nothing was fitted to either. That
large pictures are judged at half their size was measured here before it was settled. No conclusion can be drawn about
the newest generators.

"""
_BASELINES = """## The baselines

| attempt | on its own task | AUC on foreign pictures |
| --- | --- | --- |
| frozen EfficientNet-Lite0, linear, collected fakes | .97 random, .91 generator left out | .50, false alarms 57 % |
| 436 forensic features on collected fakes | .80 | .54 |
| small network on noise residuals of photographs and their toy round trips | .92 to .98 | .44 to .51 |

"""


def page(found: dict[str, Any]) -> str:
    """All tables."""
    rows, others = found["foreign"], found["others"]
    parts = [_HEAD, _provenance(), _conditions(rows), _generators(rows), _reals(rows, others), _thresholds(rows)]
    return "".join([*parts, _watermarks(found, rows), _fingerprints(rows), _BASELINES]).rstrip()


def auc(fake: Sequence[float], real: Sequence[float]) -> float:
    """How often a fake scores higher than a photograph."""
    a, b = np.array(real), np.sort(np.array(fake))
    higher = (
        len(b) - np.searchsorted(b, a, "right") + 0.5 * (np.searchsorted(b, a, "right") - np.searchsorted(b, a, "left"))
    )
    return float(higher.mean() / len(b))


def interval(fake: Sequence[float], real: Sequence[float]) -> str:
    """The AUC with its interval and numbers."""
    rng, a, b = np.random.default_rng(1), np.array(fake), np.array(real)
    drawn = [auc(rng.choice(a, len(a)), rng.choice(b, len(b))) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return f"{auc(fake, real):.3f} ({low:.3f} to {high:.3f}), n {len(a)} + {len(b)}"


def odds(rows: Iterable[dict[str, Any]], condition: str, fake: bool) -> list[float]:
    """Log odds of those that could be judged."""
    scores = (row["scores"].get(condition) for row in rows if row["fake"] is fake)
    return [score for score in scores if score is not None]


def status(log_odds: float) -> Status:
    """What the service says where nothing else is known."""
    return fuse([Evidence("decoder_traces", log_odds)], card(FUSION)).status


def said(scores: Sequence[float], wanted: Status) -> str:
    """The share of which that is said."""
    return share(sum(status(score) is wanted for score in scores), len(scores))


def _provenance() -> str:
    flags = {
        name: read(data, sniff(data), Limits()).values["flags"] for name, data in ((n, w()) for n, w in FILES.items())
    }
    hits = sum("ai_generator_metadata" in found for found in flags.values())
    missed = ", ".join(name for name, found in flags.items() if "ai_generator_metadata" not in found) or "none"
    return (
        "## Provenance\n\nFiles written as each generator writes its marks (`benchmarks/ai_image_files.py`; the signed "
        "ones are tested in\n`tests/unit/pipelines/deepfake`, six of six found): "
        f"{share(hits, len(flags))}; missed: {missed}.\n\n"
    )


def _conditions(rows: list[dict[str, Any]]) -> str:
    body = []
    for name in rows[0]["scores"]:
        fake, real = odds(rows, name, True), odds(rows, name, False)
        body.append([name, interval(fake, real), said(fake, Status.FAILED), said(fake, Status.PASSED),
                     said(real, Status.FAILED)])  # fmt: skip
    head = ["both classes", "AUC", "fakes called fake", "fakes called real", "photographs called fake"]
    return "## Traces of decoders, foreign pictures\n\n" + table(head, body)


def _generators(rows: list[dict[str, Any]]) -> str:
    names = sorted({row["source"] for row in rows if row["fake"]})
    conditions = ("as published", "common size, JPEG 90", "middle square, JPEG 90")
    body = []
    for name in names:
        own = [row for row in rows if not row["fake"] or row["source"] == name]
        figures = [interval(odds(own, condition, True), odds(own, condition, False)) for condition in conditions]
        found = said(odds(own, "as published", True), Status.FAILED)
        body.append([name, *figures, found])
    text = "Every generator is one that nothing was fitted to: each row leaves a generator out.\n\n"
    return "## By generator\n\n" + text + table(["generator", *(f"AUC, {c}" for c in conditions), "called fake"], body)


def _reals(rows: list[dict[str, Any]], others: list[dict[str, Any]]) -> str:
    sets: dict[str, list[float]] = {}
    for row in rows:
        if not row["fake"] and row["scores"]["as published"] is not None:
            sets.setdefault(row["source"], []).append(row["scores"]["as published"])
    for row in others:
        if row["score"] is not None:
            sets.setdefault(row["set"], []).append(row["score"])
    body = [
        [name, said(scores, Status.FAILED), said(scores, Status.PASSED), said(scores, Status.INCONCLUSIVE)]
        for name, scores in sets.items()
    ]
    head = ["pictures no generator made", "called fake", "called real", "inconclusive"]
    return "## Real-only sets\n\n" + table(head, body)


def _thresholds(rows: list[dict[str, Any]]) -> str:
    fake, real = (np.array(odds(rows, "as published", kind)) for kind in (True, False))
    shipped = float(card(FUSION).parameters["fake_from"])
    body = []
    for probability in sorted({0.5, 0.7, 0.8, 0.85, 0.9, 0.95, shipped}):
        limit = np.log(probability / (1 - probability))
        name = f"{probability:g}" + (" (shipped)" if probability == shipped else "")
        body.append([name, share(int((real >= limit).sum()), len(real)), share(int((fake >= limit).sum()), len(fake))])
    return "## Thresholds, as published\n\n" + table(["probability from", "false alarms", "found"], body)


def _watermarks(found: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    limit = card("deepfake/watermark").parameters
    real = [row["watermark"] for row in rows if not row["fake"]]
    hits = sum(z >= limit["dwt_dct_from"] and agreement >= limit["dwt_dct_agreement"] for z, agreement in real)
    text = (
        "## Watermarks\n\nWithout one, photographs reach at most "
        f"{max(z for z, _ in real):.1f} standard deviations and {max(a for _, a in real):.2f} of the bits (dwtDct); "
        f"called marked: {share(hits, len(real))}.\n\n"
    )
    if "watermarks" not in found:
        return text
    marks = found["watermarks"]
    ways = list(next(iter(marks.values())))
    body = [[name, *(f"{sum(row[way])} of {len(row[way])}" for way in ways)] for name, row in marks.items()]
    return text + "Read after the package's own writer:\n\n" + table(["message", *ways], body)


def _fingerprints(rows: list[dict[str, Any]]) -> str:
    real = [row for row in rows if not row["fake"]]
    hits = sum(row["fingerprint"] is not None for row in rows if row["fake"])
    alarms = sum(row["fingerprint"] is not None for row in real)
    return (
        "## Fingerprints\n\nThe bank knows GPT-4o and Midjourney 6. On foreign generators it finds something in "
        f"{share(hits, len(rows) - len(real))}, on\nphotographs in {share(alarms, len(real))} "
        "(most of both are too small for it).\n\n"
    )

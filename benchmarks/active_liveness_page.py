"""The page and the picture of `benchmarks/active_liveness.py`. matplotlib comes with the `test` extra."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from models.training.clips.scenarios import ATTACKS, KINDS
from models.training.recapture.evaluate import wilson
from pipelines.identity.active_liveness.verify import DEPTH_LEAST, JUMP_MOST, LAG_LEAST, LIKENESS_LEAST, NAMES

_COLOURS = ("#0072B2", "#D55E00", "#CC79A7")
Line = dict[str, Any]
"""What was found of one clip."""
_PAGE = """# Active liveness: figures

Made by `python -m benchmarks.active_liveness --data ../shared/data --keep DIR --half {half} --report FILE`: rendered
clips of {people} people on whom nothing was tuned, each with a challenge, a camera and a manner of its own, encoded,
decoded in isolation and judged by the service's own pipeline. {cpu:.1f} CPU-seconds a recording to judge (median).

* **Honest answers accepted: {accepted} of {honest}** ({accepted_rate}); the aim is 95 % of 200.
* **Attacks rejected: {rejected} of {attacks}** ({rejected_rate}); the aim is all of 200.

![Growth by depth, lag of the surroundings, likeness and jumps: honest answers and attacks]({picture})

{table}

An answer is accepted when the verdict is genuine: all five active checks pass, and the passive ones too. An attack is
rejected when it is not genuine. `passed actively` counts clips that the five active checks alone let through. One clip
can have several reasons. Kinds: see `ATTACKS` in `models/training/clips/scenarios.py`. Intervals: 95 %, Wilson.

**Read this first.** The clips are rendered from web portraits by moving the mesh that the judge reads, without any real
person or telephone: they show that the logic holds on clips of this kind, not how often people are refused. What they
cannot show is in [docs/decisions/0008-active-liveness.md](../decisions/0008-active-liveness.md).
"""
_SHAPES = (
    ("active.perspective", "growth_by_depth", DEPTH_LEAST, "Growth by depth", ("screen_approach", "still_moved")),
    ("active.perspective", "surroundings_lag", LAG_LEAST, "Surroundings lag", ("screen_approach", "still_moved")),
    ("active.identity", "least_cosine", LIKENESS_LEAST, "Least likeness to the frames before", ("person_swap",)),
    ("active.continuity", "jump", JUMP_MOST, "Largest jump, face sizes", ("cut_together",)),
)
"""Check, value, limit, words and the kinds of attack that this measure is for."""


def page(found: Sequence[Line], half: str, picture: str) -> str:
    """The whole page as Markdown."""
    honest = [line for line in found if line["kind"] == "honest"]
    attacks = [line for line in found if line["kind"] in ATTACKS]
    accepted, rejected = _genuine(honest), len(attacks) - _genuine(attacks)
    return _PAGE.format(
        half=half,
        people=len({line["person"] for line in found}),
        cpu=median(line["cpu_s"] for line in found),
        accepted=accepted,
        honest=len(honest),
        accepted_rate=_rate(accepted, len(honest)),
        rejected=rejected,
        attacks=len(attacks),
        rejected_rate=_rate(rejected, len(attacks)),
        picture=picture,
        table=table(found),
    )


def table(found: Sequence[Line]) -> str:
    """One row a kind, as Markdown."""
    rows = [
        "| kind | clips | people | passed actively | genuine | active reasons (clips) |",
        "|---|---|---|---|---|---|",
    ]
    by_kind: dict[str, list[Line]] = defaultdict(list)
    for line in found:
        by_kind[line["kind"]].append(line)
    rows.extend(_row(kind, by_kind[kind]) for kind in KINDS if kind in by_kind)
    attacks = [line for line in found if line["kind"] in ATTACKS]
    if attacks:
        rows.append(_row("all attacks", attacks))
    return "\n".join(rows)


def _row(name: str, found: Sequence[Line]) -> str:
    reasons = Counter(reason for line in found for check in NAMES for reason in line["checks"][check][1])
    active = sum(all(line["checks"][check][0] == "passed" for check in NAMES) for line in found)
    told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()) or "none"
    people = len({line["person"] for line in found})
    return f"| {name} | {len(found)} | {people} | {active} | {_genuine(found)} | {told} |"


def _genuine(found: Sequence[Line]) -> int:
    return sum(line["verdict"] == "genuine" for line in found)


def _rate(count: int, of: int) -> str:
    value, low, high = wilson(count, of)
    return f"{100 * value:.1f} %; 95 %: {100 * low:.1f} to {100 * high:.1f}"


def paint(file: Path, found: Sequence[Line]) -> None:
    """Writes the PNG: one panel a measure."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with pyplot.rc_context({"font.size": 12, "axes.spines.top": False, "axes.spines.right": False}):
        figure, panels = pyplot.subplots(2, 2, figsize=(12, 8.4), layout="constrained")
        for axes, (check, value, limit, words, kinds) in zip(panels.flat, _SHAPES, strict=True):
            groups = {kind: _values(found, kind, check, value) for kind in ("honest", *kinds)}
            edges = np.histogram_bin_edges([number for values in groups.values() for number in values], bins=40)
            for (kind, values), colour in zip(groups.items(), _COLOURS, strict=False):
                label = f"{kind.replace('_', ' ')} ({len(values)})"
                axes.hist(values, bins=edges, histtype="stepfilled", alpha=0.55, color=colour, label=label)
            axes.axvline(limit, color="0.2", ls="--", lw=1.5, label="limit")
            axes.set(xlabel=words, ylabel="Clips")
            axes.legend(frameon=False, fontsize=11, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
        figure.savefig(file, dpi=110)
        pyplot.close(figure)


def _values(found: Sequence[Line], kind: str, check: str, value: str) -> list[float]:
    """Of the clips of a kind that the check could judge."""
    return [
        # Beyond a face's own growth, a share is only noise.
        max(-1.0, line["evidence"][check][value])
        for line in found
        if line["kind"] == kind and value in line["evidence"][check]
    ]

"""The one picture: four panels. matplotlib comes with the `test` extra."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.biometrics.analysis import CURVE, SHARES, Discard, Verification
from benchmarks.biometrics.attacks import BONA_FIDE, GENUINE, SETTINGS, Judged
from benchmarks.biometrics.verification import CLEAN, CONDITIONS
from models.training.recapture.evaluate import wilson
from models.training.recapture.settings import ATTACKS

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
"""Okabe and Ito's: told apart with any colour vision."""
RATE = 1e-3
_SHOWN = {"screen_still": "photo on a screen", "screen_replay": "video on a screen"}
_SHOWN |= {"print_halftone": "halftone print", "print_photo": "photo print"}


def draw(
    file: Path,
    systems: list[Verification],
    discard: dict[str, Discard],
    judged: dict[str, Judged] | None,
    recorded: tuple[Judged, int] | None,
) -> None:
    """Writes the PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with pyplot.rc_context(
        {"font.size": 12, "axes.titlesize": 13, "axes.spines.top": False, "axes.spines.right": False}
    ):
        figure, panels = pyplot.subplots(2, 2, figsize=(13, 10.5), layout="constrained")
        _trade_off(panels[0, 0], systems)
        _conditions(panels[0, 1], systems)
        _discard(panels[1, 0], discard)
        if judged is not None:
            _attacks(panels[1, 1], judged, recorded)
        figure.savefig(file, dpi=110)
        pyplot.close(figure)


def _trade_off(axes: Any, systems: list[Verification]) -> None:
    for system, colour in zip(systems, COLOURS, strict=False):
        for conditions, dashes, words in (((CLEAN,), "-", "clean"), (CONDITIONS[1:], "--", "one photo spoilt")):
            axes.plot(
                100 * CURVE,
                100 * system.curve(conditions),
                dashes,
                color=colour,
                lw=2.2,
                label=f"{system.name}, {words}",
            )
    for rate in (0.1, 1):
        axes.axvline(rate, color="0.75", lw=1, zorder=0)
    axes.set(
        xscale="log",
        xlim=(0.01, 50),
        ylim=(-1, None),
        xlabel="False match rate, % (log scale)",
        ylabel="False non-match rate, %",
        title=f"Verification ({_number(systems[0])})",
    )
    axes.set_xticks((0.01, 0.1, 1, 10), ("0.01", "0.1", "1", "10"))
    axes.legend(frameon=False, fontsize=11)
    axes.grid(axis="y", color="0.92")


def _number(system: Verification) -> str:
    found = system.gathered((CLEAN,))
    return f"{len(found.genuine)} pairs, {len(np.unique(found.persons))} persons"


def _conditions(axes: Any, systems: list[Verification]) -> None:
    rows = np.arange(len(CONDITIONS))[::-1]
    for place, (system, colour) in enumerate(zip(systems, COLOURS, strict=False)):
        rates = [system.pooled_rate((condition,), RATE) for condition in CONDITIONS]
        values = 100 * np.array([rate.value for rate in rates])
        spread = 100 * np.array([[r.value - r.low for r in rates], [r.high - r.value for r in rates]])
        height = rows + 0.16 - 0.32 * place
        axes.errorbar(
            values, height, xerr=spread.clip(0), fmt="os"[place % 2], color=colour, ms=7, lw=1.6, label=f"{system.name}"
        )
    axes.set(
        yticks=rows,
        yticklabels=CONDITIONS,
        xlim=(-2, 102),
        xlabel="False non-match rate, %",
        title="Misses at FMR 0.1 %, 95 % interval",
    )
    axes.legend(frameon=False, fontsize=11, loc="lower right")
    axes.grid(axis="x", color="0.92")


def _discard(axes: Any, discard: dict[str, Discard]) -> None:
    pairs = " / ".join(str(found.n) for found in discard.values())
    for (name, found), colour in zip(discard.items(), COLOURS, strict=False):
        axes.plot(100 * SHARES, 100 * found.curve, color=colour, lw=2.2, label=name)
        axes.fill_between(100 * SHARES, 100 * found.low, 100 * found.high, color=colour, alpha=0.13, lw=0)
        axes.plot(100 * SHARES, 100 * found.least, ":", color=colour, lw=1.6, label=f"{name}: best possible")
    axes.set(
        xlim=(0, 30),
        ylim=(0, None),
        xlabel="Pairs rejected for the lowest unified quality, %",
        ylabel="False non-match rate of the rest, %",
        title=f"Misses at FMR 0.1 % ({pairs} spoilt pairs)",
    )
    axes.legend(frameon=False, fontsize=11)
    axes.grid(axis="y", color="0.92")


def _attacks(axes: Any, judged: dict[str, Judged], recorded: tuple[Judged, int] | None) -> None:
    kinds = (*ATTACKS, BONA_FIDE)
    rows = np.arange(len(kinds))
    for place, name in enumerate(SETTINGS):
        _wrong(axes, judged[name], kinds, rows - 0.22 + 0.22 * place, _style(place, name))
    first = judged[next(iter(SETTINGS))]
    labels = [_asked(first, kind, _SHOWN.get(kind, kind)) for kind in kinds]
    if recorded is not None:
        films = recorded[0]
        played = tuple(kind for kind in dict.fromkeys(films.species) if kind != BONA_FIDE)
        height = len(labels) + np.arange(len(played) + 1)
        _wrong(axes, films, (*played, BONA_FIDE), height, _style(len(SETTINGS), "short recordings"))
        labels += [_asked(films, kind, f"{kind.replace('_', ' ')}, filmed") for kind in (*played, BONA_FIDE)]
        axes.axhline(len(kinds) - 0.5, color="0.75", lw=1)
    axes.set(
        yticks=np.arange(len(labels)),
        yticklabels=labels,
        ylim=(len(labels) - 0.4, -0.6),
        xlim=(-2, 102),
        xlabel="Attacks passed as genuine, bona fide not passed, %",
        title="Passive liveness, 95 % interval",
    )
    axes.legend(frameon=False, fontsize=9, loc="center right", bbox_to_anchor=(1, 0.6))
    axes.grid(axis="x", color="0.92")


def _style(place: int, label: str) -> dict[str, str]:
    return {"fmt": "os^D"[place], "color": COLOURS[place], "label": label}


def _asked(found: Judged, kind: str, name: str) -> str:
    return f"{name.replace('_', ' ')} (n {len(found.of(kind))})"


def _wrong(axes: Any, found: Judged, kinds: tuple[str, ...], height: np.ndarray, style: dict[str, str]) -> None:
    """Share of attacks that passed, and of bona fide presentations that did not."""
    values, spread = [], []
    for kind in kinds:
        said = found.of(kind)
        wrong = said != GENUINE if kind == BONA_FIDE else said == GENUINE
        value, low, high = wilson(int(wrong.sum()), len(said))
        values.append(100 * value)
        spread.append((100 * (value - low), 100 * (high - value)))
    axes.errorbar(values, height, xerr=np.array(spread).T.clip(0), ms=7, lw=1.6, **style)

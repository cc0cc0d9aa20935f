"""Calibration on people and families that were left out, thresholds, the figures of page and card, and the picture.

Called by `fit.py`. The calibration sees families and people that were left out, and the six readers of the `dev` clips;
the prompts (`foreign_*`) and `dev_languages` are looked at only afterwards.
"""

import json
from pathlib import Path

import numpy as np

from models.cards import Measurement
from models.training.face_data import measured
from models.training.recapture.evaluate import logistic, wilson
from models.training.voice_spoof.channels import KINDS
from models.training.voice_spoof.compare import confounds, equal_error, report
from models.training.voice_spoof.compare import logistic as ridge

ALARMS = (0.005, 0.01, 0.02, 0.05, 0.1)
SHIPPED = 0.01
"""False alarms at the shipped threshold, of windows of people that were left out; recordings, judged by the mean of
their windows, raise fewer. Set after real sources that training never heard (the page of figures) had shown at most
one in 140 at this and at half of it."""
_CARD = Path(__file__).with_name("card.toml")


def calibration(scores: np.ndarray, family: np.ndarray) -> tuple[float, float]:
    """Scale and offset to log odds: Platt's logistic, both classes alike, each family alike."""
    fake = family != "real"
    rng, picked = np.random.default_rng(1), []
    most = min(int((family == name).sum()) for name in np.unique(family[fake]))
    for name in np.unique(family):
        rows = np.flatnonzero(family == name)
        picked.append(rows if name == "real" else rng.choice(rows, most, replace=False))
    rows = np.concatenate(picked)
    offset, scale = logistic(scores[rows, None], fake[rows].astype(float), 1e-3)
    return float(scale), float(offset)


def confound_probe(stored: dict[str, np.ndarray]) -> dict[str, float]:
    """Equal error rate of a judge that sees level, peak, bandwidth and repeated length alone: 50 % is chance."""
    mine = np.isin(stored["fold"], (0, 1)) & ~np.char.startswith(stored["family"], "dev_")
    x, fake, fold = confounds(stored["waves"][mine]), stored["family"][mine] != "real", stored["fold"][mine]
    kind, found = stored["kind"][mine], {}
    for which in KINDS:
        errors = []
        for test in (0, 1):
            some, other = (fold == test) & (kind == which), (fold != test) & (kind == which)
            weights = np.where(fake[other], 0.5 / fake[other].mean(), 0.5 / (1 - fake[other].mean()))
            errors.append(equal_error(ridge(1.0)(x[other], fake[other], weights)(x[some]), fake[some]))
        found[which] = round(float(np.mean(errors)), 4)
    return found


def figures_of(stored: dict[str, np.ndarray], found: dict[str, np.ndarray], final: np.ndarray) -> dict:
    """Everything that page and card show; odds are calibrated.

    Args:
        found: by family, (2, rows) row numbers and logits of fits that never heard the family nor the people.
        final: (N,) logits of what ships; used for sources that it never heard.
    """
    family, fold, kind = stored["family"], stored["fold"], stored["kind"]
    rows = np.concatenate([part[0] for part in found.values()]).astype(int)
    logits = np.concatenate([part[1] for part in found.values()])
    dev = np.flatnonzero(family == "dev_transcribed")
    names = np.concatenate([family[rows], np.full(len(dev), "real")])
    scale, offset = calibration(np.concatenate([logits, final[dev]]), names)
    odds, fake = scale * logits + offset, family[rows] != "real"
    real = np.concatenate([odds[~fake], np.repeat(scale * final[dev] + offset, len(found))])
    by_family = {
        f"{name}|{which}": odds[(family[rows] == name) & (kind[rows] == which)] for name in found for which in KINDS
    }
    outside = [name for name in np.unique(family) if name.startswith(("foreign_", "dev_"))]
    by_source = {
        f"{name}|{which}": scale * final[(family == name) & (kind == which)] + offset
        for name in outside
        for which in KINDS
    }
    table = report(found, family, fold, kind)
    thresholds = [_threshold(alarms, real, by_family, list(found)) for alarms in ALARMS]
    return {
        "scale": round(scale, 4),
        "offset": round(offset, 4),
        "fake_from": next(row["log_odds"] for row in thresholds if row["false_alarms"] == SHIPPED),
        "real_below": round(float(np.quantile(np.concatenate(list(by_family.values())), 0.05)), 3),
        "mean": {which: round(float(np.mean(list(table[which].values()))), 4) for which in KINDS},
        "families": {
            which: {name: [round(table[which][name], 4), len(by_family[f"{name}|{which}"])] for name in found}
            for which in KINDS
        },
        "thresholds": thresholds,
        "confounds": confound_probe(stored),
        "odds": {name: [round(float(x), 2) for x in values] for name, values in (by_family | by_source).items()},
        "real": [round(float(x), 2) for x in np.sort(odds[~fake])[:: len(found)]],
    }


def _threshold(alarms: float, real: np.ndarray, by_family: dict[str, np.ndarray], names: list[str]) -> dict[str, float]:
    """Log odds that a share of real windows reaches, and the mean share of each family's windows that do."""
    limit = float(np.quantile(real, 1 - alarms))
    row = {"false_alarms": alarms, "log_odds": round(limit, 3)}
    for which in KINDS:
        row[f"detected_{which}"] = round(
            float(np.mean([np.mean(by_family[f"{n}|{which}"] >= limit) for n in names])), 3
        )
    return row


def rate(what: str, on: str, hits: np.ndarray) -> Measurement:
    """A rate with its interval."""
    value, low, high = wilson(int(hits.sum()), len(hits))
    return Measurement(what, on, len(hits), round(value, 3), round(low, 3), round(high, 3))


def measurements(figures: dict) -> list[Measurement]:
    """Rows of the card."""
    rows, limit = [], figures["fake_from"]
    for which in KINDS:
        on = f"one window; family and people left out, {which}"
        table = figures["families"][which]
        odds = {name: np.array(values) for name, values in figures["odds"].items() if name.endswith(f"|{which}")}
        count = sum(n for _, n in table.values())
        rows.append(Measurement("mean EER over 12 families", on, count, round(figures["mean"][which], 3)))
        rows += [Measurement(f"EER {name}", on, n, round(value, 3)) for name, (value, n) in table.items()]
        fakes = np.concatenate([odds[f"{name}|{which}"] for name in table])
        rows.append(rate("detected at fake_from", on, fakes >= limit))
        prompts = np.concatenate([values for name, values in odds.items() if name.startswith("foreign_")])
        source = f"one window of telephone prompts, 5 sources never trained on, {which}"
        rows.append(rate("false alarms at fake_from", source, prompts >= limit))
        readers = odds[f"dev_transcribed|{which}"]
        rows.append(
            rate("false alarms at fake_from", f"one window of 6 readers never trained on, {which}", readers >= limit)
        )
    return rows


def write_card(figures: dict, path: Path) -> None:
    """The card: what was written by hand, the calibration and the measurements."""
    text = _CARD.read_text(encoding="utf-8")
    for name in ("scale", "offset", "fake_from"):
        text = text.replace(f"= {name.upper()}", f"= {figures[name]}")
    path.write_text(text + "".join(measured(row) for row in measurements(figures)), encoding="utf-8")


def draw_folds(figures: dict, path: Path) -> None:
    """Error trade-offs by family, clean and degraded: misses over false alarms."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    real = np.array(figures["real"])
    figure, panels = pyplot.subplots(1, 2, figsize=(9, 4), sharey=True)
    limits = np.quantile(real, np.linspace(0, 1, 101))
    alarms = [np.mean(real >= limit) for limit in limits]
    for panel, which in zip(panels, KINDS, strict=True):
        for number, name in enumerate(figures["families"][which]):
            fakes = np.array(figures["odds"][f"{name}|{which}"])
            style = "-" if number < 6 else "--"
            panel.plot(alarms, [np.mean(fakes < limit) for limit in limits], style, label=name, linewidth=1)
        panel.plot([0, 1], [1, 0], ":", color="grey")
        panel.set_title(f"{which}: family and people left out")
        panel.set_xlabel("false alarms")
    panels[0].set_ylabel("missed")
    panels[0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def read_figures(path: Path) -> dict:
    """What `fit.py` wrote."""
    found: dict = json.loads(path.read_text(encoding="utf-8"))
    return found

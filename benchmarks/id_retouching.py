"""ROC curves of `document/retouching` on what it was not fitted on, from `models.training.document_retouching.dataset`.

python -m benchmarks.id_retouching --unseen unseen.npz --out docs/benchmarks/id-documents.png
"""

import argparse
from pathlib import Path

import matplotlib
import numpy as np

from models.cards import card
from models.document.retouching import Regression
from models.training.document_retouching import fit

matplotlib.use("Agg")
from matplotlib import pyplot as plt

REGIONS = {"portrait": "portrait_substitution", "field": "font_consistency"}


def draw(unseen: Path, out: Path) -> None:
    """One panel a check; the controls, changed before the only compression, are dashed."""
    figure, panels = plt.subplots(1, len(REGIONS), figsize=(9, 4.4), sharey=True)
    for panel, (region, check) in zip(panels, REGIONS.items(), strict=True):
        rows = fit.load(unseen, region)
        scores = fit.scored(Regression.of(card("document/retouching").parameters[region]), rows)
        honest = fit.worst(scores, rows, rows.kind == "none")
        for kind in sorted({str(kind) for kind in rows.kind} - {"none"}):
            for control in (False, True):
                forged = fit.worst(scores, rows, rows.changed & (rows.kind == kind) & (rows.control == control))
                if not len(forged):
                    continue
                limits = np.concatenate([[-1], np.unique(np.concatenate([honest, forged])), [2]])
                label = f"{kind}{' control' if control else ''} (n={len(forged)}, AUC {fit.auc(honest, forged):.2f})"
                alarms, hits = ([float((part < limit).mean()) for limit in limits] for part in (honest, forged))
                panel.plot(alarms, hits, "--" if control else "-", label=label)
        panel.plot([0, 1], [0, 1], color="grey", linewidth=0.5)
        panel.axvline(0.02, color="grey", linewidth=0.5, linestyle=":")
        panel.set(title=f"{check} (honest n={len(honest)})", xlabel="honest photographs flagged", xlim=(0, 1))
        panel.legend(fontsize=6.5, loc="lower right")
    panels[0].set_ylabel("forged photographs flagged")
    figure.tight_layout()
    figure.savefig(out, dpi=100)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--unseen", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    draw(asked.unseen, asked.out)


if __name__ == "__main__":
    main()

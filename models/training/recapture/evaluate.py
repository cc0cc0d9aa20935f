"""Calibrates, fuses and measures: held-out people, device families never seen in training, and foreign photographs.

    python -m models.training.recapture.evaluate --data ../shared/data --detector yunet.onnx \
        --liveness fr_liveness.onnx --model recapture.onnx --fusion DIR [DIR ...] --test DIR [DIR ...]

Prints APCER per presentation attack instrument (PAI) species and BPCER (ISO/IEC 30107-3) with Wilson 95 % intervals.
An attack counts as accepted (APCER) when it is not below the threshold; `undecided` is the share between the threshold
and the upper end of the inconclusive band, which the product never renders as genuine.
"""

import argparse
import csv
import json
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
import onnxruntime

from models.face.liveness import liveness_crop
from models.face.recapture import cut_views
from models.training.recapture.dataset import as_face, largest_face, open_detector
from models.training.recapture.settings import SPECIES

_SMALLEST_FACE = 60.0  # pixels; below, the detector is not meant to judge
_FRAMES_PER_CLIP = 8


@dataclass(frozen=True, slots=True)
class Signals:
    """Two logits per capture (higher = more bona fide), and what each capture is.

    recapture, liveness: (N,) float; species: (N,) index into SPECIES.
    """

    recapture: np.ndarray
    liveness: np.ndarray
    species: np.ndarray

    @property
    def bona_fide(self) -> np.ndarray:
        """(N,) bool."""
        return self.species == 0


def wilson(errors: int, n: int) -> tuple[float, float, float]:
    """Rate and its 95 % interval (Wilson score)."""
    if not n:
        return float("nan"), 0.0, 1.0
    z, p = 1.96, errors / n
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # The formula can miss 0 and 1 by a rounding error.
    return p, max(0.0, float(middle - half) / (1 + z * z / n)), min(1.0, float(middle + half) / (1 + z * z / n))


def session(path: Path) -> onnxruntime.InferenceSession:
    """One thread, CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def recapture_logits(net: onnxruntime.InferenceSession, views: np.ndarray) -> np.ndarray:
    """(N,) raw logits of our network for (N, 2, 128, 128, 3) uint8 RGB."""
    parts = [net.run(None, {"views": views[i : i + 32].astype(np.float32)})[0] for i in range(0, len(views), 32)]
    return np.concatenate(parts).astype(np.float64)


def liveness_logits(net: onnxruntime.InferenceSession, crops: np.ndarray) -> np.ndarray:
    """(N,) logits of the foreign liveness model for (N, 128, 128, 3) uint8 RGB, clipped to +-12."""
    name = net.get_inputs()[0].name
    live = [
        net.run(None, {name: crop[..., ::-1].astype(np.float32).transpose(2, 0, 1)[None]})[0].ravel() for crop in crops
    ]
    odds = np.array([_log_odds(_softmax(scores)[0]) for scores in live])
    return np.clip(odds, -12, 12)


def _softmax(scores: np.ndarray) -> np.ndarray:
    if np.all(scores >= 0) and abs(scores.sum() - 1) < 1e-3:
        return scores  # the graph already ends in a softmax
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def _log_odds(p: float) -> float:
    p = min(max(float(p), 1e-6), 1 - 1e-6)
    return float(np.log(p / (1 - p)))


def joined(parts: list[Signals]) -> Signals:
    """Several data sets as one."""
    return Signals(*(np.concatenate([getattr(part, name) for part in parts]) for name in Signals.__slots__))


def stored(folder: Path, net: onnxruntime.InferenceSession, liveness: onnxruntime.InferenceSession) -> Signals:
    """Signals of a data set of `dataset.write`; the liveness logits are kept beside it."""
    species = np.load(folder / "species.npy")
    kept = folder / "liveness_logits.npy"
    if not kept.exists():
        np.save(kept, liveness_logits(liveness, np.load(folder / "liveness.npy", mmap_mode="r")))
    return Signals(recapture_logits(net, np.load(folder / "views.npy", mmap_mode="r")), np.load(kept), species)


def logistic(features: np.ndarray, target: np.ndarray, ridge: float = 1e-3) -> np.ndarray:
    """Logistic regression by Newton steps, classes weighted equally: [bias, weights...]."""
    x = np.column_stack([np.ones(len(features)), features])
    balance = np.where(target, 0.5 / target.mean(), 0.5 / (1 - target.mean()))
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        hessian = (x * (balance * p * (1 - p))[:, None]).T @ x + ridge * np.eye(len(w))
        w -= np.linalg.solve(hessian, x.T @ (balance * (p - target)) + ridge * w)
    return w


Pictures = dict[str, list[tuple[str, np.ndarray]]]


def foreign(data: Path, extra: list[Path]) -> Pictures:
    """Bona fide pictures that no part of the training saw (and the one genuine recapture): name to RGB images."""
    with (data / "MANIFEST.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    sets: Pictures = {name: [] for name in ("pairs", "real_photos", "clips", "extra", "spoof")}
    for row in rows:
        name = row["kind"].removeprefix("faces/")
        if name in ("pairs", "real_photos", "spoof"):
            image = cv2.imread(str(data / row["path"]))
            if image is not None:
                sets[name].append((row["path"], np.ascontiguousarray(image[..., ::-1])))
        elif row["path"].startswith("deepfakes/real_clips") and row["label"] == "real":
            sets["clips"] += [(row["path"], frame) for frame in _frames(data / row["path"])]
    for path in extra:
        image = cv2.imread(str(path))
        if image is not None:
            sets["extra"].append((path.name, np.ascontiguousarray(image[..., ::-1])))
    return sets


def _frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return [frames[i] for i in np.linspace(0, len(frames) - 1, _FRAMES_PER_CLIP).astype(int)]


def judged(
    images: list[tuple[str, np.ndarray]],
    detector: cv2.FaceDetectorYN,
    net: onnxruntime.InferenceSession,
    liveness: onnxruntime.InferenceSession,
) -> tuple[list[str], Signals]:
    """Names and signals of the pictures whose largest face is wide enough."""
    names, views, crops = [], [], []
    for name, image in images:
        box = largest_face(detector, image)
        if box is not None and box[2] - box[0] >= _SMALLEST_FACE:
            names.append(name)
            views.append(cut_views(image, box))
            crops.append(liveness_crop(image, as_face(box)))
    species = np.zeros(len(names), int)
    return names, Signals(recapture_logits(net, np.stack(views)), liveness_logits(liveness, np.stack(crops)), species)


def rate(scores: np.ndarray, threshold: float, attack: bool) -> str:
    """APCER or BPCER with interval and n, as text."""
    errors = int((scores >= threshold).sum() if attack else (scores < threshold).sum())
    value, low, high = wilson(errors, len(scores))
    return f"{100 * value:5.1f} [{100 * low:4.1f}-{100 * high:4.1f}] n={len(scores)}"


def table(
    signals: Signals, systems: dict[str, np.ndarray], thresholds: dict[str, float], upper: dict[str, float]
) -> None:
    """One row per species, one column per system."""
    for index, name in enumerate(SPECIES):
        rows = signals.species == index
        cells = [f"{s}: {rate(systems[s][rows], thresholds[s], index > 0)}" for s in systems]
        print(f"  {'BPCER' if index == 0 else 'APCER'} {name:15s}", " | ".join(cells))
        fused = systems["fused"][rows]
        undecided = ((fused >= thresholds["fused"]) & (fused < upper["fused"])).mean()
        passed = (fused >= upper["fused"]).mean()
        print(f"      fused: undecided {100 * undecided:.1f}, passed as genuine {100 * passed:.1f}")
    for system, scores in systems.items():
        print(f"  AUC {system}: {auc(scores, signals.bona_fide):.3f}", end="")
    print()


def auc(scores: np.ndarray, bona_fide: np.ndarray) -> float:
    """Area under the curve by ranks."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    n = int(bona_fide.sum())
    return float((ranks[bona_fide].sum() - n * (n + 1) / 2) / (n * (len(scores) - n)))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "detector", "liveness", "model"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("fusion", "test"):
        parser.add_argument(f"--{name}", type=Path, nargs="+", required=True)
    parser.add_argument("--bpcer", type=float, default=0.02, help="of the fusion split's bona fide, at the threshold")
    parser.add_argument("--band", type=float, default=0.05, help="the same, at the upper end of the inconclusive band")
    parser.add_argument("--extra", type=Path, nargs="*", default=[], help="further bona fide photographs")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    net, liveness = session(args.model), session(args.liveness)
    held = joined([stored(folder, net, liveness) for folder in args.fusion])
    platt = logistic(held.recapture[:, None], held.bona_fide)
    joint = logistic(np.column_stack([platt[0] + platt[1] * held.recapture, held.liveness]), held.bona_fide)
    print(json.dumps({"platt": platt.tolist(), "fusion": joint.tolist(), "n": len(held.species)}))

    def systems(s: Signals) -> dict[str, np.ndarray]:
        ours = platt[0] + platt[1] * s.recapture
        logits = {"ours": ours, "liveness": s.liveness, "fused": joint[0] + joint[1] * ours + joint[2] * s.liveness}
        return {name: 1 / (1 + np.exp(-value)) for name, value in logits.items()}

    at = {name: float(np.quantile(s[held.bona_fide], args.bpcer)) for name, s in systems(held).items()}
    upper = {name: float(np.quantile(s[held.bona_fide], args.band)) for name, s in systems(held).items()}
    print("thresholds", at, "upper ends", upper)
    for folder in args.test:
        signals = stored(folder, net, liveness)
        print(folder.name)
        table(signals, systems(signals), at, upper)
    detector = open_detector(str(args.detector))
    print("foreign: share below the threshold")
    for name, images in foreign(args.data, args.extra).items():
        if not images:
            continue
        names, signals = judged(images, detector, net, liveness)
        print(f"  {name}", " | ".join(f"{s}: {rate(v, at[s], False)}" for s, v in systems(signals).items()))
        print(f"    fused: not passed as genuine {rate(systems(signals)['fused'], upper['fused'], False)}")
        for s, v in systems(signals).items():
            lowest = sorted(zip(v.round(3).tolist(), names, strict=True))[:6]
            print(f"    lowest {s}: {lowest}")


if __name__ == "__main__":
    main()

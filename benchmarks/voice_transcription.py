"""Words, languages and cost of transcription, through the whole service.

    python -m benchmarks.voice_transcription --data ../shared/data [--prompts DIR] [--music DIR] --out rows.jsonl

Every file goes through `voice_analysis`: isolated decoding, voice activity, chunks, Whisper. Words: word error rate
over all words after OpenAI's own English normaliser (case, punctuation, numbers, titles; with `--spelling`, British
words as Americans spell them: `normalizer.json` of the package that carries the weights); intervals are 95 %, by
drawing clips anew 2,000 times. `--prompts`: further recordings, one directory for each language code. `--music`:
recordings without speech, whose first minute is taken; others are made here. The long file holds the
transcribed clips, spread over 20 minutes.
"""

import argparse
import asyncio
import csv
import io
import json
import resource
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from pipelines.context import Context
from pipelines.deepfake.voice import analyse_voice
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder

RATE = 16_000
LONG_SECONDS = 1195.0
RESAMPLES = 2000


@dataclass(slots=True)
class Row:
    """One file: what was said in it, what was written down, and what that cost; `memory`: the peak so far, in MiB."""

    group: str
    name: str
    seconds: float
    cpu: float
    language: str
    truth: str
    data: dict[str, Any]
    memory: float = 0.0
    wrong: tuple[int, int] = (0, 0)
    progress: list[float] = field(default_factory=list)


def distance(truth: Sequence[str], read: Sequence[str]) -> int:
    """Words that were replaced, left out or added."""
    before = np.arange(len(read) + 1)
    for number, word in enumerate(truth, start=1):
        now = np.empty_like(before)
        now[0] = number
        for at, other in enumerate(read, start=1):
            now[at] = min(before[at] + 1, now[at - 1] + 1, before[at - 1] + (word != other))
        before = now
    return int(before[-1])


def flac(samples: np.ndarray, rate: int = RATE) -> bytes:
    """A FLAC file of (N,) int16."""
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="FLAC")
    return out.getvalue()


def transcribed(data: Path) -> list[tuple[str, bytes, str]]:
    """LibriSpeech clips: name, file and words."""
    folder = data / "audio/transcribed"
    with (folder / "transcripts.csv").open(newline="") as stream:
        return [(row["file"], (folder / row["file"]).read_bytes(), row["text"]) for row in csv.DictReader(stream)]


def long_file(clips: Sequence[tuple[str, bytes, str]]) -> tuple[bytes, str]:
    """All clips over 20 minutes, with pauses of one length between them, and their words."""
    sounds = [soundfile.read(io.BytesIO(content), dtype="int16")[0] for _, content, _ in clips]
    spoken = sum(map(len, sounds))
    rng = np.random.default_rng(1)
    pause = rng.normal(0, 3, round((LONG_SECONDS * RATE - spoken) / len(clips))).astype(np.int16)
    parts = [part for sound in sounds for part in (sound, pause)]
    return flac(np.concatenate(parts)), " ".join(text for _, _, text in clips)


def without_speech() -> Iterator[tuple[str, bytes]]:
    """Silence, noises, a hum and chords, 20 s each."""
    rng = np.random.default_rng(5)
    t = np.arange(20 * RATE) / RATE
    pink = np.cumsum(rng.normal(0, 1, len(t)))
    pink -= np.convolve(pink, np.ones(400) / 400, "same")
    chords = sum(
        np.sin(2 * np.pi * f * 2 ** (((t // 2) % 4) * 2 / 12) * t) / n
        for f in (220, 277.2, 329.6)
        for n in (1, 2, 3)
    )  # fmt: skip
    beats = rng.normal(0, 1, len(t)) * np.exp(-((t * 2) % 1) * 12)
    sounds = {
        "silence": np.zeros(len(t)),
        "white noise": rng.normal(0, 1, len(t)),
        "brown noise": pink,
        "hum": np.sign(np.sin(2 * np.pi * 50 * t)),
        "chords": chords * (0.6 + 0.4 * np.sin(2 * np.pi * 0.5 * t)),
        "drums": beats,
    }
    for name, sound in sounds.items():
        peak = np.abs(sound).max() or 1.0
        yield name, flac((sound / peak * 12000).astype(np.int16))


async def measured(group: str, name: str, content: bytes, workers: LocalWorkers, language: str, truth: str) -> Row:
    """One file through the service."""
    began, steps = time.process_time(), []
    report = await analyse_voice(Context({"file": content}, workers, on_progress=steps.append))
    check = report.check("voice_spoof")
    assert check is not None
    seconds = float(check.evidence["duration"])
    row = Row(
        group, name, seconds, time.process_time() - began, language, truth, dict(report.data), _peak(), progress=steps
    )
    print(group, name, f"{seconds:.1f} s", f"{row.cpu / seconds:.2f}", row.data["speech"].get("language"), flush=True)
    return row


Recording = tuple[str, str, bytes, str, str]
"""Group, name, file, language and words."""


def recordings(data: Path, prompts: Path | None, music: Path | None, *, long: bool) -> Iterator[Recording]:
    """All that is listened to."""
    clips = transcribed(data)
    for name, content, text in clips:
        yield "transcribed", name, content, "en", text
    for file in sorted((data / "audio/languages").glob("*.flac")):
        yield "languages", file.stem, file.read_bytes(), file.stem[:2], ""
    for name, content in without_speech():
        yield "no speech", name, content, "", ""
    for file in sorted(music.iterdir()) if music else ():
        samples, rate = soundfile.read(file, dtype="int16", frames=60 * soundfile.info(file).samplerate)
        yield "no speech", file.stem, flac(samples, rate), "", ""
    if long:
        content, words = long_file(clips)
        yield "long", "20 minutes", content, "en", words
    for file in sorted(prompts.glob("*/*")) if prompts else ():
        yield "prompts", file.stem, file.read_bytes(), file.parent.name, ""


async def run(found: Iterator[Recording], out: Path) -> None:
    """Listens to what `out` has no row of yet, and adds a line to it for each: a run that was cut short goes on."""
    known = {(row.group, row.name) for row in rows_of(out)}
    async with IsolatedDecoder(timeout_s=600) as decoder:  # on a busy machine, too
        workers = LocalWorkers(decoder, LocalModels())
        for group, name, content, language, text in found:
            if (group, name) not in known:
                row = await measured(group, name, content, workers, language, text)
                with out.open("a") as lines:
                    lines.write(json.dumps(asdict(row)) + "\n")


def rows_of(out: Path) -> list[Row]:
    """What was measured so far."""
    return [Row(**json.loads(line)) for line in out.read_text().splitlines()] if out.exists() else []


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def count_words(rows: Sequence[Row], spelling: Mapping[str, str]) -> None:
    """Fills in how many words of each row came out wrong, and how many there are, each word in one spelling."""
    normal = EnglishTextNormalizer(spelling)
    for row in rows:
        if row.truth:
            truth, read = normal(row.truth).split(), normal(row.data["speech"]["text"]).split()
            row.wrong = distance(truth, read), len(truth)


def with_interval(rows: Sequence[Row]) -> str:
    """Word error rate of rows with its interval."""
    counts = np.array([row.wrong for row in rows], float)
    rng = np.random.default_rng(0)
    drawn = [counts[rng.integers(0, len(counts), len(counts))].sum(0) for _ in range(RESAMPLES)]
    low, high = np.percentile([wrong / words for wrong, words in drawn], [2.5, 97.5])
    wrong, words = counts.sum(0)
    return f"{wrong / words:.4f} ({low:.4f} to {high:.4f}), {len(rows)} clips, {int(words)} words"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--prompts", type=Path)
    parser.add_argument("--music", type=Path)
    parser.add_argument("--spelling", type=Path, help="normalizer.json of Whisper: British to American spelling")
    parser.add_argument("--no-long", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    found = recordings(given.data, given.prompts, given.music, long=not given.no_long)
    asyncio.run(run(found, given.out))
    rows = rows_of(given.out)
    count_words(rows, json.loads(given.spelling.read_text(encoding="utf-8")) if given.spelling else {})
    for group in dict.fromkeys(row.group for row in rows):
        of = [row for row in rows if row.group == group]
        right = sum(row.data["speech"].get("language", "") == row.language for row in of)
        cost = sum(row.cpu for row in of) / sum(row.seconds for row in of)
        print(f"{group}: language right {right} of {len(of)}; {cost:.3f} CPU-s a second of sound", end="")
        print(f"; at most {max(row.memory for row in of):.0f} MiB", end="")
        print(f"; WER {with_interval(of)}" if of[0].truth else "")


if __name__ == "__main__":
    main()

"""The peers: fastmrz (AGPL-3.0, in an environment of its own) and Debian's tesseract, each on picture files."""

import json
import os
import resource
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.document.mrz_lattice import ALPHABET

_FASTMRZ = """
import json, sys
from fastmrz import FastMRZ
reader = FastMRZ(tesseract_path="tesseract")
for file in sys.argv[1:]:
    try:
        found = reader.get_details(file, include_checkdigit=True)
        text = found.get("mrz_text") or ""
    except Exception:
        text = ""
    print(json.dumps(text), flush=True)
"""


@dataclass(frozen=True, slots=True)
class PeerReading:
    """What a peer read in each picture, as lines of the 37 characters, and what it cost."""

    lines: list[list[str]]
    cpu_seconds: float


def fastmrz(python: Path, files: Sequence[Path], tessdata: Path) -> PeerReading:
    """fastmrz with the model it asks for. Args: python: of its environment; tessdata: holds `mrz.traineddata`."""
    command = [str(python), "-c", _FASTMRZ, *map(str, files)]
    answer, seconds = _run(command, tessdata)
    texts = [json.loads(line) for line in answer.splitlines() if line.startswith('"')]
    return PeerReading([_lines(text) for text in texts], seconds)


def tesseract(files: Sequence[Path], tessdata: Path, model: str = "mrz") -> PeerReading:
    """Tesseract over the whole picture as one block of text, with a model for OCR-B."""
    found, total = [], 0.0
    for file in files:
        answer, seconds = _run(["tesseract", str(file), "-", "--psm", "6", "-l", model], tessdata)
        found.append(_lines(answer))
        total += seconds
    return PeerReading(found, total)


def _run(command: list[str], tessdata: Path) -> tuple[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "TESSDATA_PREFIX": str(tessdata), "OMP_THREAD_LIMIT": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


def _lines(text: str) -> list[str]:
    kept = ("".join(character for character in line.upper() if character in ALPHABET) for line in text.splitlines())
    return [line for line in kept if line]

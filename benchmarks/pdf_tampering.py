"""Measures the PDF red flags: tampering of many kinds found, and false alarms on ordinary files of many producers.

    python -m benchmarks.pdf_tampering --folder DIR [--data ../shared/data] [--installed /usr/share] --out REPORT.md

Papers are set by the real programs (LibreOffice, Chromium, TeX, ...; those that are not installed are left out) into
DIR and kept there. Rules were tuned on papers numbered from 0; figures are of papers that were never looked at before.
Each file goes through a confined decoder process, as in the product.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from benchmarks.pdf_forensics.producers import ordinary
from benchmarks.pdf_forensics.tampering import KINDS, Base, Unfit
from models.training.recapture.evaluate import wilson
from pipelines.document.pdf_arithmetic import judge_arithmetic
from pipelines.errors import MediaError
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest, Limits

FRESH = 500_000
"""Papers from here on are reported, those below were tuned on."""
PRESENCE = ("annotations_present", "embedded_files_present", "javascript_present")
"""Flags that say that something is there. They are no false alarms where it is."""
BASES = (
    "reportlab",
    "reportlab-ttf",
    "chromium",
    "writer",
    "calc",
    "pdflatex",
    "dvips",
    "dvipdfmx",
    "groff",
    "groff-ps",
)
BASES += ("wkhtmltopdf", "matplotlib-42", "cairo", "ghostscript", "qpdf-linear", "qpdf-streams", "pdftk")
_REQUEST = DecodeRequest(frames=0, kinds=frozenset({"pdf"}), facts=frozenset({"forensics"}))
_PAGES = 20
"""Of a file that are looked at."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One file, by the flags it raised. `expected` are those of which one must be among them."""

    group: str
    name: str
    flags: tuple[str, ...]
    pages: int
    seconds: float
    error: str = ""
    unread: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()

    @property
    def caught(self) -> bool:
        return bool(set(self.flags) & set(self.expected))


async def look(decoder: IsolatedDecoder, group: str, name: str, data: bytes, expected: Iterable[str] = ()) -> Seen:
    """Reads a file in a process of its own and judges its figures here, as the product does."""
    began = time.monotonic()
    try:
        facts = (await decoder.decode(data, _REQUEST, Limits(pages=_PAGES))).facts
    except MediaError as error:
        return Seen(group, name, (), 0, time.monotonic() - began, error.code, (), tuple(expected))
    flags = set(facts["forensics"]["flags"])
    if judge_arithmetic(facts["forensics"]["signals"].get("pdf", {}).get("text", ())):
        flags.add("arithmetic_inconsistency")
    unread = facts["forensics"]["signals"].get("pdf", {}).get("unread", ())
    pages = facts["forensics"]["details"].get("pages_examined", 0)
    seconds = time.monotonic() - began
    return Seen(group, name, tuple(sorted(flags)), pages, seconds, "", tuple(unread), tuple(sorted(expected)))


async def look_at_ordinary(decoder: IsolatedDecoder, files: Mapping[str, Sequence[Path]]) -> list[Seen]:
    """All files of all groups."""
    return [
        await look(decoder, group, place.name, place.read_bytes())
        for group, places in files.items()
        for place in places
    ]


async def look_at_tampered(decoder: IsolatedDecoder, files: Mapping[str, Sequence[Path]], folder: Path) -> list[Seen]:
    """Every kind on a base of each producer; what a base does not lend itself to is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    seen = []
    for kind, (tamper, expected) in KINDS.items():
        for producer in BASES:
            if len(files.get(producer, ())) < 2:
                continue
            source, other = files[producer][:2]
            place = folder / f"{kind}-{source.name}".replace(" ", "-")
            if not place.exists():
                base = Base(source.read_bytes(), other.read_bytes())
                try:
                    place.write_bytes(await asyncio.to_thread(tamper, base))
                except (Unfit, subprocess.SubprocessError, OSError) as error:
                    print(f"{place.name}: {error}", flush=True)
                    continue
            seen.append(await look(decoder, kind, place.name, place.read_bytes(), expected))
        caught = [one.caught for one in seen if one.group == kind]
        print(f"{kind}: {sum(caught)} of {len(caught)}", flush=True)
    return seen


def found_files(places: Iterable[Path]) -> list[Path]:
    """PDFs below some folders, the same content once."""
    by_content: dict[bytes, Path] = {}
    for place in sorted(path for folder in places for path in folder.rglob("*.pdf") if path.is_file()):
        by_content.setdefault(place.read_bytes(), place)
    return list(by_content.values())


def rate(hits: int, n: int) -> str:
    """Hits of n in per cent with the 95 % Wilson interval."""
    if not n:
        return "none"
    value, low, high = wilson(hits, n)
    return f"{hits} of {n}: {100 * value:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def kinds_table(seen: Sequence[Seen]) -> str:
    """A row for every kind of tampering."""
    lines = ["| tampering | flagged as it should be (95 %) | flagged at all | missed on |", "| --- | --- | --- | --- |"]
    for kind in KINDS:
        own = [one for one in seen if one.group == kind]
        missed = Counter(
            one.name.removeprefix(kind.replace(" ", "-") + "-").rsplit("-", 1)[0] for one in own if not one.caught
        )
        names = ", ".join(f"{name} {count}" for name, count in missed.items()) or "none"
        any_flag = sum(bool(one.flags) for one in own)
        lines.append(
            f"| {kind} | {rate(sum(one.caught for one in own), len(own))} | {any_flag} of {len(own)} | {names} |"
        )
    return "\n".join(lines)


def alarms_table(groups: Mapping[str, Sequence[Seen]]) -> str:
    """A row for every flag, a column for every set of ordinary files."""
    names = sorted({flag for seen in groups.values() for one in seen for flag in one.flags} | set(_ALL_FLAGS))
    lines = ["| flag | " + " | ".join(groups) + " |", "| --- |" + " --- |" * len(groups)]
    for name in names:
        cells = [rate(sum(name in one.flags for one in seen), len(seen)) for seen in groups.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def alarms_list(seen: Iterable[Seen]) -> str:
    """Which files raised which flag."""
    by_flag: dict[str, list[str]] = defaultdict(list)
    for one in seen:
        for flag in one.flags:
            by_flag[flag].append(one.name)
    return "\n".join(f"- `{flag}`: {', '.join(files)}" for flag, files in sorted(by_flag.items())) or "- none"


_ALL_FLAGS = (
    "annotations_present", "arithmetic_inconsistency", "corrupted_file", "dates_mismatch", "embedded_files_present",
    "font_inconsistency", "hidden_text", "invalid_signature", "invisible_overlay", "javascript_present",
    "metadata_stripped", "mixed_sources", "multiple_versions", "redacted_content", "signature_partial_coverage",
    "suspicious_software", "trailing_data",
)  # fmt: skip


async def main() -> None:
    """Makes, looks, and writes the report; what was seen of each file goes into the folder as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--installed", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    tuned, fresh = ordinary(options.folder / "tuned"), ordinary(options.folder / "fresh", FRESH)
    at_hand = {"installed": found_files(options.installed)}
    odd: dict[str, list[Path]] = {}
    if options.data:
        at_hand["invoices"] = sorted((options.data / "documents/invoices").glob("*.pdf"))
        odd["odd on purpose"] = sorted((options.data / "forensics/pdf").glob("*.pdf"))
    async with IsolatedDecoder(timeout_s=60.0) as decoder:
        used = _cpu_seconds()
        seen: dict[str, list[Seen]] = {}
        for name, files in (("fresh", fresh), ("at hand", at_hand), ("tuned on", tuned)):
            seen[name] = await look_at_ordinary(decoder, files)
            print(f"{name}: {sum(bool(one.flags) for one in seen[name])} of {len(seen[name])} flagged", flush=True)
            _keep(options.folder, name, seen[name])
        cost = _cpu_seconds() - used
        tampered = await look_at_tampered(decoder, fresh, options.folder / "tampered")
        strange = await look_at_ordinary(decoder, odd)
    _keep(options.folder, "tampered", tampered)
    options.out.write_text(report(seen, tampered, strange, cost))


def _keep(folder: Path, name: str, seen: Sequence[Seen]) -> None:
    (folder / f"{name}.json").write_text(json.dumps([asdict(one) for one in seen], indent=1))


def _cpu_seconds() -> float:
    times = [process.cpu_times() for process in (psutil.Process(), *psutil.Process().children(recursive=True))]
    return sum(one.user + one.system for one in times)


def report(seen: Mapping[str, Sequence[Seen]], tampered: Sequence[Seen], odd: Sequence[Seen], cost: float) -> str:
    """The tables; what they mean is written round them by hand."""
    pages = sum(one.pages for group in seen.values() for one in group)
    files = sum(len(group) for group in seen.values())
    unread = sum(bool(one.unread or one.error) for group in seen.values() for one in group)
    caught, n = sum(one.caught for one in tampered), len(tampered)
    producers = Counter(one.group for one in seen["fresh"])
    missing = [name for name in ("soffice", "chromium", "pdflatex", "gs", "groff", "qpdf") if not shutil.which(name)]
    return "\n\n".join(
        (
            f"Tampered files flagged as they should be: {rate(caught, n)}, of {len(KINDS)} kinds.",
            kinds_table(tampered),
            f"Fresh files by producer: {', '.join(f'{name} {count}' for name, count in producers.items())}."
            + (f" Not installed: {', '.join(missing)}." if missing else ""),
            alarms_table(seen),
            "Fresh:\n" + alarms_list(seen["fresh"]) + "\n\nAt hand:\n" + alarms_list(seen["at hand"]),
            f"Files with a part that could not be read: {unread} of {files}. CPU: {cost / max(pages, 1):.2f} s a page,"
            f" n {pages}.",
            f"Odd on purpose ({len(odd)}), {sum(bool(one.error) for one in odd)} refused:\n" + alarms_list(odd),
        )
    )


if __name__ == "__main__":
    asyncio.run(main())

"""`veriscope check`: the same pipelines in one process, without a cluster."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from cluster.server import StartError
from models.weights import WeightsError
from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder
from pipelines.report import Report
from pipelines.services import FILE_SERVICES, Service

COLOURS = {"genuine": "green", "suspicious": "red", "inconclusive": "yellow"}


def check_files(files: Sequence[Path], service: str, reference: Path | None, *, as_json: bool) -> None:
    """Judges every file and prints its report. Raises StartError for a wrong service or missing weights."""
    if service not in FILE_SERVICES:
        raise StartError(f"no service {service!r}; there are: {', '.join(sorted(FILE_SERVICES))}")
    chosen = FILE_SERVICES[service]
    if chosen.reference_required and reference is None:
        raise StartError(f"{service} needs --reference FILE")
    extra = {chosen.reference: reference.read_bytes()} if chosen.reference and reference else {}
    try:
        asyncio.run(_check(files, chosen, extra, as_json=as_json))
    except WeightsError as error:
        raise StartError(str(error)) from error


async def _check(files: Sequence[Path], service: Service, extra: dict[str, bytes], *, as_json: bool) -> None:
    console = Console(highlight=False)
    async with IsolatedDecoder() as decoder:
        workers = LocalWorkers(decoder, LocalModels())
        shown = track(files, description="judging", console=console, transient=True, disable=as_json or len(files) < 2)
        for file in shown:
            try:
                sources = {service.subject: file.read_bytes(), **extra}
                report = await service.run(Context(sources, workers, options={"file_name": file.name}))
            except MediaError as error:
                _show_failure(console, file, error, as_json=as_json)
            else:
                _show(console, file, report, as_json=as_json)


def _show_failure(console: Console, file: Path, error: MediaError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": str(file), "error": error.message, "code": error.code}), flush=True)
    else:
        console.print(f"[bold red]could not judge[/] {file}: {error.message}", soft_wrap=True)


def _show(console: Console, file: Path, report: Report, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"file": str(file), **report.to_json()}), flush=True)
        return
    colour = COLOURS[report.verdict.value]
    table = Table("check", "status", "score", "why", title=f"[bold {colour}]{report.verdict.value}[/] {file}")
    for check in report.checks:
        score = "" if check.score is None else f"{check.score:.3f}"
        why = ", ".join(check.reasons) or _brief(check.evidence.get("value"))
        table.add_row(check.name, check.status.value, score, why)
    console.print(table)


def _brief(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_brief(part)}" for name, part in value.items())
    return f"{value:.3g}" if isinstance(value, float) else str(value)

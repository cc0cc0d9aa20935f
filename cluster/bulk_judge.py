"""Judges the items of a bulk job in one worker process, with the pipelines and models of the API."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from cluster.bulk_manifest import Sources
from models.weights import WeightsError
from pipelines.context import Context
from pipelines.deadline import Deadline
from pipelines.errors import MediaError
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import DecoderUnavailable, IsolatedDecoder
from pipelines.policy import ACTIVE, deciding
from pipelines.report import Report
from pipelines.services import FILE_SERVICES, Service

LANES = 3
"""Items under way at the same time in a worker: one is decoded while others are with the models."""

DEADLINE_S = 120.0
MAX_ATTEMPTS = 3


def result_schema(service: str) -> pa.Schema:
    """Columns of a result file; `<check>_*` for every check that decides over the service's verdict."""
    checks = [
        pair
        for name in sorted(_columns(service))
        for pair in (
            (f"{name}_status", pa.string()),
            (f"{name}_score", pa.float64()),
            (f"{name}_threshold", pa.float64()),
            (f"{name}_reasons", pa.string()),
        )
    ]
    head = [("row", pa.int64()), ("id", pa.string()), ("path", pa.string()), ("reference", pa.string())]
    tail = [("report", pa.string()), ("models", pa.string()), ("error_code", pa.string()), ("error", pa.string())]
    return pa.schema([*head, ("service", pa.string()), ("verdict", pa.string()), *checks, *tail])


def _columns(service: str) -> dict[str, str]:
    """Column prefix -> check. Nobody answers a challenge in stored files."""
    return {name.replace(".", "_"): name for name in deciding(service) - ACTIVE}


class Judge:
    """A worker of Ray Data: holds the decoder and the models, and turns a block of items into a block of results."""

    def __init__(self, service: str, base: str, attempts: str) -> None:
        """Starts the decoder.

        Args:
            service: one of `pipelines.services.FILE_SERVICES`.
            base: see `cluster.bulk_manifest.Manifest`.
            attempts: directory that remembers what was under way when a worker died.
        """
        self._name, self._service = service, FILE_SERVICES[service]
        self._schema = result_schema(service)
        self._sources, self._attempts = Sources(base), Attempts(Path(attempts))
        self._decoder = IsolatedDecoder()
        self._workers = LocalWorkers(self._decoder, LocalModels())
        # The decoder belongs to one event loop.
        self._runner = asyncio.Runner()
        self._runner.run(self._decoder.start())

    def __call__(self, block: pa.Table) -> pa.Table:
        """One result for each item, in order; an item that cannot be judged is a row that says why.

        Raises:
            WeightsError, DecoderUnavailable: nothing can be judged here, and no item is to blame.
        """
        results = self._runner.run(self._judge_all(block.to_pylist()))
        return pa.Table.from_pylist(results, schema=self._schema)

    async def _judge_all(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        lanes = asyncio.Semaphore(LANES)
        suspects = [item for item in items if self._attempts.of(item["row"])]
        others = [item for item in items if item not in suspects]

        async def in_lane(item: dict[str, Any]) -> dict[str, Any]:
            async with lanes:
                return await self._judge(item)

        results = await asyncio.gather(*(in_lane(item) for item in others))
        # What was under way when a worker died goes last and alone: if it kills this one too, it takes nothing along.
        results += [await self._judge(item) for item in suspects]
        return sorted(results, key=lambda result: result["row"])

    async def _judge(self, item: dict[str, Any]) -> dict[str, Any]:
        result = {**item, "service": self._name}
        if self._attempts.of(item["row"]) >= MAX_ATTEMPTS:
            return result | {"error_code": "worker_lost", "error": "worker lost"}
        with self._attempts.begin(item["row"]):
            try:
                async with Deadline(DEADLINE_S * self._service.patience) as deadline:
                    report = await self._report(item, self._service, deadline)
            except MediaError as error:
                return result | {"error_code": error.code, "error": error.message}
            except TimeoutError:
                return result | {"error_code": "deadline_exceeded", "error": "the analysis took too long"}
            except (WeightsError, DecoderUnavailable):
                raise
            except Exception as error:
                return result | {"error_code": "internal", "error": f"internal error ({type(error).__name__})"}
        return result | columns_of(report)

    async def _report(self, item: Mapping[str, Any], service: Service, deadline: Deadline) -> Report:
        sources = {service.subject: await self._sources.read(item["path"])}
        if service.reference and item["reference"]:
            sources[service.reference] = await self._sources.read(item["reference"])
        elif service.reference_required:
            raise MediaError("missing_reference", "the item names no reference")
        return await service.run(Context(sources, self._workers, on_progress=deadline.advance))


def columns_of(report: Report) -> dict[str, Any]:
    """The report's columns: verdict, deciding checks, the whole report and the models behind it as JSON text."""
    columns: dict[str, Any] = {"verdict": report.verdict.value, "report": json.dumps(report.to_json())}
    for column, name in _columns(report.service).items():
        check = report.check(name)
        if check is not None:
            columns |= {
                f"{column}_status": check.status.value,
                f"{column}_score": check.score,
                f"{column}_threshold": check.threshold,
                f"{column}_reasons": ",".join(check.reasons),
            }
    models = {model.name: model.version for check in report.checks for model in check.models}
    return columns | {"models": json.dumps(models, sort_keys=True)}


class Attempts:
    """Which items were under way in workers that died: one small file an item, gone when the item is done."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def of(self, row: int) -> int:
        """How often the item was begun and never ended."""
        try:
            return (self._directory / str(row)).stat().st_size
        except FileNotFoundError:
            return 0

    def begin(self, row: int) -> "_Attempt":
        """A context that ends with the item, however it ends, unless the process does."""
        return _Attempt(self._directory / str(row))


class _Attempt:
    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> None:
        with self._file.open("ab") as marks:
            marks.write(b".")

    def __exit__(self, *_: object) -> None:
        self._file.unlink(missing_ok=True)

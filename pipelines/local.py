"""Workers of one process: isolated decoding and predictors in threads, no cluster."""

import asyncio
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from models.predictor import Predictor
from models.registry import create
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest
from pipelines.stages import STAGES


class LocalModels:
    """Predictors loaded when they are first asked."""

    def __init__(self, *, threads: int = 1) -> None:
        self._threads = threads
        self._loaded: dict[str, tuple[Predictor[Any, Any], Lock]] = {}
        self._loading = Lock()

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        """See `pipelines.workers.Models`."""
        return await asyncio.to_thread(self._predict, name, batch) if batch else []

    def _predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        with self._loading:
            if name not in self._loaded:
                predictor = create(name, threads=self._threads)
                predictor.load()
                self._loaded[name] = predictor, Lock()
        predictor, turn = self._loaded[name]
        with turn:
            return predictor.predict(batch)


class LocalWorkers:
    """`pipelines.workers.Workers` whose sources are bytes."""

    def __init__(self, decoder: IsolatedDecoder, models: LocalModels) -> None:
        self._decoder, self._models = decoder, models

    async def look(self, source: bytes, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        """See `pipelines.workers.Workers`."""
        return await STAGES[stage].run(await self._decoder.decode(source, request), self._models, options)

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        """See `pipelines.workers.Models`."""
        return await self._models.predict(name, batch)

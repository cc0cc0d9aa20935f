"""Runs predictors: array-in, array-out, calls of different requests merged."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Lock
from typing import Any

import cv2
from ray import serve

from deployments.profile import Batch, Host
from deployments.replica import where
from models.predictor import Predictor
from models.registry import create
from pipelines.errors import MediaError
from pipelines.media.frames import Decoded
from pipelines.stages import STAGES

logger = logging.getLogger("ray.serve")

Run = Callable[[Sequence[Any]], Awaitable[list[Any]]]


def merged(run: Callable[[Sequence[Any]], list[Any]], pool: ThreadPoolExecutor, batch: Batch) -> Run:
    """A model's `predict` as a coroutine that runs concurrent calls as one batch, off the event loop."""

    @serve.batch(max_batch_size=batch.size, batch_wait_timeout_s=batch.wait_ms / 1000)
    async def run_calls(calls: list[Sequence[Any]]) -> list[list[Any]]:
        items = [item for call in calls for item in call]
        results = iter(await asyncio.get_running_loop().run_in_executor(pool, run, items))
        return [[next(results) for _ in call] for call in calls]

    return run_calls


class ModelHost:
    """One or more predictors in one replica, and the stages that run beside them."""

    def __init__(self, host: Mapping[str, Any], batches: Mapping[str, Mapping[str, Any]]) -> None:
        shape = Host.model_validate(host)
        # OpenCV counts the machine's cores by itself and would take them from the other replicas.
        cv2.setNumThreads(shape.threads)
        pool = ThreadPoolExecutor(shape.parallel, thread_name_prefix="model")
        self._runs: dict[str, Run] = {}
        for name in shape.models:
            predictor = create(name, threads=shape.threads)
            predictor.load()
            batch = Batch.model_validate(batches.get(name, {}))
            self._runs[name] = merged(partial(_exclusively, Lock(), predictor), pool, batch)

    def ready(self) -> None:
        """Answers when the models are loaded."""

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        """One result for each item of the batch, in order. KeyError when the profile put the model elsewhere."""
        return await self._runs[name](batch) if batch else []

    async def look(self, items: Sequence[Decoded | Exception], stage: str, options: Mapping[str, Any]) -> list[Any]:
        """Runs a stage on media of several tasks at once; an item that failed to decode stays the error it is.

        The tasks' model calls meet in the batches. A result that is an exception belongs to its item alone.
        """
        return await asyncio.gather(*(self._look(item, stage, options) for item in items))

    async def _look(self, item: Decoded | Exception, stage: str, options: Mapping[str, Any]) -> Any:
        if isinstance(item, Exception):
            return item
        try:
            return await STAGES[stage].run(item, self, options)
        except Exception as error:
            if not isinstance(error, MediaError):
                # The error travels as a value and loses its traceback on the way.
                logger.error("stage %s: %s", stage, where(error))
            return error


def _exclusively(lock: Lock, predictor: Predictor[Any, Any], items: Sequence[Any]) -> list[Any]:
    with lock:
        return predictor.predict(items)

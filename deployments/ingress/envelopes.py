"""What a facade's webhooks post: exactly what a poll of the same task answers (contracts 2.7)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from deployments.ingress.oz.render import folder
from deployments.ingress.pictures import ReadBlob
from deployments.ingress.sensity.render import envelope, pictures_of
from deployments.settings import Settings
from deployments.tasks.cases import Cases
from deployments.tasks.task import Task

BASE64_KEYS = frozenset(("preview", "overlay", "heatmap", "extracted_images", "images"))
"""Members that hold encoded pictures, in any facade's results."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What bodies are made from beside the task."""

    settings: Settings
    cases: Cases
    read: ReadBlob


def thin(value: Any) -> Any:
    """The same JSON values without encoded pictures, which make bodies larger than receivers like."""
    if isinstance(value, dict):
        return {key: thin(inner) for key, inner in value.items() if key not in BASE64_KEYS}
    return [thin(inner) for inner in value] if isinstance(value, list) else value


async def _sensity(task: Task, sources: Sources) -> dict[str, Any]:
    if sources.settings.webhook_body == "thin":
        return thin(envelope(task))  # type: ignore[no-any-return]
    return envelope(task, await pictures_of(task, sources.read))


async def _oz(task: Task, sources: Sources) -> dict[str, Any] | None:
    case = await asyncio.to_thread(sources.cases.get, task.spec.tenant, task.spec.case or "")
    return None if case is None else folder(case, sources.settings, with_analyses=True)


ENVELOPES: Mapping[str, Callable[[Task, Sources], Awaitable[dict[str, Any] | None]]] = {"sensity": _sensity, "oz": _oz}
"""Facade -> the body of a delivery, None where what it speaks of is gone. The other APIs announce nothing."""

"""What a facade's webhooks post: exactly what a poll of the same task answers (contracts 2.7)."""

from collections.abc import Callable, Mapping
from typing import Any

from deployments.ingress.oz.render import folder
from deployments.ingress.sensity.render import envelope
from deployments.settings import Settings
from deployments.tasks.cases import Cases
from deployments.tasks.task import Task

BASE64_KEYS = frozenset(("preview", "overlay", "heatmap", "extracted_images", "images"))
"""Members that hold encoded pictures, in any facade's results."""


def thin(value: Any) -> Any:
    """The same JSON values without encoded pictures, which make bodies larger than receivers like."""
    if isinstance(value, dict):
        return {key: thin(inner) for key, inner in value.items() if key not in BASE64_KEYS}
    return [thin(inner) for inner in value] if isinstance(value, list) else value


def _sensity(task: Task, settings: Settings, _cases: Cases) -> dict[str, Any]:
    body = envelope(task)
    return thin(body) if settings.webhook_body == "thin" else body


def _oz(task: Task, settings: Settings, cases: Cases) -> dict[str, Any] | None:
    case = cases.get(task.spec.tenant, task.spec.case or "")
    return None if case is None else folder(case, settings, with_analyses=True)


ENVELOPES: Mapping[str, Callable[[Task, Settings, Cases], dict[str, Any] | None]] = {"sensity": _sensity, "oz": _oz}
"""Facade -> the body of a delivery, None where what it speaks of is gone. May read the database. The native API
announces nothing."""

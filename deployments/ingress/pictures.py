"""Pictures that a report produced, as base64, for APIs that put them into their replies."""

import base64
from collections.abc import Awaitable, Callable, Mapping

from deployments.tasks.task import Task

ReadBlob = Callable[[str], Awaitable[bytes]]
Pictures = Mapping[str, str]
"""Artifact name -> base64 without a `data:` prefix. What is no longer stored is absent."""


async def load_pictures(task: Task, wanted: Callable[[str], bool], read: ReadBlob) -> Pictures:
    """The task's artifacts whose names are `wanted`, in the report's order."""
    found: dict[str, str] = {}
    for artifact in task.artifacts:
        if artifact.blob and wanted(artifact.name):
            try:
                found[artifact.name] = base64.b64encode(await read(artifact.blob)).decode()
            except FileNotFoundError:
                continue  # it expired before the report did
    return found

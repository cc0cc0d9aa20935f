"""What one task works with: its media, its options, and findings that several of its nodes share."""

import asyncio
from collections.abc import Mapping
from typing import Any

from pipelines.errors import MediaError
from pipelines.media.frames import DecodeRequest
from pipelines.workers import Galleries, Workers


class Context:
    """One task's view of the world.

    Findings are memoised: nodes that look at the same media with the same stage share one decode and one pass of the
    models, also when they ask at the same time.
    """

    def __init__(
        self,
        sources: Mapping[str, Any],
        workers: Workers,
        *,
        options: Mapping[str, Any] | None = None,
        galleries: Galleries | None = None,
    ) -> None:
        """Args: sources: role (`file`, `extra_file`, ...) -> what `workers` reads that media from."""
        self.sources = sources
        self.options = options or {}
        self.galleries = galleries
        self._workers = workers
        self._found: dict[tuple[str, str], asyncio.Task[Any]] = {}

    def has(self, role: str) -> bool:
        """Whether the task came with media in that role."""
        return role in self.sources

    def seen_as(self, roles: Mapping[str, str]) -> "Context":
        """The same task for a node that knows its media by other names.

        Args: roles: the node's role -> the task's; those that the task does not have are left out.
        """
        sources = {role: self.sources[own] for role, own in roles.items() if own in self.sources}
        return Context(sources, self._workers, options=self.options, galleries=self.galleries)

    async def look(self, role: str, stage: str, request: DecodeRequest, options: Mapping[str, Any]) -> Any:
        """What the stage finds in the media of that role. The first caller's request and options count.

        Raises:
            pipelines.errors.MediaError: names the role.
        """
        found = self._found.get((role, stage))
        if found is None:
            work = self._workers.look(self.sources[role], request, stage, options)
            found = self._found[role, stage] = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(found)
        except MediaError as error:
            raise error.about(role) from None

"""What one task works with: its media, its options, and findings that several of its nodes share."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipelines.errors import MediaError
from pipelines.media.frames import DecodeRequest
from pipelines.workers import Galleries, Workers


@dataclass(slots=True)
class Look:
    """One decoding of one medium, with one pass of a stage's models over it.

    Attributes:
        role: the medium, as the task calls it.
        nodes: how many nodes of the task asked for it, and share what was found.
        ms: wall milliseconds, waiting for a free worker included; None while it lasts.
        outcome: `done`, or the code of the error that kept it from being judged; None while it lasts.
    """

    role: str
    stage: str
    nodes: int = 0
    ms: float | None = None
    outcome: str | None = None


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
        on_progress: Callable[[float], None] = lambda _: None,
    ) -> None:
        """Args:
        sources: role (`file`, `extra_file`, ...) -> what `workers` reads that media from.
        on_progress: told of `progress`.
        """
        self.sources = sources
        self.options = options or {}
        self.galleries = galleries
        self._workers = workers
        self._on_progress = on_progress
        self._names: Mapping[str, str] = {}
        self._looks: list[Look] = []
        self._found: dict[tuple[str, str], tuple[Look, asyncio.Task[Any]]] = {}

    def has(self, role: str) -> bool:
        """Whether the task came with media in that role."""
        return role in self.sources

    def seen_as(self, roles: Mapping[str, str]) -> "Context":
        """The same task for a node that knows its media by other names.

        Args: roles: the node's role -> the task's; those that the task does not have are left out.
        """
        sources = {role: self.sources[own] for role, own in roles.items() if own in self.sources}
        seen = Context(
            sources, self._workers, options=self.options, galleries=self.galleries, on_progress=self._on_progress
        )
        seen._names, seen._looks = roles, self._looks
        return seen

    def progress(self, share: float) -> None:
        """Says that this share (0..1) of the work is done, which gives the task its full time for the next step."""
        self._on_progress(share)

    async def ask(self, model: str, batch: Sequence[Any]) -> list[Any]:
        """One model's results for each item of the batch, for work in steps that are too long for one stage."""
        return await self._workers.predict(model, batch)

    def trace(self) -> list[dict[str, Any]]:
        """What was decoded and looked at, in order, as JSON values (see `Look`)."""
        return [asdict(look) for look in self._looks]

    async def look(self, role: str, stage: str, request: DecodeRequest, options: Mapping[str, Any]) -> Any:
        """What the stage finds in the media of that role. The first caller's request and options count.

        Raises:
            pipelines.errors.MediaError: names the role.
        """
        if (role, stage) not in self._found:
            look = Look(self._names.get(role, role), stage)
            self._looks.append(look)
            work = self._workers.look(self.sources[role], request, stage, options)
            self._found[role, stage] = look, asyncio.ensure_future(_timed(look, work))
        look, found = self._found[role, stage]
        look.nodes += 1
        try:
            return await asyncio.shield(found)
        except MediaError as error:
            raise error.about(role) from None


async def _timed(look: Look, work: Awaitable[Any]) -> Any:
    began = time.perf_counter()
    try:
        found = await work
        look.outcome = "done"
        return found
    except MediaError as error:
        look.outcome = error.code
        raise
    finally:
        look.ms = round((time.perf_counter() - began) * 1000, 1)

"""Where the heavy work happens, seen from a pipeline: in this process, or behind Serve handles."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from pipelines.media.frames import Decoded, DecodeRequest


class Models(Protocol):
    """Predictors by registry name."""

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        """One result for each item of the batch, in order; an empty batch costs nothing."""
        ...


Stage = Callable[[Decoded, Models, Mapping[str, Any]], Awaitable[Any]]
"""A step from decoded media to small findings. It runs beside its models where the profile puts them in one host, so
that pixels never travel further than they must."""


class Workers(Models, Protocol):
    """Turns a piece of submitted media into what a stage finds in it, and asks single models (`predict`) in small steps
    what would take too long as one stage."""

    async def look(self, source: Any, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        """Decodes `source` in isolation and runs the stage registered under that name (`pipelines.stages`).

        Args:
            source: whatever the implementation reads media from (bytes, a blob key).
            options: JSON values handed to the stage.

        Raises:
            pipelines.errors.MediaError: the media cannot be judged.
        """
        ...


class Galleries(Protocol):
    """Enrolled faces of one tenant."""

    async def search(self, gallery: str, embedding: Any, at_most: int) -> list[tuple[str, float]]:
        """Best subjects with their cosine similarity, best first. Raises MediaError `unknown_gallery`."""
        ...

    async def enrol(self, gallery: str, subject: str, embedding: Any) -> None:
        """Adds a face of that subject; doing it again for the same task changes nothing."""
        ...

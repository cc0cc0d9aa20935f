"""Readers that look at a file itself and not at its pixels. They run where media is decoded: isolated from all else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from pipelines.errors import MediaError
from pipelines.media.frames import Limits
from pipelines.media.sniff import MediaType
from pipelines.report import Artifact

READERS: Mapping[str, str] = {
    "forensics": "pipelines.media.forensics:read",
    "pdf_images": "pipelines.media.pdf_images:read",
    "pdf_text": "pipelines.media.pdf_text:read",
}
"""Name -> `module:function`, a function `(data, found, limits) -> Facts`. Modules are imported at their first use, so
that a decoder process starts quickly."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a reader found.

    Attributes:
        values: JSON values.
        attachments: bytes taken out of the file, re-encoded, never as they stood in it.
    """

    values: Mapping[str, Any]
    attachments: tuple[Artifact, ...] = field(default=())


def read_facts(names: Iterable[str], data: bytes, found: MediaType, limits: Limits) -> dict[str, Facts]:
    """What the named readers find in the whole file, by their names.

    Raises:
        MediaError: as the readers do; `corrupt_media` where one of them fails over the file. KeyError for a name that
            is not in `READERS`.
    """
    return {name: _read(READERS[name], data, found, limits) for name in sorted(names)}


def _read(reader: str, data: bytes, found: MediaType, limits: Limits) -> Facts:
    module, function = reader.split(":")
    read = getattr(import_module(module), function)
    try:
        facts: Facts = read(data, found, limits)
    except (MediaError, MemoryError):
        raise
    except Exception:  # parsers of hostile bytes raise anything
        raise MediaError("corrupt_media", "the file is damaged") from None
    return facts

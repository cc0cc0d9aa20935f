"""Untrusted bytes to arrays: reads the blob and decodes it in an isolated process."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from deployments.profile import Media
from deployments.replica import where
from deployments.settings import Settings
from deployments.tasks.blobs import Blobs
from pipelines.errors import MediaError
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import Decoded, DecodeRequest

logger = logging.getLogger("ray.serve")


class MediaHost:
    """Decodes the media of several tasks at once; one that cannot be decoded harms none of the others."""

    async def __init__(self, media: Mapping[str, Any]) -> None:  # type: ignore[misc]
        shape = Media.model_validate(media)
        settings = Settings()
        self._blobs = Blobs(settings.blobs, settings.blob_key)
        self._decoder = IsolatedDecoder(workers=shape.workers, memory_mb=shape.memory_mb, timeout_s=shape.timeout_s)
        await self._decoder.start()

    def ready(self) -> None:
        """Answers when the decoders are up."""

    async def decode(self, keys: Sequence[str], request: DecodeRequest) -> list[Decoded | Exception]:
        """Decodes the blobs of these keys, in order. An error stands where its blob could not be decoded.

        A `MediaError` is the media's fault; anything else (the store, a decoder that does not start) is ours.
        """
        return await asyncio.gather(*(self._decode(key, request) for key in keys))

    async def _decode(self, key: str, request: DecodeRequest) -> Decoded | Exception:
        try:
            return await self._decoder.decode(await self._blobs.get(key), request)
        except FileNotFoundError:
            return MediaError("media_gone", "the media is no longer stored")
        except MediaError as error:
            return error
        except Exception as error:
            logger.error("media: %s", where(error))
            return error

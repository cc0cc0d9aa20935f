"""The decoder process that `pipelines.media.decoder` starts: one call at a time, confined, gone with its owner.

Run as `python -m pipelines.media.worker SOCKET LIFELINE MEMORY_BYTES THREADS`, where the first two are inherited file
descriptors. Imports stay few: this start is what a crash costs.
"""

import errno
import json
import os
import socket
import sys
import warnings
from typing import Any

from PIL import AvifImagePlugin, Image, ImageFile

from pipelines.errors import MediaError
from pipelines.media.decode import decode_media
from pipelines.media.exchange import dump_decoded, load_call
from pipelines.media.sandbox import confine, die_with_owner
from pipelines.media.trust import load_trust_list

_MESSAGE_BYTES = 1 << 16


def main(arguments: list[str]) -> None:
    """Confines this process and serves calls until the owner closes its end."""
    channel_fd, lifeline, memory_bytes, threads = map(int, arguments)
    die_with_owner(lifeline)
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the bound is ours, and judged before
    AvifImagePlugin.DEFAULT_MAX_THREADS = threads
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    with socket.socket(fileno=channel_fd) as channel:
        load_trust_list()  # the last file outside the code that this process can read
        protections = confine(memory_bytes)
        channel.send(json.dumps(protections).encode())
        while _serve_one(channel, threads):
            pass


def _serve_one(channel: socket.socket, threads: int) -> bool:
    """Answers one call. False: the owner is gone, or this process should not go on."""
    message, descriptors, _, _ = socket.recv_fds(channel, _MESSAGE_BYTES, 2)
    if not message:
        return False
    source, target = descriptors
    try:
        reply = _answer(json.loads(message), source, target, threads)
    finally:
        os.close(source)
        os.close(target)
    channel.send(json.dumps(reply).encode())
    return "media_memory" not in reply.get("error", ())  # a full heap stays fragmented: let a fresh process follow


def _answer(call: dict[str, Any], source: int, target: int, threads: int) -> dict[str, Any]:
    try:
        request, limits = load_call(call)
        data = os.pread(source, os.fstat(source).st_size, 0)
        return dump_decoded(decode_media(data, request, limits, threads=threads), target)
    except MediaError as error:
        return {"error": [error.code, error.message]}
    except MemoryError:
        return _out_of_memory()
    except OSError as error:
        if error.errno in (errno.EFBIG, errno.ENOSPC, errno.ENOMEM):
            return _out_of_memory()
        raise


def _out_of_memory() -> dict[str, Any]:
    return {"error": ["media_memory", "the media needs more memory than is allowed"]}


if __name__ == "__main__":
    main(sys.argv[1:])

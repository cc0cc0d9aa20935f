"""Decoding of untrusted media in processes of its own: a bomb, a crash or an endless file fails its own call only."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from types import TracebackType
from typing import Self

from pipelines.errors import MediaError
from pipelines.media import exiftool
from pipelines.media.exchange import dump_call, load_decoded, memory_file, write_all
from pipelines.media.frames import Decoded, DecodeRequest, Limits
from pipelines.media.trust import TRUST_LIST_VARIABLE

_START_SECONDS = 60.0
_MESSAGE_BYTES = 1 << 20
_LONGER_PER_BYTE = 1 / (15 << 20)
_LARGE_BYTES = 1 << 18
"""Media above this size is copied off the event loop."""
_NONSENSE = (ValueError, TypeError, KeyError, OSError, OverflowError, RecursionError)
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", TRUST_LIST_VARIABLE)


class DecoderUnavailable(RuntimeError):
    """No decoder process could be started, or the decoder is closed. Not the media's fault: try again elsewhere."""


class IsolatedDecoder:
    """Decodes media in `workers` child processes, one call each at a time; further calls wait their turn in order.

    A process that crashes, runs over time or out of memory, or whose caller is cancelled, is killed and replaced. The
    children end with this process, even when it is killed. Frames come back as read-only arrays over memory that the
    child wrote and this process maps: nothing is copied here. Belongs to one event loop; Linux only.
    """

    def __init__(self, *, workers: int = 1, memory_mb: int = 1024, timeout_s: float = 30.0, threads: int = 1) -> None:
        """Starts nothing yet.

        Args:
            workers: decoder processes, each about 60 MB when idle.
            memory_mb: MiB that one call may use beyond an idle process.
            timeout_s: seconds that one call for a small file may take, waiting for its turn not counted; as long again
                for each 15 MiB, since recordings of many minutes are large and take their time.
            threads: CPU threads of one video decoder.
        """
        self._arguments = (memory_mb << 20, threads)
        self._timeout_s = timeout_s
        self._workers = workers
        self._free: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._turns = asyncio.Semaphore(workers)
        self._closed = False

    @property
    def protections(self) -> frozenset[str]:
        """What confines every process that has started: of `limits`, `seccomp` and `landlock`."""
        known = [worker.protections for worker in (*self._free, *self._busy) if worker.protections is not None]
        return frozenset.intersection(*known) if known else frozenset()

    async def start(self) -> None:
        """Starts the processes and waits until they can decode. Without it, the first calls wait for that."""
        while len(self._free) + len(self._busy) < self._workers:
            self._free.append(_Worker(*self._arguments))
        await asyncio.gather(*(worker.ready() for worker in self._free))

    async def decode(self, data: bytes, request: DecodeRequest | None = None, limits: Limits | None = None) -> Decoded:
        """Decodes a file, and has exiftool read it where `request.facts` asks for that and it is installed.

        Raises:
            MediaError: as `decode_media`; also `media_timeout`, `media_memory`, or `decoder_crashed` where the media
                brought the decoder down. A decoder that was killed from outside (SIGKILL, as the kernel does when the
                machine runs out of memory) is tried once more first, since the media need not be to blame.
            DecoderUnavailable: see there.
        """
        request = request or DecodeRequest()
        tags = exiftool.FACTS in request.facts
        inside = replace(request, facts=request.facts - {exiftool.FACTS})
        call = json.dumps(dump_call(inside, limits or Limits())).encode()
        source = memory_file()
        try:
            if len(data) > _LARGE_BYTES:
                await asyncio.to_thread(write_all, source, memoryview(data))
            else:
                write_all(source, memoryview(data))
            async with self._turns:
                try:
                    decoded = await self._decode(call, source)
                except _DecoderKilled:
                    decoded = await self._decode(call, source)
                found = await exiftool.read_tags(source) if tags else None
            return decoded if found is None else replace(decoded, facts={**decoded.facts, exiftool.FACTS: dict(found)})
        except _DecoderDied:
            raise MediaError("decoder_crashed", "the media could not be decoded") from None
        finally:
            os.close(source)

    async def _decode(self, call: bytes, source: int) -> Decoded:
        worker = await self._take()
        target = memory_file()
        healthy = False
        try:
            async with asyncio.timeout(self._timeout_s * (1 + _LONGER_PER_BYTE * os.fstat(source).st_size)):
                reply = json.loads(await worker.exchange(call, source, target))
            if "error" in reply:
                code, message = reply["error"]
                healthy = code != "media_memory"
                raise MediaError(str(code)[:50], str(message)[:200])
            decoded = load_decoded(reply, target)
            healthy = True
            return decoded
        except TimeoutError:
            raise MediaError("media_timeout", "the media took too long to decode") from None
        except _NONSENSE:  # a decoder that answers nonsense is as good as crashed
            raise _DecoderDied from None
        except _DecoderDied:
            if self._closed:
                raise DecoderUnavailable("the decoder is closed") from None
            raise
        finally:
            os.close(target)
            self._give_back(worker, healthy)

    async def _take(self) -> "_Worker":
        """A process that is ready; one that died while idle is replaced without blame."""
        if self._closed:
            raise DecoderUnavailable("the decoder is closed")
        worker = self._free.pop() if self._free else _Worker(*self._arguments)
        if not worker.alive:
            worker.kill()
            worker = _Worker(*self._arguments)
        self._busy.add(worker)
        try:
            await worker.ready()
        except BaseException:
            self._busy.discard(worker)
            worker.kill()
            raise
        return worker

    def _give_back(self, worker: "_Worker", healthy: bool) -> None:
        self._busy.discard(worker)
        if healthy and not self._closed:
            self._free.append(worker)
            return
        worker.kill()
        if not self._closed:
            self._free.append(_Worker(*self._arguments))  # starts while nobody waits

    def close(self) -> None:
        """Kills the processes. Calls in flight raise `DecoderUnavailable`."""
        self._closed = True
        for worker in self._free:
            worker.kill()
        self._free.clear()
        for worker in self._busy:
            worker.stop()  # its call sees the end and does the rest

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _DecoderDied(Exception):
    """The process ended during a call."""


class _DecoderKilled(_DecoderDied):
    """The process was ended by SIGKILL, which media alone cannot bring about."""


class _Worker:
    """The owner's end of one decoder process."""

    def __init__(self, memory_bytes: int, threads: int) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        lifeline, self._lifeline = os.pipe()
        self._channel.setblocking(False)
        self.protections: frozenset[str] | None = None
        command = [sys.executable, "-P", "-m", "pipelines.media.worker"]
        numbers = (theirs.fileno(), lifeline, memory_bytes, threads)
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module, numbers for arguments
                [*command, *map(str, numbers)],
                pass_fds=(theirs.fileno(), lifeline),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # codecs print what they find in files
                env=_environment(threads),
            )
        finally:
            theirs.close()
            os.close(lifeline)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    async def ready(self) -> None:
        """Waits until the process has started."""
        if self.protections is not None:
            return
        try:
            async with asyncio.timeout(_START_SECONDS):
                self.protections = frozenset(json.loads(await self._receive()))
        except (TimeoutError, _DecoderDied):
            raise DecoderUnavailable("a decoder process did not start") from None

    async def exchange(self, call: bytes, source: int, target: int) -> bytes:
        """Sends one call with its two memory files and returns the reply."""
        try:
            socket.send_fds(self._channel, [call], [source, target])
        except OSError:
            raise await self._death() from None
        return await self._receive()

    async def _receive(self) -> bytes:
        try:
            reply = await asyncio.get_running_loop().sock_recv(self._channel, _MESSAGE_BYTES)
        except ConnectionError:
            reply = b""
        if not reply:
            raise await self._death()
        return reply

    async def _death(self) -> _DecoderDied:
        code = await asyncio.to_thread(self._process.wait)
        return _DecoderKilled() if code == -signal.SIGKILL else _DecoderDied()

    def stop(self) -> None:
        """Ends the process at once. A call that waits for its reply learns of it."""
        self._process.kill()

    def kill(self) -> None:
        """Ends the process and frees what this side holds, without waiting for the kernel to take its memory back."""
        if self._lifeline < 0:
            return
        self._process.kill()
        threading.Thread(target=self._process.wait, daemon=True).start()
        self._channel.close()
        os.close(self._lifeline)
        self._lifeline = -1


def _environment(threads: int) -> dict[str, str]:
    """What a decoder needs and no more: settings of this process may hold secrets."""
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",  # each further arena would reserve 64 MB of the address space that is bounded
    }

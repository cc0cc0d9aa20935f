"""multipart/form-data (RFC 7578) read as it arrives: nothing is held back but the chunk at hand."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from deployments.ingress.errors import ApiError

MAX_PARTS = 150
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class PartHead:
    """The head of a part: its field name, and whether it names a file at all.

    File name and content type (lower case, without parameters) are what the client says; nothing may rely on them.
    """

    name: str
    is_file: bool
    filename: str = ""
    content_type: str = ""


class MultipartReader:
    """Pulls parts, and the bytes of each, out of a stream of chunks.

    Usage: `while (head := await reader.next_part()) is not None: async for data in reader.data(): ...`. Data that was
    not asked for is skipped. Raises ApiError `malformed_body`, also for a body that ends early.
    """

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        self._chunks = chunks
        self._events: deque[PartHead | bytes | None] = deque()
        self._ended = False
        self._in_part = False
        self._parts = 0
        self._disposition = self._content_type = b""
        self._header = bytearray()
        self._value = bytearray()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_headers_finished": self._headers_finished,
                    "on_part_data": self._part_data,
                    "on_part_end": self._part_end,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise ApiError("malformed_body", "the multipart boundary is not valid") from None

    async def next_part(self) -> PartHead | None:
        """The head of the next part, after skipping what is left of this one; None after the last."""
        async for _ in self.data():
            pass
        while not self._events and not self._ended:
            await self._pull()
        if not self._events:
            async for _ in self._chunks:  # an epilogue is legal and means nothing
                pass
            return None
        head = self._events.popleft()
        assert isinstance(head, PartHead)
        self._in_part = True
        return head

    async def data(self) -> AsyncIterator[bytes]:
        """The bytes of the current part that were not read yet, in pieces of any size."""
        while self._in_part:
            while not self._events:
                await self._pull()
            event = self._events.popleft()
            if event is None:
                self._in_part = False
            else:
                assert isinstance(event, bytes)
                yield event

    async def _pull(self) -> None:
        chunk = await anext(self._chunks, None)
        if chunk is None:
            raise ApiError("malformed_body", "the multipart body ends too early")
        try:
            self._parser.write(chunk)
        except FormParserError:
            raise ApiError("malformed_body", "the multipart body cannot be parsed") from None

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise ApiError("malformed_body", f"the form has more than {MAX_PARTS} parts")
        self._disposition = self._content_type = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        elif self._header.lower() == b"content-type":
            self._content_type = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        kind, options = parse_options_header(self._disposition)
        try:
            name = options.get(b"name", b"").decode()
        except UnicodeDecodeError:
            name = ""
        if kind != b"form-data" or not 0 < len(name) <= MAX_NAME:
            raise ApiError("malformed_body", "a part has no usable name")
        # Some clients send a name beyond ASCII only in the extended form, which RFC 7578 forbids.
        is_file = bool(options.get(b"filename")) or b"filename*=" in self._disposition.lower()
        filename = options.get(b"filename", b"").decode(errors="replace")[-MAX_NAME:]
        declared = parse_options_header(self._content_type)[0].decode("latin-1").lower()
        self._events.append(PartHead(name, is_file, filename, declared))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data if end - start == len(data) else data[start:end])

    def _part_end(self) -> None:
        self._events.append(None)

    def _end(self) -> None:
        self._ended = True

"""Multipart bodies, however they are cut into chunks."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.ingress.errors import ApiError
from deployments.ingress.multipart import MAX_PARTS, MultipartReader

BOUNDARY = b"veriscope"
Part = tuple[str, bool, bytes]


def encoded(parts: Sequence[Part], epilogue: bytes = b"") -> bytes:
    """A body of (name, is a file, content) parts."""
    body = b""
    for name, is_file, content in parts:
        filename = b'; filename="any name.bin"' if is_file else b""
        head = b'Content-Disposition: form-data; name="%s"%s' % (name.encode(), filename)
        body += b"--%s\r\n%s\r\n\r\n%s\r\n" % (BOUNDARY, head, content)
    return body + b"--%s--\r\n" % BOUNDARY + epilogue


async def cut(body: bytes, sizes: Sequence[int]) -> AsyncIterator[bytes]:
    """The body in pieces of those sizes, over and over."""
    at, turn = 0, 0
    while at < len(body):
        size = sizes[turn % len(sizes)]
        yield body[at : at + size]
        at, turn = at + size, turn + 1


async def read(body: bytes, sizes: Sequence[int] = (65_536,)) -> list[Part]:
    reader = MultipartReader(cut(body, sizes), BOUNDARY)
    found = []
    while (head := await reader.next_part()) is not None:
        content = b"".join([piece async for piece in reader.data()])
        found.append((head.name, head.is_file, content))
    return found


contents = st.one_of(
    st.binary(max_size=300),
    # What looks like a boundary and is none is where such parsers go wrong.
    st.lists(
        st.sampled_from(
            [b"\r", b"\n", b"\r\n", b"--", b"-", b"\r\n--", b"\r\n--veriscop", b"veriscope", b"\r\n--x", b"a"]
        ),
        max_size=25,
    ).map(b"".join),
).filter(lambda content: b"\r\n--veriscope" not in b"\r\n" + content)  # nobody chooses a boundary that stands in a part
parts = st.lists(
    st.tuples(st.text("abcdefghij_", min_size=1, max_size=12), st.booleans(), contents), min_size=1, max_size=6
)


@settings(max_examples=150, deadline=None)
@given(parts=parts, sizes=st.lists(st.integers(1, 90), min_size=1, max_size=6))
def test_any_body_cut_in_any_way_gives_its_parts_back(parts: list[Part], sizes: list[int]) -> None:
    assert asyncio.run(read(encoded(parts), sizes)) == parts


@settings(max_examples=100, deadline=None)
@given(parts=parts, keep=st.floats(0, 1), sizes=st.lists(st.integers(1, 90), min_size=1, max_size=4))
def test_any_truncated_body_is_refused(parts: list[Part], keep: float, sizes: list[int]) -> None:
    body = encoded(parts)
    shorter = body[: int(keep * (len(body) - len(b"--\r\n")))]
    with pytest.raises(ApiError) as refused:
        asyncio.run(read(shorter, sizes))
    assert refused.value.code == "malformed_body"


@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=400), sizes=st.lists(st.integers(1, 90), min_size=1, max_size=3))
def test_garbage_is_refused_and_nothing_else_is_raised(body: bytes, sizes: list[int]) -> None:
    with pytest.raises(ApiError) as refused:
        asyncio.run(read(body, sizes))
    assert refused.value.code == "malformed_body"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1_000_000])
async def test_chunk_sizes_make_no_difference(size: int) -> None:
    sent: list[Part] = [("a", False, b"text"), ("b", True, b"\r\n--veriscopX\r\n" * 40), ("c", True, b"")]
    assert await read(encoded(sent), [size]) == sent


async def test_data_that_nobody_asked_for_is_skipped() -> None:
    reader = MultipartReader(cut(encoded([("a", True, b"x" * 500), ("b", False, b"y")]), [64]), BOUNDARY)
    names = []
    while (head := await reader.next_part()) is not None:
        names.append(head.name)
    assert names == ["a", "b"]


async def test_a_file_is_handed_on_before_the_body_has_arrived() -> None:
    body = encoded([("a", True, b"x" * 1_000)])
    asked = []

    async def arriving() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 100):
            asked.append(at)
            yield body[at : at + 100]

    reader = MultipartReader(arriving(), BOUNDARY)
    await reader.next_part()
    assert await anext(reader.data())
    assert len(asked) <= 2


async def test_what_follows_the_last_boundary_is_ignored() -> None:
    assert await read(encoded([("a", False, b"x")], b"anything\r\n--veriscope at all")) == [("a", False, b"x")]


async def test_a_name_beyond_ascii_is_kept() -> None:
    assert await read(encoded([("größe", False, b"x")])) == [("größe", False, b"x")]


@pytest.mark.parametrize(
    ("disposition", "is_file"),
    [
        (b'form-data; name="a"', False),
        (b'form-data; name="a"; filename=""', False),
        (b'form-data; name="a"; filename="x"', True),
        (b'FORM-DATA; name="a"; filename="x"', True),
        (b"form-data; name=a; filename=x", True),
        (b"form-data; name=\"a\"; filename*=utf-8''x", True),
    ],
)
async def test_a_part_is_a_file_when_it_names_one(disposition: bytes, is_file: bool) -> None:
    body = b"--veriscope\r\ncontent-disposition: %s\r\nX-Other: y\r\n\r\nx\r\n--veriscope--" % disposition
    assert await read(body) == [("a", is_file, b"x")]


async def test_more_parts_than_allowed_are_refused() -> None:
    assert len(await read(encoded([("a", False, b"")] * MAX_PARTS))) == MAX_PARTS
    with pytest.raises(ApiError):
        await read(encoded([("a", False, b"")] * (MAX_PARTS + 1)))

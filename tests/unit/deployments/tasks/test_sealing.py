"""What encryption at rest promises."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.tasks.sealing import CHUNK, BlobError, Sealer, unseal

KEY, NAME = bytes(range(32)), "folder/blob"
_TAG, _HEADER = 16, 20


def _seal(data: bytes, step: int | None = None, key: bytes = KEY, name: str = NAME) -> bytes:
    sealer = Sealer(key, name)
    pieces = [data[start : start + (step or CHUNK)] for start in range(0, len(data), step or CHUNK)]
    return b"".join(sealer.update(piece) for piece in pieces) + sealer.finish()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
@pytest.mark.parametrize("step", [1000, CHUNK, 5 * CHUNK])
def test_sealed_bytes_come_back_however_they_were_cut(size: int, step: int) -> None:
    data = os.urandom(size)
    assert unseal(KEY, NAME, _seal(data, step)) == data


def test_sealed_bytes_hold_nothing_of_the_plain_ones() -> None:
    sealed = _seal(b"MRZ P<UTOERIKSSON" * 1000)
    assert b"ERIKSSON" not in sealed


def test_same_bytes_are_sealed_differently_every_time() -> None:
    assert _seal(b"same") != _seal(b"same")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_altered_byte_is_noticed(data: st.DataObject) -> None:
    sealed = bytearray(_seal(b"x" * (CHUNK + 50)))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BlobError):
        unseal(KEY, NAME, bytes(sealed))


@pytest.mark.parametrize("kept", [0, 3, _HEADER, _HEADER + CHUNK + _TAG, _HEADER + CHUNK + _TAG + 5])
def test_cut_off_end_is_noticed(kept: int) -> None:
    with pytest.raises(BlobError):
        unseal(KEY, NAME, _seal(os.urandom(2 * CHUNK + 100))[:kept])


def test_swapped_chunks_are_noticed() -> None:
    sealed = _seal(os.urandom(3 * CHUNK))
    step = CHUNK + _TAG
    header, first, second, rest = (
        sealed[:_HEADER],
        sealed[_HEADER : _HEADER + step],
        sealed[_HEADER + step : _HEADER + 2 * step],
        sealed[_HEADER + 2 * step :],
    )
    with pytest.raises(BlobError):
        unseal(KEY, NAME, header + second + first + rest)


def test_blob_cannot_be_passed_off_as_another() -> None:
    with pytest.raises(BlobError):
        unseal(KEY, "folder/other", _seal(b"data"))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(BlobError):
        unseal(bytes(32), NAME, _seal(b"data"))


def test_plain_bytes_are_refused() -> None:
    with pytest.raises(BlobError):
        unseal(KEY, NAME, b"\xff\xd8\xff" + b"x" * 100)

"""Facts about files, through a decoder process of their own."""

import pytest

from pipelines.errors import MediaError
from pipelines.media import decode
from pipelines.media.facts import Facts
from pipelines.media.frames import DecodeRequest, Limits
from pipelines.media.sniff import MediaType

from .samples import corners, encoded

PICTURE = encoded(corners(), "JPEG")
ASKED = DecodeRequest(facts=frozenset({"size"}))


def size(data: bytes, found: MediaType, _limits: Limits) -> Facts:
    """A reader."""
    return Facts({"bytes": len(data), "mime": found.mime})


def broken(_data: bytes, _found: MediaType, _limits: Limits) -> Facts:
    """A reader that trips over every file."""
    raise RuntimeError


@pytest.fixture(autouse=True)
def _readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.media.facts.READERS", {"size": f"{__name__}:size", "broken": f"{__name__}:broken"})


def test_a_file_is_decoded_and_read_in_one_call() -> None:
    data = PICTURE
    decoded = decode.decode_media(data, ASKED, Limits())
    assert decoded.facts == {"size": {"bytes": len(data), "mime": "image/jpeg"}}
    assert len(decoded.frames) == 1
    assert decoded.fault is None


def test_facts_of_a_damaged_file_come_with_what_is_wrong() -> None:
    decoded = decode.decode_media(PICTURE[:200], ASKED, Limits())
    assert decoded.facts["size"]["bytes"] == 200
    assert (decoded.frames, decoded.fault) == ((), "corrupt_media")


def test_media_without_pixels_has_facts_only() -> None:
    request = DecodeRequest(frames=0, facts=frozenset({"size"}), kinds=frozenset({"audio"}))
    decoded = decode.decode_media(b"fLaC" + bytes(99), request, Limits())
    assert (decoded.kind, decoded.frames) == ("audio", ())
    with pytest.raises(MediaError, match="not of a supported type"):
        decode.decode_media(b"fLaC" + bytes(99), DecodeRequest(kinds=frozenset({"audio"})), Limits())


def test_a_reader_that_fails_is_a_damaged_file() -> None:
    with pytest.raises(MediaError) as error:
        decode.decode_media(PICTURE, DecodeRequest(facts=frozenset({"broken"})), Limits())
    assert error.value.code == "corrupt_media"

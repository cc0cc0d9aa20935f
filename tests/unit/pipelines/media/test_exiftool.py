"""Metadata by exiftool, where it is installed."""

import io
import os
import shutil
from pathlib import Path

import pytest
from PIL import Image

from pipelines.media import exiftool
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.exchange import memory_file, write_all
from pipelines.media.frames import DecodeRequest

needs_exiftool = pytest.mark.skipif(
    shutil.which("exiftool") is None, reason="needs exiftool (Debian: libimage-exiftool-perl)"
)


def photo(software: str = "GIMP 2.10") -> bytes:
    """A JPEG that names a camera and a program."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x010F], exif[0x0110], exif[0x0131] = "Canon", "EOS 40D", software
    Image.new("RGB", (32, 32), "grey").save(out, "JPEG", exif=exif)
    return out.getvalue()


async def tags_of(data: bytes) -> dict[str, str] | None:
    source = memory_file()
    try:
        write_all(source, memoryview(data))
        found = await exiftool.read_tags(source)
        return None if found is None else dict(found)
    finally:
        os.close(source)


@needs_exiftool
async def test_tags_come_with_their_groups_and_nothing_about_the_call() -> None:
    found = await tags_of(photo())
    assert found is not None
    assert found["IFD0:Make"] == "Canon"
    assert found["IFD0:Software"] == "GIMP 2.10"
    assert not any(name.startswith(("System:", "File:", "ExifTool:")) for name in found)


@needs_exiftool
async def test_the_decoder_hands_them_on_beside_its_own_facts() -> None:
    request = DecodeRequest(facts=frozenset(("forensics", exiftool.FACTS)))
    async with IsolatedDecoder() as decoder:
        decoded = await decoder.decode(photo(), request)
    assert decoded.facts["exiftool"]["IFD0:Model"] == "EOS 40D"
    assert decoded.facts["forensics"]["details"]["camera_model"] == "EOS 40D"


@needs_exiftool
@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff\xe1\xff\xff", photo()[:60], os.urandom(1000)])
async def test_damage_gives_no_tags_and_no_error(data: bytes) -> None:
    assert not await tags_of(data)


async def test_where_it_is_not_installed_there_are_no_tags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exiftool, "installed", lambda: False)
    assert await tags_of(photo()) is None
    async with IsolatedDecoder() as decoder:
        decoded = await decoder.decode(photo(), DecodeRequest(facts=frozenset(("forensics", exiftool.FACTS))))
    assert set(decoded.facts) == {"forensics"}


@needs_exiftool
@pytest.mark.parametrize("script", ['#!/bin/sh\necho \'[{"IFD0:Make": "x"}]\'\n', "#!/usr/bin/perl\n1 while 1;\n"])
async def test_a_tool_that_runs_others_or_never_ends_gives_no_tags(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "exiftool"
    tool.write_text(script)
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(exiftool, "_SECONDS", 2.0)
    assert await tags_of(photo()) is None


@pytest.mark.parametrize("printed", [b"", b"[]", b"[1]", b"{", b"[{}, {}]", b'"x"'])
def test_what_is_no_list_of_one_file_is_no_answer(printed: bytes) -> None:
    assert exiftool._tags(printed) is None


def test_values_are_bounded_and_printable() -> None:
    found = exiftool._tags(b'[{"A:B": "x\\u0000y\\u0007", "A:C": [1], "A:D": "' + b"z" * 500 + b'", "System:E": "s"}]')
    assert found is not None
    assert set(found) == {"A:B", "A:D"}
    assert len(found["A:D"]) == 200

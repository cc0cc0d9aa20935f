"""Does a file's name say what its bytes say?"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

_EXTENSIONS: Mapping[str, frozenset[str]] = {
    "image/jpeg": frozenset(("jpg", "jpeg", "jpe", "jfif", "jif", "mpo")),
    "image/png": frozenset(("png", "apng")),
    "image/gif": frozenset(("gif",)),
    "image/tiff": frozenset(("tif", "tiff", "dng", "nef", "cr2", "arw")),
    "image/webp": frozenset(("webp",)),
    "image/bmp": frozenset(("bmp", "dib")),
    "image/heic": frozenset(("heic", "heif", "hif")),
    "image/avif": frozenset(("avif", "avifs")),
    "video/mp4": frozenset(("mp4", "m4v", "m4a", "mov", "f4v", "insv", "lrv")),
    "video/quicktime": frozenset(("mov", "qt", "mp4")),
    "video/3gpp": frozenset(("3gp", "3gpp", "3g2", "mp4")),
    "video/x-matroska": frozenset(("mkv", "mka", "mk3d", "webm")),
    "video/webm": frozenset(("webm", "mkv")),
    "video/x-msvideo": frozenset(("avi",)),
    "video/x-flv": frozenset(("flv",)),
    "audio/wav": frozenset(("wav", "wave", "bwf")),
    "audio/mpeg": frozenset(("mp3", "mp2", "mpga")),
    "audio/mp4": frozenset(("m4a", "m4b", "mp4", "aac", "m4r")),
    "audio/ogg": frozenset(("ogg", "oga", "opus", "spx")),
    "audio/aac": frozenset(("aac", "adts")),
    "audio/flac": frozenset(("flac",)),
    "application/pdf": frozenset(("pdf", "ai", "fdf")),
}


def judge_name(name: str, mime: str) -> dict[str, dict[str, Any]]:
    """The flag `extension_mismatch` where the name's extension is another type's; names without one say nothing."""
    extension = PurePath(name).suffix.lstrip(".").lower()
    expected = _EXTENSIONS.get(mime)
    if not extension or expected is None or extension in expected:
        return {}
    value = {"extension": extension[:20], "mime_type": mime}
    return {"extension_mismatch": {"value": value, "message": "The file's name says another type than its content."}}

"""What a file is, from its magic bytes alone: names and declared content types are never believed (contracts 1.1)."""

from dataclasses import dataclass

HEAD_BYTES = 4096
"""How many leading bytes `sniff` wants to see; more do no harm."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A recognised file type.

    Attributes:
        kind: `image`, `video`, `audio`, `pdf` or `zip`.
        mime: the usual media type, e.g. `image/jpeg`.
        extension: the usual file name extension, without the dot.
    """

    kind: str
    mime: str
    extension: str


JPEG = MediaType("image", "image/jpeg", "jpg")
PNG = MediaType("image", "image/png", "png")
GIF = MediaType("image", "image/gif", "gif")
TIFF = MediaType("image", "image/tiff", "tiff")
WEBP = MediaType("image", "image/webp", "webp")
BMP = MediaType("image", "image/bmp", "bmp")
HEIC = MediaType("image", "image/heic", "heic")
AVIF = MediaType("image", "image/avif", "avif")
MP4 = MediaType("video", "video/mp4", "mp4")
MOV = MediaType("video", "video/quicktime", "mov")
THREE_GPP = MediaType("video", "video/3gpp", "3gp")
MKV = MediaType("video", "video/x-matroska", "mkv")
WEBM = MediaType("video", "video/webm", "webm")
AVI = MediaType("video", "video/x-msvideo", "avi")
FLV = MediaType("video", "video/x-flv", "flv")
MPEG = MediaType("video", "video/mpeg", "mpg")
OGV = MediaType("video", "video/ogg", "ogv")
WMV = MediaType("video", "video/x-ms-wmv", "wmv")
WAV = MediaType("audio", "audio/wav", "wav")
MP3 = MediaType("audio", "audio/mpeg", "mp3")
M4A = MediaType("audio", "audio/mp4", "m4a")
OGG = MediaType("audio", "audio/ogg", "ogg")
AAC = MediaType("audio", "audio/aac", "aac")
FLAC = MediaType("audio", "audio/flac", "flac")
PDF = MediaType("pdf", "application/pdf", "pdf")
ZIP = MediaType("zip", "application/zip", "zip")

_PREFIXES: tuple[tuple[bytes, MediaType], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"FLV\x01", FLV),
    (b"ID3", MP3),
    (b"\x00\x00\x01\xba", MPEG),  # the pack header of a program stream (ISO/IEC 13818-1)
    (bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), WMV),  # the ASF header object, also of sound alone
    (b"fLaC", FLAC),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
)
_RIFF_FORMS = {b"WEBP": WEBP, b"AVI ": AVI, b"WAVE": WAV}
_BRANDS: dict[bytes, MediaType] = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC),
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), M4A),
    b"qt  ": MOV,
}
_MP4_BRANDS = frozenset((b"isom", b"mp41", b"mp42", b"avc1", b"hvc1", b"dash", b"MSNV", b"M4V ", b"M4VP", b"f4v "))
_OLD_QUICKTIME_ATOMS = frozenset((b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))
_OGG_PICTURES = (b"\x80theora", b"OVP80")
"""First bytes of the streams' own headers, which all stand at the beginning (RFC 3533)."""
_BMP_HEADER_SIZES = frozenset((12, 40, 52, 56, 64, 108, 124))


def sniff(head: bytes) -> MediaType | None:
    """Recognises a file by its first bytes.

    Args:
        head: the first `HEAD_BYTES` of the file (fewer where the file is shorter).

    Returns:
        The type, or None where the bytes are of no type that any service takes. A match says what the file claims to
        be, not that it is intact. MP4 is called video even where it turns out to hold sound only.
    """
    for prefix, found in _PREFIXES:
        if head.startswith(prefix):
            return found
    if head[:4] in (b"RIFF", b"RF64"):
        return _RIFF_FORMS.get(head[8:12])
    if head.startswith(b"OggS"):
        return OGV if any(name in head for name in _OGG_PICTURES) else OGG
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return _ebml(head)
    if head[4:8] == b"ftyp":
        return _iso_base_media(head)
    if head[4:8] in _OLD_QUICKTIME_ATOMS:
        return MOV
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return BMP
    if b"%PDF-" in head[:1024]:  # readers accept junk before the header, so forgers may use it
        return PDF
    return _mpeg_audio(head)


def _iso_base_media(head: bytes) -> MediaType | None:
    """Reads the `ftyp` box (ISO/IEC 14496-12): the major brand decides; compatible ones where it says nothing."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    compatible = [head[at : at + 4] for at in range(16, end - 3, 4)]
    if major in (b"mif1", b"msf1") and any(_BRANDS.get(brand) is AVIF for brand in compatible):
        return AVIF
    for brand in (major, *compatible):
        if found := _BRANDS.get(brand):
            return found
        if brand[:3] in (b"3gp", b"3g2", b"3ge", b"3gg"):
            return THREE_GPP
        if brand in _MP4_BRANDS or brand[:3] == b"iso":
            return MP4
    return None


def _ebml(head: bytes) -> MediaType | None:
    """Finds the EBML DocType (RFC 8794, element 0x4282): Matroska and WebM share everything before it."""
    at = head.find(b"\x42\x82")
    if at < 0 or at + 3 > len(head):
        return None
    length = head[at + 2] & 0x7F
    name = head[at + 3 : at + 3 + length].rstrip(b"\x00")
    return {b"webm": WEBM, b"matroska": MKV}.get(name)


def _mpeg_audio(head: bytes) -> MediaType | None:
    """Judges a bare MPEG audio or ADTS frame header (ISO/IEC 11172-3, 13818-7), refusing its reserved values."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return AAC if (head[2] >> 2) & 0xF < 13 else None
    version, layer = (head[1] >> 3) & 3, (head[1] >> 1) & 3
    bitrate, rate = head[2] >> 4, (head[2] >> 2) & 3
    return MP3 if version != 1 and layer != 0 and bitrate not in (0, 15) and rate != 3 else None

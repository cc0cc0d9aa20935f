"""Splices in the sound track of a file."""

from pipelines.errors import MediaError
from pipelines.media.forensics.findings import Findings
from pipelines.media.forensics.splices import find_splices
from pipelines.media.frames import Limits
from pipelines.media.sniff import MediaType
from pipelines.media.sound import decode_sound

_RATE_MOST, _RATE_OF_LOSSY = 48_000, 16_000
"""Of lossy codecs only the bandwidth is looked at."""
_LOSSLESS = ("pcm_", "flac", "alac")
_TOO_LONG = frozenset(("audio_too_long", "video_too_long"))


def read_sound(found: Findings, data: bytes, media: MediaType, limits: Limits) -> None:
    """Looks for splices in the first sound track; a file without one has none.

    Raises:
        MediaError: `audio_too_long` or `video_too_long`.
    """
    codec = str(found.details.get("audio_codec") or found.details.get("codec") or "")
    lossless = codec.startswith(_LOSSLESS)
    rate = min(int(found.details.get("sample_rate") or 0), _RATE_MOST if lossless else _RATE_OF_LOSSY)
    if not rate:
        return
    try:
        sound = decode_sound(data, media, rate, limits)
    except MediaError as error:
        if error.code in _TOO_LONG:
            raise
        found.flag("corrupted_file", "sound", "The sound track cannot be decoded.")
        return
    found.detail("duration", round(len(sound.samples) / rate, 3))
    found.signals["sound_seconds"] = round(len(sound.samples) / rate, 3)
    splices = find_splices(sound.samples, rate, lossless=lossless)
    if splices:
        value = [
            {"time": round(splice.time, 2), "kind": splice.kind, "strength": splice.strength} for splice in splices
        ]
        found.flag("audio_splice", value, "The recording seems to be joined from pieces.")

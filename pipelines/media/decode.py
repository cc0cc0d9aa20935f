"""Any visual media to frames, in this process. Files from outside belong in `pipelines.media.decoder` instead."""

from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest, Limits
from pipelines.media.image import decode_image
from pipelines.media.shots import decode_shots
from pipelines.media.sniff import HEAD_BYTES, sniff
from pipelines.media.video import decode_video


def decode_media(data: bytes, request: DecodeRequest, limits: Limits, *, threads: int = 1) -> Decoded:
    """Decodes an image, a video or a set of pictures in a ZIP archive by what its bytes say it is.

    Raises:
        MediaError: `unsupported_media` where the kind is unknown or not asked for, else as `decode_image`,
            `decode_video` and `decode_shots`.
    """
    found = sniff(data[:HEAD_BYTES])
    if found is None or found.kind not in request.kinds or found.kind not in ("image", "video", "zip"):
        raise MediaError("unsupported_media", "the file is not of a supported type")
    if found.kind == "image":
        return decode_image(data, request, limits)
    if found.kind == "zip":
        return decode_shots(data, request, limits)
    return decode_video(data, request, limits, threads=threads)

"""What decoding asks for, its bounds, and what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.report import Artifact

MAX_FRAMES = 512
"""No service looks at more, and what describes them must fit one message between processes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture.

    Attributes:
        pixels: (H, W, 3) uint8, RGB, C-contiguous, upright. Read-only: several nodes of a pipeline look at one frame.
        index: number of the frame or page in the file, from 0 (images: 0). Of a video, taken from time and
            mean rate, so it is exact where the rate is constant.
        timestamp: seconds from the start of the media (images and pages: 0.0).
    """

    pixels: npt.NDArray[np.uint8]
    index: int
    timestamp: float


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound track, all channels mixed into one.

    Attributes:
        samples: (N,) int16. Read-only.
        rate: samples a second, as asked for.
        original_rate: samples a second in the file.
        codec: FFmpeg's name of the codec, e.g. `aac`.
    """

    samples: npt.NDArray[np.int16]
    rate: int
    original_rate: int
    codec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A decoded file.

    Attributes:
        kind: `image`, `video`, `shots` (a ZIP archive of pictures), `pdf` or `audio`.
        mime: the sniffed type.
        width: pixels of the upright original, after EXIF orientation or rotation metadata and, for video with
            non-square pixels, as displayed; points of the first page of a PDF; 0 where no frames were asked for.
        height: likewise.
        duration: seconds; None for images, shots and PDFs, and for sound that was not asked for.
        fps: mean frames a second; None for images and where the file does not say.
        has_audio: whether the file holds a sound track too.
        scale: original pixels for each frame pixel, 1.0 when the frames were not reduced; points for each pixel of a
            PDF's first page.
        frames: in order of time, at least one unless none were asked for or `fault` says why there are none.
        sound: the sound track, where one was asked for.
        facts: what readers (`pipelines.media.facts`) found in the file, JSON values by the reader's name.
        attachments: bytes that readers took out of the file, re-encoded by them.
        fault: code of the `MediaError` that kept a file from being decoded whose facts were asked for too.
    """

    kind: str
    mime: str
    width: int
    height: int
    duration: float | None
    fps: float | None
    has_audio: bool
    scale: float
    frames: tuple[Frame, ...]
    sound: Sound | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Artifact, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeRequest:
    """What a caller wants of a file.

    Attributes:
        frames: at most so many (up to `MAX_FRAMES`), spread evenly over the time of a video; images have one, PDFs
            their first pages. 0: only sound or facts.
        max_side: frames are reduced so that their long side is at most this many pixels; never enlarged.
        video_side: the same for videos, whose many frames would weigh too much; None: as `max_side`.
        kinds: kinds that the caller can use; others are refused as `unsupported_media`.
        exif_rotation: turn pictures upright by EXIF orientation or the rotation a video declares.
        sound_rate: decode the sound track, at so many samples a second.
        dpi: resolution of a PDF's pages, before `max_side` reduces them.
        facts: names of readers (`pipelines.media.facts.READERS`) that look at the file itself.
    """

    frames: int = 8
    max_side: int = 1920
    video_side: int | None = None
    kinds: frozenset[str] = frozenset(("image", "video"))
    exif_rotation: bool = True
    sound_rate: int | None = None
    dpi: int = 200
    facts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        sides = (self.max_side, 1 if self.video_side is None else self.video_side)
        fewest = 0 if self.facts or self.sound_rate else 1
        if not fewest <= self.frames <= MAX_FRAMES or min(*sides, self.dpi) < 1:
            raise ValueError(
                f"a request asks for 1 to {MAX_FRAMES} frames of at least one pixel, for sound or for facts"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds that hold for every file, whatever was asked (contracts 2.3).

    Attributes:
        pixels: of one decoded picture, judged from the header before anything is decoded.
        duration_s: seconds of video.
        sound_s: seconds of a file that holds sound alone.
        video_side: the smaller side of a video, in pixels (2560p).
        pages: of a PDF that is to be drawn or read.
    """

    pixels: int = 80_000_000
    duration_s: float = 1800.0
    sound_s: float = 1200.0
    video_side: int = 2560
    pages: int = 50

"""What there is to see on one side of an identity document. Plain values only: no pixels leave the stage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.document.text_line import TextLine
from pipelines.document.capture import Capture
from pipelines.document.mrz import Mrz

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Portrait:
    """The holder's picture.

    Attributes:
        box: of the face, pixels of the upright rectified document.
        embedding: (128,) float32, unit length.
        jpeg: the picture with its surroundings.
    """

    box: Box
    embedding: np.ndarray
    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What one forgery check found on this side.

    Attributes:
        score: 0..1, higher = more genuine; None where it could not be judged, and `reason` says why.
        heatmap: PNG over the upright rectified document.
        evidence: JSON values.
    """

    score: float | None
    reason: str | None = None
    heatmap: bytes | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SideSeen:
    """One side, or a picture in which no document was found (everything but `capture` is empty then).

    Attributes:
        capture: where it lies and how it was taken, without pixels; its `error` leaves out what is no fault here: a
            scan that fills the frame, a side without a portrait.
        sharpness: 0..1 of the rectified document.
        size: width and height of the rectified document, pixels.
        lines: printed text without the zone, pixels of the rectified document.
        barcodes: format and text of each.
        traces: by the names of the checks; empty where they were not asked for.
    """

    capture: Capture
    sharpness: float = 0.0
    size: tuple[int, int] = (0, 0)
    lines: tuple[TextLine, ...] = ()
    mrz: Mrz | None = None
    barcodes: tuple[tuple[str, str], ...] = ()
    portrait: Portrait | None = None
    traces: Mapping[str, Trace] = field(default_factory=dict)

    @property
    def found(self) -> bool:
        """Whether there is a document at all."""
        return self.capture.corners is not None

    @property
    def resolution(self) -> float:
        """Pixels of the document's long side in the original picture."""
        corners = self.capture.corners
        if corners is None:
            return 0.0
        return float(np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1).max())

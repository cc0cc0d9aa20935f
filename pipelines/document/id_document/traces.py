"""Looks for traces of work on the picture of one side of a document."""

import asyncio
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from models.document.anomaly import Anomaly
from models.document.ghosts import Picture
from models.document.retouching import Box, DocumentInPhoto, Retouching
from models.document.text_line import TextLine
from pipelines.document.capture import Capture
from pipelines.document.id_document.observation import Portrait, Trace
from pipelines.media.encode import heatmap
from pipelines.workers import Models

MODELS = ("document/retouching", "document/ghosts")
_GRID = 16
"""Of a JPEG with reduced colours: a crop that begins at multiples of it keeps the file's own blocks."""
_MOST_FIELDS = 40
_REDUCED = "reduced_picture"
_CLEAR = 0.8
"""Score from which a check found nothing that a heat map could show."""


async def look_for_traces(
    photo: npt.NDArray[np.uint8],
    capture: Capture,
    printed: Sequence[TextLine],
    portrait: Portrait | None,
    models: Models,
    *,
    original: bool,
) -> dict[str, Trace]:
    """One trace a check.

    Args:
        photo: (H, W, 3) uint8 RGB, the picture that the capture was found in.
        printed: values and labels, in pixels of the flat document.
        original: the picture was not reduced when it was decoded, so its compression can be judged.
    """
    document, matrix = capture.document, capture.to_document
    assert document is not None
    assert matrix is not None
    fields = tuple(line.box for line in printed[:_MOST_FIELDS])
    size = (document.shape[1], document.shape[0])
    item = DocumentInPhoto(photo, matrix, document, None if portrait is None else portrait.box, fields)
    crop, origin = around(photo, matrix, size)
    (retouching,), ghosts = await asyncio.gather(
        models.predict("document/retouching", [item]),
        models.predict("document/ghosts", [Picture(crop)] if original else []),
    )
    to_flat = matrix @ np.array([[1, 0, origin[0]], [0, 1, origin[1]], [0, 0, 1]], float)
    flat = document, to_flat, crop.shape[:2]
    return {
        "portrait_substitution": _portrait_trace(document, retouching, portrait),
        "font_consistency": _field_trace(document, retouching, printed[:_MOST_FIELDS]),
        "jpeg_ghosts": _anomaly(ghosts[0], flat) if original else Trace(score=None, reason=_REDUCED),
    }


def around(
    photo: npt.NDArray[np.uint8], matrix: npt.NDArray[np.float64], size: tuple[int, int]
) -> tuple[npt.NDArray[np.uint8], tuple[int, int]]:
    """The part of the photograph that holds the document, and where it begins."""
    corners = np.array([[[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]]], np.float64)
    there = cv2.perspectiveTransform(corners, np.linalg.inv(matrix))[0]
    left, top = (max(0, int(edge)) // _GRID * _GRID for edge in there.min(axis=0))
    right, bottom = (int(edge) for edge in np.minimum(there.max(axis=0), photo.shape[1::-1]))
    return np.ascontiguousarray(photo[top : max(bottom, top + 1), left : max(right, left + 1)]), (left, top)


def _portrait_trace(document: npt.NDArray[np.uint8], found: Retouching, portrait: Portrait | None) -> Trace:
    if portrait is None:
        return Trace(score=None, reason="portrait_not_found")
    if found.portrait is None:
        return Trace(score=None, reason="portrait_too_small")
    shown = _shown(document, found.heat, found.portrait)
    return Trace(score=found.portrait, heatmap=shown, evidence={"box": _rounded(portrait.box)})


def _field_trace(document: npt.NDArray[np.uint8], found: Retouching, printed: Sequence[TextLine]) -> Trace:
    """By the field that looks least like the rest."""
    judged = [(score, line) for score, line in zip(found.fields, printed, strict=True) if score is not None]
    if not judged:
        return Trace(score=None, reason="too_little_text")
    worst, line = min(judged, key=lambda entry: entry[0])
    evidence = {"box": _rounded(line.box), "fields": len(judged)}
    return Trace(score=worst, heatmap=_shown(document, found.heat, worst), evidence=evidence)


def _shown(document: npt.NDArray[np.uint8], heat: npt.NDArray[np.float32], score: float) -> bytes | None:
    """The heat map, where there is anything to show: encoding one costs more than most checks."""
    return heatmap(document, heat) if score < _CLEAR else None


def _anomaly(
    found: Anomaly | None, flat: tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64], tuple[int, int]]
) -> Trace:
    """A finding in the photograph, shown over the flat document."""
    if found is None:
        return Trace(score=None, reason="too_little_texture")
    document, to_flat, (height, width) = flat
    evidence: Mapping[str, object] = {
        "regions": [list(_moved(region, to_flat)) for region in found.regions],
        **found.details,
    }
    if not found.regions or found.score >= _CLEAR:
        return Trace(score=found.score, evidence=evidence)
    rows, columns = found.heat.shape
    grid = np.diag([width / columns, height / rows, 1.0])
    heat = cv2.warpPerspective(found.heat, to_flat @ grid, (document.shape[1], document.shape[0]))
    return Trace(score=found.score, heatmap=heatmap(document, np.asarray(heat, np.float32)), evidence=evidence)


def _moved(region: Sequence[float], to_flat: npt.NDArray[np.float64]) -> Box:
    left, top, right, bottom = region
    corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float64)
    there = cv2.perspectiveTransform(corners, to_flat)[0]
    (x0, y0), (x1, y1) = there.min(axis=0), there.max(axis=0)
    return round(float(x0), 1), round(float(y0), 1), round(float(x1), 1), round(float(y1), 1)


def _rounded(box: Box) -> list[float]:
    return [round(float(edge), 1) for edge in box]

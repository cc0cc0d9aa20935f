"""Looks at the sides of an identity document once: flat, read, its holder found, and searched for traces of work."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.document.barcodes import Barcode
from models.document.text_line import TextLine
from models.registry import PREDICTORS
from pipelines.document.capture import MODELS as CAPTURE_MODELS
from pipelines.document.capture import Capture, captures, quarters_up
from pipelines.document.geometry import error_of
from pipelines.document.id_document.observation import Portrait, SideSeen, Trace
from pipelines.document.id_document.second_portrait import CHECK as GHOST
from pipelines.document.id_document.second_portrait import second_portrait
from pipelines.document.id_document.traces import MODELS as TRACE_MODELS
from pipelines.document.id_document.traces import look_for_traces
from pipelines.document.mrz import MODELS as MRZ_MODELS
from pipelines.document.mrz import Mrz, read_mrz
from pipelines.identity.sights import sights
from pipelines.media.encode import jpeg
from pipelines.media.frames import Decoded, Frame
from pipelines.workers import Models

RECAPTURE = "document/recapture"
MODELS = tuple(
    name
    for name in dict.fromkeys((*CAPTURE_MODELS, *MRZ_MODELS, "document/barcodes", *TRACE_MODELS, "face/embedder"))
    if name != RECAPTURE or name in PREDICTORS
)
"""What the stage needs; it runs beside them where one host holds them all. An installation without the network against
screens and prints leaves those two checks open, and nothing is genuine then."""
SIDES = 2
"""Documents that are looked at in one picture: its two sides may lie side by side."""
_PORTRAIT_SIDE = 400
_SURROUNDINGS = (0.45, 0.5)
"""Of the face box's width and height, added on each side for the portrait."""


async def observe(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> tuple[SideSeen, ...]:
    """Every document in the picture (or the first two pages of a PDF), the largest first; at least one entry.

    Args:
        options: `skip_forgery`: do not look for traces of forgery.
    """
    found = await asyncio.gather(*(_picture(decoded, frame, models, options) for frame in decoded.frames))
    sides = [side for picture in found for side in picture]
    return tuple(sorted(sides, key=lambda side: not side.found)) or (_nothing(decoded),)


async def _picture(decoded: Decoded, frame: Frame, models: Models, options: Mapping[str, Any]) -> Sequence[SideSeen]:
    asked = RECAPTURE in MODELS and not options.get("skip_forgery")
    seen = await captures(frame.pixels, models, decoded.scale, recapture=asked)
    shown = [capture for capture in seen if capture.document is not None][:SIDES]
    if not shown:
        return []
    return await asyncio.gather(*(_side(decoded, frame, capture, models, options) for capture in shown))


async def _side(
    decoded: Decoded, frame: Frame, capture: Capture, models: Models, options: Mapping[str, Any]
) -> SideSeen:
    capture, lines = await _upright(capture, models)
    document = capture.document
    assert document is not None
    mrz, symbols = await asyncio.gather(
        read_mrz(document, models, lines), models.predict("document/barcodes", [document])
    )
    printed = tuple(line for line in lines if not _of_zone(line, mrz))
    portrait = await _portrait(document, capture, models)
    traces: dict[str, Trace] = {}
    if not options.get("skip_forgery"):
        original = decoded.scale == 1.0 and decoded.kind == "image"
        traces, second = await asyncio.gather(
            look_for_traces(frame.pixels, capture, printed, portrait, models, original=original),
            second_portrait(capture, portrait, printed, models),
        )
        traces[GHOST] = second
    return SideSeen(
        capture=replace(capture, error=_fault(capture)).bare(),
        sharpness=sharpness(document),
        size=(document.shape[1], document.shape[0]),
        lines=printed,
        mrz=mrz,
        barcodes=tuple((symbol.format, _text_of(symbol)) for symbol in symbols[0]),
        portrait=portrait,
        traces=traces,
    )


async def _upright(capture: Capture, models: Models) -> tuple[Capture, Sequence[TextLine]]:
    """The capture as its text stands up, where no portrait told, and that text."""
    (lines,) = await models.predict("document/ocr", [capture.document])
    quarters = 0 if capture.oriented else quarters_up(lines)
    if quarters == 0:
        return capture, lines
    capture = capture.turn(quarters)
    (lines,) = await models.predict("document/ocr", [capture.document])
    return capture, lines


def _text_of(symbol: Barcode) -> str:
    return symbol.text or symbol.data.decode("latin-1")


def _of_zone(line: TextLine, mrz: Mrz | None) -> bool:
    """Whether a line belongs to the zone: it overlaps one of its lines, or is full of fillers."""
    if line.text.count("<") >= 3:
        return True
    centre = line.quad.mean(axis=0)
    point = float(centre[0]), float(centre[1])
    return mrz is not None and any(
        cv2.pointPolygonTest(quad.astype(np.float32), point, False) >= 0 for quad in mrz.quads
    )


async def _portrait(document: npt.NDArray[np.uint8], capture: Capture, models: Models) -> Portrait | None:
    """The holder's face and picture."""
    if capture.face is None:
        return None
    main = capture.face
    (sight,) = await sights([(document, main)], models)
    (embedding,) = await models.predict("face/embedder", [sight.aligned])
    beyond = _SURROUNDINGS[0] * main.width, _SURROUNDINGS[1] * main.height
    left, top = (max(0, round(edge)) for edge in (main.left - beyond[0], main.top - beyond[1]))
    crop = document[
        top : max(top + 1, round(main.bottom + beyond[1])), left : max(left + 1, round(main.right + beyond[0]))
    ]
    return Portrait(
        box=(main.left, main.top, main.right, main.bottom),
        embedding=embedding,
        jpeg=jpeg(np.ascontiguousarray(crop), max_side=_PORTRAIT_SIDE),
    )


def sharpness(document: npt.NDArray[np.uint8]) -> float:
    """0..1: of the strongest edges, how much of their contrast lies within a pixel or two; print that can be read has
    0.2 and more."""
    grey = cv2.cvtColor(document, cv2.COLOR_RGB2GRAY).astype(np.float32)
    near = np.abs(cv2.Laplacian(grey, cv2.CV_32F))
    wide = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 3))
    edges = wide >= np.percentile(wide, 97)
    return float(np.clip(near[edges].mean() / (wide[edges].mean() * 4 + 1e-3), 0, 1))


def _fault(capture: Capture) -> str | None:
    """The rule that the capture breaks, whichever side it shows; a scan cut to the document breaks none."""
    if capture.placement is None or capture.placement.flush:
        return None
    return error_of(capture.placement, 1, portrait=True, front=False)


def _nothing(decoded: Decoded) -> SideSeen:
    return SideSeen(capture=Capture(decoded.width, decoded.height, error="DOCUMENT_NOT_FOUND"))

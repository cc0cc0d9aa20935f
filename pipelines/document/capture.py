"""Looks at a photograph of identity documents: where they are, flat and upright, how well taken, recaptured or not."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from models.document.detector import DocumentQuad
from models.document.orientation import PageTurn
from models.document.recapture import RecaptureScores, cut_crops
from models.document.text_line import TextLine
from models.face.detector import FaceBox
from pipelines.document.capture_quality import SHORT_SIDE, Quality, measure, warnings_of
from pipelines.document.geometry import Placement, error_of, place, rectify, turned
from pipelines.identity.sights import upright
from pipelines.media.frames import Decoded, DecodeRequest
from pipelines.workers import Models

MODELS = ("document/detector", "document/orientation", "document/recapture", "face/detector", "face/landmarks")
"""What a stage that calls `observe_capture` needs."""
REQUEST = DecodeRequest(frames=1, max_side=3200, kinds=frozenset({"image"}))
"""Moire and halftone dots are lost in reduced pictures."""
_SURE = 0.6
"""Least confidence with which text tells which way is up."""
_CERTAIN = 0.35
"""Least certainty (see `sights.Scene`) of a portrait; ghost images and drawings come near it."""
_FACE = 0.05, 0.6
"""Width of a portrait's face over the document's longer side."""
_SECOND = 0.25
"""Area of a further document over the largest one's, from which it counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """One document in a photograph; without one, only `error`, `warnings` and the picture's size say something.

    Attributes:
        width, height: of the upright original, pixels.
        error: code of contracts 5.1, None where the picture keeps all rules.
        warnings: words of contracts 5.2.
        documents: how many the picture shows.
        corners: (4, 2) float, pixels of the original picture, clockwise from the document's own top left.
        placement: where it lies; `placement.flush` marks a flat scan that fills the frame.
        document: (h, w, 3) uint8 RGB, flat and upright; must not leave the stage (`bare`).
        to_document: (3, 3) homography from pixels of the decoded frame to pixels of `document`.
        face: the portrait's face, in pixels of `document`.
        others: further faces in it, the largest first: ghost images, most often.
        oriented: whether the portrait tells which way is up; else the look of the text does, which may err.
        quality: how well it was taken.
        recapture: scores against screens and prints, None where nobody asked.
    """

    width: int
    height: int
    error: str | None
    warnings: tuple[str, ...] = ()
    documents: int = 0
    corners: np.ndarray | None = None
    placement: Placement | None = None
    document: np.ndarray | None = None
    to_document: np.ndarray | None = None
    face: FaceBox | None = None
    others: tuple[FaceBox, ...] = ()
    oriented: bool = False
    quality: Quality | None = None
    recapture: RecaptureScores | None = None

    @property
    def portrait(self) -> tuple[float, float, float, float] | None:
        """Box of the portrait's face in pixels of `document`: left, top, right, bottom."""
        face = self.face
        return None if face is None else (face.left, face.top, face.right, face.bottom)

    @property
    def scores(self) -> dict[str, float | None]:
        """`screen` and `print`, 0..1, higher = more genuine."""
        scores = self.recapture
        return {"screen": None if scores is None else scores.screen, "print": None if scores is None else scores.print}

    def bare(self) -> "Capture":
        """Without pixels, to leave the stage."""
        return replace(self, document=None)

    def turn(self, quarters: int) -> "Capture":
        """Turned counter-clockwise by so many quarters, for callers that read which way is up (`quarters_up`)."""
        if self.document is None or self.to_document is None or self.corners is None or quarters % 4 == 0:
            return self
        document, matrix = turned(self.document, self.to_document, quarters)
        corners = np.roll(self.corners, -quarters, 0)
        return replace(
            self, document=document, to_document=matrix, corners=corners, face=None, others=(), oriented=True
        )

    def to_json(self) -> dict[str, Any]:
        """JSON values for `report.data["sides"]`."""
        placement, corners = self.placement, self.corners
        return {
            "error": self.error,
            "warnings": list(self.warnings),
            "width": self.width,
            "height": self.height,
            "documents": self.documents,
            "corners": None if corners is None else np.round(corners, 1).tolist(),
            "area": None if placement is None else round(placement.area, 4),
            "margin": None if placement is None else round(placement.margin, 4),
            "flat_scan": None if placement is None else placement.flush,
            "quality": None if self.quality is None else self.quality.to_json(),
            "scores": self.scores,
        }


async def observe_capture(decoded: Decoded, models: Models, options: Mapping[str, Any]) -> Capture:
    """The largest document of a picture, judged by the rules for one side.

    Args:
        options: `side`: `front` (default) or `back`, which needs no portrait. `recapture` (default true): ask whether
            it is a screen or a print.
    """
    found = await captures(decoded.frames[0].pixels, models, decoded.scale, recapture=options.get("recapture", True))
    front = options.get("side", "front") == "front"
    if not found:
        frame = decoded.width, decoded.height
        return Capture(*frame, error="DOCUMENT_NOT_FOUND", warnings=_resolution(*frame))
    main = replace(found[0], width=decoded.width, height=decoded.height)
    return replace(main, error=error_of(main.placement, len(found), main.face is not None, front))


async def captures(image: np.ndarray, models: Models, scale: float = 1.0, *, recapture: bool = True) -> list[Capture]:
    """Every document of a picture, the largest first, each judged as if it were alone (a front).

    Args:
        image: (H, W, 3) uint8 RGB of any size.
        scale: pixels of the original for each of `image`.
        recapture: ask for the scores against screens and prints.
    """
    quads: list[DocumentQuad] = (await models.predict("document/detector", [image]))[0]
    quads = [quad for quad in quads if quad.area >= _SECOND * quads[0].area]
    crops = [cut_crops(image, quad.corners) for quad in quads] if recapture else []
    scores, *found = await asyncio.gather(
        models.predict("document/recapture", crops), *(_flat(image, quad, models, scale, len(quads)) for quad in quads)
    )
    if not recapture:
        return found
    return [replace(one, recapture=score) for one, score in zip(found, scores, strict=True)]


async def _flat(image: np.ndarray, quad: DocumentQuad, models: Models, scale: float, count: int) -> Capture:
    """One document made flat and turned by its portrait."""
    height, width = image.shape[:2]
    document, matrix = rectify(image, quad.corners)
    faces, quarters = await _portrait(document, models)
    face = faces[0] if faces else None
    if face is None:  # backs, and fronts whose portrait nobody finds: by the look of their text
        page: PageTurn = (await models.predict("document/orientation", [document]))[0]
        quarters = page.degrees // 90 if page.confidence >= _SURE else 0
    document, matrix = turned(document, matrix, quarters)
    placement = place(quad.corners, width, height)
    quality = measure(document, image, quad.corners, original=scale == 1.0)
    full = round(width * scale), round(height * scale)
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float) * document.shape[1::-1]
    there = cv2.perspectiveTransform(corners[None], np.linalg.inv(matrix))[0]
    return Capture(
        *full,
        error=error_of(placement, 1, face is not None, front=True),
        warnings=warnings_of(quality, placement, count, *full),
        documents=count,
        corners=there * scale,
        placement=placement,
        document=document,
        to_document=matrix,
        face=face,
        others=tuple(faces[1:]),
        oriented=face is not None,
        quality=quality,
    )


async def _portrait(document: np.ndarray, models: Models) -> tuple[list[FaceBox], int]:
    """The portrait's face in the document after that many quarter turns counter-clockwise, then further ones."""
    longest = max(document.shape[:2])
    rotation, (scene,) = await upright([document], models, _FACE[0] * longest)
    if scene.main is None or scene.certainty < _CERTAIN:
        return [], 0
    faces = scene.boxes
    return (faces, rotation // 90) if faces[0].width <= _FACE[1] * longest else ([], 0)


def quarters_up(lines: Sequence[TextLine]) -> int:
    """Quarter turns counter-clockwise that make the text upright, by what most of its length says; 0 without text."""
    votes = np.zeros(4)
    for line in lines:
        along = line.quad[1] - line.quad[0]
        # Text that runs down (y grows) is upright after one quarter counter-clockwise.
        quarter = round(float(np.arctan2(along[1], along[0])) / (np.pi / 2)) % 4
        votes[quarter] += float(np.hypot(*along)) * len(line.text)
    return int(votes.argmax())


def _resolution(width: int, height: int) -> tuple[str, ...]:
    return ("IMAGE_RESOLUTION_LOW",) if min(width, height) < SHORT_SIDE else ()

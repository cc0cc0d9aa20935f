"""Was the portrait or a field of a document worked on in its photograph? Their traces against the rest's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.cards import card
from models.document.portrait_border import border_measures, portrait_of
from models.document.region_history import (
    Mask,
    block_maps,
    compare,
    compare_lattices,
    lattice_errors,
    whole_blocks,
)
from models.predictor import Predictor

_MARGIN = 0.02
"""Of the document's sides, left out: there the background shines in."""
_FACE = (0.15, 0.1, 0.15, 0.12)
"""Of the face box, added left, above, right and below: skin, hair and background of the picture, never its frame."""
_PICTURE = (0.75, 0.85, 0.75, 0.95)
"""The same for all that may belong to the picture."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class DocumentInPhoto:
    """A document where it lies in its photograph.

    Attributes:
        photo: (H, W, 3) uint8 RGB in the file's own pixels.
        to_document: (3, 3) homography from pixels of the photograph to pixels of the flat document.
        document: (h, w, 3) uint8 RGB, the same flat and upright.
        face: the portrait's face in the flat document, left, top, right, bottom; None without one.
        fields: boxes of printed values in the flat document.
    """

    photo: npt.NDArray[np.uint8]
    to_document: npt.NDArray[np.float64]
    document: npt.NDArray[np.uint8]
    face: Box | None
    fields: tuple[Box, ...] = ()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the flat document, pixels."""
        return self.document.shape[1], self.document.shape[0]


@dataclass(frozen=True, slots=True, eq=False)
class Retouching:
    """What was found.

    Attributes:
        portrait: 0..1, higher = more genuine; None where there is none or it is too small to tell.
        fields: the same for each field.
        heat: (h, w) float32 0..1 over the flat document, higher = less like the rest of the document.
    """

    portrait: float | None
    fields: tuple[float | None, ...]
    heat: npt.NDArray[np.float32]


class RetouchingDetector(Predictor[DocumentInPhoto, Retouching]):
    """Compares the portrait, and every printed value, with the rest of the document: JPEG ghosts, noise, sharpness.

    Logistic regressions over `models.document.region_history`, fitted on forged photographs of generated documents;
    0.5 is the score that 2 % of the clean ones fall below.
    """

    card = card("document/retouching")

    def load(self) -> None:
        self._portrait, self._field = (Regression.of(self.card.parameters[name]) for name in ("portrait", "field"))

    def predict(self, batch: Sequence[DocumentInPhoto]) -> list[Retouching]:
        return [self._judge(item) for item in batch]

    def _judge(self, item: DocumentInPhoto) -> Retouching:
        view = View.of(item)
        portrait = None
        if item.face is not None:
            portrait = self._portrait.score(view.portrait_measures(item.face))
        fields = []
        for box in item.fields:
            inside = view.blocks(box)
            around = view.document & ~view.picture & ~inside
            fields.append(self._field.score(view.measures_of(inside, around)))
        return Retouching(portrait, tuple(fields), view.heat())


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """One logistic regression, with the score it gives at its threshold moved to 0.5."""

    mean: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    offset: float

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Regression":
        """From a card."""
        mean, spread, weights = (np.array(parameters[name], float) for name in ("mean", "spread", "weights"))
        return cls(mean, spread, weights, float(parameters["offset"]))

    def score(self, measures: npt.NDArray[np.float32] | None) -> float | None:
        """0..1, higher = more genuine; None for nothing measured."""
        if measures is None:
            return None
        far = np.clip((measures - self.mean) / self.spread, -4, 4)
        forged = float(far @ self.weights + self.offset)
        return float(1 / (1 + np.exp(np.clip(forged, -30, 30))))


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The part of the photograph that holds the document, measured block by block."""

    item: DocumentInPhoto
    origin: tuple[int, int]
    shape: tuple[int, int]
    maps: npt.NDArray[np.float32]
    lattices: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]
    document: Mask
    picture: Mask

    @classmethod
    def of(cls, item: DocumentInPhoto) -> "View":
        """Measures the document."""
        width, height = item.size
        whole = (_MARGIN * width, _MARGIN * height, (1 - _MARGIN) * width, (1 - _MARGIN) * height)
        corners = _there(item, whole)
        left, top = (max(0, int(edge)) // 8 * 8 for edge in corners.min(axis=0))
        right, bottom = (int(edge) for edge in np.minimum(corners.max(axis=0), item.photo.shape[1::-1]))
        crop = np.ascontiguousarray(item.photo[top : max(bottom, top + 8), left : max(right, left + 8)])
        blank = np.zeros((crop.shape[0] // 8, crop.shape[1] // 8), bool)
        view = cls(item, (left, top), crop.shape[:2], block_maps(crop), lattice_errors(crop), blank, blank)
        picture = blank if item.face is None else view.blocks(grown(item.face, _PICTURE))
        return cls(item, view.origin, view.shape, view.maps, view.lattices, view.blocks(whole), picture)

    def blocks(self, box: Box) -> Mask:
        """The blocks of a box of the flat document."""
        mask = np.zeros(self.shape, np.uint8)
        cv2.fillConvexPoly(mask, np.round(_there(self.item, box) - self.origin).astype(np.int32), (1,))
        return whole_blocks(mask > 0)

    def portrait_measures(self, face: Box) -> npt.NDArray[np.float32] | None:
        """Of the portrait round a face: its traces against the document's, and its border."""
        values = self.measures_of(self.blocks(grown(face, _FACE)), self.document & ~self.picture)
        if values is None:
            return None
        return np.concatenate([values, border_measures(self.item.document, portrait_of(face))])

    def measures_of(self, inside: Mask, around: Mask) -> npt.NDArray[np.float32] | None:
        """All that is measured of a region; None where it is too small to tell."""
        values = compare(self.maps, inside, around)
        if values is None:
            return None
        return np.concatenate([values, compare_lattices(*self.lattices, inside, around)])

    def heat(self) -> npt.NDArray[np.float32]:
        """How far each block's change under trial compressions lies from the document's, over the flat document."""
        ghosts = self.maps[..., 8:] - self.maps[..., 8:].mean(axis=-1, keepdims=True)
        usual = ghosts[self.document] if self.document.any() else ghosts.reshape(-1, ghosts.shape[-1])
        middle = np.median(usual, axis=0)
        spread = np.median(np.abs(usual - middle), axis=0) * 1.5 + 0.05
        far = cv2.blur(np.abs((ghosts - middle) / spread).mean(axis=-1), (5, 5))
        grid = np.diag([8.0, 8.0, 1.0])
        grid[0, 2], grid[1, 2] = self.origin
        size = (max(1, self.item.size[0] // 8), max(1, self.item.size[1] // 8))
        flat = np.diag([size[0] / self.item.size[0], size[1] / self.item.size[1], 1.0]) @ self.item.to_document @ grid
        return np.asarray(cv2.warpPerspective(np.clip((far - 1) / 3, 0, 1).astype(np.float32), flat, size), np.float32)


def grown(box: Box, shares: Box) -> Box:
    """A box with shares of its sides added left, above, right and below."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    return (left - shares[0] * width, top - shares[1] * height, right + shares[2] * width, bottom + shares[3] * height)


def _there(item: DocumentInPhoto, box: Box) -> npt.NDArray[np.float64]:
    """(4, 2) corners of a box of the flat document in the photograph."""
    left, top, right, bottom = box
    corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float64)
    return np.asarray(cv2.perspectiveTransform(corners, np.linalg.inv(item.to_document))[0])

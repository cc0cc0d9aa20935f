"""One document with both sides and everything that is true about it."""

from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from models.training.specimens import barcodes, mrz
from models.training.specimens.draw import Side, draw_side
from models.training.specimens.holders import holder
from models.training.specimens.layouts import Layout

__all__ = ["Side", "Specimen", "specimen"]
PPMM = 12.0
"""Pixels a millimetre: about 305 dpi."""


@dataclass(slots=True, eq=False)
class Specimen:
    """A document.

    Attributes:
        back: None for pages and labels that have one side.
        truth: the holder's data by the API's field names; dates ISO 8601; empty values where the document has none.
        mrz: lines of the machine readable zone, empty without one.
        barcode: text in the barcode, None without one.
        face: (H, W, 3) uint8 RGB, the picture that became the portrait.
    """

    layout: Layout
    front: Side
    back: Side | None
    truth: dict[str, str]
    mrz: tuple[str, ...]
    barcode: str | None
    face: np.ndarray = field(repr=False)

    def sides(self) -> dict[str, Side]:
        """`front` and, where there is one, `back`."""
        return {"front": self.front} | ({"back": self.back} if self.back is not None else {})

    def to_json(self) -> dict[str, Any]:
        """Truth as JSON values: what a benchmark compares with."""
        return {
            "layout": self.layout.name,
            "type": self.layout.kind,
            "country": self.layout.country.code,
            "format": self.layout.form,
            "fields": {name: value for name, value in self.truth.items() if value},
            "mrz": list(self.mrz),
            "barcode": self.barcode,
            "sides": {
                name: {"boxes": {k: list(v) for k, v in side.boxes.items()}, "printed": side.printed}
                for name, side in self.sides().items()
            },
        }


def specimen(rng: np.random.Generator, layout: Layout, face: np.ndarray | None = None, ppmm: float = PPMM) -> Specimen:
    """Draws a document; the same state of `rng` gives the same one.

    Args:
        face: (H, W, 3) uint8 RGB, a picture of the holder, best 35:45 with the face in the middle; None draws a face.
        ppmm: pixels a millimetre.

    Raises:
        models.training.specimens.fonts.MissingFontError: names the Debian package to install.
    """
    record = holder(rng, layout.country, digits=layout.kind == "driving_licence")
    lines = mrz.compose(layout.form, layout.code, record) if layout.form else ()
    code = barcodes.payload(layout, record) if layout.barcode else None
    picture = drawn_face(rng) if face is None else face
    sides = {
        name: draw_side(layout, name, record, lines, code, picture, rng, ppmm)
        for name in (("front", "back") if layout.two_sided else ("front",))
    }
    return Specimen(layout, sides["front"], sides.get("back"), record, lines, code, picture)


def drawn_face(rng: np.random.Generator) -> np.ndarray:
    """A simple painted face, (450, 350, 3) uint8 RGB, for where no photograph is at hand. No detector need find it."""
    image = np.full((450, 350, 3), rng.integers(190, 240, 3), np.uint8)
    skin = [float(c) for c in np.array([224, 180, 150]) * rng.uniform(0.5, 1.05)]
    hair = [float(c) for c in np.array([90, 60, 40]) * rng.uniform(0.2, 2)]
    shirt = [float(c) for c in rng.integers(30, 200, 3)]
    cv2.ellipse(image, (175, 470), (165, 130), 0, 180, 360, shirt, -1, cv2.LINE_AA)
    cv2.rectangle(image, (140, 300), (210, 380), skin, -1)
    cv2.ellipse(image, (175, 195), (115, 145), 0, 0, 360, hair, -1, cv2.LINE_AA)
    cv2.ellipse(image, (175, 215), (92, 122), 0, 0, 360, skin, -1, cv2.LINE_AA)
    for x in (138, 212):
        cv2.ellipse(image, (x, 195), (16, 9), 0, 0, 360, (245.0, 245.0, 245.0), -1, cv2.LINE_AA)
        cv2.circle(image, (x, 195), 7, (50.0, 40.0, 35.0), -1, cv2.LINE_AA)
        cv2.line(image, (x - 20, 172), (x + 20, 170), hair, 5, cv2.LINE_AA)
    cv2.line(image, (175, 205), (168, 250), [c * 0.8 for c in skin], 4, cv2.LINE_AA)
    cv2.ellipse(image, (175, 285), (34, 10), 0, 0, 360, (170.0, 80.0, 80.0), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), 1.5)

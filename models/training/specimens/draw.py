"""Draws the sides of a document: background, titles, portrait, fields, zone, barcode; and says where everything is."""

import datetime
from dataclasses import dataclass, field

import cv2
import numpy as np
from PIL import Image, ImageDraw

from models.training.specimens import barcodes, labels
from models.training.specimens.fonts import em_of_advance, font
from models.training.specimens.layouts import Layout, Rect
from models.training.specimens.mrz import FORMATS
from models.training.specimens.patterns import background

Box = tuple[int, int, int, int]
_DATES = ("birth_date", "issue_date", "expiry_date")
_PITCH, _LINES = 2.54, 4.23  # millimetres: width of a character of the zone, distance of its lines (Doc 9303-3)
_INK = (24, 22, 30)


@dataclass(slots=True, eq=False)
class Side:
    """One side of a document, lying flat.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        boxes: left, top, right, bottom in pixels of `image`, by field name (`surname`, ...), and of `portrait`,
            `ghost`, `mrz` and `barcode` where the side has them.
        printed: the text in each field's box, as printed.
        plate: the side without text, portrait and codes; what a forger's retouching would bring back.
    """

    image: np.ndarray
    boxes: dict[str, Box] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    plate: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 3), np.uint8))


def printed(layout: Layout, name: str, record: dict[str, str]) -> str:
    """A field's value as the layout prints it."""
    value = record[name]
    if name in _DATES:
        return datetime.date.fromisoformat(value).strftime(layout.dates).upper()
    return value if name in ("height", "categories") else value.upper()


def draw_side(
    layout: Layout,
    side: str,
    record: dict[str, str],
    mrz: tuple[str, ...],
    code: str | None,
    face: np.ndarray,
    rng: np.random.Generator,
    ppmm: float,
) -> Side:
    """Draws `front` or `back` at `ppmm` pixels a millimetre."""
    size = round(layout.size[0] * ppmm), round(layout.size[1] * ppmm)
    plate = background(rng, size, layout.palette, layout.pattern, ppmm)
    canvas = Image.fromarray(plate)
    result = Side(image=plate, plate=plate)
    pen = _Pen(canvas, ImageDraw.Draw(canvas), layout, ppmm, result)
    pen.titles(side)
    if side == "front" and layout.portrait is not None:
        pen.portrait(face, rng)
    pen.fields(layout.front if side == "front" else layout.back, record, side)
    if code is not None and side == "back":
        pen.barcode(code)
    if layout.mrz_side == side:
        pen.zone(mrz)
    result.image = np.asarray(canvas).copy()
    return result


@dataclass(slots=True, eq=False)
class _Pen:
    canvas: Image.Image
    draw: ImageDraw.ImageDraw
    layout: Layout
    ppmm: float
    side: Side

    def _text(self, x: float, y: float, text: str, family: str, size: float, ink: tuple[int, int, int]) -> Box:
        """Writes at millimetres, `size` being the em in millimetres; returns the box of the ink in pixels."""
        where = (x * self.ppmm, y * self.ppmm)
        face = font(family, round(size * self.ppmm, 2))
        self.draw.text(where, text, ink, face)
        left, top, right, bottom = self.draw.textbbox(where, text, face)
        return int(left), int(top), int(np.ceil(right)), int(np.ceil(bottom))

    def titles(self, side: str) -> None:
        """Country, title, and a line of microtext under them."""
        layout, ink = self.layout, self.layout.palette[3]
        big = layout.size[0] / 24
        if side == "front":
            self._text(5, 2.6, layout.country.name.upper(), layout.label_font, big, ink)
            title = font(layout.label_font, round(big * 0.7 * self.ppmm, 2)).getlength(layout.title) / self.ppmm
            self._text(layout.size[0] - 5 - title, 3.4, layout.title, layout.label_font, big * 0.7, ink)
        micro = f"{layout.country.name.upper()} {layout.title} " * 12
        line = 8.9 if side == "front" else layout.size[1] * 0.02
        room = layout.size[0] - 10
        face = font(layout.label_font, round(0.75 * self.ppmm, 2))
        while face.getlength(micro) > room * self.ppmm:
            micro = micro[:-8]
        self._text(5, line, micro, layout.label_font, 0.75, ink)

    def portrait(self, face: np.ndarray, rng: np.random.Generator) -> None:
        """The holder's picture as printed: within the paper's colours, line work running over it; and its ghost."""
        assert self.layout.portrait is not None
        self._picture(self.layout.portrait, "portrait", face, 1.0, self.layout.grey_portrait)
        if self.layout.ghost is not None:
            self._picture(self.layout.ghost, "ghost", face, 0.45, True)
        if self.layout.chip is not None:
            x, y, w, h = (round(side * self.ppmm) for side in self.layout.chip)
            self.draw.rounded_rectangle((x, y, x + w, y + h), h // 5, (203, 174, 106), (150, 120, 60))

    def _picture(self, place: Rect, name: str, face: np.ndarray, strength: float, grey: bool) -> None:
        x, y, w, h = (round(side * self.ppmm) for side in place)
        picture = cv2.resize(fitted(face, w / h), (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
        if grey:
            picture = np.repeat(picture @ np.array([0.299, 0.587, 0.114], np.float32)[:, None], 3, 1).reshape(h, w, 3)
        under = self.side.plate[y : y + h, x : x + w].astype(np.float32)
        # Ink on this paper: the background's line work stays visible in the light parts.
        mixed = (12 + 0.95 * picture) * (under / 255) ** 0.35
        mixed = np.clip(under + (mixed - under) * strength, 0, 255).astype(np.uint8)
        self.canvas.paste(Image.fromarray(mixed), (x, y))
        self.side.boxes[name] = (x, y, x + w, y + h)

    def fields(self, names: tuple[str, ...], record: dict[str, str], side: str) -> None:
        """Labels and values, column by column."""
        layout = self.layout
        beside = 34.0 if layout.barcode not in (None, "PDF417") else 10.0  # room for a square code
        columns = layout.columns if side == "front" else ((5.0, layout.size[0] - beside),)
        top = layout.top if side == "front" else layout.size[1] * 0.08
        pitch = layout.pitch if side == "front" else max(5.0, layout.text * 1.9)
        shown = [name for name in names if record.get(name)]
        rows = -(-len(shown) // len(columns))
        for number, name in enumerate(shown):
            left, width = columns[number // rows]
            y = top + pitch * (number % rows)
            label = labels.label(layout, name, number)
            x, below = left, y
            if layout.labels == "above":
                self._text(left, y, label, layout.label_font, layout.text * 0.58, layout.palette[3])
                below = y + layout.text * 0.72
            else:
                self._text(left, y + layout.text * 0.2, label, layout.label_font, layout.text * 0.7, layout.palette[3])
                x = left + (6.0 if layout.labels == "numbered" else min(24.0, width * 0.42))
            text = printed(layout, name, record)
            size, room = layout.text, (left + width - x) * self.ppmm
            while font(layout.font, round(size * self.ppmm, 2)).getlength(text) > room and size > 1.4:
                size *= 0.94
            self.side.boxes[name] = self._text(x, below, text, layout.font, size, _INK)
            self.side.printed[name] = text

    def zone(self, lines: tuple[str, ...]) -> None:
        """The machine readable zone in OCR-B, 2.54 mm a character, on lightened paper."""
        assert self.layout.form is not None
        count, width = FORMATS[self.layout.form]
        left = (self.layout.size[0] - width * _PITCH) / 2
        top = self.layout.size[1] - 4.0 - count * _LINES
        face = font("ocrb", round(_PITCH * self.ppmm * em_of_advance("ocrb"), 3))
        boxes = []
        for number, line in enumerate(lines):
            at = (left * self.ppmm, (top + number * _LINES) * self.ppmm)
            self.draw.text(at, line, _INK, face)
            boxes.append(self.draw.textbbox(at, line, face))
        sides = np.array(boxes)
        low, high = sides[:, :2].min(0), sides[:, 2:].max(0)
        self.side.boxes["mrz"] = (int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1)

    def barcode(self, text: str) -> None:
        """PDF417 along the lower edge, square codes in the upper right corner."""
        form, (width, height) = str(self.layout.barcode), self.layout.size
        if form == "PDF417":
            place: Rect = (4.0, height * 0.45, width - 8, height * 0.5)
        else:
            side = min(22.0, height * 0.38)
            place = (width - side - 4, 4.0, side, side)
        x, y, w, h = (round(side * self.ppmm) for side in place)
        code = barcodes.drawn(form, text, (w, h))
        self.canvas.paste(Image.fromarray(code).convert("RGB"), (x, y))
        self.side.boxes["barcode"] = (x, y, x + code.shape[1], y + code.shape[0])


def fitted(face: np.ndarray, aspect: float) -> np.ndarray:
    """The largest centred cut of width over height `aspect`; from the top where height is too much."""
    height, width = face.shape[:2]
    if width > height * aspect:
        cut = round(height * aspect)
        left = (width - cut) // 2
        return face[:, left : left + cut]
    return face[: round(width / aspect)]

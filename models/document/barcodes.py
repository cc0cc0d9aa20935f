"""Reads barcodes on documents in any rotation: zxing-cpp after finding, deskewing and enlarging what looks like one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from models.cards import card
from models.predictor import Predictor

FORMATS = "PDF417,CompactPDF417,QRCode,Aztec,DataMatrix,Code128"
STRIPED = frozenset({"PDF417", "CompactPDF417", "Code 128"})
"""Formats that the reader loses at rotations of 3° and more; the others it finds in any rotation."""

_LOOK_SIDE = 800
"""Long side, in pixels, at which regions of bars are searched for."""
_REGIONS = 3
_COHERENCE = 0.45
"""Of the gradients' directions, 0..1: bars 0.6 and more, lines of text about 0.2."""
_ANGLES = (0.0, -1.5, 1.5, -3.0, 3.0)
_SCALES = (2.0, 3.0)
_MOST_PIXELS = 6_000_000
"""Of one enlarged region: the search stays bounded whatever the picture holds."""


@dataclass(frozen=True, slots=True, eq=False)
class Barcode:
    """One barcode that was read with its checksum or error correction intact.

    Attributes:
        text: as the symbol's encoding says; untrusted, whoever printed the symbol chose it.
        data: the bytes it holds.
        format: `PDF417`, `QR Code`, `Aztec`, `Data Matrix`, `Code 128`, as zxing-cpp names them.
        quad: (4, 2) float32 pixels of the image, clockwise from the symbol's own top-left corner.
    """

    text: str
    data: bytes
    format: str
    quad: np.ndarray


class BarcodeReader(Predictor[np.ndarray, list[Barcode]]):
    """Reads PDF417, QR, Aztec, Data Matrix and Code 128 symbols.

    Input: (H, W, 3) uint8 RGB images of any size. Output: the symbols of each image. The image is read as it is first;
    where regions remain that are striped like PDF417 or Code 128, each is turned upright by the direction of its bars,
    enlarged and read again, at most `_REGIONS` of them.
    """

    card = card("document/barcodes")

    def load(self) -> None:
        self._formats = zxingcpp.barcode_formats_from_str(FORMATS)

    def predict(self, batch: Sequence[np.ndarray]) -> list[list[Barcode]]:
        return [self._read(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)) for image in batch]

    def _read(self, grey: np.ndarray) -> list[Barcode]:
        found = [_barcode(symbol, None) for symbol in self._symbols(grey)]
        for region, angle in _striped_regions(grey):
            if not any(_inside(region, barcode.quad.mean(axis=0)) for barcode in found):
                found += self._deskewed(grey, region, angle)
        return found

    def _symbols(self, grey: np.ndarray) -> list[zxingcpp.Barcode]:
        return zxingcpp.read_barcodes(grey, self._formats, text_mode=zxingcpp.TextMode.Plain)

    def _deskewed(self, grey: np.ndarray, region: cv2.typing.RotatedRect, angle: float) -> list[Barcode]:
        """What a region holds, at the first angle and scale at which it can be read."""
        for scale in _SCALES:
            for offset in _ANGLES:
                upright = _upright(region, angle + offset, scale)
                if upright is None:
                    return []
                to_image, size = upright
                turned = cv2.warpAffine(
                    grey,
                    to_image,
                    size,
                    flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
                    borderMode=cv2.BORDER_REPLICATE,
                )
                if symbols := self._symbols(turned):
                    return [_barcode(symbol, to_image) for symbol in symbols]
        return []


def _striped_regions(grey: np.ndarray) -> Iterator[tuple[cv2.typing.RotatedRect, float]]:
    """Regions whose gradients are strong and point one way, largest first, with the degrees they are turned by."""
    # Gradients at full size: reducing the picture first would blend the narrow bars that are looked for.
    dx, dy = cv2.Scharr(grey, cv2.CV_32F, 1, 0), cv2.Scharr(grey, cv2.CV_32F, 0, 1)
    shrink = min(1.0, _LOOK_SIDE / max(grey.shape))
    window = (0, 0), 0.012 * _LOOK_SIDE
    xx, yy, xy = (
        cv2.GaussianBlur(cv2.resize(product, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), *window)
        for product in (dx * dx, dy * dy, dx * dy)
    )
    energy = xx + yy
    coherence = np.hypot(xx - yy, 2 * xy) / (energy + 1e-3)
    striped = (coherence > _COHERENCE) & (energy > max(4 * float(energy.mean()) / 3, 3e4))
    side = max(3, round(0.012 * _LOOK_SIDE) | 1)
    mask = cv2.morphologyEx(striped.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    contours = sorted(contours, key=cv2.contourArea, reverse=True)[:_REGIONS]
    for contour in contours:
        if cv2.contourArea(contour) < 0.002 * mask.size:
            return
        inside = np.zeros_like(mask)
        cv2.drawContours(inside, [contour], -1, 1, cv2.FILLED)
        chosen = inside.astype(bool)
        across = 0.5 * np.arctan2(2 * xy[chosen].mean(), xx[chosen].mean() - yy[chosen].mean())
        (x, y), (w, h), turned = cv2.minAreaRect(contour)
        yield ((x / shrink, y / shrink), (w / shrink, h / shrink), turned), float(np.degrees(across))


def _upright(region: cv2.typing.RotatedRect, angle: float, scale: float) -> tuple[np.ndarray, tuple[int, int]] | None:
    """The map from an enlarged upright crop of a region to the image, and the crop's size; None where too large."""
    corners = cv2.boxPoints(region)
    along = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    down = np.array([-along[1], along[0]])
    spans = [(float((corners @ axis).min()), float((corners @ axis).max())) for axis in (along, down)]
    margin = 0.12 * max(high - low for low, high in spans) + 8
    low = np.array([first - margin for first, _ in spans])
    size = [round((last - first + 2 * margin) * scale) for first, last in spans]
    if size[0] * size[1] > _MOST_PIXELS:
        return None
    axes = np.stack([along, down], axis=1)
    to_image = np.concatenate([axes / scale, (axes @ low)[:, None]], axis=1)
    return to_image, (size[0], size[1])


def _barcode(symbol: zxingcpp.Barcode, to_image: np.ndarray | None) -> Barcode:
    place = symbol.position
    corners = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    quad = np.array([(corner.x, corner.y) for corner in corners], np.float32)
    if to_image is not None:
        quad = (quad @ to_image[:, :2].T + to_image[:, 2]).astype(np.float32)
    return Barcode(text=symbol.text, data=bytes(symbol.bytes), format=str(symbol.format), quad=quad)


def _inside(region: cv2.typing.RotatedRect, point: np.ndarray) -> bool:
    return cv2.pointPolygonTest(cv2.boxPoints(region), (float(point[0]), float(point[1])), False) >= 0

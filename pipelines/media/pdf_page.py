"""One PDF page as its characters in reading order, and all that was drawn opaquely, in the order of drawing."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipelines.media.pdf import page_pixels, page_scale

if TYPE_CHECKING:
    import pymupdf

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in points, origin at the top left of the page as it is shown."""

_Corner = tuple[int, ...]
MAX_GLYPHS = 30_000
MAX_OPERATIONS = 60_000
"""What a page draws beyond this is not looked at: no document's page comes near, a hostile one might."""
_MAX_COVERS = 1_000
_MAX_IMAGES = 500
_MAX_PIXELS = 4_000_000
_OPAQUE = 0.99
_SAME_LOOK = 16.0
"""Mean difference of channels between an image and its place on the page, both reduced to the page's pixels."""
MAX_OBJECTS = 100_000
_MAX_OBJECT = 100_000
_BLENDS = re.compile(r"/ca 0|/ca \.|/BM ?/(?!Normal|Compatible)")


@dataclass(frozen=True, slots=True)
class Cover:
    """Something opaque that was drawn: a filled rectangle (`path`), an `image`, or a `shade` of unknown shape.

    `opaque` is false for an image that may be see-through.
    """

    box: Box
    order: int
    kind: str
    color: tuple[int, int, int] | None
    opaque: bool = True


@dataclass(slots=True)
class Glyph:
    """One character as it was drawn.

    Attributes:
        font: name as the file gives it, subset prefix included.
        size: points.
        color: RGB, 0..255.
        mode: text rendering mode (ISO 32000-2, 9.3.6): 3 draws nothing.
        order: place in the order of drawing on the page.
        line: number of the line of text that MuPDF puts it in.
        hidden: why nobody sees it: `invisible`, `transparent`, `tiny`, `outside`, `covered`, `same_color`; or None.
        cover: what covers it, where that is known.
    """

    text: str
    box: Box
    origin: tuple[float, float]
    font: str
    size: float
    color: tuple[int, int, int]
    mode: int
    opacity: float
    order: int
    line: int
    hidden: str | None = None
    cover: Cover | None = None


@dataclass(slots=True)
class PageView:
    """What a page draws. `pixels` is the page at `scale` pixels for each point, (H, W, 3) uint8 RGB."""

    number: int
    width: float
    height: float
    glyphs: list[Glyph]
    covers: list[Cover]
    images: list[dict[str, Any]]
    pixels: npt.NDArray[np.uint8]
    scale: float
    complete: bool = True

    @property
    def scanned(self) -> bool:
        """Whether one image covers most of the page, as a scanner's output does."""
        page = self.width * self.height
        return any(area(clip(image["box"], self.width, self.height)) > 0.6 * page for image in self.images)

    def patch(self, box: Box) -> npt.NDArray[np.uint8]:
        """The pixels of a box; empty where it lies outside."""
        left, top, right, bottom = (round(side * self.scale) for side in box)
        return self.pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]


def view_page(page: "pymupdf.Page", blends: bool) -> PageView:
    """Reads a page. What of its text can be seen is for `pipelines.media.pdf_visibility` to judge.

    Args:
        blends: whether the document is `translucent`: images may then be see-through.
    """
    scale = page_scale(page, 108.0, 2_000.0, _MAX_PIXELS)
    pixels = page_pixels(page, scale)
    operations = page.get_bboxlog()
    bounded = len(operations) <= MAX_OPERATIONS
    glyphs = _glyphs(page, page.get_texttrace() if bounded else [])
    return PageView(
        number=page.number + 1,
        width=float(page.rect.width),
        height=float(page.rect.height),
        glyphs=glyphs,
        covers=_covers(page, operations, _solid_images(page, pixels, scale, blends)) if bounded else [],
        images=_images(page),
        pixels=pixels,
        scale=scale,
        complete=bounded and len(glyphs) < MAX_GLYPHS,
    )


def area(box: Sequence[float]) -> float:
    """Square points; 0 for a box that is turned inside out."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def clip(box: Sequence[float], width: float, height: float) -> Box:
    """The part of a box that lies on the page."""
    left, right = (min(max(side, 0.0), width) for side in (box[0], box[2]))
    top, bottom = (min(max(side, 0.0), height) for side in (box[1], box[3]))
    return left, top, right, bottom


def union(boxes: Sequence[Sequence[float]]) -> Box:
    """The smallest box round all of them, to a tenth of a point."""
    sides = zip(*boxes, strict=True)
    return tuple(round(float(pick(side)), 1) for pick, side in zip((min, min, max, max), sides, strict=True))  # type: ignore[return-value]


def _glyphs(page: "pymupdf.Page", traced: list[dict[str, Any]]) -> list[Glyph]:
    """Characters in MuPDF's reading order, each with what the drawing of it says.

    Structured text knows lines and ligatures, the trace knows order and rendering; the two meet at the origin.
    """
    import pymupdf

    drawn: dict[tuple[float, float], list[dict[str, Any]]] = defaultdict(list)
    for span in traced:
        for _, _, origin, _ in span["chars"]:
            drawn[_place(origin)].append(span)
    structured = page.get_text("rawdict", flags=pymupdf.TEXT_PRESERVE_WHITESPACE, clip=pymupdf.INFINITE_RECT())
    glyphs: list[Glyph] = []
    for number, (span, char) in enumerate(_characters(structured)):
        if number >= MAX_GLYPHS:
            break
        found = drawn.get(_place(char["origin"]))
        trace = (found.pop(0) if len(found) > 1 else found[0]) if found else None
        glyphs.append(_glyph(span, char, trace, glyphs[-1] if glyphs else None))
    return glyphs


def _characters(structured: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    line = 0
    for block in structured["blocks"]:
        for row in block.get("lines", ()):
            line += 1
            for span in row["spans"]:
                span["line"] = line
                for char in span["chars"]:
                    yield span, char


def _glyph(span: dict[str, Any], char: dict[str, Any], trace: dict[str, Any] | None, last: Glyph | None) -> Glyph:
    """Without a trace (spaces that MuPDF puts in, parts of ligatures) a character is drawn like the one before it."""
    same = last is not None and last.line == span["line"]
    order, mode, opacity = (last.order, last.mode, last.opacity) if same and last else (-1, 0, span["alpha"] / 255)
    if trace is not None:
        order, mode, opacity = trace["seqno"], trace["type"], trace["opacity"]
    color = int(span["color"])
    return Glyph(
        text=char["c"],
        box=tuple(map(float, char["bbox"])),  # type: ignore[arg-type]
        origin=tuple(map(float, char["origin"])),  # type: ignore[arg-type]
        font=str(span["font"]),
        size=float(span["size"]),
        color=(color >> 16 & 255, color >> 8 & 255, color & 255),
        mode=int(mode),
        opacity=float(opacity),
        order=int(order),
        line=int(span["line"]),
    )


def _place(origin: Sequence[float]) -> tuple[float, float]:
    return round(origin[0], 1), round(origin[1], 1)


def _images(page: "pymupdf.Page") -> list[dict[str, Any]]:
    found = page.get_image_info()[:_MAX_IMAGES]
    return [
        {
            "box": tuple(round(float(side), 2) for side in image["bbox"]),
            "width": int(image["width"]),
            "height": int(image["height"]),
        }
        for image in found
    ]


def _covers(page: "pymupdf.Page", operations: list[Any], solid: set[_Corner]) -> list[Cover]:
    covers = []
    for order, (operation, box, *_) in enumerate(operations):
        if operation in ("fill-image", "fill-shade"):
            place, kind = tuple(map(float, box)), operation.removeprefix("fill-")
            covers.append(Cover(place, order, kind, None, kind == "image" and _corner(place) in solid))  # type: ignore[arg-type]
    for drawing in page.get_cdrawings():
        opaque = "f" in drawing["type"] and (drawing.get("fill_opacity") or 0.0) >= _OPAQUE
        if opaque and drawing.get("fill") is not None and _rectangular(drawing):
            color = tuple(round(255 * channel) for channel in drawing["fill"])
            covers.append(Cover(tuple(map(float, drawing["rect"])), drawing["seqno"], "path", color))  # type: ignore[arg-type]
    page_box = tuple(map(float, page.rect))
    covers = [cover for cover in covers if overlap(cover.box, page_box) > 0]
    covers.sort(key=lambda cover: -area(cover.box))
    return covers[:_MAX_COVERS]


def _solid_images(page: "pymupdf.Page", pixels: npt.NDArray[np.uint8], scale: float, blends: bool) -> set[_Corner]:
    """Places of images that nothing shines through.

    An image without a mask is such a one, unless the document blends: then the page must look like the image there.
    """
    if not blends:
        return {_corner(image["bbox"]) for image in page.get_image_info() if not image.get("has-mask", True)}
    try:
        images = page.get_image_info(xrefs=True)[:_MAX_IMAGES]
    except MemoryError:
        raise
    except Exception:  # one broken image
        return set()
    plain = [image for image in images if not image.get("has-mask", True) and image["xref"] > 0]
    return {_corner(image["bbox"]) for image in plain if _looks_like(page, image, pixels, scale)}


def _looks_like(page: "pymupdf.Page", image: dict[str, Any], pixels: npt.NDArray[np.uint8], scale: float) -> bool:
    """Whether an upright image stands on the page as it is in the file."""
    import cv2
    import pymupdf

    across, skew, tilt, down = image["transform"][:4]
    left, top, right, bottom = (round(side * scale) for side in image["bbox"])
    there = pixels[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    whole = there.shape[:2] == (bottom - top, right - left) and there.size > 0
    if not whole or min(across, down) <= 0 or skew or tilt or image["width"] * image["height"] > _MAX_PIXELS:
        return False
    picture = pymupdf.Pixmap(pymupdf.csRGB, pymupdf.Pixmap(page.parent, image["xref"]))
    rows = np.frombuffer(picture.samples, np.uint8).reshape(picture.height, picture.stride)
    own = rows[:, : 3 * picture.width].reshape(picture.height, picture.width, 3)
    small = cv2.resize(own, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    seen, drawn = (cv2.blur(pixels, (3, 3)).astype(np.int16) for pixels in (there, small))  # half a pixel is no matter
    return bool(np.abs(drawn - seen).mean() < _SAME_LOOK)


def _corner(box: Sequence[float]) -> _Corner:
    return tuple(round(min(max(side, -1e6), 1e6)) for side in box)


def translucent(document: "pymupdf.Document") -> bool:
    """Whether any graphics state of a document lets shine through what lies beneath (ISO 32000-2, 11)."""
    return any(
        _BLENDS.search(source(document, number)) for number in range(1, min(document.xref_length(), MAX_OBJECTS))
    )


def source(document: "pymupdf.Document", number: int) -> str:
    """An object as text; empty where it is damaged."""
    try:
        return str(document.xref_object(number, compressed=True))[:_MAX_OBJECT]
    except MemoryError:
        raise
    except Exception:  # MuPDF's own classes, RuntimeError, ValueError, ...
        return ""


def _rectangular(drawing: dict[str, Any]) -> bool:
    """Whether a path fills its bounding box: one rectangle, or straight lines between that box's corners."""
    items = drawing["items"]
    if len(items) == 1 and items[0][0] in ("re", "qu"):
        return True
    if not 3 <= len(items) <= 5 or any(item[0] != "l" for item in items):
        return False
    left, top, right, bottom = drawing["rect"]
    points = [point for item in items for point in item[1:3]]
    return all(min(abs(x - left), abs(x - right)) < 0.1 and min(abs(y - top), abs(y - bottom)) < 0.1 for x, y in points)


def overlap(one: Sequence[float], other: Sequence[float]) -> float:
    """Shared area as a part of the smaller box."""
    shared = area((max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])))
    least = min(area(one), area(other))
    return shared / least if least > 0 else 0.0

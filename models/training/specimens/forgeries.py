"""Forged documents with the truth of what was changed, and honest ones that went through the same hands.

Digital forgeries change a photograph that was compressed before and save it once more, as forgers do. Every kind has
its control: the same change made before the ONLY compression (`once=True`), in which nothing of the file's history
differs; a detector of compression traces must stay silent there.
"""

import datetime
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image, ImageDraw

from models.training.specimens.capture import Photo, capture
from models.training.specimens.conditions import Conditions, compressed
from models.training.specimens.draw import Box, Side, fitted, printed
from models.training.specimens.fonts import font
from models.training.specimens.specimen import Specimen
from models.training.specimens.surroundings import TRAIN_GROUNDS

DIGITAL = ("portrait_paste", "portrait_blend", "field_font", "field_same", "field_shift", "copy_move")
PHYSICAL = ("portrait_glued",)
KINDS = (*DIGITAL, *PHYSICAL)
"""`field_font`: retyped in another font; `field_same`: in the right one; `field_shift`: and off the base line."""
_EDITED = ("birth_date", "expiry_date", "document_number", "surname", "given_names", "issue_date")
_INK = (30, 28, 36)


@dataclass(slots=True, eq=False)
class Forged:
    """A forged photograph, or the honest one it was made from.

    Attributes:
        photo: corners, homographies and conditions; `image` is what the application receives.
        mask: (H, W) bool, the changed pixels of the photograph; empty for an honest one.
        kind: of `KINDS`, or `none`.
        field: the field that was changed, where one was; `text` what stands there now.
    """

    photo: Photo
    mask: np.ndarray
    kind: str
    field: str | None = None
    text: str | None = None

    @property
    def image(self) -> np.ndarray:
        """(H, W, 3) uint8 RGB."""
        return self.photo.image


def forge(
    rng: np.random.Generator,
    document: Specimen,
    kind: str,
    how: Conditions,
    other: np.ndarray,
    *,
    once: bool = False,
    grounds: tuple[str, ...] = TRAIN_GROUNDS,
    shot: Photo | None = None,
) -> Forged:
    """Photographs the front of a document and forges it.

    Args:
        kind: of `KINDS`, or `none`: photographed, opened and saved again without a change.
        how: `quality` of the first compression; the second is drawn from 80 to 95 (`resave` is ignored).
        other: (H, W, 3) uint8 RGB, another person's picture.
        once: the control: the change is made before the only compression.
        shot: a photograph that was taken already, for digital forgeries; of `how`.

    Raises:
        ValueError: an unknown kind, or a document without a portrait or field to change.
    """
    if kind not in (*KINDS, "none"):
        raise ValueError(f"unknown kind of forgery {kind!r}")
    how = replace(how, resave=None)
    side = document.front
    if kind == "portrait_glued":
        side, box = _glued(rng, document, other)
        shot = capture(rng, side.image, how, grounds=grounds)
        return Forged(shot, _seen(shot, box), kind)
    shot = shot or capture(rng, side.image, how, grounds=grounds)
    canvas = shot.raw if once else shot.image
    changed, mask, name, text = canvas, np.zeros(canvas.shape[:2], bool), None, None
    if kind.startswith("portrait"):
        changed, mask = _swapped(rng, document, shot, canvas, other, blend=kind == "portrait_blend")
    elif kind.startswith("field"):
        changed, mask, name, text = _retyped(rng, document, shot, canvas, kind)
    elif kind == "copy_move":
        changed, mask, name = _moved(rng, document, shot, canvas)
    last = how.quality if once else int(rng.integers(80, 96))
    return Forged(replace_image(shot, compressed(changed, last)), mask, kind, name, text)


def replace_image(shot: Photo, image: np.ndarray) -> Photo:
    """The same photograph with other pixels."""
    return Photo(image, shot.raw, shot.quads, shot.homographies, shot.how)


def _seen(shot: Photo, box: Box) -> np.ndarray:
    """(H, W) bool: where a box of the flat side lies in the photograph."""
    left, top, right, bottom = box
    corners = np.array([[[left, top], [right, top], [right, bottom], [left, bottom]]], np.float64)
    there = cv2.perspectiveTransform(corners, shot.homographies[0])[0]
    mask = np.zeros(shot.image.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(there).astype(np.int32), 1.0)
    return mask > 0


def _onto(shot: Photo, patch: np.ndarray, box: Box) -> tuple[np.ndarray, np.ndarray]:
    """A flat patch as it would be seen in the place of `box`: float32 pixels and weights (H, W, 1)."""
    left, top, right, bottom = box
    height, width = patch.shape[:2]
    scale = np.array([[(right - left) / width, 0, left], [0, (bottom - top) / height, top], [0, 0, 1]])
    matrix = shot.homographies[0] @ scale
    size = shot.image.shape[1], shot.image.shape[0]
    seen = cv2.warpPerspective(
        patch.astype(np.float32), matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    weight = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    return seen, weight[..., None]


def _portrait_box(document: Specimen) -> Box:
    if "portrait" not in document.front.boxes:
        raise ValueError("the document shows no portrait")
    return document.front.boxes["portrait"]


def _glued(rng: np.random.Generator, document: Specimen, other: np.ndarray) -> tuple[Side, Box]:
    """Another photograph stuck on the portrait before the document is photographed: slightly larger, turned, shaded."""
    left, top, right, bottom = _portrait_box(document)
    grow = (right - left) * rng.uniform(0.01, 0.05)
    image = document.front.image.copy()
    x0, y0 = max(0, int(left - grow)), max(0, int(top - grow))
    x1, y1 = int(right + grow), min(image.shape[0], int(bottom + grow))
    picture = cv2.resize(fitted(other, (x1 - x0) / (y1 - y0)), (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
    corners = np.array([[0, 0], [x1 - x0, 0], [x1 - x0, y1 - y0], [0, y1 - y0]], np.float32)
    moved = corners + np.array([x0, y0]) + rng.normal(0, grow * 0.35, (4, 2))
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    size = image.shape[1], image.shape[0]
    seen = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(np.ones(picture.shape[:2], np.float32), matrix, size)[..., None]
    shade = cv2.GaussianBlur(cv2.warpAffine(cover, np.array([[1, 0, 2], [0, 1, 3]], np.float32), size), (0, 0), 3)
    under = image * (1 - np.float32(rng.uniform(0.25, 0.55)) * shade[..., None])
    tint = rng.normal(1, 0.05, 3).astype(np.float32)
    image = np.clip(under + (seen * tint - under) * cover, 0, 255).astype(np.uint8)
    boxes = document.front.boxes | {"portrait": (x0, y0, x1, y1)}
    return Side(image, boxes, document.front.printed, document.front.plate), (x0, y0, x1, y1)


def _swapped(
    rng: np.random.Generator, document: Specimen, shot: Photo, canvas: np.ndarray, other: np.ndarray, blend: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Another person's picture in the place of the portrait, with its own history of compression and noise."""
    box = _portrait_box(document)
    left, top, right, bottom = box
    picture = compressed(other, int(rng.integers(60, 93)))
    picture = cv2.resize(fitted(picture, (right - left) / (bottom - top)), (right - left, bottom - top))
    seen, weight = _onto(shot, picture, box)
    mask = weight[..., 0] > 0.5
    if blend:  # its light and colours are matched, its border is feathered
        old, new = canvas[mask].astype(np.float32), seen[mask]
        seen = (
            (seen - new.mean(0)) * (0.5 + 0.5 * old.std(0) / (new.std(0) + 1)) + 0.6 * old.mean(0) + 0.4 * new.mean(0)
        )
        wide = max(1.0, np.sqrt(mask.sum()) * 0.02)
        soft = cv2.erode(weight, np.ones((3, 3), np.uint8), iterations=max(1, int(wide)))
        weight = cv2.GaussianBlur(soft, (0, 0), wide)[..., None]
    return np.clip(canvas + (seen - canvas) * weight, 0, 255).astype(np.uint8), mask


def _retyped(
    rng: np.random.Generator, document: Specimen, shot: Photo, canvas: np.ndarray, kind: str
) -> tuple[np.ndarray, np.ndarray, str, str]:
    """One field painted out and written anew, in the photograph."""
    name = _some_field(rng, document)
    left, top, right, bottom = document.front.boxes[name]
    pad = max(2, (bottom - top) // 6)
    box = (left - pad, top - pad, right + pad, bottom + pad)
    mask = _seen(shot, box)
    text = altered(rng, document, name)
    family = document.layout.font
    if kind == "field_font":
        family = str(rng.choice([one for one in ("sans", "serif", "mono", "narrow") if one != family]))
    # The print's darkness and sharpness as the photograph shows them.
    ink = np.percentile(canvas[mask].astype(np.float32), 3, axis=0) if mask.any() else np.array(_INK, np.float32)
    paper = cv2.inpaint(canvas, mask.astype(np.uint8), 3, cv2.INPAINT_TELEA)
    height, width = (bottom - top + 2 * pad) * 2, (right - left + 2 * pad) * 2
    stencil = Image.new("L", (width, height), 0)
    size = (bottom - top) * 2 * 1.28
    while font(family, round(size, 1)).getlength(text) > width * 0.99 - 2 * pad and size > 8:
        size *= 0.96
    shift = rng.choice([-1, 1]) * rng.uniform(0.12, 0.25) * size if kind == "field_shift" else 0.0
    ImageDraw.Draw(stencil).text((2 * pad, height / 2 + shift), text, 255, font(family, round(size, 1)), anchor="lm")
    seen, cover = _onto(shot, np.asarray(stencil)[..., None].repeat(3, -1), box)
    weight = cv2.GaussianBlur(seen * cover / 255, (0, 0), max(0.4, shot.how.blur * 0.8))
    return np.clip(paper + (ink - paper) * weight, 0, 255).astype(np.uint8), mask, name, text


def _moved(
    rng: np.random.Generator, document: Specimen, shot: Photo, canvas: np.ndarray
) -> tuple[np.ndarray, np.ndarray, str | None]:
    """Part of one field copied over part of another, within the photograph."""
    names = [name for name in document.front.printed if name in document.front.boxes]
    if len(names) < 2:
        raise ValueError("the document has no two fields")
    source, target = (document.front.boxes[names[int(i)]] for i in rng.choice(len(names), 2, replace=False))
    points = np.array([[[source[0], source[1]], [target[0], target[1]]]], np.float64)
    (sx, sy), (tx, ty) = cv2.perspectiveTransform(points, shot.homographies[0])[0].round().astype(int).tolist()
    scale = np.sqrt(abs(np.linalg.det(shot.homographies[0][:2, :2])))
    width, height = (max(12, int((source[i + 2] - source[i]) * scale)) for i in range(2))
    width = int(width * rng.uniform(0.6, 1.0))
    limit = canvas.shape[1] - max(sx, tx), canvas.shape[0] - max(sy, ty)
    width, height = min(width, limit[0]), min(height + 4, limit[1])
    if min(width, height, sx, sy, tx, ty) <= 0:
        raise ValueError("the fields lie outside of the photograph")
    changed, mask = canvas.copy(), np.zeros(canvas.shape[:2], bool)
    changed[ty : ty + height, tx : tx + width] = canvas[sy : sy + height, sx : sx + width]
    mask[ty : ty + height, tx : tx + width] = True
    return changed, mask, next(name for name, box in document.front.boxes.items() if box == target)


def _some_field(rng: np.random.Generator, document: Specimen) -> str:
    names = [name for name in _EDITED if name in document.front.printed]
    if not names:
        raise ValueError("the document has no field to change")
    return names[int(rng.integers(len(names)))]


def altered(rng: np.random.Generator, document: Specimen, name: str) -> str:
    """Another value of a field as it would be printed: another date, or two other characters."""
    if name.endswith("_date"):
        date = datetime.date.fromisoformat(document.truth[name])
        moved = date + datetime.timedelta(days=int(rng.choice([-1, 1])) * int(rng.integers(40, 3000)))
        return printed(document.layout, name, document.truth | {name: moved.isoformat()})
    text = document.front.printed[name]
    letters = list(text)
    places = [i for i, c in enumerate(text) if c.isalnum() and c.isascii()]
    for i in rng.choice(places, min(2, len(places)), replace=False) if places else []:
        kind = "0123456789" if text[i].isdigit() else "ABCDEFGHIKLMNOPRSTUVWZ"
        letters[i] = str(rng.choice([c for c in kind if c != text[i]]))
    return "".join(letters)

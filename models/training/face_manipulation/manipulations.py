"""The manipulations that the network is trained on. Each returns the picture and where it was changed.

Self-blended images follow Shiohara and Yamasaki (Detecting Deepfakes with Self-Blended Images, CVPR 2022): a picture is
blended into a changed copy of itself, so that nothing but the blending tells the two classes apart.
"""

from collections.abc import Callable

import cv2
import numpy as np

from models.training.face_manipulation.geometry import (
    INNER_LIPS,
    LIPS,
    anchored,
    piecewise,
    region,
    remap,
    smooth,
    triangles,
    width_of,
)
from models.training.face_manipulation.portraits import Face

Manipulated = tuple[np.ndarray, np.ndarray]
"""(H, W, 3) uint8 RGB, and (H, W) float32 0..1: how much of each pixel was replaced."""


def self_blended(face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
    """Blends a changed copy of the face into itself. `donor` is not used."""
    image, size = face.image, width_of(face.mesh)
    jittered = face.mesh + rng.normal(0, 0.01 * size, (1, 2)).astype(np.float32)
    name = str(rng.choice(["face", "face", "inner", "lower", "mouth", "eyes", "nose"]))
    if rng.random() < 0.4:
        kept = rng.choice(468, int(rng.integers(5, 40)), replace=False)
        mask = region(jittered, "face", image.shape) if rng.random() < 0.4 else _hull_of(jittered[kept], image.shape)
    else:
        mask = region(jittered, name, image.shape)
    mask = soften(_elastic(mask, rng, size), rng, size)
    inside, outside = (changed(image, rng), image) if rng.random() < 0.5 else (image, changed(image, rng))
    moved = _shifted(inside, face.mesh, rng, size)
    return _mixed(moved, outside, mask), mask


def face_swap(face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
    """The donor's face, warped triangle by triangle onto the mesh, colours matched in part, feathered in."""
    target, source = anchored(face.mesh), anchored(donor.mesh)
    places = piecewise(source, target, triangles(target), face.image.shape)
    pasted = remap(donor.image, places, int(rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC])))
    mask = region(face.mesh, str(rng.choice(["face", "face", "inner"])), face.image.shape)
    pasted = coloured_like(pasted, face.image, mask, float(rng.uniform(0.4, 1.0)))
    pasted = generated(pasted, rng)
    mask = soften(mask, rng, width_of(face.mesh))
    return _mixed(pasted, face.image, mask), mask


def reenactment(face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
    """The face drawn again with another expression or a slightly turned head. `donor` is not used."""
    size = width_of(face.mesh)
    moved = face.mesh.copy()
    _open_mouth(moved, rng, size)
    _shift_part(moved, (70, 63, 105, 66, 107, 300, 293, 334, 296, 336), rng.normal(0, 0.03, 2) * size)
    turn = rng.normal(0, 0.035, 2) * size
    centre = moved[:468].mean(0)
    near = np.exp(-(((moved - centre) / (0.45 * size)) ** 2).sum(1, keepdims=True))
    moved = (moved + near * turn).astype(np.float32)
    keep = rng.choice(468, 160, replace=False)
    drawn = remap(face.image, smooth(face.mesh[keep], moved[keep], 0.07 * size, face.image.shape))
    drawn = generated(_fill_mouth(drawn, moved, rng), rng)
    mask = soften(region(moved, "face", face.image.shape), rng, size, narrow=True)
    return _mixed(drawn, face.image, mask), mask


def lip_sync(face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
    """Mouth and chin drawn again: the own, moved, or a donor's; coarser, as networks for it work in few pixels."""
    size = width_of(face.mesh)
    if rng.random() < 0.5:
        moved = face.mesh.copy()
        _open_mouth(moved, rng, size)
        drawn = remap(face.image, smooth(face.mesh[:468:2], moved[:468:2], 0.06 * size, face.image.shape))
        drawn = _fill_mouth(drawn, moved, rng)
    else:
        target, source = anchored(face.mesh), anchored(donor.mesh)
        drawn = remap(donor.image, piecewise(source, target, triangles(target), face.image.shape))
    mask = region(face.mesh, str(rng.choice(["lower", "mouth", "mouth"])), face.image.shape)
    drawn = coloured_like(drawn, face.image, mask, float(rng.uniform(0.7, 1.0)))
    drawn = generated(drawn, rng, always=True)
    mask = soften(mask, rng, size, narrow=True)
    return _mixed(drawn, face.image, mask), mask


TRAINED: dict[str, tuple[Callable[[Face, Face, np.random.Generator], Manipulated], float, int]] = {
    "self_blended": (self_blended, 0.46, -1),
    "face_swap": (face_swap, 0.22, 0),
    "reenactment": (reenactment, 0.16, 1),
    "lip_sync": (lip_sync, 0.16, 2),
}
"""Name: function, share of the fakes, and which of `models.deepfake.face_artifacts.KINDS` it stands for (-1: none)."""


def changed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Colours shifted, and blurred, sharpened, resampled or recompressed: as a face from elsewhere would differ."""
    out: np.ndarray = image.astype(np.float32)
    if rng.random() < 0.8:
        out = out * (1 + rng.normal(0, 0.05)) + rng.normal(0, 6, 3).astype(np.float32)
        out = (out - 128) * np.float32(1 + rng.normal(0, 0.06)) + 128
    out = np.clip(out, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        hsv = cv2.cvtColor(out, cv2.COLOR_RGB2HSV).astype(np.int16)
        hsv = hsv + np.round(rng.normal(0, (2.5, 12, 8))).astype(np.int16)
        hsv[..., 0] %= 180
        out = cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2RGB)
    return _textured(out, rng)


def _textured(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    kind = rng.choice(["none", "blur", "sharpen", "resample", "jpeg", "noise"], p=[0.12, 0.2, 0.18, 0.3, 0.1, 0.1])
    if kind == "blur":
        return cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.4, 1.6)))
    if kind == "sharpen":
        blurred = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.8, 2.0)))
        return cv2.addWeighted(image, 1 + (by := float(rng.uniform(0.2, 1.0))), blurred, -by, 0)
    if kind == "resample":
        return resampled(image, float(rng.uniform(0.3, 0.9)), rng)
    if kind == "jpeg":
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    if kind == "noise":
        return np.clip(image + rng.normal(0, rng.uniform(2, 8), image.shape), 0, 255).astype(np.uint8)
    return image


def resampled(image: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    """Reduced and enlarged again."""
    height, width = image.shape[:2]
    small = cv2.resize(
        image, (max(8, round(width * factor)), max(8, round(height * factor))), interpolation=cv2.INTER_AREA
    )
    kernel = int(
        rng.choice([cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_NEAREST], p=[0.4, 0.3, 0.25, 0.05])
    )
    return cv2.resize(small, (width, height), interpolation=kernel)


def generated(image: np.ndarray, rng: np.random.Generator, always: bool = False) -> np.ndarray:
    """As a decoder leaves it: few pixels, little grain, at times sharpened."""
    if not always and rng.random() < 0.25:
        return image
    out = resampled(image, float(rng.uniform(0.35, 0.85)), rng)
    if rng.random() < 0.3:
        out = cv2.bilateralFilter(out, 5, float(rng.uniform(8, 25)), 3)
    if rng.random() < 0.4:
        out = cv2.addWeighted(out, 1.6, cv2.GaussianBlur(out, (0, 0), 1.2), -0.6, 0)
    return out


def coloured_like(image: np.ndarray, other: np.ndarray, mask: np.ndarray, share: float) -> np.ndarray:
    """Mean and spread of the channels under the mask moved towards those of the other picture."""
    inside = mask > 0.5
    if inside.sum() < 20:
        return image
    here, there = image[inside].astype(np.float32), other[inside].astype(np.float32)
    gain = np.clip(there.std(0) / np.maximum(here.std(0), 4), 0.5, 2)
    matched = (image - here.mean(0)) * gain + there.mean(0)
    return np.clip(image + share * (matched - image), 0, 255).astype(np.uint8)


def soften(mask: np.ndarray, rng: np.random.Generator, size: float, narrow: bool = False) -> np.ndarray:
    """The mask shrunk or grown, its edge blurred, at times only half opaque."""
    reach = int(rng.integers(0, max(2, round(0.06 * size))))
    if reach:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        mask = cv2.erode(mask, kernel) if rng.random() < 0.7 else cv2.dilate(mask, kernel)
    mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.6, (0.04 if narrow else 0.07) * size + 0.7)))
    return np.asarray(mask * np.float32(rng.choice([0.5, 0.75, 1.0, 1.0, 1.0])))


def _hull_of(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    filled: np.ndarray = np.zeros(shape[:2], np.uint8)
    cv2.fillConvexPoly(filled, cv2.convexHull(np.round(points).astype(np.int32)), 255)
    return filled.astype(np.float32) / 255


def _elastic(mask: np.ndarray, rng: np.random.Generator, size: float) -> np.ndarray:
    field: np.ndarray = rng.normal(0, 0.05 * size, (6, 6, 2)).astype(np.float32)
    field = cv2.resize(field, (mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]].astype(np.float32)
    return remap(mask, np.stack([x, y], -1) + field)


def _shifted(image: np.ndarray, mesh: np.ndarray, rng: np.random.Generator, size: float) -> np.ndarray:
    centre = mesh[:468].mean(0)
    turn = cv2.getRotationMatrix2D((float(centre[0]), float(centre[1])), rng.normal(0, 1.0), 1 + rng.normal(0, 0.02))
    turn[:, 2] = turn[:, 2] + rng.normal(0, 0.012, 2) * size
    return cv2.warpAffine(image, turn, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REFLECT)


def _mixed(inside: np.ndarray, outside: np.ndarray, mask: np.ndarray) -> np.ndarray:
    share = mask[..., None]
    return np.clip(inside * share + outside * (1 - share) + 0.5, 0, 255).astype(np.uint8)


def _open_mouth(mesh: np.ndarray, rng: np.random.Generator, size: float) -> None:
    """Moves lower lip and chin down (or up) and the corners out, in place."""
    down = (mesh[152] - mesh[10]) / max(float(np.linalg.norm(mesh[152] - mesh[10])), 1.0)
    by = float(rng.choice([-1, 1, 1])) * float(rng.uniform(0.02, 0.09)) * size
    below = ((mesh - mesh[13]) @ down > 0).astype(np.float32)[:, None]
    near = np.exp(-(((mesh - mesh[17]) / (0.3 * size)) ** 2).sum(1, keepdims=True))
    mesh += (below * near * by * down).astype(np.float32)
    across = (mesh[291] - mesh[61]) * np.float32(rng.normal(0, 0.06))
    _shift_part(mesh, (291, 306, 409), across)
    _shift_part(mesh, (61, 76, 185), -across)


def _shift_part(mesh: np.ndarray, part: tuple[int, ...], by: np.ndarray) -> None:
    mesh[list(part)] += np.asarray(by, np.float32)


def _fill_mouth(image: np.ndarray, mesh: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark between the lips, with some teeth."""
    inner = mesh[list(INNER_LIPS)]
    if np.ptp(inner[:, 1]) < 0.12 * np.ptp(mesh[list(LIPS), 0]):
        return image
    gap = cv2.GaussianBlur(_hull_of(inner, image.shape), (0, 0), 1.2)
    colour = np.float32(rng.uniform((50, 15, 15), (110, 60, 60)))
    out = _mixed(np.broadcast_to(colour, image.shape), image, gap * np.float32(rng.uniform(0.5, 1.0)))
    if rng.random() < 0.6:
        upper = inner.copy()
        upper[:, 1] -= 0.45 * np.ptp(inner[:, 1])
        teeth = cv2.GaussianBlur(_hull_of(upper, image.shape) * (gap > 0.6), (0, 0), 0.8)
        out = _mixed(np.broadcast_to(np.float32(rng.uniform(150, 225, 3)), image.shape), out, teeth * 0.8)
    return out

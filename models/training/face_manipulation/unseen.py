"""Manipulations that training never sees, to judge by. They share no code with `manipulations` but meshes and masks:
other blending, other warps, and decoders of other kinds.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from models.face.alignment import similarity
from models.training.clips.camera import Camera, photograph
from models.training.clips.head import Head, Posture
from models.training.face_manipulation.geometry import region
from models.training.face_manipulation.manipulations import Manipulated
from models.training.face_manipulation.portraits import Face

_COMPONENTS = 48
_SIDE = 96
_PLACES = {"eyes": (0.5, 0.35), "mouth": (0.5, 0.75)}
Unseen = Callable[[Face, Face, np.random.Generator], Manipulated]


def poisson_swap(face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
    """The donor's face, turned and scaled as a whole, its gradients pasted by OpenCV's seamlessClone (Perez 2003)."""
    pasted = _placed(donor, face)
    mask = region(face.mesh, str(rng.choice(["face", "inner"])), face.image.shape)
    mask = cv2.erode(mask, np.ones((3, 3)), borderValue=0)
    mask[:2], mask[-2:], mask[:, :2], mask[:, -2:] = 0, 0, 0, 0
    y, x = np.nonzero(mask > 0.5)
    if len(x) < 100:
        return face.image, mask
    centre = int((x.min() + x.max()) // 2), int((y.min() + y.max()) // 2)
    binary = (255 * (mask > 0.5)).astype(np.uint8)
    mode = int(rng.choice([cv2.NORMAL_CLONE, cv2.NORMAL_CLONE, cv2.MIXED_CLONE]))
    return cv2.seamlessClone(pasted, face.image, binary, centre, mode), mask


def pyramid_swap(face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
    """The donor's face as a whole, joined band by band (Burt and Adelson 1983), colours as they come."""
    mask = region(face.mesh, "inner" if rng.random() < 0.5 else "face", face.image.shape)
    return _joined(_placed(donor, face), face.image, mask, int(rng.integers(3, 6))), mask


def eigenface(basis: tuple[np.ndarray, np.ndarray], face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
    """The face as a linear autoencoder of other people's faces draws it again: smooth, and a little of everybody."""
    mean, components = basis
    square = _aligning(face)
    seen = cv2.warpAffine(face.image, square, (_SIDE, _SIDE), flags=cv2.INTER_AREA).astype(np.float32).ravel()
    drawn = (mean + components.T @ (components @ (seen - mean))).reshape(_SIDE, _SIDE, 3)
    back = cv2.invertAffineTransform(square)
    shape = face.image.shape[1], face.image.shape[0]
    placed = cv2.warpAffine(np.clip(drawn, 0, 255), back, shape, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.GaussianBlur(region(face.mesh, "face", face.image.shape), (0, 0), 2.0)
    return _mixed(placed, face.image, mask), mask


def rendered(face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
    """The head as a textured surface in three dimensions, turned a little, at times with eyes shut; laid over it."""
    height, width = face.image.shape[:2]
    depth = np.zeros((len(face.mesh), 1), np.float32)  # of a shallow bowl: enough for a few degrees
    centre = face.mesh[:468].mean(0)
    size = float(np.ptp(face.mesh[:468, 0]))
    depth[:, 0] = 0.9 * ((face.mesh - centre) ** 2).sum(1) / max(size, 1.0)
    head = Head(face.image, np.hstack([face.mesh, depth]))
    distance = 4.0
    camera = Camera(width=width, height=height, focal=head.width * distance)
    at = (head.centre - (width / 2, height / 2)) / head.width
    yaw, pitch = rng.normal(0, 5, 2)
    shut = float(rng.random() < 0.4)
    drawn = photograph(head, Posture(float(yaw), float(pitch), 0.0, float(at[0]), float(at[1]), distance, shut), camera)
    mask = cv2.GaussianBlur(region(face.mesh, "face", face.image.shape), (0, 0), 2.0)
    return _mixed(drawn, face.image, mask), mask


class Inpainting:
    """A part of the face filled in by MI-GAN (Sargsyan et al. 2023): a real generator, for measuring only."""

    def __init__(self, file: Path) -> None:
        from models.onnx import open_session

        self._net = open_session(file)

    def __call__(self, face: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
        """Mouth, eyes, nose or the inner face."""
        mask = region(face.mesh, str(rng.choice(["mouth", "eyes", "nose", "inner", "lower"])), face.image.shape)
        mask = cv2.dilate(mask, np.ones((5, 5)))
        known = (255 * (mask < 0.5)).astype(np.uint8)
        image = np.ascontiguousarray(face.image.transpose(2, 0, 1)[None])
        (drawn,) = self._net.run(None, {"image": image, "mask": known[None, None]})
        return np.ascontiguousarray(np.asarray(drawn)[0].transpose(1, 2, 0)), mask


def basis_of(faces: list[Face]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and principal components (48, 96 * 96 * 3) of the faces, for `eigenface`."""
    rows = [cv2.warpAffine(face.image, _aligning(face), (_SIDE, _SIDE), flags=cv2.INTER_AREA).ravel() for face in faces]
    pixels = np.stack(rows).astype(np.float32)
    mean = pixels.mean(0)
    _, _, components = np.linalg.svd(pixels - mean, full_matrices=False)
    return mean, components[:_COMPONENTS]


def unseen(others: list[Face], inpainter: Path | None) -> dict[str, tuple[Unseen, float, int]]:
    """Name: function, share, kind, as `manipulations.TRAINED`. Args: others: people of the training split."""
    found: dict[str, tuple[Unseen, float, int]] = {
        "poisson_swap": (poisson_swap, 1.0, 0),
        "pyramid_swap": (pyramid_swap, 1.0, 0),
        "eigenface": (partial(eigenface, basis_of(others)), 1.0, -1),
        "rendered_head": (rendered, 1.0, 1),
    }
    return found | ({"gan_inpainting": (Inpainting(inpainter), 1.0, -1)} if inpainter else {})


def _placed(donor: Face, face: Face) -> np.ndarray:
    """The donor's picture with its face where the other's is: turned, scaled and shifted as a whole."""
    if _handed(donor) != _handed(face):
        donor = donor.mirrored()
    turn = similarity(donor.mesh[:468], face.mesh[:468])
    size = face.image.shape[1], face.image.shape[0]
    return cv2.warpAffine(donor.image, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)


def _handed(face: Face) -> bool:
    """Whether the right eye is where it is in a picture that was not mirrored."""
    return bool(face.mesh[33, 0] < face.mesh[263, 0])


def _aligning(face: Face) -> np.ndarray:
    points = face.mesh[[33, 263, 152, 10] if _handed(face) else [263, 33, 152, 10]]
    target = np.array([[0.25, 0.35], [0.75, 0.35], [0.5, 0.97], [0.5, 0.05]]) * _SIDE
    return similarity(points, target)


def _joined(inside: np.ndarray, outside: np.ndarray, mask: np.ndarray, levels: int) -> np.ndarray:
    first: np.ndarray = inside.astype(np.float32)
    second: np.ndarray = outside.astype(np.float32)
    share: np.ndarray = mask.astype(np.float32)
    bands = []
    for _ in range(levels):
        size = first.shape[1], first.shape[0]
        small = [cv2.pyrDown(plane) for plane in (first, second, share)]
        grown = [cv2.pyrUp(plane, dstsize=size) for plane in small[:2]]
        bands.append((first - grown[0]) * share[..., None] + (second - grown[1]) * (1 - share[..., None]))
        first, second, share = small
    joined = first * share[..., None] + second * (1 - share[..., None])
    for band in reversed(bands):
        joined = cv2.pyrUp(joined, dstsize=(band.shape[1], band.shape[0])) + band
    return np.clip(joined, 0, 255).astype(np.uint8)


def _mixed(inside: np.ndarray, outside: np.ndarray, mask: np.ndarray) -> np.ndarray:
    share = mask[..., None]
    return np.clip(inside * share + outside * (1 - share), 0, 255).astype(np.uint8)

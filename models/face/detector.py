"""Finds faces and five points of each: YuNet on onnxruntime, decoded here."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from models import weights
from models.cards import card
from models.onnx import Session
from models.predictor import Predictor

STRIDES = (8, 16, 32)
_PAD = max(STRIDES)
_TOGETHER = 8
"""Images in one run: more gain nothing, and their activations leave the processor's caches (four times the time)."""
_GRAIN = 1.5
"""Pixels, standard deviation of the blur before a second search."""
_LEAST_CONTRAST = 8.0
"""Grey values: less is no picture."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceBox:
    """One detected face, in pixels of the image that was passed in (origin top-left).

    Attributes:
        left, top, right, bottom: may reach beyond the image border.
        score: detector confidence, 0..1.
        points: (5, 2) float32 x, y: right eye, left eye, nose tip, right and left mouth corner (the person's right).
    """

    left: float
    top: float
    right: float
    bottom: float
    score: float
    points: np.ndarray

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top


class YuNetDetector(Predictor[np.ndarray, list[FaceBox]]):
    """Finds faces with YuNet (Wu et al. 2023) at a long side of at most `long_side` pixels.

    Input: (H, W, 3) uint8 RGB images of any size. Output: faces per image, largest first, empty where none.
    Images of equal size run in batches. Where nothing is found, the image is searched once more without its noise and
    with all the contrast that there is.
    """

    card = card("face/detector")

    def __init__(self, *, threads: int = 1, long_side: int = 640, score: float = 0.6, overlap: float = 0.3) -> None:
        """Args: long_side: images are reduced to it, never enlarged; score: least confidence; overlap: NMS IoU."""
        super().__init__(threads=threads)
        self.long_side = long_side
        self.score = score
        self.overlap = overlap

    def load(self) -> None:
        self._net = Session(weights.path("yunet"), {"input": ("batch", 3, "height", "width")}, threads=self.threads)
        self._names = self._net.output_names

    def predict(self, batch: Sequence[np.ndarray]) -> list[list[FaceBox]]:
        scales = [min(1.0, self.long_side / max(image.shape[:2])) for image in batch]
        reduced = [_reduce(image, scale) for image, scale in zip(batch, scales, strict=True)]
        sizes = [image.shape[:2] for image in batch]
        found = self._search(reduced, sizes)
        missed = [index for index, faces in enumerate(found) if not faces]
        again = self._search([_cleared(reduced[index]) for index in missed], [sizes[index] for index in missed])
        for index, faces in zip(missed, again, strict=True):
            found[index] = faces
        return found

    def _search(self, images: Sequence[np.ndarray], sizes: Sequence[tuple[int, ...]]) -> list[list[FaceBox]]:
        """Finds the faces of reduced images, in pixels of the originals of those heights and widths."""
        found: list[list[FaceBox]] = [[] for _ in images]
        for shape in sorted({image.shape for image in images}):
            same = [index for index, image in enumerate(images) if image.shape == shape]
            for few in (same[n : n + _TOGETHER] for n in range(0, len(same), _TOGETHER)):
                outputs, width = self._run(np.stack([images[index] for index in few]))
                for row, index in enumerate(few):
                    # Reducing rounds to whole pixels, so each axis has its own factor back.
                    back = np.array([sizes[index][1] / shape[1], sizes[index][0] / shape[0]], np.float32)
                    candidates = decode({name: output[row] for name, output in outputs.items()}, width, self.score)
                    found[index] = select(*candidates, self.overlap, back)
        return found

    def _run(self, images: np.ndarray) -> tuple[dict[str, np.ndarray], int]:
        """Runs (N, H, W, 3) RGB images; returns output name -> (N, cells, channels), and the padded width."""
        count, height, width, _ = images.shape
        padded = np.zeros((count, 3, -(-height // _PAD) * _PAD, -(-width // _PAD) * _PAD), np.float32)
        padded[:, :, :height, :width] = images[..., ::-1].transpose(0, 3, 1, 2)
        # The file's last reshape folds the batch into the cells; the order is batch first, so it unfolds.
        outputs = {
            name: output.reshape(count, -1, output.shape[-1])
            for name, output in zip(self._names, self._net(padded), strict=True)
        }
        return outputs, padded.shape[3]


def decode(outputs: dict[str, np.ndarray], width: int, least: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turns YuNet's outputs for one padded image into candidates, as OpenCV's FaceDetectorYN does.

    Args:
        outputs: `cls_8` (cells, 1), `obj_8`, `bbox_8` (cells, 4), `kps_8` (cells, 10) and so for strides 16 and 32.
        width: of the padded input, pixels.
        least: smallest score kept.

    Returns:
        boxes (N, 4) left, top, width, height; points (N, 5, 2); scores (N,); all float32 in input pixels.
    """
    boxes, points, scores = [], [], []
    for stride in STRIDES:
        confidence = np.sqrt(np.clip(outputs[f"cls_{stride}"], 0, 1) * np.clip(outputs[f"obj_{stride}"], 0, 1))[:, 0]
        kept = np.flatnonzero(confidence >= least)
        cells = np.stack([kept % (width // stride), kept // (width // stride)], axis=1).astype(np.float32)
        box = outputs[f"bbox_{stride}"][kept]
        centre = (cells + box[:, :2]) * stride
        extent = np.exp(box[:, 2:]) * stride
        boxes.append(np.concatenate([centre - extent / 2, extent], axis=1))
        points.append((outputs[f"kps_{stride}"][kept].reshape(-1, 5, 2) + cells[:, None]) * stride)
        scores.append(confidence[kept])
    return np.concatenate(boxes), np.concatenate(points), np.concatenate(scores)


def select(
    boxes: np.ndarray, points: np.ndarray, scores: np.ndarray, overlap: float, back: np.ndarray
) -> list[FaceBox]:
    """Non-maximum suppression, then faces in original pixels (`back`: factor for x and y), largest first."""
    if not len(scores):
        return []
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), 0.0, overlap)
    faces = []
    for index in np.asarray(kept, int).ravel():
        (left, top), (right, bottom) = boxes[index, :2] * back, (boxes[index, :2] + boxes[index, 2:]) * back
        score = float(min(scores[index], 1.0))
        faces.append(FaceBox(float(left), float(top), float(right), float(bottom), score, points[index] * back))
    return sorted(faces, key=lambda face: face.width * face.height, reverse=True)


def _reduce(image: np.ndarray, scale: float) -> np.ndarray:
    if scale >= 1:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def _cleared(image: np.ndarray) -> np.ndarray:
    """Without fine grain, and each channel stretched over all values."""
    smooth = cv2.GaussianBlur(image, (0, 0), _GRAIN)
    low, high = np.percentile(smooth, (1, 99), axis=(0, 1))
    stretched = (smooth - low) * (255 / np.maximum(high - low, _LEAST_CONTRAST))
    return np.clip(stretched, 0, 255).astype(np.uint8)

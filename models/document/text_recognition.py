"""What a line of text says: PP-OCR's recognition network, batched by width, and its greedy CTC decoding."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from models.onnx import Session

HEIGHT = 48
"""Pixels that every line is scaled to."""
_LEAST_WIDTH = 64
_MOST_WIDTH = 3200
_STEP = 16
_PADDING = 0.1
"""Of a run's width, at most, where lines of unlike width share it: its cost is its width."""
_COLUMNS_PER_BATCH = 4096
"""Pixels of width that one run holds: the network's last layer gives 18,710 numbers for every 8 of them."""
_TALL = 1.5
"""Regions higher than this many times their width hold a line that runs upwards or downwards."""
_CLASSIFIER_SIZE = (48, 192)


def cut_line(image: npt.NDArray[np.uint8], quad: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Cuts the quadrilateral (4, 2), clockwise from the text's top-left, out of an image and makes it a rectangle."""
    width = max(1, round(max(np.linalg.norm(quad[0] - quad[1]), np.linalg.norm(quad[3] - quad[2]))))
    height = max(1, round(max(np.linalg.norm(quad[0] - quad[3]), np.linalg.norm(quad[1] - quad[2]))))
    scale = HEIGHT / height
    size = max(1, round(width * scale)), HEIGHT
    corners = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    if scale < 0.5:
        # Warping picks single pixels: what shrinks a lot is averaged first.
        near = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        flat = cv2.warpPerspective(
            image, cv2.getPerspectiveTransform(quad, near), (width, height), borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(cv2.resize(flat, size, interpolation=cv2.INTER_AREA), np.uint8)
    to_line = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    line = cv2.warpPerspective(image, to_line, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(line, np.uint8)


def along_text(quad: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Turns a quad so that a tall one is read upwards, as a line that was turned counter-clockwise is."""
    wide = np.linalg.norm(quad[0] - quad[1])
    high = np.linalg.norm(quad[0] - quad[3])
    return np.roll(quad, 1, axis=0) if high >= _TALL * wide else quad


class LineTurner:
    """PP-OCR's classifier of lines that stand on their head."""

    def __init__(self, file: Path, threads: int) -> None:
        self._net = Session(file, {"x": ("batch", 3, *_CLASSIFIER_SIZE)}, threads=threads)

    def upside_down(self, lines: Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
        """Probability, 0..1 (N,) float32, that each line (48, W, 3) stands on its head; its first 192 pixels count."""
        if not lines:
            return np.zeros(0, np.float32)
        height, width = _CLASSIFIER_SIZE
        batch = np.zeros((len(lines), 3, height, width), np.float32)
        for row, line in enumerate(lines):
            # Longer lines are squeezed, as they were in its training.
            fitted = _fitted(line, width)
            batch[row, :, :, : fitted.shape[1]] = _normalised(fitted)
        (probability,) = self._net(batch)
        return probability[:, 1]


class LineReader:
    """PP-OCRv6's recognition network on onnxruntime."""

    def __init__(self, file: Path, threads: int) -> None:
        self._net = Session(file, {"x": ("batch", 3, HEIGHT, "width")}, threads=threads)
        self._characters = np.array(["", *self._net.metadata["character"].splitlines(), " "])

    def read(self, lines: Sequence[npt.NDArray[np.uint8]]) -> list[tuple[str, float]]:
        """Reads lines (48, W, 3) uint8 RGB. Returns text (may be empty) and mean character probability of each."""
        read: list[tuple[str, float]] = [("", 0.0)] * len(lines)
        for batch, probability in self.columns(lines):
            best = probability.argmax(axis=2)
            sure = np.take_along_axis(probability, best[..., None], axis=2)[..., 0]
            for row, index in enumerate(batch):
                read[index] = self._decode(best[row], sure[row])
        return read

    def columns(self, lines: Sequence[npt.NDArray[np.uint8]]) -> Iterator[tuple[list[int], npt.NDArray[np.float32]]]:
        """Runs the network: indices of lines and (n, T, characters) probabilities a batch, a column for 8 pixels."""
        for batch, width in batches([line.shape[1] for line in lines]):
            pixels = np.zeros((len(batch), 3, HEIGHT, width), np.float32)
            for row, index in enumerate(batch):
                fitted = _fitted(lines[index], width)
                pixels[row, :, :, : fitted.shape[1]] = _normalised(fitted)
            (probability,) = self._net(pixels)
            yield batch, probability

    @property
    def characters(self) -> npt.NDArray[np.str_]:
        """The character of each class; class 0, the CTC blank, is the empty string."""
        return self._characters

    def _decode(self, best: npt.NDArray[np.int64], sure: npt.NDArray[np.float32]) -> tuple[str, float]:
        """Greedy CTC: repeated symbols count once, the blank (0) never."""
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        if not kept.any():
            return "", 0.0
        return "".join(self._characters[best[kept]]), float(sure[kept].mean())


def batches(widths: Sequence[int]) -> list[tuple[list[int], int]]:
    """Groups lines of similar width, so that little of a run is padding.

    Returns (indices, width of the run) pairs; widths are multiples of 16. PaddleOCR pads to 320, which measured no
    better and costs twice as much on pages of short words.
    """
    groups: list[tuple[list[int], int]] = []
    for index in sorted(range(len(widths)), key=lambda number: widths[number]):
        width = min(max(_LEAST_WIDTH, -(-widths[index] // _STEP) * _STEP), _MOST_WIDTH)
        if (
            groups
            and groups[-1][1] >= width * (1 - _PADDING)
            and (len(groups[-1][0]) + 1) * width <= _COLUMNS_PER_BATCH
        ):
            groups[-1] = ([*groups[-1][0], index], width)
        else:
            groups.append(([index], width))
    return groups


def _fitted(line: npt.NDArray[np.uint8], width: int) -> npt.NDArray[np.uint8]:
    """The line, squeezed where it is longer than `width` pixels."""
    if line.shape[1] <= width:
        return line
    return np.asarray(cv2.resize(line, (width, line.shape[0]), interpolation=cv2.INTER_AREA), np.uint8)


def _normalised(line: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(3, H, W) float32 -1..1, channels blue, green, red as in its training."""
    return line[..., ::-1].transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0

"""Faces judged as the service judges them, from views, pictures and frames."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from models.cards import card
from models.deepfake.face_artifacts import FaceArtifactDetector, FaceArtifacts, face_view
from models.deepfake.face_frequency import log_odds
from models.face.detector import FaceBox, YuNetDetector
from models.training.face_manipulation import capture
from models.training.face_manipulation.clips import Clip, encoded
from models.training.face_manipulation.dataset import Chain, Manipulate, pair, similar
from models.training.face_manipulation.portraits import Face
from pipelines.deepfake.face_findings import SMALLEST
from pipelines.deepfake.face_manipulation import ARTIFACTS, FREQUENCY, FUSION, top_mean
from pipelines.deepfake.fusion import Evidence, fuse

CRF = 23


@dataclass(frozen=True, slots=True)
class Judged:
    """One face in one frame: log odds of network and grain, and the fused fake probability."""

    network: float
    grain: float
    kinds: Mapping[str, float]

    @property
    def fused(self) -> float:
        """0..1."""
        return together([self])


def together(frames: Sequence[Judged]) -> float:
    """The fused fake probability of one face over several frames, as `pipelines.deepfake.face_manipulation.judge`."""
    network, grain = top_mean([f.network for f in frames]), top_mean([f.grain for f in frames])
    assert network is not None
    assert grain is not None
    return fuse([Evidence(ARTIFACTS, network), Evidence(FREQUENCY, grain)], card(FUSION)).fake_probability


class Judge:
    """The two models that are measured, and the detector for pictures whose faces are not known."""

    def __init__(self) -> None:
        self._network, self._detector = FaceArtifactDetector(), YuNetDetector()
        self._network.load()
        self._detector.load()

    def view(self, view: np.ndarray) -> Judged:
        """A view of `face_view`."""
        found: FaceArtifacts = self._network.predict([view])[0]
        return Judged(found.log_odds, log_odds(view), found.kinds)

    def face(self, image: np.ndarray, box: FaceBox) -> Judged:
        """A known face of a picture."""
        return self.view(face_view(image, box))

    def picture(self, image: np.ndarray) -> Judged | None:
        """The largest face of a picture; None where there is none that is large enough."""
        found = self._detector.predict([image])[0]
        return self.face(image, found[0]) if found and min(found[0].width, found[0].height) >= SMALLEST else None

    def boxes(self, images: Sequence[np.ndarray]) -> list[FaceBox | None]:
        """The largest face of each picture."""
        return [found[0] if found else None for found in self._detector.predict(list(images))]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Real faces and the same faces manipulated, in order."""

    real: list[Judged]
    fake: list[Judged]


def pairs(
    judge: Judge, faces: list[Face], how: Manipulate, count: int, seed: int, chain: Chain = capture.after
) -> Pairs:
    """So many pairs of people in `faces`."""
    rng = np.random.default_rng(seed)
    found = Pairs([], [])
    while len(found.real) < count:
        made = pair(faces, how, rng, chain)
        if made is not None:
            real, fake = (judge.view(view) for view in made[0])
            found.real.append(real)
            found.fake.append(fake)
    return found


def clip_pairs(
    judge: Judge, clip: Clip, kinds: Mapping[str, Manipulate], donors: list[Face], seed: int
) -> dict[str, float]:
    """The fused probability of a real clip (`real`) and of its manipulated copies, all re-encoded alike."""
    rng = np.random.default_rng(seed)
    donor = similar(clip.stretches[0][0], donors, rng)
    found = {}
    for name, how in {"real": None, **kinds}.items():
        frames = []
        for number, stretch in enumerate(clip.stretches):
            pictures = encoded(stretch, how, donor, seed + number, CRF)
            boxes = judge.boxes(pictures)
            frames += [judge.face(p, box) for p, box in zip(pictures, boxes, strict=True) if box is not None]
        found[name] = together(frames) if frames else float("nan")
    return found


def real_pictures(data: Path, kind: str) -> list[np.ndarray]:
    """All pictures of one kind of the manifest, RGB."""
    with (data / "MANIFEST.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["kind"] == kind and row["label"] == "real"]
    read = (cv2.imread(str(data / row["path"])) for row in rows if not row["path"].endswith(".csv"))
    return [np.ascontiguousarray(image[..., ::-1]) for image in read if image is not None]


def _jpeg(quality: int) -> Chain:
    return lambda image, rng: (capture.jpeg(image, quality), 1.0)


def _resized(factor: float) -> Chain:
    def chain(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
        size = round(image.shape[1] * factor), round(image.shape[0] * factor)
        return capture.jpeg(cv2.resize(image, size, interpolation=cv2.INTER_AREA), 90), factor

    return chain


def _cropped(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """A few rows and columns lost, so that JPEG's grid moves; what is lost is repeated, the face stays in place."""
    lost = int(rng.integers(3, 8))
    kept = capture.jpeg(image, 90)[lost:, lost:]
    return capture.jpeg(cv2.copyMakeBorder(kept, lost, 0, lost, 0, cv2.BORDER_REPLICATE), 90), 1.0


def _screenshot(image: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    factor = 0.8
    size = round(image.shape[1] * factor), round(image.shape[0] * factor)
    return cv2.resize(capture.jpeg(image, 90), size, interpolation=cv2.INTER_LINEAR), factor


def _filmed(crf: int) -> Chain:
    return lambda image, rng: (capture.filmed(image, rng, crf, "veryfast"), 1.0)


CHAINS: Mapping[str, Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, float]]] = {
    "JPEG 95": _jpeg(95),
    "JPEG 70": _jpeg(70),
    "JPEG 50": _jpeg(50),
    "resize 0.75": _resized(0.75),
    "resize 0.5": _resized(0.5),
    "crop and JPEG 90 again": _cropped,
    "screenshot": _screenshot,
    "H.264 crf 23": _filmed(23),
    "H.264 crf 30": _filmed(30),
}
"""What a picture may go through after it was manipulated."""

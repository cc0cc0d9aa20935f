"""Real clips and the same clips with a manipulated face, both through the same encoder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from models.training.face_manipulation.capture import h264
from models.training.face_manipulation.dataset import Manipulate
from models.training.face_manipulation.portraits import Face, Finder

_RUNS, _LENGTH = 2, 3
"""Stretches of each clip, and frames that follow on one another in each."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Stretches of one video: frames with their largest face, of which the fake ones are made."""

    name: str
    stretches: list[list[Face]]


def read_clips(folder: Path) -> Iterator[Clip]:
    """The clips whose face is found in all frames of at least one stretch."""
    finder = Finder()
    for file in sorted(folder.glob("*.mp4")):
        with av.open(str(file)) as container:
            count = container.streams.video[0].frames
            starts = [int((n + 0.5) * count / _RUNS) for n in range(_RUNS)]
            wanted = {start + step for start in starts for step in range(_LENGTH)}
            frames = {
                n: frame.to_ndarray(format="rgb24") for n, frame in enumerate(container.decode(video=0)) if n in wanted
            }
        stretches = []
        for start in starts:
            faces = [finder.find(frames[n], file.stem) for n in range(start, start + _LENGTH) if n in frames]
            if faces and all(face is not None for face in faces):
                stretches.append([face for face in faces if face is not None])
        if stretches:
            yield Clip(file.stem, stretches)


def encoded(stretch: list[Face], how: Manipulate | None, donor: Face, seed: int, crf: int) -> list[np.ndarray]:
    """The frames of a stretch after H.264, manipulated alike from one seed before; None leaves them as they were."""
    frames = [face.image if how is None else how(face, donor, np.random.default_rng(seed))[0] for face in stretch]
    return h264(frames, crf, "veryfast")

"""Everyone in one picture against everyone in another."""

import asyncio

import numpy as np

from models.face import calibration
from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.faces import look_at_faces
from pipelines.identity.observation import Face
from pipelines.policy import verdict
from pipelines.report import Report


async def compare_everyone(context: Context) -> Report:
    """Calibrated scores, 0..1, of each face in `file` (rows) with each in `extra_file` (columns), both left to right.

    It informs only: which of the faces ought to match is the caller's to know.

    Raises:
        MediaError: `no_face`, naming the picture that shows none.
    """
    first, second = await asyncio.gather(_everyone(context, "file"), _everyone(context, "extra_file"))
    cosines = _embeddings(first) @ _embeddings(second).T
    return Report(
        service="face_matrix",
        verdict=verdict("face_matrix", ()),
        checks=(),
        data={
            "scores": [[round(calibration.score(float(cosine)), 6) for cosine in row] for row in cosines],
            "rects": {"file": [rect(face) for face in first], "extra_file": [rect(face) for face in second]},
        },
    )


def rect(face: Face) -> list[int]:
    """Left, top, right, bottom in whole pixels of the upright original."""
    return [round(edge) for edge in face.box]


async def _everyone(context: Context, role: str) -> tuple[Face, ...]:
    seen = await look_at_faces(context, role, embedding=True, everyone=True, images_only=True)
    if not seen.everyone:
        raise MediaError("no_face", f"no face found in {role}", role)
    return seen.everyone


def _embeddings(faces: tuple[Face, ...]) -> np.ndarray:
    """(N, 128) float32."""
    return np.stack([face.embedding for face in faces if face.embedding is not None])

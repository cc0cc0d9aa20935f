"""Is it the same person? One against one, and one against an enrolled gallery."""

import asyncio
import time
from typing import Any

import numpy as np

from models.face import calibration
from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.face_quality import occlusion_checks
from pipelines.identity.faces import look_at_faces
from pipelines.identity.observation import Observation
from pipelines.policy import verdict
from pipelines.provenance import used
from pipelines.report import Check, Report, Status

CANDIDATES = 10


async def match_faces(context: Context) -> Report:
    """One against one when there is an `extra_file`; one against the gallery named in the options when there is one.

    Options: `gallery_id`. `occlusion`: say whether the faces are covered.
    """
    roles = [role for role in ("file", "extra_file") if context.has(role)]
    seen = await asyncio.gather(
        *(look_at_faces(context, role, embedding=True, images_only=role == "extra_file") for role in roles)
    )
    persons = {role: person(observation, role) for role, observation in zip(roles, seen, strict=True)}
    checks: list[Check] = []
    if "extra_file" in persons:
        checks.append(match_check(persons["file"], persons["extra_file"], "file+extra_file"))
    if context.options.get("occlusion"):
        checks += [check for role, looked in zip(roles, seen, strict=True) for check in occlusion_checks(looked, role)]
    found: dict[str, Any] = {}
    if gallery := context.options.get("gallery_id"):
        found = await identify(context, gallery, persons["file"])
        checks.append(_gallery_check(found["candidates"]))
    return Report(
        service="face_matching",
        verdict=verdict("face_matching", checks),
        checks=tuple(checks),
        data={"identification": found, "faces": {r: _count(o) for r, o in zip(roles, seen, strict=True)}},
    )


def person(seen: Observation, role: str) -> np.ndarray:
    """The main person's embedding, (128,) float32 of unit length; over a video the mean direction of all frames.

    Raises:
        MediaError: `no_face`.
    """
    embeddings = [face.embedding for face in seen.faces if face.embedding is not None]
    if not embeddings:
        raise MediaError("no_face", f"no face found in {role}", role)
    mean = np.mean(embeddings, axis=0)
    return (mean / np.linalg.norm(mean)).astype(np.float32)


def match_check(first: np.ndarray, second: np.ndarray, subject: str, threshold: float = calibration.THRESHOLD) -> Check:
    """Compares two persons. Symmetric; score and threshold are on the calibrated scale, 0..1."""
    began = time.perf_counter()
    cosine = float(first @ second)
    score = calibration.score(cosine)
    return Check(
        name="face_match",
        subject=subject,
        status=Status.PASSED if score >= threshold else Status.FAILED,
        score=score,
        threshold=threshold,
        reasons=() if score >= threshold else ("different_person",),
        evidence={"cosine": round(cosine, 4), "false_match_rate": calibration.false_match_rate(score)},
        models=used("face/embedder", "face/match", "face/detector"),
        ms=(time.perf_counter() - began) * 1000,
    )


async def identify(context: Context, gallery: str, embedding: np.ndarray) -> dict[str, Any]:
    """The best candidates of a gallery, best first, with calibrated one-to-one scores."""
    assert context.galleries is not None
    found = await context.galleries.search(gallery, embedding, CANDIDATES)
    candidates = [{"subject_id": subject, "score": round(calibration.score(cosine), 4)} for subject, cosine in found]
    return {"gallery_id": gallery, "candidates": candidates}


def _gallery_check(candidates: list[dict[str, Any]]) -> Check:
    best = max((candidate["score"] for candidate in candidates), default=0.0)
    return Check(
        name="face_match",
        subject="file+gallery",
        status=Status.PASSED if best >= calibration.THRESHOLD else Status.FAILED,
        score=best,
        threshold=calibration.THRESHOLD,
        reasons=() if best >= calibration.THRESHOLD else ("nobody_enrolled_matches",),
        models=used("face/embedder", "face/match", "face/detector"),
    )


async def enrol(context: Context) -> Report:
    """Adds the main face of `file` to the gallery, under the subject that the options name."""
    assert context.galleries is not None
    seen = await look_at_faces(context, "file", embedding=True, images_only=True)
    embedding = person(seen, "file")
    gallery, subject = context.options["gallery_id"], context.options["subject_id"]
    await context.galleries.enrol(gallery, subject, embedding)
    checks = (
        Check(name="enrolment", status=Status.PASSED, models=used("face/embedder", "face/match", "face/detector")),
    )
    return Report(
        service="gallery_enrol",
        verdict=verdict("gallery_enrol", checks),
        checks=checks,
        data={"gallery_id": gallery, "subject_id": subject, "faces": {"file": _count(seen)}},
    )


def _count(seen: Observation) -> int:
    return max((frame.faces for frame in seen.frames), default=0)

"""Is somebody in these media on a list? Then the check fails."""

import asyncio
from typing import Any

from models.face import calibration
from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.face_matching import person
from pipelines.identity.faces import look_at_faces
from pipelines.policy import verdict
from pipelines.provenance import used
from pipelines.report import Check, Report, Status
from pipelines.workers import Galleries

SERVICE = "watchlist"
CANDIDATES = 10


async def check_watchlist(context: Context) -> Report:
    """One `watchlist` check for each role, against the gallery that the option `gallery_id` names.

    Options: `threshold` (0..1, calibrated): from which likeness on somebody is meant; `candidates`: how many at most
    are named in the data, those at or above the threshold only.

    Raises: MediaError: of the first media that cannot be judged, or `unknown_gallery`.
    """
    gallery = context.options.get("gallery_id")
    if context.galleries is None or not gallery:
        raise MediaError("unknown_gallery", "a gallery to search must be named, where there are galleries")
    roles = list(context.sources)
    found = await asyncio.gather(*(_search(context, context.galleries, gallery, role) for role in roles))
    threshold = float(context.options.get("threshold", calibration.THRESHOLD))
    checks = tuple(_check(role, persons, threshold) for role, persons in zip(roles, found, strict=True))
    named = {role: [p for p in persons if p["score"] >= threshold] for role, persons in zip(roles, found, strict=True)}
    return Report(service=SERVICE, verdict=verdict(SERVICE, checks), checks=checks, data={"persons": named})


async def _search(context: Context, galleries: Galleries, gallery: str, role: str) -> list[dict[str, Any]]:
    seen = await look_at_faces(context, role, embedding=True)
    at_most = int(context.options.get("candidates", CANDIDATES))
    found = await galleries.search(gallery, person(seen, role), at_most)
    return [{"subject_id": subject, "score": round(calibration.score(cosine), 4)} for subject, cosine in found]


def _check(role: str, persons: list[dict[str, Any]], threshold: float) -> Check:
    listed = any(person["score"] >= threshold for person in persons)
    best = max((person["score"] for person in persons), default=0.0)
    return Check(
        name="watchlist",
        subject=role,
        status=Status.FAILED if listed else Status.PASSED,
        score=round(1 - best, 4),
        threshold=round(1 - threshold, 4),
        reasons=("on_watchlist",) if listed else (),
        models=used("face/embedder", "face/match", "face/detector"),
    )

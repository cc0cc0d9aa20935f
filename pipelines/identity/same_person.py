"""Do several media all show one person? Every pair is compared, and the least alike decides."""

import asyncio
from itertools import combinations

from models.face import calibration
from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.face_matching import match_check, person
from pipelines.identity.faces import look_at_faces
from pipelines.policy import verdict
from pipelines.report import Report

SERVICE = "same_person"


async def same_person(context: Context) -> Report:
    """One `face_match` check for each pair of roles; the option `threshold` (0..1, calibrated) says what matches.

    Raises: MediaError: of the first media that cannot be judged, or `too_few_media`.
    """
    roles = list(context.sources)
    if len(roles) < 2:
        raise MediaError("too_few_media", "two media at least are needed to compare")
    seen = await asyncio.gather(*(look_at_faces(context, role, embedding=True) for role in roles))
    persons = [person(observation, role) for role, observation in zip(roles, seen, strict=True)]
    threshold = float(context.options.get("threshold", calibration.THRESHOLD))
    checks = tuple(
        match_check(persons[one], persons[other], f"{roles[one]}+{roles[other]}", threshold)
        for one, other in combinations(range(len(roles)), 2)
    )
    scores = [check.score for check in checks if check.score is not None]
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=checks,
        data={"min": min(scores), "max": max(scores)},
    )

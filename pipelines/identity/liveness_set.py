"""Liveness of each of several media. One attack makes the set suspicious; one that cannot be judged, not genuine."""

import asyncio
from typing import Any

from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.faces import look_at_faces
from pipelines.identity.liveness import liveness_check
from pipelines.policy import verdict
from pipelines.report import Artifact, Check, Report, Status

SERVICE = "liveness_set"


async def check_liveness_set(context: Context) -> Report:
    """One `liveness` check for each role. With the option `best_frame`, artifacts `best_frame.<role>.jpg`.

    Media that cannot be decoded stand as not performed: an attack among the others must not go unsaid for them.
    """
    roles = list(context.sources)
    judged = await asyncio.gather(*(_judge(context, role) for role in roles))
    checks = tuple(check for check, _, _ in judged)
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=checks,
        data={"media": {role: facts for role, (_, facts, _) in zip(roles, judged, strict=True)}},
        artifacts=tuple(artifact for _, _, artifact in judged if artifact is not None),
    )


async def _judge(context: Context, role: str) -> tuple[Check, dict[str, Any], Artifact | None]:
    wanted = bool(context.options.get("best_frame"))
    try:
        seen = await look_at_faces(context, role, liveness=True, still=wanted)
    except MediaError as error:
        return _unjudged(role, error), {}, None
    facts: dict[str, Any] = {"width": seen.width, "height": seen.height, "duration": seen.duration}
    check = liveness_check(seen, role)
    if not wanted or seen.still is None:
        return check, facts, None
    facts["best"] = {"timestamp": seen.still.timestamp, "box": [round(edge, 1) for edge in seen.still.box]}
    return check, facts, Artifact(f"best_frame.{role}.jpg", "image/jpeg", seen.still.frame)


def _unjudged(role: str, error: MediaError) -> Check:
    return Check(
        name="liveness",
        subject=role,
        status=Status.NOT_PERFORMED,
        reasons=(error.code,),
        evidence={"message": error.message},
    )

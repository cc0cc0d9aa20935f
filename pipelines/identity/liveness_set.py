"""Liveness of each of several media. One attack makes the set suspicious; one that cannot be judged, not genuine."""

import asyncio
from typing import Any

from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.faces import look_at_faces
from pipelines.identity.liveness import liveness_check
from pipelines.identity.recording import recording_checks, stills, summary
from pipelines.policy import verdict
from pipelines.report import Artifact, Check, Report, Status

SERVICE = "liveness_set"


async def check_liveness_set(context: Context) -> Report:
    """For each role a `liveness` check, and what `recording_checks` finds of a recording.

    Options: `least_s`: seconds for which each recording must show the face. `best_frame`: artifacts
    `best_frame.<role>.jpg` wanted.

    Media that cannot be decoded stand as not performed: an attack among the others must not go unsaid for them.
    """
    roles = list(context.sources)
    judged = await asyncio.gather(*(_judge(context, role) for role in roles))
    checks = tuple(check for found, _, _ in judged for check in found)
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=checks,
        data={"media": {role: facts for role, (_, facts, _) in zip(roles, judged, strict=True)}},
        artifacts=tuple(artifact for _, _, found in judged for artifact in found),
    )


async def _judge(context: Context, role: str) -> tuple[tuple[Check, ...], dict[str, Any], tuple[Artifact, ...]]:
    try:
        seen = await look_at_faces(context, role, liveness=True, still=bool(context.options.get("best_frame")))
    except MediaError as error:
        return (_unjudged(role, error),), {}, ()
    checks = liveness_check(seen, role), *recording_checks(seen, role, context.options)
    return checks, {"width": seen.width, "height": seen.height} | summary(seen), stills(seen, context.options, role)


def _unjudged(role: str, error: MediaError) -> Check:
    return Check(
        name="liveness",
        subject=role,
        status=Status.NOT_PERFORMED,
        reasons=(error.code,),
        evidence={"message": error.message},
    )

"""The identity solution: is this a living person, and the one in the reference photo? One decode and one detection."""

import asyncio

from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.face_matching import match_check, person
from pipelines.identity.face_quality import occlusion_checks, quality_checks
from pipelines.identity.faces import look_at_faces
from pipelines.identity.liveness import liveness_check
from pipelines.identity.observation import Observation
from pipelines.identity.recording import recording_checks, stills, summary, wants_still
from pipelines.policy import verdict
from pipelines.report import Check, Report, Status

SUBJECT = "selfie+reference"


async def identity(context: Context) -> Report:
    """Judges the selfie, and compares it with the reference where there is one.

    A selfie that cannot be judged fails the task; a reference that cannot degrades the report and is named in it.

    Options: as of `check_liveness`, and `occlusion`: say whether the reference's face is covered too.
    """
    options = context.options
    selfie, reference = await asyncio.gather(
        look_at_faces(context, "selfie", liveness=True, embedding=context.has("reference"), still=wants_still(options)),
        _reference(context),
    )
    checks = [liveness_check(selfie, "selfie")]
    if reference is not None:
        checks.append(_match(selfie, reference))
    checks += [*recording_checks(selfie, "selfie", options), *quality_checks(selfie, "selfie")]
    if isinstance(reference, Observation) and options.get("occlusion"):
        checks += occlusion_checks(reference, "reference")
    return Report(
        service="identity",
        verdict=verdict("identity", checks),
        checks=tuple(checks),
        data=summary(selfie),
        artifacts=stills(selfie, options),
    )


async def _reference(context: Context) -> Observation | MediaError | None:
    if not context.has("reference"):
        return None
    try:
        return await look_at_faces(context, "reference", embedding=True, images_only=True)
    except MediaError as error:
        return error


def _match(selfie: Observation, reference: Observation | MediaError) -> Check:
    try:
        if isinstance(reference, MediaError):
            raise reference
        of_reference = person(reference, "reference")
        return match_check(person(selfie, "selfie"), of_reference, SUBJECT)
    except MediaError as error:
        return Check(
            name="face_match",
            subject=SUBJECT,
            status=Status.NOT_PERFORMED,
            reasons=(error.code,),
            evidence={"message": error.message, "subject": error.subject},
        )

"""The identity solution: is this a living person, and the one in the reference photo or in the identity document?

Every media is decoded once and its faces are looked for once, whichever questions are asked of it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipelines.context import Context
from pipelines.deepfake.face_manipulation import judge_crops
from pipelines.document.id_document.authenticate import ROLES, Seen, look_at_document
from pipelines.document.id_document.authenticate import report as document_report
from pipelines.document.id_document.document import sort_sides
from pipelines.errors import MediaError
from pipelines.identity.face_matching import match_check, person
from pipelines.identity.face_quality import occlusion_checks, quality_checks
from pipelines.identity.faces import look_at_faces
from pipelines.identity.liveness import liveness_check
from pipelines.identity.observation import Observation
from pipelines.identity.recording import recording_checks, stills, summary, wants_still
from pipelines.policy import verdict
from pipelines.report import Check, Report, Status

SERVICE = "identity"


async def identity(context: Context) -> Report:
    """Judges the selfie, compares it with the reference and with the portrait of the document, where there are any, and
    judges the document: one report, one verdict.

    A selfie that cannot be judged fails the task; a reference or document that cannot degrades the report and is named
    in it, which then is never genuine.

    Options: as of `check_liveness` and of `authenticate`, and `occlusion`: say whether the reference's face is covered.
    """
    options = context.options
    compared = context.has("reference") or any(map(context.has, ROLES))
    selfie, reference, document = await asyncio.gather(
        look_at_faces(context, "selfie", liveness=True, embedding=compared, still=wants_still(options), artifacts=True),
        _reference(context),
        _document(context),
    )
    traces = [face.artifacts for face in selfie.faces if face.artifacts is not None]
    checks = [liveness_check(selfie, "selfie"), judge_crops(traces, "selfie")]
    if reference is not None:
        checks.append(_match(selfie, lambda: _person(reference), "selfie+reference"))
    if document is not None:
        checks.append(_match(selfie, lambda: _holder(document), "selfie+front"))
    found = await asyncio.to_thread(_authenticated, document, bool(options.get("skip_forgery")))
    checks += [*recording_checks(selfie, "selfie", options), *quality_checks(selfie, "selfie"), *found.checks]
    if isinstance(reference, Observation) and options.get("occlusion"):
        checks += occlusion_checks(reference, "reference")
    return replace(
        found,
        verdict=verdict(SERVICE, checks),
        checks=tuple(checks),
        data=summary(selfie) | dict(found.data),
        artifacts=(*stills(selfie, options), *found.artifacts),
    )


async def _reference(context: Context) -> Observation | MediaError | None:
    if not context.has("reference"):
        return None
    try:
        # Asking what hides parts of a reference costs a tenth of the whole check, and decides nothing.
        hidden = bool(context.options.get("occlusion"))
        return await look_at_faces(context, "reference", embedding=True, images_only=True, occlusion=hidden)
    except MediaError as error:
        return error


async def _document(context: Context) -> Seen | MediaError | None:
    if not any(map(context.has, ROLES)):
        return None
    try:
        return await look_at_document(context)
    except MediaError as error:
        return error


def _authenticated(document: Seen | MediaError | None, skip_forgery: bool) -> Report:
    """What the document has to say for itself; empty without one."""
    if document is None or isinstance(document, MediaError):
        checks = () if document is None else (_unjudged(document),)
        return Report(service=SERVICE, verdict=verdict(SERVICE, checks), checks=checks)
    return document_report(document, skip_forgery=skip_forgery, service=SERVICE)


def _unjudged(error: MediaError) -> Check:
    return Check(
        name="image_quality",
        subject=error.subject or ROLES[0],
        status=Status.INCONCLUSIVE,
        reasons=(error.code,),
        evidence={"message": error.message},
    )


def _person(reference: Observation | MediaError) -> np.ndarray:
    if isinstance(reference, MediaError):
        raise reference
    return person(reference, "reference")


def _holder(document: Seen | MediaError) -> np.ndarray:
    """The embedding of the document's portrait. Raises MediaError where there is none to compare with."""
    if isinstance(document, MediaError):
        raise document
    front = sort_sides([side for sides in document.values() for side in sides if side.found]).get("front")
    if front is None or front.portrait is None:
        raise MediaError("no_portrait", "no portrait found in the document", ROLES[0])
    return front.portrait.embedding


def _match(selfie: Observation, other: Callable[[], np.ndarray], subject: str) -> Check:
    try:
        of_other = other()
        return match_check(person(selfie, "selfie"), of_other, subject)
    except MediaError as error:
        return Check(
            name="face_match",
            subject=subject,
            status=Status.NOT_PERFORMED,
            reasons=(error.code,),
            evidence={"message": error.message, "subject": error.subject},
        )

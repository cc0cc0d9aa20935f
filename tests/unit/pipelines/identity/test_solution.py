"""The identity solution with a document: what is asked of which medium, and the one verdict over all of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from models.deepfake.face_artifacts import FaceArtifacts
from pipelines.context import Context
from pipelines.document.id_document.observe import observe as observe_document
from pipelines.errors import MediaError
from pipelines.identity.observe import observe as observe_faces
from pipelines.identity.solution import identity
from pipelines.media.frames import DecodeRequest
from pipelines.report import Report, Status, Verdict
from tests.unit.pipelines.document.documents import photo, sheet
from tests.unit.pipelines.document.id_document.sides import passport_lines, portrait, side
from tests.unit.pipelines.document.id_document.test_observe import ReadDocuments
from tests.unit.pipelines.identity.faces import face, observation


def traces(log_odds: float) -> FaceArtifacts:
    return FaceArtifacts(log_odds, {}, np.zeros((6, 6), np.float32))


class Seen:
    """Workers that answer with what was seen; an exception is raised."""

    def __init__(self, **found: Any) -> None:
        self.found, self.asked = found, Counter[tuple[str, str]]()

    async def look(self, source: str, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        self.asked[source, stage] += 1
        if isinstance(self.found[source], MediaError):
            raise self.found[source]
        return self.found[source]


async def judged(**found: Any) -> tuple[Report, Seen]:
    """The report over media named after their roles."""
    workers = Seen(**({"selfie": observation(face())} | found))
    return await identity(Context({role: role for role in workers.found}, workers)), workers


def valid_side(**changes: Any) -> Any:
    """A passport that is not expired, whatever the day."""
    later = datetime.now(UTC).date() + timedelta(days=700)
    mrz = side().mrz
    assert mrz is not None
    printed = later.strftime("%d %b %Y").upper()
    lines = passport_lines(**{"Date of expiry": printed})
    fields = {**mrz.fields, "expiry_date": later.isoformat()}
    return side(**({"mrz": replace(mrz, fields=fields), "lines": lines} | changes))


async def test_selfie_and_document_make_one_report_and_one_verdict() -> None:
    report, workers = await judged(front=(valid_side(),))
    assert report.verdict is Verdict.GENUINE
    assert {("liveness", "selfie"), ("face_match", "selfie+front"), ("mrz_check_digits", "front")} <= {
        (check.name, check.subject) for check in report.checks
    }
    assert report.data["document"]["type"] == "passport"
    assert "portrait" in [artifact.name for artifact in report.artifacts]
    assert workers.asked == {("selfie", "faces"): 1, ("front", "id_document"): 1}


async def test_somebody_elses_document_is_suspicious() -> None:
    report, _ = await judged(front=(valid_side(portrait=portrait(direction=7)),))
    match = report.check("face_match", "selfie+front")
    assert match is not None
    assert match.status is Status.FAILED
    assert report.verdict is Verdict.SUSPICIOUS


async def test_a_document_that_fails_makes_it_suspicious_though_the_face_matches() -> None:
    report, _ = await judged(front=(valid_side(lines=passport_lines(**{"Surname/Nom": "MALLORY"})),))
    assert report.verdict is Verdict.SUSPICIOUS


async def test_a_document_without_a_portrait_leaves_it_open() -> None:
    report, _ = await judged(front=(valid_side(portrait=None, traces={}),))
    match = report.check("face_match", "selfie+front")
    assert match is not None
    assert (match.status, match.reasons) == (Status.NOT_PERFORMED, ("no_portrait",))
    assert report.verdict is not Verdict.GENUINE


async def test_a_document_that_cannot_be_decoded_degrades_the_report_and_is_named() -> None:
    report, _ = await judged(front=MediaError("corrupt_media", "the file is damaged").about("front"))
    check = report.check("image_quality", "front")
    assert check is not None
    assert (check.status, check.reasons) == (Status.INCONCLUSIVE, ("corrupt_media",))
    assert report.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("log_odds", "status", "together"),
    [(-6.0, Status.PASSED, Verdict.GENUINE), (6.0, Status.FAILED, Verdict.INCONCLUSIVE)],
)
async def test_a_selfie_that_seems_manipulated_is_not_genuine(
    log_odds: float, status: Status, together: Verdict
) -> None:
    report, _ = await judged(selfie=observation(face(artifacts=traces(log_odds))))
    check = report.check("face_manipulation", "selfie")
    assert check is not None
    assert check.status is status
    assert report.verdict is together


@pytest.mark.parametrize(("options", "asked"), [({}, False), ({"occlusion": True}, True)])
async def test_what_hides_a_reference_is_asked_only_where_somebody_wants_to_know(
    options: dict[str, bool], asked: bool
) -> None:
    class Noting(Seen):
        async def look(self, source: str, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
            if source == "reference":
                assert options.get("occlusion", True) is asked
            return await super().look(source, request, stage, options)

    hidden = face().occlusion if asked else None
    workers = Noting(selfie=observation(face()), reference=observation(face(occlusion=hidden)))
    report = await identity(Context({role: role for role in workers.found}, workers, options=options))
    assert report.verdict is Verdict.GENUINE
    assert (report.check("quality.occlusion", "reference") is not None) is asked


async def test_without_a_document_nothing_of_it_is_asked() -> None:
    report, workers = await judged()
    assert report.data.get("document") is None
    assert workers.asked == {("selfie", "faces"): 1}


class Traced(ReadDocuments):
    """Models that note which of them looked at what: `selfie` or `front`."""

    def __init__(self, medium: str, calls: Counter[tuple[str, str]]) -> None:
        super().__init__()
        self.medium, self.calls = medium, calls

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        self.calls[self.medium, name] += bool(batch)
        known = {"face/occlusion": face().occlusion, "face/liveness": 0.9, "face/recapture": 0.9}
        known |= {"deepfake/face-artifacts": traces(0.0)}
        return [known[name] for _ in batch] if name in known else await super().predict(name, batch)


class Tracing:
    """Workers that run the real stages, and count decoding and model calls by medium."""

    def __init__(self, **pictures: Any) -> None:
        self.pictures = pictures
        self.decoded, self.calls = Counter[str](), Counter[tuple[str, str]]()

    async def look(self, source: str, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        self.decoded[source] += 1
        run = {"faces": observe_faces, "id_document": observe_document}[stage]
        return await run(self.pictures[source], Traced(source, self.calls), options)


async def test_every_medium_is_decoded_once_and_its_faces_are_looked_for_once() -> None:
    workers = Tracing(selfie=photo(sheet()), front=photo(sheet()), back=photo(sheet(portrait=False)))
    report = await identity(Context({role: role for role in workers.pictures}, workers))
    assert workers.decoded == {"selfie": 1, "front": 1, "back": 1}
    detected = {medium: n for (medium, name), n in workers.calls.items() if name == "face/detector"}
    # Nothing stands upright on the back, so the one search tries the other three ways too. A document's second, fainter
    # portrait is looked for by itself, on the flat document in another size.
    assert (detected["selfie"], detected["front"]) == (1, 2)
    embedded = {medium: n for (medium, name), n in workers.calls.items() if name == "face/embedder"}
    assert embedded == {"selfie": 1, "front": 1}, "the portrait's embedding comes with the document"
    match = report.check("face_match", "selfie+front")
    assert match is not None
    assert match.status is Status.PASSED

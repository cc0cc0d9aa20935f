"""One against one, one against a gallery, and what cannot be compared."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from models.face import calibration
from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.face_matching import enrol, match_check, match_faces, person
from pipelines.identity.solution import identity
from pipelines.media.frames import DecodeRequest
from pipelines.report import Status, Verdict
from tests.unit.pipelines.identity.faces import face, observation


def direction(degrees: float) -> np.ndarray:
    """A unit vector at that angle from the first axis."""
    vector = np.zeros(128, np.float32)
    vector[:2] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return vector


class Given:
    """Workers whose sources are the observations, or the errors, themselves."""

    async def look(self, source: Any, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        if isinstance(source, Exception):
            raise source
        return source


class Staff:
    """A gallery of two."""

    def __init__(self) -> None:
        self.faces = {"anna": direction(0), "bert": direction(90)}

    async def search(self, gallery: str, embedding: Any, at_most: int) -> list[tuple[str, float]]:
        if gallery != "staff":
            raise MediaError("unknown_gallery", "there is no gallery of that name")
        found = [(subject, float(template @ embedding)) for subject, template in self.faces.items()]
        return sorted(found, key=lambda pair: -pair[1])[:at_most]

    async def enrol(self, gallery: str, subject: str, embedding: Any) -> None:
        self.faces[subject] = embedding


def seen(degrees: float) -> Any:
    return observation(face(embedding=direction(degrees)))


def context(options: dict[str, Any] | None = None, **sources: Any) -> Context:
    return Context(sources, Given(), options=options, galleries=Staff())


async def test_the_same_person_matches_and_another_does_not() -> None:
    same = await match_faces(context(file=seen(0), extra_file=seen(5)))
    other = await match_faces(context(file=seen(0), extra_file=seen(90)))
    assert same.verdict is Verdict.GENUINE
    assert other.verdict is Verdict.SUSPICIOUS


def test_the_threshold_itself_matches_and_the_score_is_the_calibrated_one() -> None:
    cosine = calibration.cosine_at(calibration.THRESHOLD) + 1e-4
    check = match_check(direction(0), direction(float(np.degrees(np.arccos(cosine)))), "a+b")
    assert check.status is Status.PASSED
    assert check.score == pytest.approx(calibration.score(cosine), abs=1e-3)


def test_matching_is_symmetric() -> None:
    one, other = match_check(direction(0), direction(63), "a+b"), match_check(direction(63), direction(0), "a+b")
    assert one.score == other.score


@pytest.mark.parametrize("role", ["file", "extra_file"])
async def test_a_file_without_a_face_is_named(role: str) -> None:
    sources = {"file": seen(0), "extra_file": seen(0)} | {role: observation(None)}
    with pytest.raises(MediaError, match=f"^no face found in {role}$"):
        await match_faces(context(**sources))


def test_a_person_in_a_video_is_the_mean_of_all_frames() -> None:
    frames = observation(face(embedding=direction(-10)), None, face(embedding=direction(10)))
    assert person(frames, "file") == pytest.approx(direction(0), abs=1e-6)


async def test_a_gallery_search_names_candidates_best_first() -> None:
    report = await match_faces(context({"gallery_id": "staff"}, file=seen(3)))
    found = report.data["identification"]
    assert found["gallery_id"] == "staff"
    assert [candidate["subject_id"] for candidate in found["candidates"]] == ["anna", "bert"]
    assert report.verdict is Verdict.GENUINE


async def test_nobody_enrolled_who_looks_like_it_is_suspicious() -> None:
    report = await match_faces(context({"gallery_id": "staff"}, file=seen(-90)))
    assert report.verdict is Verdict.SUSPICIOUS


async def test_an_unknown_gallery_fails_the_task() -> None:
    with pytest.raises(MediaError, match="no gallery"):
        await match_faces(context({"gallery_id": "guests"}, file=seen(0)))


async def test_enrolment_adds_the_face() -> None:
    here = context({"gallery_id": "staff", "subject_id": "carl"}, file=seen(45))
    assert (await enrol(here)).verdict is Verdict.GENUINE
    assert isinstance(here.galleries, Staff)
    assert "carl" in here.galleries.faces


async def test_identity_without_a_reference_is_decided_by_liveness_alone() -> None:
    report = await identity(context(selfie=seen(0)))
    assert report.check("face_match") is None
    assert report.verdict is Verdict.GENUINE


@pytest.mark.parametrize("reference", [observation(None), MediaError("corrupt_media", "the file is damaged")])
async def test_a_reference_that_cannot_be_used_degrades_identity_and_is_never_genuine(reference: Any) -> None:
    report = await identity(context(selfie=seen(0), reference=reference))
    match = report.check("face_match")
    assert match is not None
    assert match.status is Status.NOT_PERFORMED
    assert report.verdict is Verdict.INCONCLUSIVE


async def test_a_selfie_that_cannot_be_decoded_fails_the_task() -> None:
    with pytest.raises(MediaError, match="damaged"):
        await identity(context(selfie=MediaError("corrupt_media", "the file is damaged"), reference=seen(0)))

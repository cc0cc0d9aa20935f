"""Services over any number of media: liveness of each, one person in all, nobody on a list."""

from dataclasses import replace
from typing import Any

import pytest

from pipelines.context import Context
from pipelines.errors import MediaError
from pipelines.identity.liveness_set import check_liveness_set
from pipelines.identity.observation import Mark, Observation, Still
from pipelines.identity.same_person import same_person
from pipelines.identity.watchlist import check_watchlist
from pipelines.report import Status, Verdict
from tests.unit.pipelines.identity.faces import face, observation
from tests.unit.pipelines.identity.test_face_matching import Given, Staff, direction

LIVE, ATTACK = observation(face()), observation(face(recapture=0.0, liveness=0.0))
NOBODY = observation(None)
BROKEN = MediaError("corrupt_media", "the file is damaged")


def seen(degrees: float) -> Observation:
    return observation(face(embedding=direction(degrees)))


def recording(*degrees: float, duration: float | None = 2.0) -> Observation:
    """A video, or without a duration a shots set, of these people."""
    track = tuple(Mark(timestamp=float(n), faces=1, box=(0.0, 0.0, 9.0, 9.0)) for n in range(len(degrees)))
    seen = observation(*(face(embedding=direction(angle)) for angle in degrees))
    return replace(seen, kind="video" if duration else "shots", duration=duration, track=track)


def context(options: dict[str, Any] | None = None, galleries: Any = None, **sources: Any) -> Context:
    return Context(sources, Given(), options=options, galleries=galleries)


@pytest.mark.parametrize(
    ("media", "verdict"),
    [
        ((LIVE, LIVE), Verdict.GENUINE),
        ((LIVE, ATTACK), Verdict.SUSPICIOUS),
        ((LIVE, NOBODY), Verdict.INCONCLUSIVE),
        ((LIVE, BROKEN), Verdict.INCONCLUSIVE),
        ((BROKEN, ATTACK), Verdict.SUSPICIOUS),
        ((BROKEN,), Verdict.INCONCLUSIVE),
    ],
)
async def test_one_attack_decides_and_what_was_not_judged_is_never_genuine(
    media: tuple[Any, ...], verdict: Verdict
) -> None:
    report = await check_liveness_set(context(**{f"m{n}": one for n, one in enumerate(media)}))
    assert report.verdict is verdict
    assert [check.subject for check in report.checks if check.name == "liveness"] == [
        f"m{n}" for n in range(len(media))
    ]


async def test_media_that_cannot_be_decoded_say_why_and_have_no_score() -> None:
    (check,) = (await check_liveness_set(context(a=BROKEN))).checks
    assert (check.status, check.score, check.reasons) == (Status.NOT_PERFORMED, None, ("corrupt_media",))


@pytest.mark.parametrize("duration", [2.0, None])
async def test_another_person_in_a_recording_makes_the_set_suspicious(duration: float | None) -> None:
    one = await check_liveness_set(context(a=recording(0, 0, duration=duration), b=LIVE))
    two = await check_liveness_set(context(a=recording(0, 0, 90, duration=duration), b=LIVE))
    assert (one.verdict, two.verdict) == (Verdict.GENUINE, Verdict.SUSPICIOUS)
    (changed,) = [check for check in two.checks if check.status is Status.FAILED]
    assert (changed.name, changed.subject) == ("one_person", "a")


async def test_time_is_asked_of_recordings_that_have_any() -> None:
    report = await check_liveness_set(context({"least_s": 3}, a=recording(0, 0), b=recording(0, 0, duration=None)))
    timed = [check.subject for check in report.checks if check.name == "visible_time"]
    assert (timed, report.verdict) == (["a"], Verdict.INCONCLUSIVE)
    assert report.data["media"]["a"]["visible_s"] == 2.0
    assert report.data["media"]["b"]["visible_s"] is None


async def test_the_best_frame_of_each_media_is_named_after_it_and_only_given_when_asked_for() -> None:
    best = replace(LIVE, still=Still(timestamp=1.0, box=(1, 2, 3, 4), frame=b"frame", face=b"face"))
    asked = await check_liveness_set(context({"best_frame": True}, a=best, b=NOBODY))
    assert [(artifact.name, artifact.data) for artifact in asked.artifacts] == [("best_frame.a.jpg", b"frame")]
    assert not (await check_liveness_set(context(a=best))).artifacts


async def test_every_pair_is_compared_and_the_least_alike_decides() -> None:
    same = await same_person(context(a=seen(0), b=seen(3), c=seen(5)))
    assert (same.verdict, len(same.checks)) == (Verdict.GENUINE, 3)
    other = await same_person(context(a=seen(0), b=seen(3), c=seen(90)))
    assert other.verdict is Verdict.SUSPICIOUS
    by_pair = {check.subject: check for check in other.checks}
    assert by_pair["a+b"].status is Status.PASSED
    assert by_pair["a+c"].status is by_pair["b+c"].status is Status.FAILED
    assert other.data == {"min": min(c.score or 0 for c in other.checks), "max": by_pair["a+b"].score}


async def test_the_threshold_of_the_options_counts() -> None:
    loose = await same_person(context({"threshold": 0.0}, a=seen(0), b=seen(90)))
    strict = await same_person(context({"threshold": 0.99}, a=seen(0), b=seen(90)))
    assert (loose.verdict, strict.verdict) == (Verdict.GENUINE, Verdict.SUSPICIOUS)


@pytest.mark.parametrize(("media", "code"), [({"a": LIVE}, "too_few_media"), ({"a": LIVE, "b": NOBODY}, "no_face")])
async def test_what_cannot_be_compared_fails(media: dict[str, Any], code: str) -> None:
    with pytest.raises(MediaError) as raised:
        await same_person(context(**media))
    assert raised.value.code == code
    assert raised.value.subject == ("b" if code == "no_face" else None)


async def test_somebody_on_the_list_is_suspicious_and_named_and_others_are_not() -> None:
    found = await check_watchlist(context({"gallery_id": "staff"}, Staff(), a=seen(2), b=seen(-80)))
    assert found.verdict is Verdict.SUSPICIOUS
    assert {check.subject: check.status for check in found.checks} == {"a": Status.FAILED, "b": Status.PASSED}
    assert [person["subject_id"] for person in found.data["persons"]["a"]] == ["anna"]
    assert found.data["persons"]["b"] == []


async def test_no_more_candidates_are_named_than_asked_for() -> None:
    options = {"gallery_id": "staff", "threshold": 0.0001, "candidates": 1}
    found = await check_watchlist(context(options, Staff(), a=seen(45)))
    assert len(found.data["persons"]["a"]) <= 1


@pytest.mark.parametrize(
    ("options", "galleries"), [({}, Staff()), ({"gallery_id": "staff"}, None), ({"gallery_id": "no"}, Staff())]
)
async def test_a_list_that_is_not_there_fails(options: dict[str, Any], galleries: Any) -> None:
    with pytest.raises(MediaError) as raised:
        await check_watchlist(context(options, galleries, a=LIVE))
    assert raised.value.code == "unknown_gallery"


async def test_nobody_in_the_media_fails_rather_than_passes_the_list() -> None:
    with pytest.raises(MediaError) as raised:
        await check_watchlist(context({"gallery_id": "staff"}, Staff(), a=NOBODY))
    assert (raised.value.code, raised.value.subject) == ("no_face", "a")

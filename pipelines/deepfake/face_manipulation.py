"""Was a face in this image or video swapped, re-enacted or made to speak (contracts 2.6)?"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from models.cards import card
from models.deepfake.face_artifacts import FaceArtifacts
from models.voice.activity import RATE
from pipelines.context import Context
from pipelines.deepfake.face_checks import motion_checks
from pipelines.deepfake.face_findings import NETWORK, FaceFindings
from pipelines.deepfake.face_pictures import draw_timeline
from pipelines.deepfake.face_tracks import Glimpse, kinds_of
from pipelines.deepfake.fusion import Evidence, Judgement, checkpoint_checks, fuse, probability
from pipelines.media.frames import DecodeRequest
from pipelines.policy import NOT_APPLICABLE, verdict
from pipelines.provenance import used
from pipelines.report import Artifact, Check, Report, Status

SERVICE, DECIDES, NO_FACES = "face_manipulation", "face_manipulation", "no_faces"
ARTIFACTS, FREQUENCY = "face_artifacts", "face_frequency"
FUSION = "deepfake/face-fusion"
REQUEST = DecodeRequest(
    frames=96, max_side=1920, video_side=960, kinds=frozenset({"image", "video"}), sound_rate=RATE,
    facts=frozenset({"forensics"}),
)  # fmt: skip
MARKS: Mapping[str, str] = {
    "ai_generation": "ai_generator_metadata",
    "signature": "invalid_signature",
    "editing": "suspicious_software",
    "stream": "reencoded_stream",
}
"""Check -> the red flag of the forensic reader that fails it."""
_CERTAIN = 0.99
"""Fake probability where the file itself says that a machine made it."""


async def detect_manipulation(context: Context) -> Report:
    """The Sensity-compatible service: real, fake or no faces, face by face and frame by frame.

    Options: `explain`: heat maps of the most suspicious faces, and of a video the timeline.
    """
    explain = bool(context.options.get("explain"))
    seen: FaceFindings = await context.look("file", SERVICE, REQUEST, {"explain": explain})
    judged = [judge(track) for track in seen.tracks]
    marks = list(_marks(seen))
    whole = _whole(judged)
    checks = (*marks, *_face_checks(seen, judged), *motion_checks(seen), _deciding(seen, whole))
    return Report(
        service=SERVICE,
        verdict=verdict(SERVICE, checks),
        checks=checks,
        data=_data(seen, judged, _summary(seen, whole, marks), explain),
        artifacts=(*seen.artifacts, *(_timeline(seen) if explain else ())),
    )


def judge(track: Sequence[Glimpse]) -> Judgement:
    """What the glimpses of one face say together."""
    fusion = card(FUSION)
    found = (
        (ARTIFACTS, top_mean([g.artifacts.log_odds for g in track if g.artifacts is not None])),
        (FREQUENCY, top_mean([g.frequency for g in track if g.frequency is not None])),
    )
    evidence = [Evidence(name, odds) for name, odds in found if odds is not None]
    evidence += [Evidence("checkpoint", top_mean(odds) or 0.0) for odds in _brought(track).values()]
    judgement = fuse(evidence, fusion)
    return judgement if found[0][1] is not None else replace(judgement, reason="face_too_small")


def judge_crops(found: Sequence[FaceArtifacts], subject: str) -> Check:
    """A check of faces that another service cut by `models.deepfake.face_artifacts.face_view`: of one person.

    Named `face_manipulation`; inconclusive without any.
    """
    odds = top_mean([each.log_odds for each in found])
    judgement = fuse([] if odds is None else [Evidence(ARTIFACTS, odds)], card(FUSION))
    return judgement.check(
        DECIDES, card(FUSION), subject, evidence={"frames": len(found)}, models=used(NETWORK, FUSION)
    )


def _brought(track: Sequence[Glimpse]) -> dict[str, list[float]]:
    """What each of the operator's detectors says of one face."""
    names = dict.fromkeys(name for glimpse in track for name in glimpse.checkpoints)
    return {name: [g.checkpoints[name] for g in track if name in g.checkpoints] for name in names}


def top_mean(odds: Sequence[float]) -> float | None:
    """Mean of the most suspicious part of them: a manipulated face does not show it in every frame."""
    if not odds:
        return None
    share = float(card(FUSION).parameters["top_share"])
    most = sorted(odds, reverse=True)[: max(1, math.ceil(share * len(odds)))]
    return sum(most) / len(most)


def _whole(judged: Sequence[Judgement]) -> Judgement:
    """Of all faces the likeliest to be fake; one that could not be judged keeps the others from being called real."""
    if not judged:
        return Judgement(0.5, Status.INCONCLUSIVE, "no_evidence")
    worst = max(judged, key=lambda judgement: judgement.fake_probability)
    unsure = next((each for each in judged if each.status is Status.INCONCLUSIVE), None)
    if worst.status is Status.PASSED and unsure is not None:
        return replace(worst, status=Status.INCONCLUSIVE, reason=unsure.reason)
    return worst


def _summary(seen: FaceFindings, whole: Judgement, marks: Sequence[Check]) -> dict[str, Any]:
    if not seen.tracks:
        return whole.to_json() | {"label": NO_FACES}
    if any(mark.name == "ai_generation" and mark.status is Status.FAILED for mark in marks):
        whole = replace(whole, fake_probability=max(whole.fake_probability, _CERTAIN), status=Status.FAILED)
    return whole.to_json()


def _deciding(seen: FaceFindings, whole: Judgement) -> Check:
    evidence = {"no_faces": not seen.tracks, "faces": len(seen.tracks), "rotation": seen.rotation}
    if not seen.tracks:
        return Check(
            name=DECIDES,
            status=Status.NOT_PERFORMED,
            reasons=(NOT_APPLICABLE,),
            evidence=evidence | {"message": "no face in the media"},
            models=used("face/detector"),
        )
    return whole.check(DECIDES, card(FUSION), evidence=evidence, models=used(FUSION, NETWORK))


def _face_checks(seen: FaceFindings, judged: Sequence[Judgement]) -> Iterator[Check]:
    """One check a face and kind of evidence; they inform, the fused one decides."""
    for number, track in enumerate(seen.tracks):
        yield from checkpoint_checks(_brought(track), f"file#face{number}")
        for name, odds in (
            (ARTIFACTS, [g.artifacts.log_odds for g in track if g.artifacts is not None]),
            (FREQUENCY, [g.frequency for g in track if g.frequency is not None]),
        ):
            pooled = top_mean(odds)
            yield Check(
                name=name,
                subject=f"file#face{number}",
                status=Status.NOT_PERFORMED if pooled is None else _leaning(pooled),
                score=None if pooled is None else round(1 - probability(pooled), 4),
                threshold=0.5,
                reasons=("face_too_small",) if pooled is None else (),
                evidence={"frames": len(odds)} | ({} if pooled is None else {"highest_log_odds": round(max(odds), 3)}),
                models=used(NETWORK) if name == ARTIFACTS else used("deepfake/face-frequency"),
            )


def _leaning(odds: float) -> Status:
    """Single pieces of evidence fail and pass only where they are strong."""
    return Status.INCONCLUSIVE if abs(odds) < 1 else Status.FAILED if odds > 0 else Status.PASSED


def _marks(seen: FaceFindings) -> Iterator[Check]:
    """What the file says of how it came about."""
    flags = seen.facts["flags"]
    for name, flag in MARKS.items():
        if name == "stream" and seen.kind == "image":
            continue
        if flag in flags:
            yield Check(name=name, status=Status.FAILED, reasons=(flag,), evidence={"value": flags[flag]["value"]})
        elif name == "signature" and not seen.facts["details"].get("c2pa"):
            yield Check(name=name, status=Status.NOT_PERFORMED, reasons=("unsigned",))
        else:
            yield Check(name=name, status=Status.PASSED)


def _data(seen: FaceFindings, judged: Sequence[Judgement], summary: Mapping[str, Any], explain: bool) -> dict[str, Any]:
    faces = [
        {
            "id": number,
            "box": _rounded(max(track, key=_suspicion).box),
            "fake_probability": round(judgement.fake_probability, 4),
            "timeline": [_moment(glimpse) for glimpse in track],
        }
        for number, (track, judgement) in enumerate(zip(seen.tracks, judged, strict=True))
    ]
    found: dict[str, Any] = {"judgement": dict(summary), "faces": faces}
    if (kind := manipulation_type(seen, judged)) is not None:
        found["manipulation_type"] = kind
    if explain and summary["label"] == "fake":
        found["explanation"] = [_explained(seen, n, *where) for n, where in enumerate(seen.suspects)]
    return found


def manipulation_type(seen: FaceFindings, judged: Sequence[Judgement]) -> str | None:
    """The kind of manipulation, where a face is surely fake and one kind stands out. Lips follow a voice in videos with
    sound only."""
    sure = [n for n, judgement in enumerate(judged) if judgement.status is Status.FAILED]
    if not sure:
        return None
    kinds = kinds_of(seen.tracks[max(sure, key=lambda n: judged[n].fake_probability)])
    if not kinds:
        return None
    kind = max(kinds, key=lambda name: kinds[name])
    if kinds[kind] < card(FUSION).parameters["kind_least"]:
        return None
    return None if kind == "lipsync" and not (seen.kind == "video" and seen.has_audio) else kind


def _explained(seen: FaceFindings, number: int, face: int, place: int) -> dict[str, Any]:
    glimpse = seen.tracks[face][place]
    signals = [(ARTIFACTS, _suspicion(glimpse)), (FREQUENCY, glimpse.frequency)]
    heat = f"heatmap-{number}.png"
    return {
        "face_id": face,
        "frame": glimpse.index,
        "box": _rounded(glimpse.box),
        **_moment(glimpse),
        "signals": [{"name": n, "score": round(probability(o), 4)} for n, o in signals if o is not None],
        **({"heatmap": heat} if any(artifact.name == heat for artifact in seen.artifacts) else {}),
    }


def _moment(glimpse: Glimpse) -> dict[str, Any]:
    one = judge([glimpse])
    share = {} if glimpse.artifacts is None else {"fake_probability": round(one.fake_probability, 4)}
    return {"timestamp": round(glimpse.timestamp, 3), **share, "box": _rounded(glimpse.box)}


def _timeline(seen: FaceFindings) -> tuple[Artifact, ...]:
    if seen.kind != "video" or not seen.tracks:
        return ()
    points = {
        number: [(g.timestamp, judge([g]).fake_probability) for g in track if g.artifacts is not None]
        for number, track in enumerate(seen.tracks)
    }
    return (draw_timeline(points, seen.duration or 0.0, float(card(FUSION).parameters["fake_from"])),)


def _suspicion(glimpse: Glimpse) -> float:
    return glimpse.artifacts.log_odds if glimpse.artifacts is not None else -math.inf


def _rounded(box: Sequence[float]) -> list[float]:
    return [round(float(edge), 1) for edge in box]

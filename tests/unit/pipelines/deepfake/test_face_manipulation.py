"""The judgement of faces over fake models."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.deepfake.face_artifacts import KINDS, FaceArtifacts
from pipelines.context import Context
from pipelines.deepfake.face_findings import NETWORK, look
from pipelines.deepfake.face_manipulation import detect_manipulation, judge_crops, top_mean
from pipelines.errors import MediaError
from pipelines.media.frames import Decoded, DecodeRequest
from pipelines.report import Report, Status, Verdict
from tests.unit.pipelines.deepfake.brought import NAME, bring
from tests.unit.pipelines.identity.faces import MarkedFaces, decoded, picture

NOTHING: Mapping[str, Any] = {"details": {}, "flags": {}, "signals": {}}


def artifacts(odds: float, kind: str = KINDS[0]) -> FaceArtifacts:
    shares = dict.fromkeys(KINDS, 0.05) | {kind: 0.9}
    return FaceArtifacts(odds, shares, np.full((6, 6), odds, np.float32))


class Judges(MarkedFaces):
    """Faces as marked; the network gives each view its log odds in turn."""

    def __init__(self, *odds: float, kind: str = KINDS[0], genuine: float = 0.5) -> None:
        super().__init__()
        self._odds, self._kind, self._judged, self._genuine = odds, kind, 0, genuine

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        if name == NAME:
            assert all(crop.ndim == 3 and min(crop.shape[:2]) > 48 for crop in batch)
            return [self._genuine for _ in batch]
        if name != NETWORK:
            return await super().predict(name, batch)
        assert all(view.shape == (192, 192, 3) for view in batch)
        found = [artifacts(self._odds[(self._judged + n) % len(self._odds)], self._kind) for n in range(len(batch))]
        self._judged += len(batch)
        return found


class Looking:
    """Workers over one decoded file."""

    def __init__(self, media: Decoded, models: Judges) -> None:
        self._media, self._models = media, models

    async def look(self, source: Any, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        assert request.facts == {"forensics"}
        assert stage == "face_manipulation"
        return await look(self._media, self._models, options)


async def report(media: Decoded, models: Judges, facts: Mapping[str, Any] = NOTHING, **options: Any) -> Report:
    media = replace(media, facts={"forensics": facts})
    return await detect_manipulation(Context({"file": b""}, Looking(media, models), options=options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("odds", "label", "verdict", "status"),
    [
        (6.0, "fake", Verdict.SUSPICIOUS, Status.FAILED),
        (-6.0, "real", Verdict.GENUINE, Status.PASSED),
        (0.3, None, Verdict.INCONCLUSIVE, Status.INCONCLUSIVE),
    ],
)
async def test_strong_evidence_decides_and_weak_evidence_does_not(
    odds: float, label: str | None, verdict: Verdict, status: Status
) -> None:
    found = await report(decoded(picture(1)), Judges(odds))
    check = found.check("face_manipulation")
    assert check is not None
    assert (found.verdict, check.status) == (verdict, status)
    judgement = found.data["judgement"]
    assert judgement["inconclusive"] is (status is Status.INCONCLUSIVE)
    assert label in (None, judgement["label"])


@pytest.mark.parametrize(("genuine", "verdict"), [(0.999, Verdict.GENUINE), (0.001, Verdict.SUSPICIOUS)])
async def test_a_detector_that_the_operator_brought_is_weighed_face_by_face(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genuine: float, verdict: Verdict
) -> None:
    bring(monkeypatch, tmp_path, "face_manipulation")
    found = await report(decoded(picture(2)), Judges(0.3, genuine=genuine))
    assert found.verdict is verdict
    for subject in ("file#face0", "file#face1"):
        check = found.check("checkpoint.own", subject)
        assert check is not None
        assert (check.score, check.models[0].name) == (pytest.approx(genuine, abs=1e-3), NAME)


async def test_one_manipulated_face_among_several_is_enough() -> None:
    found = await report(decoded(picture(3)), Judges(-5.0, 5.0, -5.0))
    assert found.verdict is Verdict.SUSPICIOUS
    assert [face["fake_probability"] > 0.5 for face in found.data["faces"]].count(True) == 1
    assert found.data["judgement"]["fake_probability"] == max(f["fake_probability"] for f in found.data["faces"])


async def test_a_picture_without_faces_says_so_and_is_not_real() -> None:
    found = await report(decoded(picture(0)), Judges(9.0))
    assert found.data["judgement"]["label"] == "no_faces"
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.data["faces"] == []
    assert found.artifacts == ()


async def test_a_face_in_a_video_has_a_timeline_in_order() -> None:
    media = decoded(*(picture(1) for _ in range(6)))
    found = await report(media, Judges(-5.0, -5.0, 4.0, -5.0, -5.0, -5.0), explain=True)
    (face,) = found.data["faces"]
    assert [moment["timestamp"] for moment in face["timeline"]] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
    shares = [moment["fake_probability"] for moment in face["timeline"]]
    assert shares.index(max(shares)) == 2
    assert any(artifact.name == "timeline.png" for artifact in found.artifacts)


async def test_boxes_are_pixels_of_the_original() -> None:
    found = await report(decoded(picture(1), scale=2.0), Judges(0.0))
    assert found.data["faces"][0]["box"] == [100.0, 100.0, 300.0, 300.0]


async def test_the_kind_is_told_only_of_what_is_surely_fake() -> None:
    assert (await report(decoded(picture(1)), Judges(6.0))).data["manipulation_type"] == "faceswap"
    assert "manipulation_type" not in (await report(decoded(picture(1)), Judges(0.5))).data


async def test_lips_are_not_made_to_speak_in_a_picture() -> None:
    found = await report(decoded(picture(1)), Judges(6.0, kind="lipsync"))
    assert found.verdict is Verdict.SUSPICIOUS
    assert "manipulation_type" not in found.data


async def test_a_fake_is_explained_by_pictures_where_that_was_asked_for() -> None:
    plain = await report(decoded(picture(2)), Judges(6.0))
    assert "explanation" not in plain.data
    assert [artifact.name for artifact in plain.artifacts] == ["preview.jpg"]
    told = await report(decoded(picture(2)), Judges(3.0, 6.0), explain=True)
    assert [part["heatmap"] for part in told.data["explanation"]] == ["heatmap-0.png", "heatmap-1.png"]
    assert [part["fake_probability"] for part in told.data["explanation"]] == sorted(
        (part["fake_probability"] for part in told.data["explanation"]), reverse=True
    )
    assert {"preview.jpg", "heatmap-0.png", "heatmap-1.png"} <= {artifact.name for artifact in told.artifacts}


async def test_a_mark_of_a_generator_is_certain_whatever_the_network_says() -> None:
    flags = {"ai_generator_metadata": {"value": ["Sora"], "message": "made by a generator"}}
    found = await report(decoded(picture(1)), Judges(-6.0), {**NOTHING, "flags": flags})
    assert found.verdict is Verdict.SUSPICIOUS
    assert found.data["judgement"]["label"] == "fake"


async def test_a_damaged_file_is_refused() -> None:
    media = replace(decoded(picture(1)), frames=(), fault="corrupt_media")
    with pytest.raises(MediaError) as refusal:
        await report(media, Judges(0.0))
    assert refusal.value.code == "corrupt_media"


def test_only_the_most_suspicious_part_of_the_frames_counts() -> None:
    assert top_mean([]) is None
    assert top_mean([-5.0] * 9 + [5.0]) == pytest.approx(-5 / 3, abs=0.1)
    assert top_mean([2.0]) == 2.0


def test_another_service_may_have_its_crops_judged() -> None:
    check = judge_crops([artifacts(5.0), artifacts(4.0)], "selfie")
    assert (check.name, check.subject, check.status) == ("face_manipulation", "selfie", Status.FAILED)
    assert judge_crops([], "selfie").status is Status.INCONCLUSIVE

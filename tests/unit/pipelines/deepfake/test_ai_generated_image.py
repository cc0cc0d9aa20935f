"""The service for AI-generated images over real decoder processes and a fake reader of watermarks."""

import io
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
import skimage.data
from PIL import Image

from benchmarks.ai_image_files import FILES, png, saved, signed, video
from models.deepfake.fingerprint import Fingerprint
from models.deepfake.generated_image import GeneratedScore
from models.deepfake.watermark import Watermark
from pipelines.context import Context
from pipelines.deepfake.ai_generated_findings import FINGERPRINT, NETWORK, WATERMARK, examine
from pipelines.deepfake.ai_generated_image import detect_ai_generated
from pipelines.deepfake.generators import GENERATORS, attribute
from pipelines.errors import MediaError
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest
from pipelines.report import Report, Status, Verdict
from tests.unit.pipelines.deepfake.brought import bring
from tests.unit.pipelines.media.forensics.test_provenance import Authority

CLEAN = (Watermark("dwtDct", "SDXL", 0.5, 1.0, False),)
MARKED = (Watermark("dwtDct", "SDXL", 1.0, 40.0, True),)


class Reader:
    """Models that see the same in every picture; the network's log odds go by frame, the last for all that follow."""

    def __init__(
        self,
        marks: tuple[Watermark, ...] = CLEAN,
        fingerprint: Fingerprint | None = None,
        odds: Sequence[float | None] = (0.0,),
    ) -> None:
        self._marks, self._fingerprint, self._odds = marks, fingerprint, odds
        self.shapes: dict[str, list[tuple[int, ...]]] = {}
        self.genuine = 0.5

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        self.shapes[name] = [np.shape(item) for item in batch]
        if name == WATERMARK:
            return [self._marks for _ in batch]
        if name == FINGERPRINT:
            return [self._fingerprint for _ in batch]
        if name.startswith("hub/"):
            return [self.genuine for _ in batch]
        odds = [self._odds[min(number, len(self._odds) - 1)] for number in range(len(batch))]
        heat = np.array([[0.1, 0.9]], np.float32)
        return [None if one is None else GeneratedScore(one, heat, 2) for one in odds]


class Looking:
    """Workers that decode in isolation and ask `models`."""

    def __init__(self, decoder: IsolatedDecoder, models: Reader) -> None:
        self._decoder, self._models = decoder, models

    async def look(self, source: bytes, request: DecodeRequest, stage: str, options: Mapping[str, Any]) -> Any:
        return await examine(await self._decoder.decode(source, request), self._models, options)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def decoder() -> AsyncIterator[IsolatedDecoder]:
    async with IsolatedDecoder() as decoder:
        yield decoder


async def judged(decoder: IsolatedDecoder, data: bytes, reader: Reader | None = None, **options: Any) -> Report:
    return await detect_ai_generated(Context({"file": data}, Looking(decoder, reader or Reader()), options=options))


def statuses(report: Report) -> dict[str, Status]:
    return {check.name: check.status for check in report.checks}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", FILES)
async def test_every_mark_of_a_generator_is_found(decoder: IsolatedDecoder, name: str) -> None:
    report = await judged(decoder, FILES[name]())
    assert report.verdict is Verdict.SUSPICIOUS
    assert statuses(report)["ai_generation"] is Status.FAILED
    assert report.data["judgement"] == {"label": "fake", "fake_probability": 0.99, "inconclusive": False}


@pytest.mark.asyncio(loop_scope="module")
async def test_every_signed_declaration_is_found(decoder: IsolatedDecoder) -> None:
    authority = Authority()
    for name, data in signed(lambda data, mime, kind: authority.sign(data, source_type=kind, mime=mime)):
        report = await judged(decoder, data)
        assert report.verdict is Verdict.SUSPICIOUS, name
        assert report.data["judgement"]["label"] == "fake", name


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
async def test_the_absence_of_marks_says_nothing_either_way(decoder: IsolatedDecoder, kind: str) -> None:
    report = await judged(decoder, saved(kind))
    assert report.verdict is not Verdict.SUSPICIOUS
    assert statuses(report)["ai_generation"] is Status.PASSED
    assert "attribution" not in report.data


@pytest.mark.asyncio(loop_scope="module")
async def test_texts_of_ordinary_files_are_no_marks(decoder: IsolatedDecoder) -> None:
    ordinary = png(Software="GIMP 2.10", Comment="Steps to the beach, no sampler", Description="stable by the lake")
    assert statuses(await judged(decoder, ordinary))["ai_generation"] is Status.PASSED


@pytest.mark.asyncio(loop_scope="module")
async def test_a_watermark_is_certain_and_names_its_generator(decoder: IsolatedDecoder) -> None:
    report = await judged(decoder, saved("PNG"), Reader(MARKED))
    assert statuses(report)["watermark"] is Status.FAILED
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.data["attribution"] == {"model": "stable-diffusion", "probability": 0.99}
    assert {"name": "watermark", "score": 1.0} in report.data["signals"]


@pytest.mark.asyncio(loop_scope="module")
async def test_turned_pictures_are_looked_at_as_they_are_stored_and_shown_upright(decoder: IsolatedDecoder) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    target = io.BytesIO()
    Image.fromarray(skimage.data.astronaut()[:400]).save(target, "JPEG", exif=exif)
    reader = Reader(odds=[3.0])
    report = await judged(decoder, target.getvalue(), reader, explain=True)
    assert reader.shapes == {key: [(400, 512, 3)] for key in (WATERMARK, FINGERPRINT, NETWORK)}
    (overlay,) = report.artifacts
    assert overlay.name == "heatmap-1.png"
    assert Image.open(io.BytesIO(overlay.data)).size == (400, 512)


@pytest.mark.asyncio(loop_scope="module")
async def test_an_overlay_is_drawn_only_when_it_is_asked_for(decoder: IsolatedDecoder) -> None:
    assert (await judged(decoder, saved("PNG"))).artifacts == ()


@pytest.mark.asyncio(loop_scope="module")
async def test_reduced_pictures_hold_neither_watermark_nor_fingerprint(decoder: IsolatedDecoder) -> None:
    reader = Reader(MARKED)
    target = io.BytesIO()
    Image.new("RGB", (5000, 300), "white").save(target, "JPEG")
    report = await judged(decoder, target.getvalue(), reader)
    assert (reader.shapes[WATERMARK], reader.shapes[FINGERPRINT]) == ([], [])
    for name in ("watermark", "fingerprint"):
        check = report.check(name)
        assert check is not None
        assert (check.status, check.reasons) == (Status.NOT_PERFORMED, ("reduced",))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_video_tells_of_each_frame_and_is_judged_by_their_mean(decoder: IsolatedDecoder) -> None:
    reader = Reader(odds=[-1.0, 1.0, None, 3.0])
    report = await judged(decoder, video(), reader)
    assert len(reader.shapes[NETWORK]) == 4
    frames = report.data["frames"]
    assert [frame["fake_probability"] for frame in frames] == [0.2689, 0.7311, 0.9526]
    assert [frame["timestamp"] for frame in frames] == sorted(frame["timestamp"] for frame in frames)
    traces = report.check("decoder_traces")
    assert traces is not None
    assert traces.score == pytest.approx(1 / (1 + np.e), abs=1e-4)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_fingerprint_speaks_only_where_it_is_found(decoder: IsolatedDecoder) -> None:
    silent = await judged(decoder, saved("PNG"), Reader(fingerprint=Fingerprint("midjourney", 0.11, 0.12)))
    loud = await judged(decoder, saved("PNG"), Reader(fingerprint=Fingerprint("midjourney", 0.2, 0.12)))
    nothing = await judged(decoder, saved("PNG"), Reader())
    assert silent.data["judgement"] == nothing.data["judgement"]
    assert loud.data["judgement"]["fake_probability"] > silent.data["judgement"]["fake_probability"]
    assert loud.data["attribution"] == {"model": "midjourney", "probability": 0.9}
    assert "attribution" not in silent.data


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("odds", "status"), [(-0.69, Status.INCONCLUSIVE), (1.0, Status.INCONCLUSIVE), (4.0, Status.FAILED)]
)
async def test_only_clear_traces_say_anything(decoder: IsolatedDecoder, odds: float, status: Status) -> None:
    report = await judged(decoder, saved("PNG"), Reader(odds=[odds]))
    found = statuses(report)
    assert (found["decoder_traces"], found["ai_generated_image"]) == (status, status)
    assert report.verdict is (Verdict.SUSPICIOUS if status is Status.FAILED else Verdict.INCONCLUSIVE)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("genuine", "verdict"), [(0.99, Verdict.GENUINE), (0.6, Verdict.INCONCLUSIVE), (0.01, Verdict.SUSPICIOUS)]
)
async def test_a_detector_that_the_operator_brought_is_weighed_and_may_say_real(
    decoder: IsolatedDecoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, genuine: float, verdict: Verdict
) -> None:
    bring(monkeypatch, tmp_path, "ai_generated_image")
    reader = Reader(odds=[-0.6])
    reader.genuine = genuine
    report = await judged(decoder, saved("PNG"), reader)
    check = report.check("checkpoint.own")
    assert check is not None
    assert (check.score, check.models[0].name) == (pytest.approx(genuine, abs=1e-3), "hub/own")
    assert report.verdict is verdict
    marked = await judged(decoder, FILES["NovelAI, PNG"](), reader)
    assert marked.verdict is Verdict.SUSPICIOUS


@pytest.mark.asyncio(loop_scope="module")
async def test_where_nothing_can_be_seen_nothing_is_real(decoder: IsolatedDecoder) -> None:
    report = await judged(decoder, saved("PNG"), Reader(odds=[None]))
    assert statuses(report)["decoder_traces"] is Status.NOT_PERFORMED
    assert report.verdict is Verdict.INCONCLUSIVE
    assert report.data["judgement"]["inconclusive"] is True


@pytest.mark.asyncio(loop_scope="module")
async def test_what_cannot_be_decoded_fails(decoder: IsolatedDecoder) -> None:
    with pytest.raises(MediaError):
        await judged(decoder, saved("PNG")[:200])


@pytest.mark.parametrize(
    ("marks", "watermarks", "model"),
    [
        (["ComfyUI", "Midjourney"], [], "midjourney"),
        (["NovelAI", "Stable Diffusion web UI"], [], "novelai"),
        ([], ["FLUX"], "flux"),
        (["Midjourney"], ["SDV2"], "stable-diffusion"),
        (["trainedAlgorithmicMedia"], [], None),
        (["Made with Google AI"], [], "imagen"),
    ],
)
def test_an_attribution_is_what_the_evidence_names(marks: list[str], watermarks: list[str], model: str | None) -> None:
    found = attribute(marks, watermarks)
    assert (found.model if found else None) == model
    assert model is None or model in GENERATORS

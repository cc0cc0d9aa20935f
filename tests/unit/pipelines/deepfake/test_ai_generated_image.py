"""The service for AI-generated images over real decoder processes and a fake reader of watermarks."""

import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
import skimage.data
from PIL import Image

from benchmarks.ai_image_files import FILES, png, saved, signed
from models.deepfake.watermark import Watermark
from pipelines.context import Context
from pipelines.deepfake.ai_generated_findings import WATERMARK, examine
from pipelines.deepfake.ai_generated_image import detect_ai_generated
from pipelines.deepfake.generators import GENERATORS, attribute
from pipelines.errors import MediaError
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.frames import DecodeRequest
from pipelines.report import Report, Status, Verdict
from tests.unit.pipelines.media.forensics.test_provenance import Authority

CLEAN = (Watermark("dwtDct", "SDXL", 0.5, 1.0, False),)
MARKED = (Watermark("dwtDct", "SDXL", 1.0, 40.0, True),)


class Reader:
    """Models that read the same watermarks from every picture."""

    def __init__(self, marks: tuple[Watermark, ...] = CLEAN) -> None:
        self._marks = marks

    async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
        assert name == WATERMARK
        return [self._marks for _ in batch]


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


async def judged(decoder: IsolatedDecoder, data: bytes, marks: tuple[Watermark, ...] = CLEAN) -> Report:
    return await detect_ai_generated(Context({"file": data}, Looking(decoder, Reader(marks))))


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
    report = await judged(decoder, saved("PNG"), MARKED)
    assert statuses(report)["watermark"] is Status.FAILED
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.data["attribution"] == {"model": "stable-diffusion", "probability": 0.99}
    assert {"name": "watermark", "score": 1.0} in report.data["signals"]


@pytest.mark.asyncio(loop_scope="module")
async def test_turned_pictures_are_looked_at_as_they_are_stored(decoder: IsolatedDecoder) -> None:
    shapes: list[tuple[int, ...]] = []

    class Shapes(Reader):
        async def predict(self, name: str, batch: Sequence[Any]) -> list[Any]:
            shapes.extend(np.shape(item) for item in batch)
            return await super().predict(name, batch)

    exif = Image.Exif()
    exif[0x0112] = 6
    target = io.BytesIO()
    Image.fromarray(skimage.data.astronaut()[:400]).save(target, "JPEG", exif=exif)
    await detect_ai_generated(Context({"file": target.getvalue()}, Looking(decoder, Shapes())))
    assert (400, 512, 3) in shapes


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

"""The service of file forensics in one process: real decoder processes, real checks of pixels."""

import io
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import skimage.data
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from pipelines.context import Context
from pipelines.document.file_names import judge_name
from pipelines.document.forensics import FAMILIES, FLAGS, analyse_file
from pipelines.document.pixel_checks import page_like, turned
from pipelines.errors import MediaError
from pipelines.local import LocalModels, LocalWorkers
from pipelines.media.decoder import IsolatedDecoder
from pipelines.policy import deciding
from pipelines.report import Report, Status, Verdict
from tests.unit.pipelines.document.test_pdf_arithmetic import invoice
from tests.unit.pipelines.media.papers import box_of, paper

_EXIF = Image.Exif()
_EXIF[0x010F] = "Veriscope"
_CONTRACT = frozenset(
    [
        "suspicious_software",
        "screenshot_software",
        "dates_mismatch",
        "multiple_versions",
        "metadata_stripped",
        "corrupted_file",
        "extension_mismatch",
        "trailing_data",
        "thumbnail_mismatch",
        "double_compression",
        "ela_anomaly",
        "noise_inconsistency",
        "copy_move",
        "hidden_text",
        "font_inconsistency",
        "invisible_overlay",
        "annotations_present",
        "javascript_present",
        "embedded_files_present",
        "invalid_signature",
        "signature_partial_coverage",
        "ai_generator_metadata",
        "reencoded_stream",
        "audio_splice",
    ]
)


@pytest.fixture
async def workers() -> AsyncIterator[LocalWorkers]:
    async with IsolatedDecoder() as decoder:
        yield LocalWorkers(decoder, LocalModels())


async def analysed(workers: LocalWorkers, data: bytes, **options: Any) -> Report:
    return await analyse_file(Context({"file": data}, workers, options=options))


def saved(pixels: np.ndarray, kind: str = "JPEG", **options: Any) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, kind, **options)
    return target.getvalue()


def copied(orientation: int = 1) -> bytes:
    """A JPEG of a camera, into which a part of it was copied: (160..280, 60..180) to (20.., 330..) as stored."""
    pixels = skimage.data.astronaut()
    pixels[330:450, 20:140] = pixels[60:180, 160:280]
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Veriscope", orientation
    return saved(pixels, quality=92, exif=exif)


def test_every_flag_is_one_of_the_contract_and_noise_was_dropped() -> None:
    assert {"noise_inconsistency"} == _CONTRACT - FLAGS
    assert {"arithmetic_inconsistency", "mixed_sources", "redacted_content"} == FLAGS - _CONTRACT  # of PDFs, ours


def test_every_check_that_decides_exists() -> None:
    assert deciding("forensic_analysis") <= set(FAMILIES)


async def test_a_clean_file_has_no_flags_and_is_genuine(workers: LocalWorkers) -> None:
    report = await analysed(workers, saved(skimage.data.astronaut(), quality=92, exif=_EXIF), file_name="a.jpg")
    assert report.data["red_flags"] == {}
    assert report.data["trigger_values"] == {}
    assert report.artifacts == ()
    assert report.verdict is Verdict.GENUINE
    assert report.data["document_details"]["file_name"] == "a.jpg"
    assert report.data["document_details"]["jpeg_quality"] == 92


async def test_a_copied_part_makes_the_file_suspicious_and_is_shown(workers: LocalWorkers) -> None:
    report = await analysed(workers, copied())
    assert report.verdict is Verdict.SUSPICIOUS
    assert report.data["red_flags"].keys() == report.data["trigger_values"].keys() == {"copy_move"}
    (heat,) = report.artifacts
    assert heat.name == "heatmap-copy_move.png"
    shown = np.asarray(Image.open(io.BytesIO(heat.data)).convert("RGB"), np.int16)
    red = shown[..., 0] - shown[..., 2]
    assert red[390, 80] > 80
    assert abs(red[480, 480]) < 20


async def test_regions_lie_in_the_upright_picture(workers: LocalWorkers) -> None:
    report = await analysed(workers, copied(orientation=6))  # stored turned: a quarter clockwise makes it upright
    centres = [((a + c) / 2, (b + d) / 2) for a, b, c, d in report.data["trigger_values"]["copy_move"]["regions"]]
    assert any(abs(x - (512 - 390)) < 30 and abs(y - 80) < 30 for x, y in centres)


async def test_a_name_of_another_type_is_told_but_does_not_decide(workers: LocalWorkers) -> None:
    report = await analysed(workers, saved(skimage.data.astronaut(), quality=92, exif=_EXIF), file_name="scan.pdf")
    expected = {"extension": "pdf", "mime_type": "image/jpeg"}
    assert report.data["trigger_values"] == {"extension_mismatch": expected}
    assert report.verdict is Verdict.GENUINE


async def test_a_cut_file_is_reported_as_corrupted_and_never_genuine(workers: LocalWorkers) -> None:
    data = saved(skimage.data.astronaut(), quality=92, exif=_EXIF)
    report = await analysed(workers, data[: len(data) // 2])
    assert "corrupted_file" in report.data["red_flags"]
    assert report.verdict is not Verdict.GENUINE
    ghosts = report.check("jpeg_ghosts")
    assert ghosts is not None
    assert ghosts.status is Status.NOT_PERFORMED


async def test_an_edited_file_is_not_called_genuine_nor_forged(workers: LocalWorkers) -> None:
    exif = Image.Exif()
    exif[0x0131] = "GIMP 2.10"
    report = await analysed(workers, saved(skimage.data.astronaut(), quality=92, exif=exif))
    assert report.data["trigger_values"] == {"suspicious_software": ["GIMP 2.10"]}
    assert report.verdict is Verdict.INCONCLUSIVE


async def test_a_file_beyond_the_limits_fails(workers: LocalWorkers) -> None:
    with pytest.raises(MediaError) as error:
        await analysed(workers, saved(np.zeros((9000, 9000, 3), np.uint8), "PNG"))
    assert error.value.code == "image_too_large"


def test_names_are_judged_by_their_extension_alone() -> None:
    assert judge_name("photo.JPEG", "image/jpeg") == {}
    assert judge_name("no extension", "image/jpeg") == {}
    assert "extension_mismatch" in judge_name("a.jpg.png", "image/jpeg")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_turn_with_the_picture(orientation: int) -> None:
    marked = np.zeros((40, 60, 3), np.uint8)
    marked[5:15, 8:30] = 255
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.open(io.BytesIO(saved(marked, "PNG", exif=exif)))
    from PIL import ImageOps

    upright = np.asarray(ImageOps.exif_transpose(stored))
    left, top, right, bottom = turned((8, 5, 30, 15), (60, 40), orientation)
    assert (upright[top:bottom, left:right] == 255).all()
    assert upright.sum() == 255 * 3 * 220


async def test_a_pdf_with_text_under_a_white_box_is_told_with_a_picture(workers: LocalWorkers) -> None:
    def cover(canvas: Canvas) -> None:
        canvas.setFillColorRGB(1, 1, 1)
        canvas.rect(*box_of(1), fill=1, stroke=0)

    report = await analysed(workers, paper(cover))
    assert report.check("hidden_content").status is Status.FAILED
    assert report.data["red_flags"].keys() == {"hidden_text", "invisible_overlay"}
    assert {artifact.name for artifact in report.artifacts} == {
        "heatmap-hidden_text.png",
        "heatmap-invisible_overlay.png",
    }


async def test_a_pdf_whose_sum_was_changed_is_suspicious(workers: LocalWorkers) -> None:
    report = await analysed(workers, invoice(Total=785688))
    assert report.check("arithmetic").status is Status.FAILED
    assert report.data["trigger_values"]["arithmetic_inconsistency"][0]["expected"] == 1856.88
    assert report.verdict is Verdict.SUSPICIOUS


async def test_a_pdf_that_was_not_read_to_its_end_is_not_genuine(workers: LocalWorkers) -> None:
    report = await analysed(workers, paper(pages=51))
    assert report.check("hidden_content").status is Status.NOT_PERFORMED
    assert report.verdict is Verdict.INCONCLUSIVE


def test_pages_are_told_from_photographs() -> None:
    page = np.full((400, 300, 3), 240, np.uint8)
    page[50:380:20, 20:280] = 30
    noisy = np.clip(page + np.random.default_rng(0).normal(0, 4, page.shape), 0, 255).astype(np.uint8)
    assert page_like(page)
    assert page_like(noisy)
    assert not page_like(skimage.data.astronaut())


async def test_pixels_of_a_page_are_not_judged_and_the_page_is_never_called_genuine(workers: LocalWorkers) -> None:
    page = np.full((800, 600, 3), 250, np.uint8)
    for top in range(40, 760, 24):
        page[top : top + 8, 40:560:16] = 20
    report = await analysed(workers, saved(page, quality=85, exif=_EXIF))
    copies = report.check("copy_move")
    assert copies is not None
    assert copies.status is Status.NOT_PERFORMED
    assert report.verdict is Verdict.INCONCLUSIVE

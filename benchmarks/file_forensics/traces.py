"""Files with one trace each, and the red flag that it must raise; `nothing` must raise none."""

import io
from collections.abc import Iterator

from PIL.PngImagePlugin import PngInfo

from tests.unit.pipelines.media.forensics.test_image_facts import camera_exif, saved, scene, with_preview
from tests.unit.pipelines.media.samples import video

_EDITORS = ("Adobe Photoshop 25.1 (Macintosh)", "GIMP 2.10.36", "Snapseed 2.0", "Pixelmator Pro 3.4", "Picasa", "Canva",
            "paint.net 5.0.11", "Adobe Lightroom 13.2", "Affinity Photo 2", "PicsArt")  # fmt: skip
_CAMERAS = ("17.4.1", "HDR+ 1.0.585804376zd", "Ver.1.00", "G998BXXU9EWGG", "Digital Camera X-T4 Ver2.01",
            "MediaTek Camera", "ILCE-7M4 v2.00", "NIKON Z 6_2 Ver.01.60", "E-M1MarkII 3.4", "V06P-74")  # fmt: skip
_TEXTS = (("parameters", "Steps: 20, Sampler: Euler a, CFG scale: 7"), ("workflow", '{"nodes": []}'),
          ("prompt", '{"3": {}}'), ("Software", "NovelAI"),
          ("invokeai_metadata", "{}"), ("AIGC", '{"Label": "1"}'), ("Dream", '{"seed": 1}'),
          ("Description", "x --v 6 Job ID: 01234567-89ab-cdef-0123-456789abcdef"), ("fooocus_scheme", "{}"),
          ("Software", "Adobe Firefly 3"))  # fmt: skip
_TOOLS = ("Screenshot", "gnome-screenshot", "Snagit 2024", "Greenshot", "ShareX", "Flameshot", "Lightshot",
          "Snipping Tool", "CleanShot", "Monosnap")  # fmt: skip


def traces() -> Iterator[tuple[str, bytes]]:
    """(flag, file)."""
    for seed, name in enumerate(_EDITORS):
        yield "suspicious_software", saved(scene(seed), exif=camera_exif(software=name))
    for seed, name in enumerate(_TOOLS):
        yield "screenshot_software", saved(scene(seed), exif=camera_exif(software=name))
    for seed, (key, text) in enumerate(_TEXTS):
        info = PngInfo()
        info.add_text(key, text)
        yield "ai_generator_metadata", saved(scene(seed), "PNG", pnginfo=info)
    for seed in range(10):
        yield "dates_mismatch", saved(scene(seed), exif=camera_exif(modified=f"2024:05:{2 + seed:02} 10:00:00"))
        yield "metadata_stripped", saved(scene(seed))
        kind = ("JPEG", "PNG", "GIF", "WEBP")[seed % 4]
        yield "trailing_data", saved(scene(seed), kind) + saved(scene(seed + 1), "PNG")
        preview = saved(scene(seed + 50).resize((160, 120)), quality=80)
        yield "thumbnail_mismatch", with_preview(scene(seed), preview)
        whole = saved(scene(seed), exif=camera_exif())
        yield "corrupted_file", whole[: len(whole) * (seed + 4) // 14]
    for codec, kind in (
        ("libx264", "mp4"),
        ("libx264", "mov"),
        ("libx265", "mp4"),
        ("libx264", "matroska"),
        ("mjpeg", "avi"),
    ):
        yield "reencoded_stream", video(12, codec=codec, kind=kind)


def clean() -> Iterator[bytes]:
    """Files of cameras: their software is firmware, their preview shows the picture."""
    for seed, name in enumerate(_CAMERAS):
        yield saved(scene(seed), exif=camera_exif(software=name))
    for seed in range(10):
        target = io.BytesIO()
        scene(seed).resize((160, 120)).save(target, "JPEG", quality=80)
        yield with_preview(scene(seed), target.getvalue())

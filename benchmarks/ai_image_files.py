"""Files with the marks of image generators, each written as the generator's own writer does, with Pillow and c2pa.

The marks were taken from what the programs document or write: Stable Diffusion web UI, ComfyUI, InvokeAI, NovelAI,
Fooocus, SwarmUI, Draw Things, Midjourney, xAI, Google, Adobe Firefly, OpenAI, and IPTC's digital source types.
"""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import av
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PARAMETERS = (
    "a red fox in snow\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x64"
)
GRAPH = json.dumps({"3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20}}})
WORKFLOW = json.dumps({"last_node_id": 9, "nodes": [{"id": 3, "type": "KSampler"}], "links": []})
INVOKE = json.dumps({"generation_mode": "txt2img", "positive_prompt": "a red fox", "steps": 20})
TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/" {}>{}</rdf:Description></rdf:RDF></x:xmpmeta>'
)
_EXIF, _COMMENT, _MAKER = 0x8769, 0x9286, 0x927C


def picture(side: int = 320) -> Image.Image:
    """A smooth scene with grain; nothing in it matters."""
    y, x = np.mgrid[0:side, 0:side] / side
    noise = np.random.default_rng(5).normal(0, 6, (side, side, 3))
    base = np.stack([160 + 60 * np.sin(7 * x + y), 120 + 50 * np.cos(5 * y), 90 + 80 * x * y], -1)
    return Image.fromarray(np.clip(base + noise, 0, 255).astype(np.uint8))


def saved(kind: str, **options: Any) -> bytes:
    """The picture in that format."""
    target = io.BytesIO()
    picture().save(target, kind, **options)
    return target.getvalue()


def png(**texts: str) -> bytes:
    """A PNG with these texts, compressed or international where they are long or not Latin, as Pillow does."""
    info = PngInfo()
    for key, text in texts.items():
        info.add_text(key, text) if text.isascii() else info.add_itxt(key, text)
    return saved("PNG", pnginfo=info)


def xmp(attributes: str = "", inner: str = "") -> bytes:
    """An XMP packet."""
    return _XMP.format(attributes, inner).encode()


def png_with_xmp(packet: bytes) -> bytes:
    """A PNG whose XMP stands where Adobe's specification puts it."""
    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    return saved("PNG", pnginfo=info)


def with_exif(kind: str, inner: dict[int, Any] | None = None, **outer: Any) -> bytes:
    """A picture with EXIF tags: `inner` of the EXIF directory, `outer` as `t010f=...` of the first one."""
    exif = Image.Exif()
    for name, value in outer.items():
        exif[int(name[1:], 16)] = value
    if inner:
        exif.get_ifd(_EXIF).update(inner)
    return saved(kind, exif=exif)


def unicode_comment(text: str) -> bytes:
    """A user comment as piexif's helper writes it."""
    return b"UNICODE\0" + text.encode("utf-16-be")


def with_iptc(dataset: int, text: str) -> bytes:
    """A JPEG with one dataset of IPTC's record 2 in Photoshop's segment."""
    data = bytes([0x1C, 2, dataset]) + len(text).to_bytes(2, "big") + text.encode()
    block = b"8BIM\x04\x04\0\0" + len(data).to_bytes(4, "big") + data + b"\0" * (len(data) % 2)
    payload = b"Photoshop 3.0\0" + block
    jpeg = saved("JPEG")
    return jpeg[:2] + b"\xff\xed" + (len(payload) + 2).to_bytes(2, "big") + payload + jpeg[2:]


def video(**tags: str) -> bytes:
    """A short MP4 with these tags, as ComfyUI's video nodes write them."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update(tags)
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 320
        stream.pix_fmt = "yuv420p"
        for _ in range(4):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture()), format="rgb24")))
        container.mux(stream.encode())
    return target.getvalue()


FILES: dict[str, Callable[[], bytes]] = {
    "web UI, PNG": lambda: png(parameters=PARAMETERS),
    "web UI, PNG, not ASCII": lambda: png(parameters=PARAMETERS.replace("fox", "Füchsin 狐")),
    "web UI, JPEG": lambda: with_exif("JPEG", {_COMMENT: unicode_comment(PARAMETERS)}),
    "web UI, WebP": lambda: with_exif("WEBP", {_COMMENT: unicode_comment(PARAMETERS)}),
    "web UI, comment of a JPEG": lambda: saved("JPEG", comment=PARAMETERS.encode()),
    "web UI, TIFF": lambda: with_exif("TIFF", t010e=PARAMETERS),
    "ComfyUI, PNG": lambda: png(prompt=GRAPH, workflow=WORKFLOW),
    "ComfyUI, PNG, prompt alone": lambda: png(prompt=GRAPH),
    "ComfyUI, WebP": lambda: with_exif("WEBP", t0110=f"prompt:{GRAPH}", t010f=f"workflow:{WORKFLOW}"),
    "ComfyUI, video": lambda: video(comment=json.dumps({"prompt": GRAPH, "workflow": WORKFLOW})),
    "ComfyUI, video, own tags": lambda: video(prompt=GRAPH, workflow=WORKFLOW),
    "InvokeAI, PNG": lambda: png(invokeai_metadata=INVOKE, invokeai_graph="{}"),
    "InvokeAI 2, PNG": lambda: png(**{"Dream": '"a red fox" -s 20', "sd-metadata": '{"model": "stable diffusion"}'}),
    "NovelAI, PNG": lambda: png(
        Title="AI generated image", Software="NovelAI", Source="Stable Diffusion XL", Comment='{"steps": 28}'
    ),
    "Fooocus, PNG": lambda: png(parameters='{"steps": 30}', fooocus_scheme="fooocus"),
    "Fooocus, JPEG": lambda: with_exif(
        "JPEG", {_COMMENT: b"UNICODE\0" + '{"Steps": 30}'.encode("utf-16-be"), _MAKER: b"fooocus"}, t0131="Fooocus v2.5"
    ),
    "SwarmUI, PNG": lambda: png(parameters='{"sui_image_params": {"prompt": "a red fox", "steps": 20}}'),
    "SwarmUI, JPEG": lambda: with_exif("JPEG", {_COMMENT: unicode_comment('{"sui_image_params": {"steps": 20}}')}),
    "Draw Things, PNG": lambda: png_with_xmp(xmp('xmp:CreatorTool="Draw Things"')),
    "Midjourney, PNG": lambda: png(
        Description="a red fox --v 6 Job ID: 01234567-89ab-cdef-0123-456789abcdef", Author="someone"
    ),
    "Midjourney, IPTC program": lambda: with_iptc(65, "Midjourney"),
    "xAI, JPEG": lambda: with_exif(
        "JPEG", t010e="Signature: dGVzdHRlc3R0ZXN0dGVzdA==", t013b="01234567-89ab-cdef-0123-456789abcdef"
    ),
    "Google, XMP credit": lambda: saved("JPEG", xmp=xmp('photoshop:Credit="Made with Google AI"')),
    "Google, IPTC credit": lambda: with_iptc(110, "Made with Google AI"),
    "Google, Gemini credit": lambda: png_with_xmp(
        xmp("", "<photoshop:Credit>Edited with Google AI</photoshop:Credit>")
    ),
    "Firefly, XMP": lambda: saved("JPEG", xmp=xmp('xmp:CreatorTool="Adobe Firefly"')),
    "OpenAI, EXIF": lambda: with_exif("JPEG", t0131="DALL-E 3"),
    "source type, attribute": lambda: saved(
        "JPEG", xmp=xmp(f'Iptc4xmpExt:DigitalSourceType="{TYPES}trainedAlgorithmicMedia"')
    ),
    "source type, element, PNG": lambda: png_with_xmp(
        xmp("", f"<Iptc4xmpExt:DigitalSourceType>{TYPES}trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>")
    ),
    "source type, WebP": lambda: saved(
        "WEBP", xmp=xmp(f'Iptc4xmpExt:DigitalSourceType="{TYPES}trainedAlgorithmicMedia"')
    ),
    "source type, TIFF": lambda: saved("TIFF", tiffinfo={700: xmp(f'a="{TYPES}trainedAlgorithmicMedia"')}),
    "source type, composite": lambda: saved(
        "JPEG", xmp=xmp(f'Iptc4xmpExt:DigitalSourceType="{TYPES}compositeWithTrainedAlgorithmicMedia"')
    ),
    "AIGC label, XMP": lambda: saved("JPEG", xmp=xmp('TC260:AIGC=\'{"Label":"1"}\'')),
    "AIGC label, PNG": lambda: png(AIGC='{"Label": "1"}'),
    "GIF comment": lambda: saved("GIF", comment=PARAMETERS.encode()),
}
"""Name -> its writer. Signed ones need a certificate: `signed`."""


def signed(sign: Callable[[bytes, str, str], bytes]) -> Iterator[tuple[str, bytes]]:
    """Files with a signed declaration (C2PA), by `sign(data, mime, source type)`."""
    for kind, mime in (("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp"), ("TIFF", "image/tiff")):
        yield f"C2PA, {kind}", sign(saved(kind), mime, f"{TYPES}trainedAlgorithmicMedia")
    yield "C2PA, composite", sign(saved("JPEG"), "image/jpeg", f"{TYPES}compositeWithTrainedAlgorithmicMedia")
    yield "C2PA, video", sign(video(), "video/mp4", f"{TYPES}trainedAlgorithmicMedia")

"""Names that editors, screenshot tools and image generators leave in files."""

import re
from collections.abc import Iterable

from pipelines.media.forensics.findings import Findings, clean

_EDITORS = (
    r"photoshop", r"lightroom", r"\bgimp\b", r"affinity", r"pixelmator", r"paint\.net", r"paintshop", r"paint shop",
    r"snapseed", r"picsart", r"\bcanva\b", r"facetune", r"\bfotor\b", r"pixlr", r"\bacdsee\b", r"luminar", r"\bvsco\b",
    r"faceapp", r"befunky", r"photopea", r"\bkrita\b", r"inkscape", r"illustrator", r"indesign", r"fireworks", r"corel",
    r"photoscape", r"\bpolarr\b", r"picasa", r"photo gallery",
    r"xnview", r"irfanview", r"imagemagick", r"adobe express",
    r"graphicsmagick", r"photoimpact", r"\bmeitu\b", r"beautyplus", r"youcam", r"\bremini\b", r"topaz",
    r"capture one", r"darktable", r"rawtherapee", r"photofiltre", r"zoner photo", r"photodirector", r"ms paint",
    r"microsoft paint", r"premiere", r"after effects", r"final cut", r"davinci", r"capcut", r"inshot", r"kinemaster",
    r"imovie", r"filmora", r"\bvegas\b", r"handbrake", r"shotcut", r"kdenlive", r"openshot", r"videoleap", r"camtasia",
    r"deepfacelab", r"faceswap", r"reface", r"audacity", r"audition", r"garageband", r"logic pro", r"fl studio",
    r"\breaper\b", r"ableton", r"pro tools", r"izotope", r"wavelab", r"sound forge", r"ocenaudio", r"cubase",
)  # fmt: skip
_SCREENSHOT_TOOLS = (
    r"screenshot", r"screen shot", r"screen capture", r"screencapture", r"snagit", r"sharex", r"greenshot",
    r"lightshot", r"flameshot", r"spectacle", r"snipping tool", r"snip ?& ?sketch", r"picpick", r"\bscrot\b",
    r"\bksnip\b", r"monosnap", r"cleanshot", r"screen recording", r"obs studio", r"screenflow", r"replaykit",
)  # fmt: skip
_GENERATORS = (
    r"stable ?diffusion", r"\bsdxl\b", r"comfyui", r"automatic1111", r"invokeai", r"novelai", r"fooocus", r"midjourney",
    r"dall[-·. ]?e", r"firefly", r"\bimagen\b", r"google ai\b", r"gemini", r"\bgrok\b", r"flux\.?1", r"ideogram",
    r"leonardo\.ai", r"bing image creator", r"image creator", r"gpt-?4o", r"gpt-image", r"chatgpt", r"\bopenai\b",
    r"\bsora\b", r"runway", r"\bpika\b", r"\bkling\b", r"\bveo\b", r"luma dream", r"elevenlabs", r"\bsuno\b",
    r"\budio\b",
    r"draw things", r"drawthings", r"stability\.?ai", r"playground ?ai", r"craiyon", r"nightcafe", r"artbreeder",
    r"synthesia", r"heygen", r"\bd-id\b",
)  # fmt: skip
_EDITOR, _SCREENSHOT, _GENERATOR = (
    re.compile("|".join(names), re.IGNORECASE) for names in (_EDITORS, _SCREENSHOT_TOOLS, _GENERATORS)
)
SOURCE_TYPES = re.compile(r"(trainedAlgorithmicMedia|compositeWithTrainedAlgorithmicMedia|algorithmicMedia)\b")
"""IPTC's digital source types of what was made by an algorithm, or partly so."""
_PROMPT = re.compile(
    r"\bSteps: \d+, .*Sampler: |\bNegative prompt: |\\?\"class_type\\?\"\s*:|\"sui_image_params\""
    r"|\bJob ID: [0-9a-f-]{36}",
    re.DOTALL,
)
_PROMPT_KEYS = {
    "parameters": "Stable Diffusion web UI",
    "workflow": "ComfyUI",
    "prompt": "ComfyUI",
    "sd-metadata": "InvokeAI",
    "invokeai_metadata": "InvokeAI",
    "dream": "InvokeAI",
    "fooocus_scheme": "Fooocus",
    "generation_data": "Stable Diffusion",
    "aigc": "AIGC label",
}


def judge_software(found: Findings, names: Iterable[str]) -> None:
    """Flags every name of an editor, a screenshot tool or a generator among what metadata says made the file."""
    for name in dict.fromkeys(clean(name) for name in names):
        if _GENERATOR.search(name):
            found.flag("ai_generator_metadata", [name], "The metadata names software that generates media.")
        elif _SCREENSHOT.search(name):
            found.flag("screenshot_software", [name], "The metadata names screenshot software.")
        elif _EDITOR.search(name):
            found.flag("suspicious_software", [name], "The metadata names software that edits media.")


def judge_credits(found: Findings, names: Iterable[str]) -> None:
    """Flags generators among those that a picture is owed to; editors are credited for ordinary work too."""
    for name in names:
        if _GENERATOR.search(name):
            found.flag("ai_generator_metadata", [name], "The metadata credits software that generates media.")


def judge_prompts(found: Findings, texts: Iterable[tuple[str, str]]) -> None:
    """Flags settings and prompts that image generators store; the prompts themselves are never repeated."""
    for key, text in texts:
        tool = _PROMPT_KEYS.get(key.lower())
        if _PROMPT.search(text[:20_000]) or (tool == "AIGC label") or (tool and text[:1] in "{["):
            found.flag("ai_generator_metadata", [tool or "generation settings"], "The file holds generation settings.")


def judge_source_types(found: Findings, text: str) -> None:
    """Flags a declared digital source type of generated media, in XMP or in a C2PA manifest."""
    for name in sorted(set(SOURCE_TYPES.findall(text))):
        found.flag("ai_generator_metadata", [name], "The file declares itself to be made by an algorithm.")

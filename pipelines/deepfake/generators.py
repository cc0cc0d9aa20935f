"""Which generator made a picture: from what its file declares, from watermarks, from fingerprints."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.deepfake.fingerprint import Fingerprint

GENERATORS = (
    *("stable-diffusion", "midjourney", "dall-e", "gpt-image", "firefly", "imagen", "flux", "grok", "ideogram"),
    *("stylegan", "novelai", "runway"),
)
"""The names that an attribution can have. What was made by others has no attribution."""
_NAMES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "novelai": r"novelai",
        "flux": r"\bflux\b|flux\.?\d",
        "midjourney": r"midjourney",
        "gpt-image": r"gpt-?4o|gpt-image|chatgpt",
        "dall-e": r"dall[-·. ]?e|bing image creator",
        "firefly": r"firefly",
        "imagen": r"\bimagen\b|gemini|google ai\b|\bveo\b",
        "grok": r"\bgrok\b|\bxai\b",
        "ideogram": r"ideogram",
        "stylegan": r"style-?gan",
        "runway": r"runway",
        "stable-diffusion": r"stable ?diffusion|\bsdxl\b|\bsdv2\b|comfyui|automatic1111|invokeai|fooocus|draw ?things",
    }.items()
}
DECLARED, MARKED, PRINTED = 0.95, 0.99, 0.9
"""How sure an attribution is that a file declares, a watermark shows, or a fingerprint suggests. ComfyUI and web
interfaces of Stable Diffusion run other models too."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """A generator of `GENERATORS` with the probability that it is right."""

    model: str
    probability: float

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {"model": self.model, "probability": round(self.probability, 4)}


def named(texts: Iterable[str]) -> str | None:
    """The generator that one of the texts names, the most specific first; None where none does."""
    joined = "\n".join(texts)
    return next((name for name, pattern in _NAMES.items() if pattern.search(joined)), None)


def attribute(
    marks: Iterable[str], watermarks: Iterable[str], fingerprint: Fingerprint | None = None
) -> Attribution | None:
    """What made the picture, as far as the evidence names it.

    Args:
        marks: what the file's metadata declares about its origin.
        watermarks: names of the messages that were found in the pixels.
        fingerprint: counts only where it was found beyond its threshold.
    """
    for texts, probability in ((watermarks, MARKED), (marks, DECLARED)):
        found = named(texts)
        if found is not None:
            return Attribution(found, probability)
    if fingerprint is not None and fingerprint.found:
        return Attribution(fingerprint.generator, PRINTED)
    return None

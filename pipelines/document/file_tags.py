"""What exiftool's tags add to a file's details and red flags."""

from collections.abc import Mapping

from pipelines.media.forensics.findings import Findings
from pipelines.media.forensics.software import judge_software, judge_source_types

_PROGRAMS = frozenset(
    ("Software", "CreatorTool", "HistorySoftwareAgent", "SoftwareAgent", "ProcessingSoftware", "OriginatingProgram")
)
_DETAILS = {"Make": "camera_make", "Model": "camera_model", "Software": "software"}
_CAMERA = frozenset(("Make", "Model"))
_FREE_TEXT = frozenset(("UserComment", "Comment", "Description", "ImageDescription", "Caption-Abstract", "Notes"))
"""Where generators keep prompts and people keep what concerns nobody. So do all texts of a PNG (group `PNG`)."""


def judge_tags(found: Findings, tags: Mapping[str, str]) -> None:
    """Adds the camera and program that our own readers did not see, flags as they do, and the tags as `metadata`."""
    plain = [(name.split(":")[-1], value) for name, value in tags.items()]
    for name, value in plain:
        if name in _DETAILS:
            found.detail(_DETAILS[name], value)
        if name in _CAMERA:
            found.flags.pop("metadata_stripped", None)
    judge_software(found, (value for name, value in plain if name in _PROGRAMS))
    judge_source_types(found, " ".join(value for name, value in plain if name == "DigitalSourceType"))
    told = {n: v for n, v in tags.items() if not n.startswith("PNG") and n.split(":")[-1] not in _FREE_TEXT}
    found.detail("metadata", told)

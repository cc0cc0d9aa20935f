"""What exiftool's tags add to a file's details and flags."""

from pipelines.document.file_tags import judge_tags
from pipelines.media.forensics.findings import Findings


def test_tags_fill_in_what_was_not_read_and_contradict_nothing() -> None:
    found = Findings(details={"camera_make": "Canon"})
    judge_tags(found, {"IFD0:Make": "Nikon", "IFD0:Model": "D70", "MakerNotes:LensID": "50 mm"})
    assert found.details["camera_make"] == "Canon"
    assert found.details["camera_model"] == "D70"
    assert found.details["metadata"]["MakerNotes:LensID"] == "50 mm"


def test_programs_are_flagged_wherever_they_stand() -> None:
    found = Findings()
    judge_tags(found, {"XMP-xmpMM:HistorySoftwareAgent": "Adobe Photoshop 25.1", "QuickTime:Software": "Midjourney"})
    assert found.flags["suspicious_software"]["value"] == ["Adobe Photoshop 25.1"]
    assert found.flags["ai_generator_metadata"]["value"] == ["Midjourney"]


def test_a_camera_makes_metadata_present() -> None:
    found = Findings(flags={"metadata_stripped": {"value": ["exif"], "message": ""}})
    judge_tags(found, {"MakerNotes:Model": "X100"})
    assert not found.flags


def test_free_texts_are_not_repeated() -> None:
    found = Findings()
    judge_tags(found, {"PNG:Parameters": "a prompt", "ExifIFD:UserComment": "a prompt", "IFD0:Artist": "A. Person"})
    assert list(found.details["metadata"]) == ["IFD0:Artist"]

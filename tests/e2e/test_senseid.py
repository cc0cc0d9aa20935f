"""The SenseID endpoints judge real pictures, through the client that was written from the vendor's manual."""

import base64
import importlib.util
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.pictures import astronaut, h264, hopper, jpeg, nobody, on_a_screen, pixels, zipped
from tests.running import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.weights]

CLIENT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "senseid.py"


@cache
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("senseid_example", CLIENT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def senseid(cluster: Cluster) -> Any:
    return example().SenseId(cluster.url)


def side_by_side(*pictures: bytes) -> bytes:
    """One photo with all of these people in it, at one height."""
    parts = [pixels(picture) for picture in pictures]
    scaled = [cv2.resize(part, (round(part.shape[1] * 512 / part.shape[0]), 512)) for part in parts]
    return jpeg(np.hstack(scaled))


def lying_with_exif(picture: bytes) -> bytes:
    """The photo stored on its side, with an EXIF note that says how to turn it upright."""
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(pixels(picture), 1)))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    stored.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def masked(picture: bytes, box: list[int]) -> bytes:
    """The lower half of the face under plain cloth."""
    image = pixels(picture).copy()
    left, top, right, bottom = box
    image[top + (bottom - top) // 2 : bottom + 10, left - 10 : right + 10] = (60, 110, 160)
    return jpeg(image)


@cache
def video(picture: bytes, seconds: float, blank_from: float = 1e9) -> bytes:
    """An MP4 in which the camera drifts over the photo; without anybody from `blank_from` seconds on."""
    still = pixels(picture)
    still = cv2.resize(still, (round(still.shape[1] * 520 / still.shape[0]) // 2 * 2, 520))
    width = min(480, still.shape[1]) // 2 * 2

    def views() -> Iterator[np.ndarray]:
        for number in range(round(seconds * 15)):
            y = round(20 + 15 * np.sin(number / 5))
            shown = still[y : y + 480, :width]
            yield np.full_like(shown, 127) if number / 15 >= blank_from else shown

    return h264(views())


def test_the_same_photo_twice_scores_at_least_090(senseid: Any) -> None:
    answer = senseid.image_verification(astronaut(), astronaut())
    assert answer["code"] == 1000, answer
    assert answer["verification_score"] >= 0.9


def test_swapped_photos_give_the_same_score_and_two_people_stay_under_the_threshold(senseid: Any) -> None:
    one = senseid.image_verification(astronaut(), hopper())["verification_score"]
    other = senseid.image_verification(hopper(), astronaut())["verification_score"]
    assert one == pytest.approx(other, abs=1e-6)
    assert one < example().THRESHOLD


def test_a_photo_that_lies_is_turned_only_when_asked(senseid: Any) -> None:
    lying = lying_with_exif(astronaut())
    assert senseid.image_verification(lying, astronaut())["code"] == 4000
    assert senseid.image_verification(lying, astronaut(), auto_rotate=True)["verification_score"] >= 0.9


def test_a_photo_without_a_face_is_4000_wherever_it_stands(senseid: Any) -> None:
    assert senseid.image_verification(nobody(), astronaut())["code"] == 4000
    assert senseid.image_verification(astronaut(), nobody())["code"] == 4000
    assert senseid.multiface_verification(nobody(), astronaut())["code"] == 4000
    assert senseid.face_quality(nobody())["code"] == 4000


def test_two_people_against_three_make_a_matrix_of_two_rows_and_three_columns(senseid: Any) -> None:
    two = side_by_side(astronaut(), hopper())
    three = side_by_side(hopper(), astronaut(), hopper())
    answer = senseid.multiface_verification(two, three)
    assert answer["code"] == 1000, answer
    scores = np.array(answer["scores"])
    assert scores.shape == (2, 3)
    rects = answer["face_rects"]
    assert [len(rects["first_image_face_rects"]), len(rects["second_image_face_rects"])] == [2, 3]
    assert [rect[0] for rect in rects["second_image_face_rects"]] == sorted(
        rect[0] for rect in rects["second_image_face_rects"]
    )
    same = np.array([[False, True, False], [True, False, True]])
    assert scores[same].min() > 0.9
    assert scores[~same].max() < 0.7


def test_quality_measures_every_face(senseid: Any) -> None:
    answer = senseid.face_quality(side_by_side(astronaut(), hopper()))
    assert len(answer["faces"]) == 2
    for face in answer["faces"]:
        assert set(face["rect"]) == {"left", "top", "right", "bottom"}
        shares = [*face["occlusion"].values(), face["size"], face["distance2center"], face["sharpness"]]
        assert all(0 <= share <= 1 for share in shares)
        assert min(face["occlusion"].values()) >= 0.5
        assert abs(face["pose"]["yaw"]) < 45


def test_a_covered_mouth_is_4004_only_when_quality_is_checked(senseid: Any) -> None:
    rect = senseid.face_quality(astronaut())["faces"][0]["rect"]
    hidden = masked(astronaut(), [rect[side] for side in ("left", "top", "right", "bottom")])
    assert senseid.image_verification(astronaut(), astronaut(), check_quality=True)["code"] == 1000
    assert senseid.image_verification(hidden, astronaut(), check_quality=True)["code"] == 4004
    assert senseid.image_verification(hidden, astronaut())["code"] == 1000


def test_damaged_files_are_told_apart(senseid: Any) -> None:
    cut = astronaut()[:3000]
    assert senseid.image_verification(cut, astronaut())["code"] == 2005
    assert senseid.multiface_verification(astronaut(), cut)["code"] == 2006
    broken = video(astronaut(), 3)[:200]
    assert senseid.silent_detection(broken)["code"] == 2008
    assert senseid.silent_image_verification(broken, astronaut())["code"] == 1200
    sealed = base64.b64decode(example().encrypt(broken))
    assert senseid.liveness_image_verification(sealed, astronaut())["code"] == 2007


def test_a_photo_of_the_wrong_size_in_pixels_is_2003(senseid: Any) -> None:
    tiny = jpeg(cv2.resize(pixels(astronaut()), (63, 63)))
    assert senseid.image_verification(tiny, astronaut())["code"] == 2003
    wide = jpeg(np.full((80, 8200, 3), 120, np.uint8))
    assert senseid.face_quality(wide)["code"] == 2003


def test_liveness_data_may_be_a_sealed_video_or_photo(senseid: Any) -> None:
    for content in (video(astronaut(), 3), astronaut()):
        sealed = base64.b64decode(example().encrypt(content))
        assert senseid.liveness_image_verification(sealed, astronaut())["verification_score"] >= 0.9


def test_a_short_video_is_2008_alone_and_short_time_with_a_photo(senseid: Any) -> None:
    short = video(astronaut(), 1.2)
    assert senseid.silent_detection(short)["code"] == 2008
    answer = senseid.silent_image_verification(short, astronaut(), return_status=True)
    assert (answer["passed"], answer["liveness_status"]) == (False, "short_time")


def test_a_face_that_leaves_within_two_seconds_is_short_time(senseid: Any) -> None:
    answer = senseid.silent_detection(video(astronaut(), 4, blank_from=1.0), return_status=True, return_image=True)
    assert (answer["code"], answer["passed"], answer["liveness_status"]) == (1000, False, "short_time")
    assert "base64_image" not in answer


def test_a_filmed_photo_never_brings_pictures_unless_it_passed(senseid: Any) -> None:
    asked = {"return_status": True, "return_image": True, "return_face_image": True}
    answer = senseid.silent_image_verification(video(astronaut(), 4), astronaut(), **asked)
    assert answer["code"] == 1000, answer
    assert 0 <= answer["liveness_score"] <= 1
    pictures = {"image_timestamp", "base64_image", "base64_face_image", "verification_score"}
    assert pictures & set(answer) == (pictures if answer["passed"] else set())
    assert answer["liveness_status"] == ("ok" if answer["passed"] else "hack")


@cache
def filmed_screen(picture: bytes) -> bytes:
    """An MP4 of a screen that shows the photo, a little unsteady."""
    shown = on_a_screen(picture)
    height, width = min(shown.shape[0] - 40, 960) // 2 * 2, min(shown.shape[1], 960) // 2 * 2
    tops = (round(20 + 15 * np.sin(number / 4)) for number in range(26))
    return h264((shown[top : top + height, :width] for top in tops), fps=10)


def test_a_screen_with_visible_stripes_is_a_hack(senseid: Any) -> None:
    attack = filmed_screen(hopper())
    alone = senseid.silent_detection(attack, return_status=True, return_image=True)
    assert (alone["code"], alone["passed"], alone["liveness_status"]) == (1000, False, "hack")
    assert "base64_image" not in alone
    compared = senseid.silent_image_verification(attack, hopper(), return_status=True)
    assert (compared["passed"], compared["liveness_status"]) == (False, "hack")
    assert "verification_score" not in compared


def test_liveness_data_may_be_a_sealed_archive_of_frames(senseid: Any) -> None:
    def scored(*frames: bytes) -> dict[str, Any]:
        return senseid.liveness_image_verification(base64.b64decode(example().encrypt(zipped(*frames))), astronaut())

    def frames(picture: bytes) -> list[bytes]:
        return [jpeg(pixels(picture)[:, shift : shift + 480]) for shift in (0, 10, 20)]

    assert scored(*frames(astronaut()))["verification_score"] >= 0.9
    assert scored(*frames(hopper()))["verification_score"] < example().THRESHOLD
    assert scored(*[nobody()] * 3)["code"] == 4000
    assert scored(b"no picture")["code"] == 2007


def test_a_video_without_anybody_is_4007(senseid: Any) -> None:
    assert senseid.silent_detection(video(nobody(), 3))["code"] == 4007
    assert senseid.silent_image_verification(video(nobody(), 3), astronaut())["code"] == 4007
    assert senseid.silent_image_verification(video(nobody(), 3), nobody())["code"] == 4000


def test_the_example_runs_as_it_stands(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(astronaut())
    (tmp_path / "b.mp4").write_bytes(video(astronaut(), 3))
    files = [str(tmp_path / name) for name in ("a.jpg", "a.jpg", "b.mp4")]
    done = subprocess.run(
        [sys.executable, str(CLIENT), cluster.url, *files], capture_output=True, text=True, check=True, timeout=120
    )
    answers = json.loads(done.stdout)
    assert answers["same_person"] is True
    assert {answer["code"] for answer in answers.values() if isinstance(answer, dict)} == {1000}

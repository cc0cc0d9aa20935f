"""Looking at faces once: rotation, several faces, video, scale."""

from dataclasses import replace

import pytest

from pipelines.identity.observe import observe
from pipelines.identity.recording import visible_s
from tests.unit.pipelines.identity.faces import MarkedFaces, decoded, picture

ALL = {"liveness": True, "embedding": True}


async def test_an_upright_face_is_judged_as_it_stands_with_one_call_a_model() -> None:
    models = MarkedFaces()
    seen = await observe(decoded(picture(1)), models, ALL)
    assert seen.rotation == 0
    assert sorted(models.asked) == sorted(
        (f"face/{name}", 1) for name in ("detector", "landmarks", "occlusion", "embedder", "liveness", "recapture")
    )


@pytest.mark.parametrize("quarters", [1, 3])
async def test_a_face_on_its_side_is_turned_upright_and_the_size_turns_with_it(quarters: int) -> None:
    seen = await observe(decoded(picture(1, turned=quarters)), MarkedFaces(), ALL)
    assert seen.rotation == 90 * quarters
    assert (seen.width, seen.height) == (320, 240)
    assert len(seen.faces) == 1


async def test_a_face_on_its_side_does_not_count_where_pictures_may_not_be_turned() -> None:
    options = ALL | {"rotate": False}
    lying = await observe(decoded(picture(1, turned=1)), MarkedFaces(), options)
    assert (lying.rotation, lying.faces, lying.frames[0].faces) == (0, [], 0)
    assert len((await observe(decoded(picture(1)), MarkedFaces(), options)).faces) == 1


async def test_a_face_whose_mesh_is_doubtful_every_way_is_left_as_it_stands() -> None:
    seen = await observe(decoded(picture(1, upright=False)), MarkedFaces(), ALL)
    assert seen.rotation == 0
    assert seen.faces[0].presence == pytest.approx(0.05)


async def test_nobody_is_nobody_whichever_way_it_is_turned() -> None:
    models = MarkedFaces()
    seen = await observe(decoded(picture(0)), models, ALL)
    assert seen.faces == []
    assert seen.frames[0].faces == 0
    assert ("face/embedder", 1) not in models.asked


async def test_of_several_faces_the_largest_is_the_main_one_and_all_are_counted() -> None:
    seen = await observe(decoded(picture(3)), MarkedFaces(), ALL)
    assert seen.frames[0].faces == 3
    left, _, right, _ = seen.faces[0].box
    assert right - left == 100


async def test_models_that_nobody_asked_for_are_not_run() -> None:
    models = MarkedFaces()
    seen = await observe(decoded(picture(1)), models, {"liveness": False, "embedding": True})
    assert seen.faces[0].liveness is None
    assert seen.faces[0].embedding is not None
    assert {name for name, count in models.asked if count} == {
        "face/detector", "face/landmarks", "face/occlusion", "face/embedder"
    }  # fmt: skip


async def test_boxes_are_in_pixels_of_the_original_when_frames_were_reduced() -> None:
    seen = await observe(decoded(picture(1), scale=4.0), MarkedFaces(), ALL)
    assert seen.faces[0].box == (200, 200, 600, 600)
    assert (seen.width, seen.height) == (1280, 960)


async def test_all_frames_of_a_video_travel_in_one_call_and_frames_without_a_face_stay_empty() -> None:
    models = MarkedFaces()
    seen = await observe(decoded(picture(1), picture(0), picture(1)), models, ALL)
    assert [mark.faces for mark in seen.track] == [1, 0, 1]
    assert [frame.timestamp for frame in seen.frames] == [0.0, 2.0]
    assert ("face/detector", 3) in models.asked
    assert ("face/liveness", 2) in models.asked


async def test_a_set_of_pictures_is_followed_like_a_video_and_has_no_time() -> None:
    shots = replace(decoded(picture(1), picture(0), picture(1)), kind="shots", duration=None, fps=None)
    seen = await observe(shots, MarkedFaces(), ALL)
    assert (seen.kind, seen.duration, visible_s(seen)) == ("shots", None, None)
    assert [mark.faces for mark in seen.track] == [1, 0, 1]
    assert len(seen.faces) == 2


async def test_one_picture_in_a_set_is_enough() -> None:
    seen = await observe(replace(decoded(picture(1)), kind="shots"), MarkedFaces(), ALL)
    assert (len(seen.track), len(seen.faces)) == (1, 1)


async def test_a_video_that_lies_on_its_side_is_turned_as_a_whole() -> None:
    seen = await observe(decoded(*[picture(1, turned=1)] * 3), MarkedFaces(), ALL)
    assert seen.rotation == 90
    assert len(seen.faces) == 3

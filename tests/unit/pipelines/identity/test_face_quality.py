from dataclasses import replace

from models.face.occlusion import Occlusion
from pipelines.identity.face_quality import ADVICE, best_face, overall, quality_checks
from pipelines.identity.face_report import measured
from pipelines.report import Check, Status
from tests.unit.pipelines.identity.faces import QUALITY, face, observation


def checks_of(**changes: object) -> dict[str, Check]:
    return {check.name: check for check in quality_checks(observation(face(**changes)), "file")}


def test_the_quality_check_tells_every_component() -> None:
    told = checks_of()["quality"].evidence["components"]
    assert {"sharpness", "eye_distance", "yaw", "eyes_open", "background_uniformity"} <= set(told)
    assert all(0 <= value <= 1 for value in told.values())


def test_demands_on_passport_photos_are_told_but_do_not_fail_a_selfie() -> None:
    found = checks_of(mouth=0.9, quality=replace(QUALITY, illumination=0.1, background=0.1))
    assert {name for name, check in found.items() if check.status is Status.FAILED} == ADVICE
    assert found["quality"].status is Status.PASSED


def test_a_background_that_cannot_be_seen_is_not_judged() -> None:
    assert checks_of(quality=replace(QUALITY, background=None))["quality.background"].status is Status.NOT_PERFORMED


def test_blurred_dark_small_or_hidden_faces_are_worse_on_the_whole() -> None:
    worse = (
        face(quality=replace(QUALITY, sharpness=0.1)),
        face(quality=replace(QUALITY, brightness=0.02, underexposed=0.9, contrast=0.02, dynamic_range=0.3)),
        face(box=(300.0, 200.0, 320.0, 220.0)),
        face(occlusion=Occlusion(left_eye=0.1, right_eye=0.1, nose=1, mouth=1, total=0.6)),
    )
    assert all(overall(one) < overall(face()) for one in worse)


def test_the_frame_that_can_be_judged_best_is_the_sharp_one() -> None:
    blurred, sharp = face(quality=replace(QUALITY, sharpness=0.1)), face()
    assert best_face(observation(blurred, sharp)) is sharp


def test_every_face_of_a_report_comes_with_its_components() -> None:
    told = measured(face(), observation(face()))
    assert told["components"]["sharpness"] == QUALITY.sharpness
    assert told["quality"] == round(overall(face()), 4)

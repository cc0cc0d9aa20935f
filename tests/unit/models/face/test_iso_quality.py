from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from models.cards import card
from models.face.eyes import EyeOpenness
from models.face.iso_quality import Components, components, features, unified
from models.face.occlusion import Occlusion
from models.face.pose import Pose
from models.face.quality import FaceQuality

GOOD = FaceQuality(
    brightness=0.5,
    contrast=0.5,
    sharpness=0.9,
    acuity=0.95,
    overexposed=0.0,
    underexposed=0.0,
    illumination=0.9,
    dynamic_range=0.9,
    noise=0.005,
    eye_distance=0.25,
    background=0.9,
)


def judged(**changes: Any) -> Components:
    """Components of a good face but for the changes."""
    values: dict[str, Any] = {
        "quality": GOOD,
        "pose": Pose(0.0, 0.0, 0.0),
        "eyes": EyeOpenness(0.95, 1.0),
        "mouth": 0.0,
        "occlusion": Occlusion(1.0, 1.0, 1.0, 1.0, 1.0),
        "presence": 1.0,
        "eye_pixels": 120.0,
    }
    return components(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "worse"),
    [
        ({"quality": replace(GOOD, sharpness=0.2)}, "sharpness"),
        ({"quality": replace(GOOD, acuity=0.2)}, "acuity"),
        ({"quality": replace(GOOD, noise=0.1)}, "noise_freedom"),
        ({"quality": replace(GOOD, brightness=0.1)}, "luminance"),
        ({"quality": replace(GOOD, brightness=0.95)}, "luminance"),
        ({"quality": replace(GOOD, overexposed=0.4)}, "overexposure_prevention"),
        ({"quality": replace(GOOD, underexposed=0.4)}, "underexposure_prevention"),
        ({"quality": replace(GOOD, contrast=0.1)}, "contrast"),
        ({"quality": replace(GOOD, dynamic_range=0.5)}, "dynamic_range"),
        ({"quality": replace(GOOD, illumination=0.3)}, "illumination_uniformity"),
        ({"quality": replace(GOOD, background=0.1)}, "background_uniformity"),
        ({"eye_pixels": 20.0}, "eye_distance"),
        ({"pose": Pose(40.0, 0.0, 0.0)}, "yaw"),
        ({"pose": Pose(0.0, -40.0, 0.0)}, "pitch"),
        ({"pose": Pose(0.0, 0.0, 60.0)}, "roll"),
        ({"eyes": EyeOpenness(0.9, 0.1)}, "eyes_open"),
        ({"mouth": 0.8}, "mouth_closed"),
        ({"occlusion": Occlusion(0.2, 1.0, 1.0, 1.0, 1.0)}, "eyes_visible"),
        ({"occlusion": Occlusion(1.0, 1.0, 0.2, 1.0, 1.0)}, "nose_visible"),
        ({"occlusion": Occlusion(1.0, 1.0, 1.0, 0.2, 1.0)}, "mouth_visible"),
        ({"occlusion": Occlusion(1.0, 1.0, 1.0, 1.0, 0.2)}, "face_visible"),
        ({"presence": 0.3}, "presence"),
    ],
)
def test_a_fault_lowers_its_own_component_alone_and_never_raises_the_score(changes: dict[str, Any], worse: str) -> None:
    good, bad = asdict(judged()), asdict(judged(**changes))
    assert [name for name in good if good[name] != bad[name]] == [worse]
    assert bad[worse] < good[worse]
    assert unified(judged(**changes)) <= unified(judged())


def test_every_component_stays_between_zero_and_one() -> None:
    worst = judged(
        quality=FaceQuality(*[0.0] * 10, None), pose=Pose(120.0, -100.0, 180.0), mouth=1.0, presence=0.0, eye_pixels=0.0
    )
    values = [value for value in asdict(worst).values() if value is not None]
    assert all(0 <= value <= 1 for value in values)
    assert 0 <= unified(worst) < 0.05


def test_a_good_face_scores_high() -> None:
    assert unified(judged()) > 0.95


def test_the_pose_components_are_cosines_squared() -> None:
    seen = judged(pose=Pose(60.0, 45.0, 90.0))
    assert (seen.yaw, seen.pitch, seen.roll) == pytest.approx((0.25, 0.5, 0))


def test_a_turned_head_is_not_called_small_for_its_foreshortened_eyes() -> None:
    assert judged(eye_pixels=40.0, pose=Pose(60.0, 0.0, 0.0)).eye_distance == pytest.approx(
        judged(eye_pixels=80.0).eye_distance
    )


def test_what_cannot_be_told_does_not_lower_the_score() -> None:
    untold = judged(eyes=EyeOpenness(None, None), quality=replace(GOOD, background=None))
    assert (untold.eyes_open, untold.background_uniformity) == (None, None)
    assert unified(untold) >= unified(judged())


def test_no_weight_of_the_score_is_negative() -> None:
    weights = np.array(card("face/quality").parameters["unified"]["weights"])
    assert len(weights) == len(features(judged()))
    assert (weights >= 0).all()

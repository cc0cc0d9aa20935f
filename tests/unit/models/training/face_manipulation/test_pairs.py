"""The manipulations and the chain that both classes share, on drawn faces."""

import cv2
import numpy as np
import pytest

from models.face.detector import FaceBox
from models.training.clips.head import OVAL
from models.training.face_manipulation.capture import after, before, h264, view
from models.training.face_manipulation.dataset import pair
from models.training.face_manipulation.geometry import anchored, piecewise, region, smooth, triangles
from models.training.face_manipulation.manipulations import TRAINED, Manipulated
from models.training.face_manipulation.portraits import SPLITS, Face, split_of
from models.training.face_manipulation.unseen import unseen

SIDE = 240


def face(group: str, seed: int) -> Face:
    """A picture with texture everywhere, and a mesh like that of an upright face in its middle."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(0, 255, (30, 30, 3), np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    mesh = (SIDE / 2 + rng.uniform(-45, 45, (478, 2))).astype(np.float32)
    turn = np.linspace(-np.pi / 2, 3 * np.pi / 2, len(OVAL), endpoint=False)
    mesh[list(OVAL)] = SIDE / 2 + np.stack([60 * np.cos(turn), 75 * np.sin(turn)], 1)
    for index, place in {
        33: (90, 95),
        263: (150, 95),
        4: (120, 125),
        13: (120, 150),
        2: (120, 135),
        98: (110, 138),
        327: (130, 138),
    }.items():
        mesh[index] = place
    points = np.array([(90, 95), (150, 95), (120, 125), (100, 155), (140, 155)], np.float32)
    return Face(image, mesh, FaceBox(60, 45, 180, 195, 0.99, points), group)


FACES = [face("one", 1), face("two", 2), face("three", 3)]


@pytest.mark.parametrize("name", TRAINED)
def test_a_manipulation_changes_the_picture_under_its_mask_only(name: str) -> None:
    changed = 0
    for seed in range(4):
        image, mask = TRAINED[name][0](FACES[0], FACES[1], np.random.default_rng(seed))
        apart = np.abs(image.astype(int) - FACES[0].image).max(2)
        assert image.shape == FACES[0].image.shape
        assert image.dtype == np.uint8
        assert 0 <= mask.min() <= mask.max() <= 1 + 1e-6
        changed += int((apart[mask > 0.2] > 2).sum())
        if name != "self_blended":  # which changes what is around the mask as often as what is in it
            assert apart[mask < 1e-4].max(initial=0) <= 1
    assert changed > 200


OTHERS = [face("four", 4), face("five", 5)]


@pytest.mark.parametrize("name", unseen(OTHERS, None))
def test_unseen_manipulations_change_the_face(name: str) -> None:
    image, mask = unseen(OTHERS, None)[name][0](FACES[0], FACES[1], np.random.default_rng(1))
    assert image.shape == FACES[0].image.shape
    assert np.abs(image.astype(int) - FACES[0].image)[mask > 0.5].mean() > 1


def test_the_two_of_a_pair_differ_by_the_manipulation_alone() -> None:
    def nothing(own: Face, donor: Face, rng: np.random.Generator) -> Manipulated:
        image = own.image.copy()
        image[110:130, 110:130] = 255 - image[110:130, 110:130]
        mask = np.zeros(image.shape[:2], np.float32)
        mask[110:130, 110:130] = 1
        return image, mask

    for seed in range(6):
        made = pair(FACES, nothing, np.random.default_rng(seed), lambda image, rng: (image, 1.0))
        if made is None:
            continue
        (real, fake), mask, _ = made
        apart = np.abs(real.astype(int) - fake).max(2)
        hidden = cv2.resize(mask, (apart.shape[1], apart.shape[0])) > 0
        assert apart[~cv2.dilate(hidden.astype(np.uint8), np.ones((17, 17))).astype(bool)].max(initial=0) == 0


def test_the_same_seed_gives_both_classes_the_same_chain() -> None:
    first, factor = after(FACES[0].image, np.random.default_rng(5))
    again, same = after(FACES[0].image, np.random.default_rng(5))
    assert factor == same
    assert np.array_equal(first, again)
    head = np.ones(FACES[0].image.shape[:2], np.float32)
    shot = [before(FACES[0].image, head, np.random.default_rng(5)) for _ in range(2)]
    assert np.array_equal(*shot)


def test_a_video_codec_gives_back_as_many_frames_of_the_same_size() -> None:
    odd = [FACES[0].image[:231, :217]] * 3
    decoded = h264(odd, 20, "ultrafast")
    assert [frame.shape for frame in decoded] == [(231, 217, 3)] * 3
    assert np.abs(decoded[-1].astype(int) - odd[-1]).mean() < 10


def test_a_view_holds_the_face() -> None:
    seen, square = view(FACES[0].image, FACES[0].box)
    corners = FACES[0].mesh[list(OVAL)]
    back = cv2.invertAffineTransform(square)
    places = corners @ back[:, :2].T + back[:, 2]
    assert seen.shape == (192, 192, 3)
    assert places.min() > 0
    assert places.max() < 192


def test_a_warp_onto_itself_moves_nothing() -> None:
    points = anchored(FACES[0].mesh)
    places = piecewise(points, points, triangles(points), (SIDE, SIDE))
    y, x = np.mgrid[:SIDE, :SIDE]
    assert np.abs(places - np.stack([x, y], -1)).max() < 0.05
    still = smooth(FACES[0].mesh, FACES[0].mesh, 10.0, (SIDE, SIDE))
    assert np.abs(still - np.stack([x, y], -1)).max() < 1e-3


def test_regions_lie_in_the_face() -> None:
    whole = region(FACES[0].mesh, "face", (SIDE, SIDE))
    lower = region(FACES[0].mesh, "lower", (SIDE, SIDE))
    assert 0 < lower.sum() < whole.sum()
    assert lower[:100].sum() == 0


def test_every_person_is_in_one_split_whatever_other_people_there_are() -> None:
    names = [f"px{n:04d}" for n in range(500)]
    shares = {split: sum(split_of(name) == split for name in names) / 500 for split in SPLITS}
    assert sum(shares.values()) == 1
    assert 0.6 < shares["train"] < 0.76

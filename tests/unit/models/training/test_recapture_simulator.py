"""The recapture simulator, on a generated picture."""

import cv2
import numpy as np
import pytest

from models.face.recapture import cut_views
from models.training.recapture.camera import Optics
from models.training.recapture.dataset import split_of
from models.training.recapture.instruments import screen_pattern, subpixel_tile, threshold_tile
from models.training.recapture.scene import Portrait
from models.training.recapture.settings import HELD_OUT, SPECIES, TRAIN
from models.training.recapture.simulate import capture


@pytest.fixture
def portrait() -> Portrait:
    image = np.full((160, 130, 3), (90, 120, 150), np.uint8)
    cv2.ellipse(image, (65, 75), (40, 52), 0, 0, 360, (210, 170, 140), -1)
    cv2.circle(image, (50, 65), 6, (40, 30, 30), -1)
    cv2.circle(image, (80, 65), 6, (40, 30, 30), -1)
    return Portrait(image, (25.0, 23.0, 105.0, 127.0))


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("settings", [TRAIN, HELD_OUT], ids=["train", "held-out"])
def test_every_species_is_drawn_again_from_its_seed(portrait, species, settings):
    first, second = (capture(portrait, species, np.random.default_rng(5), settings, portrait.image) for _ in range(2))
    assert first.image.dtype == np.uint8
    assert np.array_equal(first.image, second.image)
    assert first.box == second.box


@pytest.mark.parametrize("species", SPECIES)
def test_the_face_stays_in_the_frame_so_that_views_can_be_cut(portrait, species):
    for seed in range(4):
        shot = capture(portrait, species, np.random.default_rng(seed), TRAIN, portrait.image)
        assert cut_views(shot.image, shot.box).shape == (2, 128, 128, 3)


def test_an_unknown_species_is_refused(portrait):
    with pytest.raises(ValueError, match="mask"):
        capture(portrait, "mask", np.random.default_rng(0), TRAIN, portrait.image)


def test_training_and_held_out_devices_share_no_family():
    for family in ("layouts", "halftones", "demosaics", "kernels", "codecs", "glare"):
        assert not set(getattr(TRAIN, family)) & set(getattr(HELD_OUT, family))


@pytest.mark.parametrize("layout", [*TRAIN.layouts, *HELD_OUT.layouts, "drawn_3"])
def test_a_screen_tile_keeps_the_brightness_of_every_channel(layout):
    tile, _ = subpixel_tile(layout)
    assert np.allclose(tile.mean((0, 1)), 1, atol=1e-5)


@pytest.mark.parametrize("halftone", [*TRAIN.halftones, *HELD_OUT.halftones, "drawn_3"])
def test_halftone_thresholds_are_uniform_so_that_tones_print_true(halftone):
    tile = threshold_tile(halftone)
    assert tile.shape == (64, 64)
    assert abs(float((tile < 0.25).mean()) - 0.25) < 0.02


def _grid(pitch: float) -> tuple[np.ndarray, np.ndarray]:
    yy, xx = np.mgrid[0:96, 0:96].astype(np.float32)
    return xx / np.float32(pitch), yy / np.float32(pitch)


def test_a_grid_finer_than_the_camera_sees_disappears():
    light = screen_pattern("rgb_stripe", *_grid(0.3), Optics(0.6, 0.0, 0.0), 1.0)
    assert light.std() < 0.02


def test_a_grid_just_finer_than_the_pixels_appears_as_coarse_moire():
    light = screen_pattern("rgb_stripe", *_grid(1.06), Optics(0.2, 0.0, 0.0), 1.0)
    spectrum = np.abs(np.fft.rfft(light[48, :, 1] - light[48, :, 1].mean()))
    assert light.std() > 0.02
    assert spectrum.argmax() < 96 / 6  # a period of more than six pixels from a grid of about one


def test_a_person_is_in_one_split_only():
    assert split_of("px0001") == split_of("px0001")
    names = [split_of(f"px{i:04}") for i in range(2000)]
    assert 0.66 < names.count("train") / 2000 < 0.74


def test_views_of_a_face_at_the_border_are_padded_with_grey():
    image = np.zeros((100, 80, 3), np.uint8)
    views = cut_views(image, (-10.0, -10.0, 50.0, 60.0))
    assert (views[1, 0, 0] == 127).all()
    with pytest.raises(ValueError, match="outside"):
        cut_views(image, (300.0, 300.0, 360.0, 360.0))

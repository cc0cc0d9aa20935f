"""What a face's movement tells, of paths made by hand."""

import numpy as np
import pytest

from pipelines.deepfake.face_motion import Path, identity_jitter, landmark_jitter, lip_sync, loudness
from pipelines.media.frames import Sound

RATE = 16_000


def path(seconds: float = 6.0, fps: float = 20.0, trembling: float = 0.0, mouth: np.ndarray | None = None) -> Path:
    rng = np.random.default_rng(1)
    times = np.arange(0, seconds, 1 / fps)
    face = rng.uniform(100, 300, (478, 2))
    moved = face[None] + np.stack([20 * np.sin(times), 10 * np.cos(times)], 1)[:, None]
    moved = moved + trembling * rng.standard_normal(moved.shape)
    return Path(times, moved, np.zeros(len(times)) if mouth is None else mouth)


def speech(envelope: np.ndarray, seconds: float) -> Sound:
    loud = np.interp(np.arange(0, seconds, 1 / RATE), np.linspace(0, seconds, len(envelope)), envelope)
    noise = np.random.default_rng(2).standard_normal(len(loud))
    return Sound((8000 * loud * noise).clip(-32000, 32000).astype(np.int16), RATE, RATE, "aac")


def syllables(count: int) -> np.ndarray:
    """Bursts at uneven times, 25 values a second."""
    rng = np.random.default_rng(3)
    curve = np.zeros(count)
    place = 0
    while place < count:
        curve[place : place + int(rng.integers(3, 7))] = rng.uniform(0.5, 1)
        place += int(rng.integers(6, 14))
    return curve


def test_a_head_that_moves_smoothly_does_not_tremble() -> None:
    assert landmark_jitter(path()) < 0.5
    assert landmark_jitter(path(trembling=2.0)) > 10 * landmark_jitter(path())


def test_jitter_is_in_widths_of_the_face() -> None:
    small, large = path(trembling=1.0), path(trembling=1.0)
    grown = Path(large.times, large.meshes * 3, large.mouth)
    assert landmark_jitter(grown) == pytest.approx(landmark_jitter(small), rel=1e-6)


def test_frames_too_far_apart_are_not_dense() -> None:
    assert path().dense
    assert not path(fps=3.0).dense
    assert not path(seconds=0.5).dense


def test_the_identity_of_one_face_stays() -> None:
    one, other = np.eye(4)[0], np.eye(4)[1]
    assert identity_jitter([one] * 5) == pytest.approx(0)
    assert identity_jitter([one, other] * 3) == pytest.approx(1)
    assert identity_jitter([one] * 3) is None


def test_lips_that_follow_the_voice_are_told_from_lips_that_do_not() -> None:
    curve = syllables(8 * 25)
    times = np.arange(0, 8, 1 / 20)
    mouth = np.interp(times, np.linspace(0, 8, len(curve)), curve)
    sound = speech(curve, 8.0)
    together = lip_sync(path(8.0, mouth=mouth), sound)
    apart = lip_sync(path(8.0, mouth=np.roll(mouth, 60)), sound)
    assert together is not None
    assert apart is not None
    assert together.surprise > 3
    assert together.surprise > 2 * apart.surprise


def test_a_late_voice_has_its_lag() -> None:
    curve = syllables(8 * 25)
    late = np.concatenate([np.zeros(4), curve[:-4]])
    mouth = np.interp(np.arange(0, 8, 1 / 20), np.linspace(0, 8, len(curve)), curve)
    found = lip_sync(path(8.0, mouth=mouth), speech(late, 8.0))
    assert found is not None
    assert found.lag == pytest.approx(4 / 25, abs=0.05)


def test_silence_and_a_still_mouth_are_not_judged() -> None:
    curve = syllables(8 * 25)
    assert lip_sync(path(8.0), speech(curve, 8.0)) is None
    mouth = np.interp(np.arange(0, 8, 1 / 20), np.linspace(0, 8, len(curve)), curve)
    assert lip_sync(path(8.0, mouth=mouth), speech(np.zeros(10), 8.0)) is None


def test_loudness_is_relative_to_the_recording() -> None:
    curve = syllables(100)
    times = np.arange(0, 4, 0.05)
    quiet = Sound((speech(curve, 4.0).samples // 8).astype(np.int16), RATE, RATE, "aac")
    assert np.corrcoef(loudness(speech(curve, 4.0), times), loudness(quiet, times))[0, 1] > 0.99

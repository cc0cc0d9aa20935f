"""Whose face is where."""

from dataclasses import replace

import numpy as np

from pipelines.deepfake.face_tracks import Glimpse, tracks

ONE, OTHER = np.eye(8)[0], np.eye(8)[1]


def glimpse(frame: int, left: float, who: np.ndarray, apart: float = 0.2) -> Glimpse:
    return Glimpse(frame=frame, index=frame, timestamp=frame * apart, box=(left, 0.0, left + 100, 100.0), embedding=who)


def test_two_people_have_two_tracks_even_where_they_change_places() -> None:
    seen = [glimpse(0, 0, ONE), glimpse(0, 500, OTHER), glimpse(1, 500, ONE, 9.0), glimpse(1, 0, OTHER, 9.0)]
    found = tracks(seen)
    assert len(found) == 2
    for track in found:
        assert np.allclose(track[0].embedding, track[1].embedding)


def test_a_face_that_changes_in_its_place_is_one_track() -> None:
    found = tracks([glimpse(0, 0, ONE), glimpse(1, 5, OTHER), glimpse(2, 10, ONE)])
    assert [len(track) for track in found] == [3]


def test_a_stranger_elsewhere_begins_a_track_of_his_own() -> None:
    found = tracks([glimpse(0, 0, ONE), glimpse(1, 400, OTHER)])
    assert [len(track) for track in found] == [1, 1]


def test_whoever_is_seen_most_comes_first_and_no_frame_has_a_face_twice() -> None:
    twins = [glimpse(n, 300 * k, ONE) for n in range(3) for k in (0, 1)]
    found = tracks([*twins, replace(glimpse(4, 0, ONE), timestamp=0.8)])
    assert len(found[0]) == 4
    assert all(len({g.frame for g in track}) == len(track) for track in found)

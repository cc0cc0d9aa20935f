"""Slow tasks never take every place."""

from deployments.places import SLOW, Places

QUICK = "liveness_detection"


def test_places_are_taken_until_none_is_free_and_given_back() -> None:
    places = Places(3, slow=2)
    assert all(places.take(name, QUICK) for name in "abc")
    assert places.free == 0
    assert not places.take("d", QUICK)
    places.give_back("b")
    places.give_back("b")
    assert places.free == 1
    assert places.take("d", QUICK)


def test_slow_tasks_leave_places_to_quick_ones() -> None:
    places = Places(4, slow=2)
    assert places.left_alone == ()
    assert places.take("a", "voice_analysis")
    assert places.take("b", "deepfake")
    assert places.left_alone == SLOW
    assert not places.take("c", "voice_analysis")
    assert places.free == 2
    assert places.take("d", QUICK)
    places.give_back("a")
    assert places.left_alone == ()
    assert places.take("c", "voice_analysis")


def test_recordings_and_what_may_hold_them_are_slow() -> None:
    assert {"voice_analysis", "deepfake"} <= set(SLOW)
    assert QUICK not in SLOW

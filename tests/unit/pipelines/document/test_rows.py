"""Rows of level text."""

from pipelines.document.rows import rows_of


def test_a_row_may_climb_slowly_over_the_page() -> None:
    climbing = [(100.0 * n, 50 - 3.0 * n, 100.0 * n + 80, 62 - 3.0 * n) for n in range(6)]
    below = [(left, top + 20, right, bottom + 20) for left, top, right, bottom in climbing]
    assert rows_of([*climbing, *below]) == [0] * 6 + [1] * 6


def test_two_boxes_over_each_other_are_never_in_one_row() -> None:
    assert rows_of([(0, 0, 100, 20), (10, 8, 90, 28)]) == [0, 1]


def test_a_small_box_joins_the_row_of_the_large_one_beside_it() -> None:
    assert rows_of([(0, 0, 100, 40), (120, 15, 160, 27), (120, 60, 160, 72)]) == [0, 0, 1]

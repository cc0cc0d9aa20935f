"""Shares and tables of checks."""

import pytest

from benchmarks.documents.roc import auc, interval, markdown, table


def rows() -> list[dict[str, object]]:
    honest = [{"check": "c", "kind": "none", "careful": n < 2, "score": 0.9 if n else 0.4} for n in range(4)]
    forged = [{"check": "c", "kind": "paste", "careful": True, "score": score} for score in (0.1, 0.6, None)]
    return [*honest, *forged]


def test_each_kind_is_told_with_how_many_are_flagged() -> None:
    found = {row["kind"]: row for row in table(rows(), ["c"])}
    assert (found["none"]["n"], found["none"]["flagged"]) == (4, 0.25)
    assert (found["none, clean captures"]["n"], found["none, clean captures"]["flagged"]) == (2, 0.5)
    assert (found["paste"]["n"], found["paste"]["flagged"]) == (2, 0.5), "what could not be judged is not counted"
    assert found["paste"]["auc"] == pytest.approx((4 + 3) / 8, abs=1e-3)
    assert "| `c` | paste | 2 | 0.88 | 0.500" in markdown(list(found.values()))


def test_scores_that_are_all_equal_tell_nothing() -> None:
    assert auc([0.5, 0.5], [0.5]) == 0.5


def test_no_hit_in_many_still_leaves_room() -> None:
    low, high = interval(0, 150)
    assert low == 0
    assert 0.02 < high < 0.03

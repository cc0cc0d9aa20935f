"""Sums and balances of columns, and amounts in them that were changed."""

import pytest

from pipelines.document.columns import column_misses
from pipelines.document.text import Span


def table(*rows: tuple[str, ...]) -> list[Span]:
    """Cells of a table whose columns end at 200, 300, ... points."""
    return [
        Span(
            page=1,
            text=text,
            box=(200 + 100 * column - 6.0 * len(text), 20.0 * row, 200.0 + 100 * column, 20.0 * row + 10),
            source="embedded",
            row=row,
        )
        for row, cells in enumerate(rows)
        for column, text in enumerate(cells)
        if text
    ]


def misses(*rows: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """Relation, text of the amount, and what it should be in cents."""
    return [(miss.relation, miss.span.text, miss.expected) for miss in column_misses(table(*rows))]


INVOICE = (("Work", "1,250.00"), ("Travel", "310.40"), ("Net", "1,560.40"), ("VAT", "296.48"), ("Total", "1,856.88"))
PAYSLIP = (("Salary", "3,000.00"), ("Bonus", "250.00"), ("Gross", "3,250.00"), ("Tax", "-812.50"), ("Net", "2,437.50"))


@pytest.mark.parametrize("rows", [INVOICE, PAYSLIP])
def test_columns_that_add_up_are_left_alone(rows: tuple[tuple[str, ...], ...]) -> None:
    assert misses(*rows) == []


def test_a_total_with_a_changed_digit_is_found() -> None:
    assert misses(*INVOICE[:-1], ("Total", "7,856.88")) == [("column_sum", "7,856.88", 185688)]


def test_an_item_with_a_changed_digit_misses_every_sum_below_it() -> None:
    found = misses(("Work", "9,250.00"), *INVOICE[1:])
    assert [text for _, text, _ in found] == ["1,560.40", "1,856.88"]


def test_a_deduction_with_a_changed_digit_is_found() -> None:
    assert misses(*PAYSLIP[:3], ("Tax", "-212.50"), PAYSLIP[4]) == [("column_sum", "2,437.50", 303750)]


def test_amounts_that_have_nothing_to_do_with_each_other_are_no_sum() -> None:
    assert misses(("a", "120.00"), ("b", "310.40"), ("c", "560.40"), ("d", "99.95"), ("e", "1,856.88")) == []


def test_a_price_list_that_ends_in_no_total_is_left_alone() -> None:
    assert misses(*INVOICE, ("Phone", "555.55")) == []


STATEMENT = (
    ("opening", "", "500.00"),
    ("rent", "-120.00", "380.00"),
    ("pay", "1,900.00", "2,280.00"),
    ("food", "-80.10", "2,199.90"),
    ("fuel", "-60.40", "2,139.50"),
    ("closing", "", "2,139.50"),
)


def test_a_running_balance_that_holds_is_left_alone() -> None:
    assert misses(*STATEMENT) == []


def test_a_changed_balance_breaks_the_links_on_both_sides() -> None:
    rows = (*STATEMENT[:3], ("food", "-80.10", "7,199.90"), *STATEMENT[4:])
    long = (*rows[:-1], ("gas", "-10.00", "2,129.50"), ("tea", "-9.50", "2,120.00"), ("closing", "", "2,120.00"))
    assert [text for relation, text, _ in misses(*long) if relation == "running_balance"] == ["7,199.90", "2,139.50"]


def test_a_closing_balance_that_was_changed_is_found() -> None:
    assert misses(*STATEMENT[:-1], ("closing", "", "8,139.50")) == [("running_balance", "8,139.50", 213950)]

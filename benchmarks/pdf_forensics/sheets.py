"""Seeded business papers: what stands in them, before any program sets them."""

import random
from dataclasses import dataclass

KINDS = ("invoice", "payslip", "statement", "letter", "report")
_FIRMS = ("Alder & Sons", "Brightwater Ltd", "Cobalt Works", "Dune Logistics", "Elm Street Bakery", "Fjord Marine")
_FIRMS += ("Grenoble Optique", "Harbour Foods", "Iris Textiles", "Juniper Cloud", "Kestrel Tools", "Lindenhof GmbH")
_PEOPLE = ("Ana Petrov", "Bela Nagy", "Clara Weiss", "Dan O'Neill", "Eva Lind", "Femi Ade", "Gina Rossi", "Hugo Blanc")
_GOODS = (
    "Consulting",
    "Paper, A4",
    "Delivery",
    "Annual licence",
    "Bearing 6204",
    "Hosting",
    "Oak board",
    "Training day",
)
_GOODS += (
    "Printer toner",
    "Maintenance",
    "Steel pipe 22 mm",
    "Web design",
    "Bread flour",
    "Translation",
    "Safety gloves",
)
_WORDS = "the of and to in for that with on as this from by we are at be have our will your which all more not has been"
_WORDS += " market service delivery quarter results customers growth agreement period payment office project supply"
_PAY = ("Basic salary", "Overtime", "Meal allowance", "Travel refund")
_DEDUCTIONS = ("Income tax", "Pension", "Health insurance")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One paper. `rows` are cells of a table, the last cells right-aligned amounts; `totals` are label and amount."""

    seed: int
    kind: str
    title: str
    firm: str
    meta: tuple[tuple[str, str], ...]
    paragraphs: tuple[str, ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[tuple[str, str], ...]


def sheet(seed: int, kind: str | None = None) -> Sheet:
    """The paper of a number."""
    dice = random.Random(seed)
    kind = kind or KINDS[seed % len(KINDS)]
    firm, person = dice.choice(_FIRMS), dice.choice(_PEOPLE)
    number = f"{dice.randint(2019, 2026)}-{dice.randint(100, 9999)}"
    date = f"{dice.randint(2019, 2026)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    meta = (("Number", number), ("Date", date), ("For", person), ("Account", _account(dice)))
    header, rows, totals = {"invoice": _invoice, "payslip": _payslip, "statement": _statement}.get(kind, _figures)(dice)
    texts = {"letter": 4, "report": 24}.get(kind, 1)
    paragraphs = tuple(_paragraph(dice) for _ in range(texts))
    return Sheet(seed, kind, f"{kind.capitalize()} {number}", firm, meta, paragraphs, header, rows, totals)


def money(cents: int) -> str:
    """1234.5 as 1,234.50."""
    return f"{cents / 100:,.2f}"


def _account(dice: random.Random) -> str:
    return "DE" + " ".join("".join(dice.choices("0123456789", k=4)) for _ in range(5))


def _paragraph(dice: random.Random) -> str:
    sentences = []
    for _ in range(dice.randint(3, 6)):
        words = dice.choices(_WORDS.split(), k=dice.randint(7, 16))
        if dice.random() < 0.4:
            words.insert(4, str(dice.randint(2, 9800)))
        sentences.append(" ".join(words).capitalize() + ".")
    return " ".join(sentences)


def _invoice(dice: random.Random) -> tuple:
    lines = [(item, dice.randint(1, 20), dice.randint(150, 90000)) for item in dice.sample(_GOODS, dice.randint(3, 9))]
    rows = tuple((item, str(count), money(price), money(count * price)) for item, count, price in lines)
    net = sum(count * price for _, count, price in lines)
    rate = dice.choice((7, 19, 20, 21))
    tax = round(net * rate / 100)
    totals = (("Subtotal", money(net)), (f"VAT {rate}%", money(tax)), ("Total", money(net + tax)))
    return ("Item", "Quantity", "Price", "Amount"), rows, totals


def _payslip(dice: random.Random) -> tuple:
    pay = [(name, dice.randint(5000, 450000)) for name in _PAY]
    gross = sum(cents for _, cents in pay)
    cuts = [(name, round(gross * dice.uniform(0.03, 0.2))) for name in _DEDUCTIONS]
    rows = tuple((name, money(cents)) for name, cents in pay)
    rows += (("Gross pay", money(gross)), *((name, "-" + money(cents)) for name, cents in cuts))
    return ("Description", "Amount"), rows, (("Net pay", money(gross - sum(cents for _, cents in cuts))),)


def _statement(dice: random.Random) -> tuple:
    balance = dice.randint(50000, 900000)
    rows = [("01.03.", "Opening balance", "", money(balance))]
    for day in sorted(dice.sample(range(2, 29), dice.randint(6, 18))):
        cents = dice.randint(-40000, 60000) or 1
        balance += cents
        rows.append((f"{day:02}.03.", dice.choice(_GOODS), money(cents), money(balance)))
    return ("Date", "Text", "Amount", "Balance"), tuple(rows), (("Closing balance", money(balance)),)


def _figures(dice: random.Random) -> tuple:
    rows = tuple((item, *(str(dice.randint(10, 9999)) for _ in range(3))) for item in dice.sample(_GOODS, 6))
    return ("Region", "2023", "2024", "2025"), rows, ()

"""Business documents of five types in eight languages, over layouts that a seed draws."""

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from benchmarks.documents.paper import WIDTH, Country, Paper, Sample, wording

KINDS = ("Invoice", "Bank Statement", "Payslip", "Company Formation Document", "VAT")
DEVELOPED, UNSEEN = 1_000, 900_000
"""Seeds: those that the engine was developed on begin at the first, those that are only measured at the second."""
_STYLES = ("inline", "columns", "below")


def samples(first: int, each: int) -> Iterator[Sample]:
    """`each` documents of every type in every language."""
    seed = first
    for kind in KINDS:
        for language in wording():
            for _ in range(each):
                yield sample(kind, language, seed)
                seed += 1


def sample(kind: str, language: str, seed: int) -> Sample:
    """One document."""
    rng = random.Random(seed)
    country, paper = Country(rng, language), Paper(rng)
    truth = _DRAW[kind](rng, country, paper)
    return Sample(kind, language, paper.pdf(), truth)


def _cents(rng: random.Random, least: int, most: int) -> Decimal:
    return Decimal(rng.randint(least * 100, most * 100)) / 100


def _party(rng: random.Random, country: Country, paper: Paper, x: float, y: float, name: str) -> float:
    paper.write(x, y, name, bold=rng.random() < 0.5)
    for line in (country.say("streets"), country.say("towns")):
        y += 1.5 * paper.size
        paper.write(x, y, line)
    return y + 2.5 * paper.size


def invoice(rng: random.Random, country: Country, paper: Paper) -> dict[str, object]:
    """An invoice with line items, one tax rate, totals and payment details."""
    day = country.day()
    due = day + timedelta(days=rng.choice((14, 30)))
    number = rng.choice(
        (f"{day.year}-{rng.randint(1, 9999):04d}", f"INV{rng.randint(10000, 99999)}", f"{rng.randint(10**6, 10**8)}")
    )
    supplier, customer = country.say("companies"), country.say("people")
    left = rng.random() < 0.5
    y = _party(rng, country, paper, 50 if left else 360, 60, supplier)
    paper.write(360 if left else 50, 62, country.say("invoice"), scale=1.9, bold=True)
    pairs = [(country.say("invoice_number"), number), (country.say("issue_date"), country.date(day))]
    pairs += [(country.say("due_date"), country.date(due))]
    rng.shuffle(pairs)
    y += 20
    paper.write(50, y, country.say("bill_to") + ":")
    after = _party(rng, country, paper, 50, y + 1.5 * paper.size, customer)
    y = max(after, paper.pairs(330, y, pairs, rng.choice(_STYLES))) + 20
    y, net = _items(rng, country, paper, y)
    rate = rng.choice(country.words["vat_rates"])
    tax = (net * rate / 100).quantize(Decimal("0.01"))
    y += 10
    sums = [
        (country.say("subtotal"), net),
        (country.say("tax").format(rate=rate), tax),
        (country.say("total"), net + tax),
    ]
    for label, value in sums:
        paper.write(330, y, label, bold=label == sums[-1][0])
        paper.write(WIDTH - 50, y, country.money(value), right=True)
        y += 1.7 * paper.size
    iban = country.iban()
    paper.write(50, 780, f"IBAN {iban}")
    paper.write(330, 780, rng.choice(country.words["vat_id"]) + f" {country.vat_id()}")
    paper.write(50, y + 30, rng.choice(country.words["prose"]))
    return {
        "invoice_number": number,
        "issue_date": str(day),
        "due_date": str(due),
        "subtotal": float(net),
        "tax": float(tax),
        "total": float(net + tax),
        "supplier.name": supplier,
        "customer.name": customer,
        "iban": iban,
    }


def _items(rng: random.Random, country: Country, paper: Paper, y: float) -> tuple[float, Decimal]:
    heads = rng.choice(country.words["columns"])
    edges = (50, 330, 430, WIDTH - 50)
    for n, (head, x) in enumerate(zip(heads, edges, strict=True)):
        paper.write(x, y, head, bold=True, right=n > 0)
    paper.rule(y + 4)
    net = Decimal(0)
    for _ in range(rng.randint(1, 6)):
        y += 1.8 * paper.size
        quantity, price = rng.randint(1, 12), _cents(rng, 3, 400)
        net += quantity * price
        paper.write(edges[0], y, country.say("goods"))
        for x, text in zip(
            edges[1:], (str(quantity), country.number(price), country.number(quantity * price)), strict=True
        ):
            paper.write(x, y, text, right=True)
    paper.rule(y + 6)
    return y + 2 * paper.size, net


def bank_statement(rng: random.Random, country: Country, paper: Paper) -> dict[str, object]:
    """A month's movements with running balances."""
    first = country.day().replace(day=1)
    last = (first + timedelta(days=40)).replace(day=1) - timedelta(days=1)
    holder, iban = country.say("people"), country.iban()
    paper.write(50, 60, country.say("statement"), scale=1.8, bold=True)
    pairs = [(country.say("holder"), holder), ("IBAN", iban)]
    pairs += [(country.say("period"), f"{country.date(first)} - {country.date(last)}")]
    y = paper.pairs(50, 100, pairs, rng.choice(_STYLES)) + 15
    heads = rng.choice(country.words["bank_columns"])
    edges = [50.0, 130.0, *(WIDTH - 50 - 85 * n for n in range(len(heads) - 3, -1, -1))]
    balance = opening = _cents(rng, 200, 5000)
    label, closing_label = country.say("opening"), country.say("closing")
    paper.write(50, y, label)
    paper.write(WIDTH - 50, y, country.number(opening), right=True)
    y += 2 * paper.size
    for n, (head, x) in enumerate(zip(heads, edges, strict=True)):
        paper.write(x, y, head, bold=True, right=n > 1)
    day, moved = first, 0
    for _ in range(rng.randint(4, 14)):
        y += 1.7 * paper.size
        day = min(day + timedelta(days=rng.randint(0, 3)), last)
        amount = _cents(rng, 5, 900) * rng.choice((1, -1, -1))
        balance, moved = balance + amount, moved + 1
        cells = [f"{country.number(amount)}"] if len(heads) == 4 else ["", country.number(abs(amount))]
        if len(heads) == 5 and amount < 0:
            cells.reverse()
        paper.write(edges[0], y, country.date(day) if "%B" not in country.pattern else day.strftime("%d/%m/%Y"))
        paper.write(edges[1], y, country.say("companies")[:22])
        for x, text in zip(edges[2:], (*cells, country.number(balance)), strict=True):
            paper.write(x, y, text, right=True)
    y += 2 * paper.size
    paper.write(50, y, closing_label)
    paper.write(WIDTH - 50, y, country.number(balance), right=True)
    return {
        "account_holder": holder,
        "iban": iban,
        "period": {"start": str(first), "end": str(last)},
        "opening_balance": float(opening),
        "closing_balance": float(balance),
        "transactions": moved,
    }


def payslip(rng: random.Random, country: Country, paper: Paper) -> dict[str, object]:
    """One month's pay."""
    first = country.day().replace(day=1)
    last = (first + timedelta(days=40)).replace(day=1) - timedelta(days=1)
    employer, employee = country.say("companies"), country.say("people")
    paper.write(50, 60, country.say("payslip"), scale=1.8, bold=True)
    period = rng.choice((f"{country.date(first)} - {country.date(last)}", f"{first.month:02d}/{first.year}"))
    pairs = [
        (country.say("employer"), employer),
        (country.say("employee"), employee),
        (country.say("pay_period"), period),
    ]
    rng.shuffle(pairs)
    y = paper.pairs(50, 100, pairs, rng.choice(_STYLES)) + 20
    parts = [(name, _cents(rng, 200, 3000)) for name in country.words["earnings"]]
    gross = sum((value for _, value in parts), Decimal(0))
    off = [(name, (gross * rng.randint(3, 12) / 100).quantize(Decimal("0.01"))) for name in country.words["withheld"]]
    deducted = sum((value for _, value in off), Decimal(0))
    rows = [*parts, (country.say("gross"), gross), *off, (country.say("deductions"), deducted)]
    for label, value in (*rows, (country.say("net"), gross - deducted)):
        paper.write(50, y, label)
        paper.write(420, y, country.number(value), right=True)
        y += 1.8 * paper.size
    return {
        "employer": employer,
        "employee": employee,
        "period": {"start": str(first), "end": str(last)},
        "gross": float(gross),
        "deductions": float(deducted),
        "net": float(gross - deducted),
    }


def company(rng: random.Random, country: Country, paper: Paper) -> dict[str, object]:
    """A register extract or certificate."""
    name, day = country.say("companies"), country.day()
    number = str(rng.randint(10**7, 10**8 - 1))
    people = rng.sample(country.words["people"], 2)
    office = f"{country.say('streets')}, {country.say('towns')}"
    paper.write(rng.choice((50, 180)), 60, country.say("company"), scale=1.8, bold=True)
    paper.write(50, 85, country.words["company_words"][0])
    pairs = [(country.say("company_name"), name), (country.say("company_number"), number)]
    pairs += [(country.say("formation_date"), country.date(day)), (country.say("office"), office)]
    pairs += [(country.say("directors"), people[0])]
    y = paper.pairs(50, 120, pairs, rng.choice(_STYLES)) + 10
    paper.write(50, y + 20, country.words["company_words"][1] + f": {country.money(Decimal(25000))}")
    return {
        "company_name": name,
        "company_number": number,
        "formation_date": str(day),
        "registered_office": office,
        "directors": people[:1],
    }


def vat(rng: random.Random, country: Country, paper: Paper) -> dict[str, object]:
    """A VAT return."""
    month = rng.choice((1, 4, 7, 10))
    first = country.day().replace(month=month, day=1)
    last = (first + timedelta(days=100)).replace(day=1) - timedelta(days=1)
    name, number = country.say("companies"), country.vat_id()
    paper.write(50, 60, country.say("vat"), scale=1.8, bold=True)
    paper.write(50, 82, country.words["vat_words"][0])
    pairs = [(country.say("vat_name"), name), (country.say("vat_id"), number)]
    pairs += [(country.say("vat_period"), f"{country.date(first)} - {country.date(last)}")]
    y = paper.pairs(50, 110, pairs, rng.choice(_STYLES)) + 20
    due = _cents(rng, 1000, 9000)
    reclaimed = _cents(rng, 100, 900)
    rows = [("output_vat", due), ("input_vat", reclaimed), ("payable", due - reclaimed)]
    for label, value in rows:
        paper.write(50, y, country.say(label))
        paper.write(420, y, country.number(value), right=True)
        y += 1.9 * paper.size
    return {
        "vat_id": number,
        "name": name,
        "period": {"start": str(first), "end": str(last)},
        **{label: float(value) for label, value in rows},
    }


_DRAW = {
    "Invoice": invoice,
    "Bank Statement": bank_statement,
    "Payslip": payslip,
    "Company Formation Document": company,
    "VAT": vat,
}

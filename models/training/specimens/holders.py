"""Made-up holders of documents of countries that do not exist."""

import datetime
from dataclasses import dataclass

import numpy as np

_SURNAMES = [
    "Aldermoor",
    "Brännström",
    "Çelikbas",
    "Dvoraková",
    "Eriksson",
    "Fontaine",
    "Grünwald",
    "Haversham",
    "Iglesias-Vega",
    "Jørgensen",
    "Kowalczyk",
    "Lindqvist",
    "Mbeki",
    "O'Connor",
    "Núñez",
    "Ottavio",
    "Pettersen",
    "Quillmark",
    "Rosenthal",
    "Sørbye",
    "Tanaka",
    "Underhill",
    "Vasquez",
    "Whitlock",
    "Yamashiro",
    "Zieliński",
    "Abernathy",
    "Okonkwo",
    "Müller",
    "García",
    "Papadaki",
    "Rahman",
    "Silva",
    "Thorne",
    "Novák",
    "Moreau",
    "Castellano",
    "Bauer",
    "Ivanescu",
    "Kaplan",
    "Hartono",
    "Nakamura",
    "Olofsson",
    "Petrakis",
    "Reinholt",
    "Santamaria",
    "Vanterpool",
    "Weißmann",
    "Łukasik",
    "Økland",
]
_GIVEN = {
    "F": [
        "Anna",
        "Beatrix",
        "Chloé",
        "Dagmar",
        "Elena",
        "Fiona",
        "Greta",
        "Hanna",
        "Ingrid",
        "Joana",
        "Katarzyna",
        "Lucía",
        "Marta",
        "Noémie",
        "Olga",
        "Priya",
        "Rosa",
        "Saoirse",
        "Théa",
        "Ulrike",
        "Vera",
        "Wanda",
        "Ximena",
        "Yara",
        "Zoë",
    ],
    "M": [
        "Anton",
        "Björn",
        "Carlos",
        "Dmitri",
        "Emil",
        "François",
        "Gustav",
        "Henrik",
        "Ivan",
        "João",
        "Kwame",
        "Lars",
        "Mateo",
        "Nils",
        "Oscar",
        "Pavel",
        "Quentin",
        "Rafael",
        "Stefan",
        "Tomás",
        "Ugo",
        "Viktor",
        "Wim",
        "Xavier",
        "Yusuf",
        "Zoltán",
    ],
}
_TOWNS = (
    "Port Allard, Vellingby, Sant Orso, Kestrel Bay, Nova Lipa, Drumhaven, Old Marrow, Tessaly, Brightwater, Ostrand"
)
_STREETS = "Harbour Road, Linden Street, Mill Lane, Rue du Moulin, Königsweg, Station Avenue, Calle Mayor, Hill Terrace"
_NUMBERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_TODAY = datetime.date(2026, 6, 1)


@dataclass(frozen=True, slots=True)
class Country:
    """A country that does not exist: `UTO` is ICAO's own, the others lie where ISO 3166 assigns nothing, ever."""

    code: str
    name: str
    authority: str


COUNTRIES = {
    country.code: country
    for country in (
        Country("UTO", "Utopia", "Ministry of Interior"),
        Country("QRN", "Quorania", "Civil Registry Nova Lipa"),
        Country("XLD", "Xalandia", "Home Office"),
        Country("QVE", "Quevelia", "Préfecture de Tessaly"),
        Country("ZZN", "Zenzara", "Passport Agency"),
        Country("XEM", "Xembria", "Einwohneramt Ostrand"),
        Country("QTL", "Qutalia", "Dept of Transport"),
        Country("XNV", "Xanova", "Interior Police"),
    )
}
FURTHER = {
    country.code: country
    for country in (
        Country("XSO", "Xasonia", "Bureau of Citizens"),
        Country("QMB", "Quembria", "Registro Civil"),
        Country("ZZR", "Zarland", "Landesamt Ostmark"),
    )
}
"""Of the layouts that are kept for the last measurement; nobody else's nationality."""


def holder(rng: np.random.Generator, country: Country, digits: bool = False) -> dict[str, str]:
    """The true data of one holder: field names of the API, dates ISO 8601, text as printed.

    Args:
        digits: the document number has digits only after its first two letters.
    """

    def pick(words: list[str]) -> str:
        return words[int(rng.integers(len(words)))]

    sex = "FM"[int(rng.integers(2))]
    given = pick(_GIVEN[sex]) if rng.random() < 0.55 else f"{pick(_GIVEN[sex])} {pick(_GIVEN[sex])}"
    surname = pick(_SURNAMES) if rng.random() < 0.85 else f"{pick(_SURNAMES)} {pick(_SURNAMES)}"
    born = _TODAY - datetime.timedelta(days=int(rng.integers(18 * 365, 85 * 365)))
    issued = _TODAY - datetime.timedelta(days=int(rng.integers(30, 9 * 365)))
    years = int(rng.choice([5, 10, 10]))
    expires = issued.replace(year=issued.year + years, day=min(issued.day, 28))
    letters = "0123456789" if digits else _NUMBERS
    number = "".join(letters[int(i)] for i in rng.integers(0, len(letters), 9))
    if digits:
        number = "".join(_NUMBERS[int(i)] for i in rng.integers(0, 23, 2)) + number[2:]
    other = list(COUNTRIES)[int(rng.integers(len(COUNTRIES)))]
    return {
        "surname": surname,
        "given_names": given,
        "birth_date": born.isoformat(),
        "birth_place": pick(_TOWNS.split(", ")),
        "sex": "X" if rng.random() < 0.03 else sex,
        "nationality": country.code if rng.random() < 0.8 else other,
        "document_number": number,
        "personal_number": "".join(str(int(d)) for d in rng.integers(0, 10, 11)) if rng.random() < 0.5 else "",
        "issue_date": issued.isoformat(),
        "expiry_date": expires.isoformat(),
        "issuing_country": country.code,
        "issuing_authority": country.authority,
        "address": f"{int(rng.integers(1, 199))} {pick(_STREETS.split(', '))}, {pick(_TOWNS.split(', '))}",
        "height": f"{int(rng.integers(150, 200))} cm",
        "categories": str(rng.choice(["B", "AM/B", "A/B", "B/BE"])),
    }

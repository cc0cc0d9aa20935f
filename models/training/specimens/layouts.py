"""The layouts of the generated documents: `TRAIN` for fitting, `UNSEEN` for measuring while choices are made,
`RESERVED` for measuring when none is left to make; nothing visible is shared.

Sizes are millimetres of ISO/IEC 7810 and ICAO Doc 9303. The three sets differ in country, fonts, colours, background
pattern, order and place of the fields.
"""

from dataclasses import dataclass, field

from models.training.specimens.holders import COUNTRIES, FURTHER, Country

Rect = tuple[float, float, float, float]
"""Left, top, width, height in millimetres."""
ID1, ID2, ID3 = (85.6, 54.0), (105.0, 74.0), (125.0, 88.0)
_PASSPORT = ("surname", "given_names", "nationality", "birth_date", "sex", "birth_place", "issue_date", "expiry_date")
_CARD = ("surname", "given_names", "birth_date", "sex", "nationality", "document_number", "expiry_date")
_LICENCE = ("surname", "given_names", "birth_date", "issue_date", "expiry_date", "document_number", "categories")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How one document looks.

    Attributes:
        kind: passport, id_card, driving_licence, residence_permit or visa.
        form: of the machine readable zone, a key of `mrz.FORMATS`, or None.
        code: document code in the zone.
        size: width and height of a side.
        portrait: None for a document without a picture of the holder.
        columns: left edge and width of each column of fields.
        pitch: distance of two fields, from `top` down.
        front, back: the fields that are printed, in reading order.
        labels: `above` the value, `left` of it, or `numbered` as on driving licences.
        palette: paper, second paper colour, ink of the pattern, colour of titles; RGB.
        pattern: a name of `patterns.PATTERNS`.
        font, label_font: names of `fonts.FAMILIES`.
        dates: strftime format of printed dates.
        barcode: format name of zxing-cpp, on the back (`front_barcode`: on the front).
    """

    name: str
    kind: str
    country: Country
    form: str | None
    code: str = ""
    size: tuple[float, float]
    portrait: Rect | None
    columns: tuple[tuple[float, float], ...]
    top: float
    pitch: float
    front: tuple[str, ...]
    back: tuple[str, ...] = ()
    labels: str = "above"
    palette: tuple[tuple[int, int, int], ...]
    pattern: str
    font: str
    label_font: str
    text: float = 2.9
    dates: str = "%d.%m.%Y"
    title: str
    barcode: str | None = None
    ghost: Rect | None = None
    chip: Rect | None = None
    grey_portrait: bool = False
    two_sided: bool = field(default=True)
    language: str = "en"

    @property
    def mrz_side(self) -> str | None:
        """`front` or `back`: cards of the size ID-1 carry the zone on the back."""
        return None if self.form is None else "back" if self.form == "TD1" else "front"


def _rgb(*codes: str) -> tuple[tuple[int, int, int], ...]:
    return tuple((int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)) for code in codes)


TRAIN: tuple[Layout, ...] = (
    Layout(
        name="uto_passport", kind="passport", country=COUNTRIES["UTO"], form="TD3", code="P", size=ID3,
        portrait=(6, 22, 33, 42), columns=((44, 40), (86, 34)), top=21, pitch=8.2,
        front=(*_PASSPORT[:2], "document_number", *_PASSPORT[2:], "issuing_authority"),
        palette=_rgb("E9EEF4", "D9E6EF", "7C9CB8", "23406B"), pattern="waves", font="sans", label_font="sans",
        dates="%d %b %Y", title="PASSPORT", two_sided=False,
    ),
    Layout(
        name="qrn_passport", kind="passport", country=COUNTRIES["QRN"], form="TD3", code="PN", size=ID3,
        portrait=(86, 20, 33, 42), columns=((6, 44), (50, 34)), top=20, pitch=8.0,
        front=("document_number", *_PASSPORT, "personal_number", "issuing_authority"),
        palette=_rgb("F4EEE2", "EADBC4", "B48A66", "6B2F23"), pattern="rosettes", font="serif", label_font="serif",
        dates="%d/%m/%Y", title="PASSEPORT", grey_portrait=True, two_sided=False, language="fr",
    ),
    Layout(
        name="qrn_id", kind="id_card", country=COUNTRIES["QRN"], form="TD1", code="ID", size=ID1,
        portrait=(4, 14, 24, 31), columns=((31, 28), (60, 24)), top=13, pitch=7.6, front=_CARD,
        back=("address", "issuing_authority", "issue_date", "birth_place"),
        palette=_rgb("EAF2EA", "D4E5DA", "7BA68C", "1F5B3A"), pattern="waves", font="sans", label_font="sans",
        dates="%d/%m/%Y", title="CARTE D'IDENTITE", ghost=(66, 34, 12, 15), language="fr",
    ),
    Layout(
        name="uto_id", kind="id_card", country=COUNTRIES["UTO"], form="TD1", code="I", size=ID1,
        portrait=(58, 13, 24, 31), columns=((4, 50),), top=12, pitch=5.6, front=_CARD,
        back=("address", "issuing_authority", "issue_date"), labels="left",
        palette=_rgb("F0EAF4", "E0D3EA", "9C86B8", "43246B"), pattern="mesh", font="narrow", label_font="narrow",
        dates="%d.%m.%Y", title="IDENTITY CARD", barcode="QRCode",
    ),
    Layout(
        name="xld_id_td2", kind="id_card", country=COUNTRIES["XLD"], form="TD2", code="ID", size=ID2,
        portrait=(5, 14, 28, 36), columns=((37, 34), (72, 30)), top=14, pitch=8.0, front=(*_CARD, "birth_place"),
        back=("address", "issuing_authority", "issue_date", "height"),
        palette=_rgb("F3F0E4", "E6E0C4", "AAA06C", "5B531F"), pattern="rosettes", font="condensed",
        label_font="sans", dates="%d %m %Y", title="NATIONAL IDENTITY CARD",
    ),
    Layout(
        name="uto_licence", kind="driving_licence", country=COUNTRIES["UTO"], form=None, size=ID1,
        portrait=(4, 17, 22, 28), columns=((30, 52),), top=12, pitch=5.5, front=_LICENCE, labels="numbered",
        palette=_rgb("F8E9EC", "F0D2DA", "D08A9C", "9B2743"), pattern="waves", font="sans", label_font="sans",
        back=("address", "height"), dates="%d.%m.%Y", title="DRIVING LICENCE", barcode="PDF417",
    ),
    Layout(
        name="qtl_licence", kind="driving_licence", country=COUNTRIES["QTL"], form=None, size=ID1,
        portrait=(3.5, 14, 25, 32), columns=((31, 27), (60, 24)), top=13, pitch=6.4,
        front=("document_number", "surname", "given_names", "address", "birth_date", "sex", "expiry_date"),
        back=("categories", "height", "issue_date"), palette=_rgb("E6F0F6", "F6ECD8", "88AEC4", "1A4F74"),
        pattern="rays", font="sans_bold", label_font="sans", dates="%m/%d/%Y", title="DRIVER LICENSE",
        barcode="PDF417", ghost=(70, 36, 11, 14),
    ),
    Layout(
        name="xld_permit", kind="residence_permit", country=COUNTRIES["XLD"], form="TD1", code="IR", size=ID1,
        portrait=(4, 15, 23, 30), columns=((30, 40),), top=12, pitch=5.8,
        front=("surname", "given_names", "document_number", "expiry_date", "sex", "nationality", "birth_date"),
        back=("birth_place", "issue_date", "issuing_authority", "address"), labels="left",
        palette=_rgb("E8F1F4", "F4E8EC", "8CB0B8", "2C5B6B"), pattern="mesh", font="sans", label_font="serif",
        dates="%d-%m-%Y", title="RESIDENCE PERMIT", chip=(70, 14, 11, 9),
    ),
    Layout(
        name="uto_visa", kind="visa", country=COUNTRIES["UTO"], form="MRV-A", code="V", size=(120.0, 80.0),
        portrait=(5, 20, 28, 36), columns=((37, 40), (79, 38)), top=20, pitch=8.4,
        front=("issue_date", "expiry_date", "document_number", "surname", "given_names", "birth_date", "sex",
               "nationality"),
        palette=_rgb("EDF3E6", "DCE8D0", "8FB07C", "2F5B23"), pattern="rays", font="mono", label_font="sans",
        dates="%d-%m-%y", title="VISA", two_sided=False,
    ),
)  # fmt: skip
"""For fitting weights, thresholds and statistics."""

UNSEEN: tuple[Layout, ...] = (
    Layout(
        name="zzn_passport", kind="passport", country=COUNTRIES["ZZN"], form="TD3", code="P", size=ID3,
        portrait=(7, 18, 34, 44), columns=((45, 42), (88, 33)), top=17, pitch=7.6,
        front=("document_number", "surname", "given_names", "nationality", "birth_place", "birth_date", "sex",
               "issue_date", "issuing_authority", "expiry_date"),
        palette=_rgb("F2F2EE", "CFE3DF", "5F9A94", "0F4F4A"), pattern="spirals", font="lato", label_font="lato",
        dates="%d %b %Y", title="PASSPORT / PASAPORTE", two_sided=False, language="es",
    ),
    Layout(
        name="xem_passport", kind="passport", country=COUNTRIES["XEM"], form="TD3", code="P", size=ID3,
        portrait=(5, 24, 32, 40), columns=((41, 80),), top=21, pitch=4.8,
        front=("document_number", *_PASSPORT, "issuing_authority"), labels="left",
        palette=_rgb("EEE9F2", "F2DCE2", "A77B95", "57204A"), pattern="lattice", font="roman", label_font="lato",
        dates="%d.%m.%Y", title="REISEPASS", two_sided=False, language="de",
    ),
    Layout(
        name="xem_id", kind="id_card", country=COUNTRIES["XEM"], form="TD1", code="ID", size=ID1,
        portrait=(4, 12, 25, 33), columns=((32, 30), (62, 22)), top=11, pitch=7.4,
        front=("document_number", "surname", "given_names", "birth_date", "nationality", "sex", "birth_place",
               "expiry_date"),
        back=("address", "issuing_authority", "issue_date", "height"),
        palette=_rgb("DFEBF2", "E8DFF0", "6F95B0", "1B3F66"), pattern="lattice", font="lato", label_font="lato",
        dates="%d.%m.%Y", title="PERSONALAUSWEIS", ghost=(70, 31, 12, 15), language="de",
    ),
    Layout(
        name="xnv_id_td2", kind="id_card", country=COUNTRIES["XNV"], form="TD2", code="I", size=ID2,
        portrait=(73, 12, 27, 35), columns=((5, 34), (40, 31)), top=13, pitch=8.2,
        front=(*_CARD, "issue_date"), back=("address", "issuing_authority", "birth_place"),
        palette=_rgb("F6EFE6", "E4ECDD", "BC9A70", "6B4513"), pattern="spirals", font="roman", label_font="roman",
        dates="%Y-%m-%d", title="IDENTITETSKORT", barcode="Aztec", language="sv",
    ),
    Layout(
        name="xnv_licence", kind="driving_licence", country=COUNTRIES["XNV"], form=None, size=ID1,
        portrait=(58, 14, 23, 30), columns=((5, 50),), top=12, pitch=5.4, front=_LICENCE, labels="numbered",
        palette=_rgb("EDE6F4", "DDEBF0", "8C78B4", "3A1F6B"), pattern="lattice", font="lato", label_font="roman",
        back=("address", "height"), dates="%d-%m-%Y", title="KÖRKORT", barcode="PDF417", language="sv",
    ),
    Layout(
        name="zzn_permit", kind="residence_permit", country=COUNTRIES["ZZN"], form="TD1", code="AR", size=ID1,
        portrait=(58, 12, 24, 32), columns=((4, 26), (31, 25)), top=12, pitch=7.8,
        front=("surname", "given_names", "birth_date", "sex", "nationality", "document_number", "expiry_date"),
        back=("birth_place", "issue_date", "issuing_authority"),
        palette=_rgb("F4F0DC", "DCEFE6", "A8A05A", "4F5B1F"), pattern="spirals", font="gothic", label_font="lato",
        dates="%d/%m/%Y", title="PERMISO DE RESIDENCIA", language="es",
    ),
    Layout(
        name="xem_visa", kind="visa", country=COUNTRIES["XEM"], form="MRV-B", code="VC", size=(105.0, 74.0),
        portrait=(4, 18, 26, 33), columns=((33, 36), (70, 32)), top=16, pitch=7.8,
        front=("document_number", "expiry_date", "issue_date", "surname", "given_names", "nationality", "birth_date",
               "sex"),
        palette=_rgb("E6F4F0", "F4EEDC", "6FB09A", "1F6B52"), pattern="lattice", font="gothic", label_font="gothic",
        dates="%d.%m.%Y", title="VISUM", two_sided=False, language="de",
    ),
)  # fmt: skip
"""For measuring: no weight or threshold that ships has seen them."""

RESERVED: tuple[Layout, ...] = (
    Layout(
        name="xso_passport", kind="passport", country=FURTHER["XSO"], form="TD3", code="P", size=ID3,
        portrait=(8, 21, 32, 41), columns=((46, 38), (88, 32)), top=20, pitch=7.8,
        front=("surname", "given_names", "document_number", "birth_date", "birth_place", "sex", "nationality",
               "issue_date", "expiry_date", "issuing_authority"),
        palette=_rgb("F1ECDF", "E3EAF2", "8A93B4", "2A2F5E"), pattern="contours", font="bookman",
        label_font="schoolbook", dates="%d/%m/%Y", title="PASSPORT", ghost=(105, 54, 13, 17), two_sided=False,
    ),
    Layout(
        name="qmb_id", kind="id_card", country=FURTHER["QMB"], form="TD1", code="ID", size=ID1,
        portrait=(59, 13, 23, 30), columns=((4, 27), (32, 25)), top=12, pitch=7.5,
        front=("surname", "given_names", "sex", "birth_date", "nationality", "document_number", "expiry_date"),
        back=("address", "birth_place", "issue_date", "issuing_authority"),
        palette=_rgb("E4F1E6", "F3EBD9", "74A37A", "205436"), pattern="scales", font="schoolbook",
        label_font="serif_condensed", dates="%d.%m.%Y", title="CEDULA DE IDENTIDAD", ghost=(44, 33, 11, 14),
        language="es",
    ),
    Layout(
        name="zzr_id_td2", kind="id_card", country=FURTHER["ZZR"], form="TD2", code="ID", size=ID2,
        portrait=(6, 15, 29, 37), columns=((38, 60),), top=14, pitch=5.2, labels="left",
        front=(*_CARD, "issue_date"), back=("address", "issuing_authority", "birth_place", "height"),
        palette=_rgb("F5E7E1", "E5E9EE", "B78573", "7A2E1B"), pattern="braids", font="serif_condensed",
        label_font="serif_condensed", dates="%d.%m.%Y", title="PERSONALAUSWEIS", language="de",
    ),
    Layout(
        name="xso_licence", kind="driving_licence", country=FURTHER["XSO"], form=None, size=ID1,
        portrait=(5, 15, 24, 31), columns=((32, 50),), top=12, pitch=5.6, front=_LICENCE, labels="numbered",
        palette=_rgb("E2EEF3", "F1E3EC", "7FA4B6", "13506A"), pattern="scales", font="bookman",
        label_font="bookman", back=("address", "height"), dates="%d.%m.%Y", title="DRIVING LICENCE",
        barcode="PDF417",
    ),
    Layout(
        name="qmb_permit", kind="residence_permit", country=FURTHER["QMB"], form="TD1", code="IR", size=ID1,
        portrait=(5, 12, 25, 32), columns=((33, 26), (60, 22)), top=12, pitch=7.6,
        front=("document_number", "surname", "given_names", "nationality", "birth_date", "sex", "expiry_date"),
        back=("birth_place", "issue_date", "issuing_authority", "address"),
        palette=_rgb("EFE6EE", "E6F1F0", "9F86A8", "4D2A5B"), pattern="braids", font="schoolbook",
        label_font="bookman", dates="%d-%m-%Y", title="PERMISO DE RESIDENCIA", language="es",
    ),
    Layout(
        name="zzr_visa", kind="visa", country=FURTHER["ZZR"], form="MRV-B", code="V", size=(105.0, 74.0),
        portrait=(75, 16, 25, 32), columns=((5, 34), (40, 33)), top=15, pitch=7.9,
        front=("issue_date", "expiry_date", "document_number", "surname", "given_names", "birth_date", "sex",
               "nationality"),
        palette=_rgb("F0F2DA", "DCE9F0", "9BA35C", "49541B"), pattern="contours", font="serif_condensed",
        label_font="schoolbook", dates="%Y-%m-%d", title="VISUM", two_sided=False, language="de",
    ),
)  # fmt: skip
"""For measuring once everything is chosen: nobody looks at figures on them and then chooses again."""

LAYOUTS = {layout.name: layout for layout in (*TRAIN, *UNSEEN, *RESERVED)}

"""What the barcodes of the generated documents say, and how they are printed."""

import cv2
import numpy as np
import zxingcpp

from models.training.specimens.layouts import Layout

_ISSUER = "990001"  # an issuer number that AAMVA never gave away


def payload(layout: Layout, record: dict[str, str]) -> str:
    """AAMVA data (DL/ID card design standard, version 9) for PDF417, plain key=value lines for square codes."""
    if layout.barcode == "PDF417":
        return _aamva(layout, record)
    names = ("document_number", "surname", "given_names", "birth_date", "expiry_date")
    return "\n".join([layout.country.code, *(f"{name}={record[name]}" for name in names)])


def _aamva(layout: Layout, record: dict[str, str]) -> str:
    def date(name: str) -> str:
        year, month, day = record[name].split("-")
        return f"{month}{day}{year}"

    given = record["given_names"].upper().split()
    street, town = record["address"].upper().split(", ")
    elements = {
        "DAQ": record["document_number"],
        "DCS": record["surname"].upper(),
        "DDE": "N",
        "DAC": given[0],
        "DDF": "N",
        "DAD": " ".join(given[1:]) or "NONE",
        "DDG": "N",
        "DCA": record["categories"],
        "DCB": "NONE",
        "DCD": "NONE",
        "DBD": date("issue_date"),
        "DBB": date("birth_date"),
        "DBA": date("expiry_date"),
        "DBC": {"M": "1", "F": "2"}.get(record["sex"], "9"),
        "DAU": record["height"],
        "DAG": street,
        "DAI": town,
        "DAJ": layout.country.code[:2],
        "DAK": "000000000  ",
        "DCF": f"{record['document_number']}0001",
        "DCG": layout.country.code,
    }
    body = "DL" + "\n".join(name + value for name, value in elements.items()) + "\r"
    header = f"@\n\x1e\rANSI {_ISSUER}0900"
    offset = len(header) + 2 + 10
    return f"{header}01DL{offset:04d}{len(body.encode('utf-8')):04d}{body}"


def drawn(form: str, text: str, size: tuple[int, int]) -> np.ndarray:
    """The code as (H, W) uint8, black on white, as large as fits into `size` (width, height) pixels."""
    options = {"ec_level": "3"} if form == "PDF417" else {}
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, form), **options)
    image = np.asarray(code.to_image(scale=1, add_quiet_zones=True))
    # `to_image` draws PDF417 with rows as high as it likes: both axes are stretched to whole modules of the box.
    width, height = size
    across = max(1, width // image.shape[1])
    down = max(1, height // image.shape[0]) if form == "PDF417" else across
    return cv2.resize(image, None, fx=across, fy=down, interpolation=cv2.INTER_NEAREST)

"""Symbols drawn by zxing-cpp's own writer, turned, reduced, blurred, noisy and compressed as a phone would see them."""

import cv2
import numpy as np
import pytest
import zxingcpp

from models.document.barcodes import Barcode, BarcodeReader

PAYLOAD = "@\n\x1e\rANSI 636014090002DL00410278ZC03190008DLDAQD1234562\nDCSSPECIMEN\nDACALEX\nDBB01021990\nDCGUSA\n"


@pytest.fixture(scope="module")
def reader() -> BarcodeReader:
    loaded = BarcodeReader()
    loaded.load()
    return loaded


def photographed(name: str, text: str, pixels: float, degrees: float) -> np.ndarray:
    """(720, 960, 3): the symbol on a grey card at so many pixels a module, turned counter-clockwise."""
    made = zxingcpp.create_barcode(text, zxingcpp.barcode_format_from_str(name))
    modules = np.array(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False))
    height = len(modules)
    large = cv2.resize(modules, None, fx=8, fy=8 if height > 20 else 200 / height, interpolation=cv2.INTER_NEAREST)
    large = cv2.copyMakeBorder(large, 32, 32, 32, 32, cv2.BORDER_CONSTANT, value=255)
    large = cv2.GaussianBlur(large, (0, 0), 0.45 * 8 / pixels)
    turn = cv2.getRotationMatrix2D((large.shape[1] / 2, large.shape[0] / 2), degrees, pixels / 8)
    turn[:, 2] += 480 - large.shape[1] / 2, 360 - large.shape[0] / 2
    card = cv2.warpAffine(large, turn, (960, 720), flags=cv2.INTER_AREA, borderValue=200)
    noisy = 40 + 0.8 * card + np.random.default_rng(7).normal(0, 4, card.shape)
    stored = cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    return cv2.cvtColor(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE), cv2.COLOR_GRAY2RGB)


@pytest.mark.parametrize("pixels", [1.5, 3.0])
@pytest.mark.parametrize("degrees", [3, 7, 12, 18, 25, 30, 75, 200])
def test_pdf417_is_read_in_any_rotation(reader: BarcodeReader, pixels: float, degrees: float) -> None:
    (found,) = reader.predict([photographed("PDF417", PAYLOAD, pixels, degrees)])
    assert [(symbol.format, symbol.text) for symbol in found] == [("PDF417", PAYLOAD)]


@pytest.mark.parametrize("name", ["QRCode", "Aztec", "DataMatrix", "Code128"])
def test_the_other_formats_are_read_in_any_rotation(reader: BarcodeReader, name: str) -> None:
    pictures = [photographed(name, "SPECIMEN 12345", 4.0, degrees) for degrees in (0, 10, 100, 160)]
    assert [[symbol.text for symbol in found] for found in reader.predict(pictures)] == [["SPECIMEN 12345"]] * 4


def test_corners_are_in_pixels_of_the_picture(reader: BarcodeReader) -> None:
    upright, turned = (reader.predict([photographed("PDF417", PAYLOAD, 2.0, angle)])[0][0] for angle in (0, 20))
    for symbol in (upright, turned):
        np.testing.assert_allclose(symbol.quad.mean(axis=0), (480, 360), atol=12)
    np.testing.assert_allclose(_tilt(turned) - _tilt(upright), -20, atol=2)


def _tilt(symbol: Barcode) -> float:
    along = symbol.quad[1] - symbol.quad[0]
    return float(np.degrees(np.arctan2(along[1], along[0])))


def test_stripes_and_text_are_no_symbol(reader: BarcodeReader) -> None:
    stripes = np.tile((np.arange(900) // 3 % 2 * 255).astype(np.uint8)[None, :, None], (600, 1, 3))
    page = np.full((600, 900, 3), 255, np.uint8)
    for row in range(12):
        cv2.putText(
            page, "Name of the holder 1234567890", (20, 45 * row + 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2
        )
    assert reader.predict([stripes, page]) == [[], []]

"""The reader of watermarks with its real decoder network."""

import numpy as np
import pytest

from models.deepfake.watermark import DWT_DCT, WatermarkReader
from tests.unit.models.deepfake.test_watermark import embedded


@pytest.fixture(scope="module")
def reader() -> WatermarkReader:
    loaded = WatermarkReader()
    loaded.load()
    return loaded


def test_photographs_carry_none(reader: WatermarkReader, astronaut: np.ndarray, officer: np.ndarray) -> None:
    for found in reader.predict([astronaut, officer]):
        assert {mark.method for mark in found} == {"dwtDct", "rivaGan"}
        assert not any(mark.found for mark in found)


def test_an_embedded_message_is_found(reader: WatermarkReader, astronaut: np.ndarray) -> None:
    (found,) = reader.predict([embedded(astronaut, DWT_DCT["StableDiffusionV1"])])
    assert [mark.message for mark in found if mark.found] == ["StableDiffusionV1"]


def test_pictures_too_small_to_be_marked_are_not_judged(reader: WatermarkReader) -> None:
    assert reader.predict([np.zeros((200, 200, 3), np.uint8)]) == [()]

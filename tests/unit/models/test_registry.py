import pytest

from models.onnx import providers
from models.predictor import Predictor
from models.registry import PREDICTORS, create


@pytest.mark.parametrize("name", sorted(PREDICTORS))
def test_every_registered_name_creates_its_predictor_without_loading_weights(name: str) -> None:
    predictor = create(name, threads=2)
    assert isinstance(predictor, Predictor)
    assert predictor.card.name == name
    assert predictor.threads == 2


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(KeyError, match="face/detector"):
        create("face/unknown")


def test_the_cpu_is_the_default_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VERISCOPE_DEVICE", raising=False)
    assert providers() == ["CPUExecutionProvider"]


def test_a_device_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RuntimeError, match="'tpu'"):
        providers("tpu")

"""Model cards: what a model is, what was measured, on how many samples, and what it does not cover."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from models.hub.checkpoint import checkpoints


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured figure. `n` counts the samples it stands on; an interval is 95 % unless the note says otherwise."""

    what: str
    on: str
    n: int
    value: float
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A model's card, read from `models/cards/<task>-<name>.toml`.

    Attributes:
        name: registry name, `task/model` such as `face/detector`.
        weights: entries of `models/weights.toml` it loads; empty for models without weights.
        parameters: constants fitted on data that ship with the model (thresholds, calibration tables).
        measured: figures with their sample counts.
        limits: what it does not cover, in plain sentences.
    """

    name: str
    version: str
    task: str
    input: str
    output: str
    licence: str
    source: str
    weights: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    measured: tuple[Measurement, ...] = ()
    limits: tuple[str, ...] = ()


@cache
def card(name: str) -> Card:
    """The card of the model registered as `name`, e.g. `face/detector`. Raises KeyError for an unknown name."""
    if name in checkpoints():
        from models.hub.detector import card_of

        return card_of(name, checkpoints()[name])
    file = files("models") / "cards" / f"{name.replace('/', '-')}.toml"
    if not file.is_file():
        raise KeyError(f"no model card named {name!r}")
    raw = tomllib.loads(file.read_text(encoding="utf-8"))
    return Card(
        **{**raw, "weights": tuple(raw.get("weights", ())), "limits": tuple(raw.get("limits", ()))}
        | {"measured": tuple(Measurement(**entry) for entry in raw.get("measured", ()))}
    )


def all_cards() -> list[Card]:
    """Every card by name, those of the operator's checkpoints last."""
    names = sorted(entry.name.removesuffix(".toml") for entry in (files("models") / "cards").iterdir())
    return [card(name.replace("-", "/", 1)) for name in names] + [card(name) for name in checkpoints()]

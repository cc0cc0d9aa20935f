"""Which exact models stand behind a check."""

from functools import cache

from models import weights
from models.cards import card
from pipelines.report import ModelRef


@cache
def used(*names: str) -> tuple[ModelRef, ...]:
    """The models of these registry names with their versions and the sha256 of their (first) weight file."""
    cards = [card(name) for name in names]
    return tuple(
        ModelRef(found.name, found.version, weights.entry(found.weights[0]).sha256 if found.weights else None)
        for found in cards
    )

"""The one contract every model keeps: a card, `load`, `predict` on a batch, `close`."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from models.cards import Card

Item = TypeVar("Item")
Result = TypeVar("Result")


class Predictor(ABC, Generic[Item, Result]):
    """A model that maps a batch of items to one result an item, in order.

    A predictor is cheap to construct and holds nothing until `load`; weights are read from the verified local cache,
    never from a network. `predict` is called from one thread at a time.
    """

    card: ClassVar[Card]
    """What this model is, what was measured of it, and what it does not cover: `card = card("face/detector")`."""

    def __init__(self, *, threads: int = 1) -> None:
        """Args: threads: CPU threads one `predict` call may use."""
        self.threads = threads

    @abstractmethod
    def load(self) -> None:
        """Reads the weights. Raises `models.weights.WeightsError` naming the file and the command that mends it."""

    @abstractmethod
    def predict(self, batch: Sequence[Item]) -> list[Result]:
        """Returns one result for each item of the batch, in the same order."""

    def close(self) -> None:
        """Frees what `load` took."""

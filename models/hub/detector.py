"""A checkpoint as a predictor like any other."""

from collections.abc import Sequence

import numpy as np

from models.cards import Card
from models.hub.checkpoint import Checkpoint, CheckpointError, checkpoints
from models.hub.loaders import load
from models.predictor import Predictor

_INPUT = {"voice": "(N,) int16, 16 kHz, one channel"}


class CheckpointDetector(Predictor[np.ndarray, float]):
    """A detector that an operator brought. Its card is the checkpoint's, and so of each instance.

    Input: (H, W, 3) uint8 RGB pictures, or (N,) int16 sounds of 16 kHz. Output: 0..1, higher = more genuine, by the
    operator's calibration; what it means is the operator's to know.
    """

    def __init__(self, name: str, *, threads: int = 1) -> None:
        """Args: name: of `models.hub.checkpoint.checkpoints`. KeyError for another."""
        super().__init__(threads=threads)
        self._checkpoint = checkpoints()[name]
        self.card = card_of(name, self._checkpoint)  # type: ignore[misc]

    def load(self) -> None:
        self._logits, names = load(self._checkpoint, threads=self.threads)
        self._genuine, self._fake = self._classes(names)

    def predict(self, batch: Sequence[np.ndarray]) -> list[float]:
        scores: list[float] = []
        for start in range(0, len(batch), self._checkpoint.batch):
            logits = self._logits(batch[start : start + self._checkpoint.batch]).astype(np.float64)
            if logits.shape[1] <= max(self._genuine + self._fake):
                raise CheckpointError(f"{self.card.name} has {logits.shape[1]} outputs, fewer than its labels name")
            fake = np.logaddexp.reduce(logits[:, self._fake], axis=1)
            if self._genuine:
                fake = fake - np.logaddexp.reduce(logits[:, self._genuine], axis=1)
            told = self._checkpoint.calibration.scale * fake + self._checkpoint.calibration.offset
            scores += [float(score) for score in 1 / (1 + np.exp(np.clip(told, -500, 500)))]
        return scores

    def _classes(self, names: list[str]) -> tuple[list[int], list[int]]:
        numbers: dict[str, list[int]] = {"genuine": [], "fake": []}
        for label, meaning in self._checkpoint.labels.items():
            if not label.isdecimal() and label not in names:
                raise CheckpointError(
                    f"{self.card.name} has no class {label!r}; it has {', '.join(names) or 'no names'}"
                )
            numbers[meaning].append(int(label) if label.isdecimal() else names.index(label))
        return numbers["genuine"], numbers["fake"]


def card_of(name: str, checkpoint: Checkpoint) -> Card:
    """What is known of a checkpoint, as a card."""
    where = f"{checkpoint.id} at {checkpoint.revision}" if checkpoint.id else "the operator's own directory"
    return Card(
        name=name,
        version=(checkpoint.revision or next(iter(checkpoint.sha256.values()), "unpinned"))[:12],
        task=checkpoint.task,
        input=_INPUT.get(checkpoint.task, "(H, W, 3) uint8 RGB"),
        output="0..1, higher = more genuine, by the operator's calibration",
        licence=checkpoint.licence,
        source=where,
        limits=("Brought by the operator: nothing was measured of it here.",),
    )

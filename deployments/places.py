"""How many tasks a dispatcher works on at a time, and of which kind."""

from pipelines.services import SERVICES

SLOW = tuple(name for name, service in SERVICES.items() if service.patience > 1)
"""Services whose tasks may take minutes."""


class Places:
    """A bounded number of places, of which slow tasks never take all: quick ones would wait behind them."""

    def __init__(self, places: int, slow: int) -> None:
        self._places, self._most_slow = places, slow
        self._taken: set[str] = set()
        self._slow: set[str] = set()

    @property
    def free(self) -> int:
        """Places that nobody has."""
        return self._places - len(self._taken)

    @property
    def left_alone(self) -> tuple[str, ...]:
        """Services whose tasks find no place at the moment."""
        return SLOW if len(self._slow) >= self._most_slow else ()

    def take(self, task_id: str, service: str) -> bool:
        """Whether there is a place for the task, which it has then."""
        if service in self.left_alone or not self.free:
            return False
        self._taken.add(task_id)
        if service in SLOW:
            self._slow.add(task_id)
        return True

    def give_back(self, task_id: str) -> None:
        """The task has ended."""
        self._taken.discard(task_id)
        self._slow.discard(task_id)

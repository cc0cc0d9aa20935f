"""Requests a minute for each tenant (contracts 1.4). Counted in this process: N gateways allow N times as many."""

import time
from collections.abc import Callable
from dataclasses import dataclass

WINDOW_S = 60


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


class RateLimiter:
    """A fixed window of a minute for each tenant, opened by its first request."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic, policy: str = "default") -> None:
        """Args: per_minute: 0 turns limiting off. policy: its name in the headers."""
        self._quota = per_minute
        self._policy = policy
        self._clock = clock
        self._windows: dict[str, _Window] = {}
        self._tidy_at = 0.0

    def take(self, tenant: str) -> tuple[list[tuple[bytes, bytes]], float | None]:
        """Counts one request.

        Returns:
            The headers that every reply carries (none when limiting is off), and, when the quota is used up, the
            seconds until it is whole again.
        """
        if not self._quota:
            return [], None
        now = self._clock()
        window = self._windows.get(tenant)
        if window is None or window.ends <= now:
            if now >= self._tidy_at:
                self._forget(now)
            window = self._windows[tenant] = _Window(now + WINDOW_S)
        window.used += 1
        left, reset = max(0, self._quota - window.used), max(1, round(window.ends - now))
        headers = [
            (b"ratelimit-policy", f'"{self._policy}";q={self._quota};w={WINDOW_S}'.encode()),
            (b"ratelimit", f'"{self._policy}";r={left};t={reset}'.encode()),
        ]
        return headers, float(reset) if window.used > self._quota else None

    def _forget(self, now: float) -> None:
        self._tidy_at = now + WINDOW_S
        self._windows = {tenant: window for tenant, window in self._windows.items() if window.ends > now}

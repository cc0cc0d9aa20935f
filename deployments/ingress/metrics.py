"""Counters of the HTTP face for Prometheus, one registry an app."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)


class Metrics:
    """Requests by route template, method and status; never by path, which may hold identifiers."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "veriscope_http_requests", "Requests answered", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "veriscope_http_seconds", "Seconds to answer", ("route",), buckets=_BUCKETS, registry=self._registry
        )
        self._tasks = Gauge("veriscope_tasks", "Tasks by state", ("state",), registry=self._registry)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answered request."""
        self._requests.labels(method if method in _METHODS else "other", route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def expose(self, tasks: dict[str, int]) -> bytes:
        """The text format, with the tasks' counts as of now."""
        for state, count in tasks.items():
            self._tasks.labels(state).set(count)
        return generate_latest(self._registry)


_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))

"""Rate limits by a clock of the test's own."""

from deployments.ingress.limits import RateLimiter


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_window_opens_with_the_first_request_and_is_whole_again_after_a_minute() -> None:
    clock = Clock()
    limiter = RateLimiter(2, clock)
    assert [limiter.take("a")[1] for _ in range(3)] == [None, None, 60.0]
    clock.now += 59.4
    assert limiter.take("a")[1] == 1.0
    clock.now += 1
    headers, wait = limiter.take("a")
    assert wait is None
    assert dict(headers)[b"ratelimit"] == b'"default";r=1;t=60'


def test_tenants_do_not_share_a_window() -> None:
    limiter = RateLimiter(1, Clock())
    assert limiter.take("a")[1] is None
    assert limiter.take("b")[1] is None
    assert limiter.take("a")[1] is not None


def test_without_a_quota_nothing_is_counted() -> None:
    limiter = RateLimiter(0, Clock())
    assert [limiter.take("a") for _ in range(1_000)] == [([], None)] * 1_000


def test_tenants_that_went_away_are_forgotten() -> None:
    clock = Clock()
    limiter = RateLimiter(1, clock)
    for tenant in range(100):
        limiter.take(str(tenant))
    clock.now += 61
    limiter.take("new")
    assert list(limiter._windows) == ["new"]

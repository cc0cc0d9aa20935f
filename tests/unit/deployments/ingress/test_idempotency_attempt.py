"""Keys of the Idempotency-Key header, and keeping one while an upload lasts."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from deployments.ingress.errors import ApiError
from deployments.ingress.idempotency import Attempt, key_of
from deployments.ingress.threads import Threads
from deployments.tasks.database import migrate, open_database
from deployments.tasks.idempotency import RUNNING_TTL_S, Idempotency, StoredReply


def sent(*values: bytes) -> Request:
    headers = [(b"idempotency-key", value) for value in values]
    return Request({"type": "http", "method": "POST", "headers": headers})


@pytest.mark.parametrize(
    ("value", "key"),
    [
        (b"abc", "abc"),
        (b'"abc"', "abc"),
        (b'"two words"', None),
        (b'a"b', 'a"b'),
        (b'"a\\"b\\\\c"', 'a"b\\c'),
        (b'"a\\xb"', None),
        (b'"abc', None),
        (b'""', None),
        (b"", None),
        (b"x" * 255, "x" * 255),
        (b"x" * 256, None),
        (b'"' + b"x" * 255 + b'"', "x" * 255),
        (b'"' + b"x" * 256 + b'"', None),
        (b"\xff", None),
    ],
)
def test_a_key_is_visible_ascii_quoted_or_bare(value: bytes, key: str | None) -> None:
    if key is None:
        with pytest.raises(ApiError) as refused:
            key_of(sent(value))
        assert refused.value.code == "invalid_idempotency_key"
    else:
        assert key_of(sent(value)) == key


def test_no_header_is_no_key_and_two_are_refused() -> None:
    assert key_of(sent()) is None
    with pytest.raises(ApiError):
        key_of(sent(b"a", b"b"))


@pytest.fixture
def store(tmp_path: Path) -> Any:
    engine = open_database(f"sqlite:///{tmp_path / 'keys.db'}")
    migrate(engine)
    clock = Clock()
    yield Idempotency(engine, clock), clock
    engine.dispose()


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def refusal(error: ApiError) -> StoredReply:
    return StoredReply(error.status, error.code.encode(), "text/plain")


async def attempted(keys: Idempotency, failure: Exception) -> None:
    """A whole request that ends so."""
    claim = keys.begin("s", "k")
    assert claim.state == "new"
    async with Attempt(Threads(1), keys, claim, refusal) as attempt:
        attempt.match("fingerprint")
        raise failure


async def test_the_key_of_a_long_upload_is_kept(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    keys, clock = store
    monkeypatch.setattr("deployments.ingress.idempotency.RUNNING_TTL_S", 0.03)
    async with Attempt(Threads(1), keys, keys.begin("s", "k"), refusal):
        for _ in range(3):
            clock.now += RUNNING_TTL_S * 0.7
            await asyncio.sleep(0.1)
        assert keys.begin("s", "k").state == "running"


async def test_a_failure_frees_the_key_and_a_refusal_of_a_whole_request_is_stored(store: Any) -> None:
    keys, _ = store
    with pytest.raises(KeyError):
        await attempted(keys, KeyError("our own fault"))
    with pytest.raises(ApiError):
        await attempted(keys, ApiError("missing_file"))
    stored = keys.begin("s", "k")
    assert (stored.state, stored.reply) == ("finished", StoredReply(400, b"missing_file", "text/plain"))


@pytest.mark.parametrize("code", ["rate_limited", "overloaded", "internal", "request_timeout"])
async def test_refusals_that_pass_are_not_stored(store: Any, code: str) -> None:
    keys, _ = store
    with pytest.raises(ApiError):
        await attempted(keys, ApiError(code))
    assert keys.begin("s", "k").state == "new"


async def test_a_refusal_before_the_request_was_read_frees_the_key(store: Any) -> None:
    keys, _ = store
    with pytest.raises(ApiError):
        async with Attempt(Threads(1), keys, keys.begin("s", "k"), refusal):
            raise ApiError("payload_too_large")
    assert keys.begin("s", "k").state == "new"


async def test_without_a_key_nothing_is_kept(store: Any) -> None:
    async with Attempt(Threads(1), store[0], None, refusal) as attempt:
        assert attempt.match("fingerprint") is None
        assert not attempt.keyed
        await attempt.complete(StoredReply(200, b"", "text/plain"))

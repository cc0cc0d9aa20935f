"""Fetching from a URL: sizes, time, and that nothing of one fetch reaches another or the logs."""

import asyncio
import socket
from collections.abc import Sequence

import pytest

from pipelines.media.fetch import GuardedClient, UrlFailed, UrlRefused
from tests.security.fetching import LOCAL, OK, Names, serving


async def test_a_declared_length_over_the_cap_is_refused_before_the_body() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    async with serving({"/": answer}) as server:
        with pytest.raises(UrlFailed, match="too large"):
            await GuardedClient(LOCAL).fetch(server.url(), 999)


async def test_a_stream_without_length_is_cut_at_the_cap() -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b"x" * 1024 + b"\r\n"
    async with serving({"/": answer}) as server:
        stream = GuardedClient(LOCAL).stream(server.url(), 1000)
        with pytest.raises(UrlFailed, match="too large"):
            assert not [chunk async for chunk in stream if len(chunk) > 1000]


async def test_a_body_of_exactly_the_cap_is_taken() -> None:
    async with serving({"/": OK}) as server:
        assert await GuardedClient(LOCAL).fetch(server.url(), 5) == b"hello"


async def test_a_compressed_body_is_refused_rather_than_inflated() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello"
    async with serving({"/": answer}) as server:
        with pytest.raises(UrlFailed):
            await GuardedClient(LOCAL).fetch(server.url(), 100)


async def test_a_body_that_ends_early_fails() -> None:
    async with serving({"/": b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"}) as server:
        with pytest.raises(UrlFailed):
            await GuardedClient(LOCAL).fetch(server.url(), 100)


async def test_a_server_that_never_answers_runs_into_the_time_limit() -> None:
    async with serving({"/": OK}) as server:
        server.silent = True
        with pytest.raises(UrlFailed) as caught:
            await GuardedClient(LOCAL, total_s=0.2).fetch(server.url(), 100)
        server.silent = False
        assert caught.value.code == "url_timeout"


async def test_a_server_that_drips_runs_into_the_same_limit() -> None:
    async with serving({"/": OK}) as server:
        server.drip_s = 0.03
        with pytest.raises(UrlFailed) as caught:
            await GuardedClient(LOCAL, total_s=0.3).fetch(server.url(), 100)
        assert caught.value.code == "url_timeout"


async def test_a_resolver_that_hangs_runs_into_the_connect_limit() -> None:
    async def hang(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    with pytest.raises(UrlFailed) as caught:
        await GuardedClient(resolver=hang, connect_s=0.1).fetch("http://example.com/", 100)
    assert caught.value.code == "url_timeout"


async def test_a_name_without_addresses_is_unreachable() -> None:
    with pytest.raises(UrlFailed) as caught:
        await GuardedClient(resolver=Names([])).fetch("http://nowhere.example/", 100)
    assert caught.value.code == "url_unreachable"


async def test_a_closed_port_is_unreachable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(UrlFailed) as caught:
            await GuardedClient(LOCAL).fetch(f"http://127.0.0.1:{port}/", 100)
    assert caught.value.code == "url_unreachable"


async def test_the_next_address_is_tried_where_the_first_does_not_answer() -> None:
    async with serving({"/": OK}, host="127.0.0.3") as server:
        names = Names(["127.0.0.9", "127.0.0.3"])
        assert await GuardedClient(LOCAL, resolver=names).fetch(server.url(host="two.example"), 100) == b"hello"


async def test_an_ipv6_address_in_an_allowed_network_is_reached() -> None:
    async with serving({"/": OK}, host="::1") as server:
        assert await GuardedClient(["::1/128"]).fetch(server.url(host="[::1]"), 100) == b"hello"


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with serving({"/": OK}) as server:
        assert await GuardedClient(LOCAL).fetch(server.url(), 100) == b"hello"


async def test_a_cookie_of_one_fetch_is_not_sent_with_the_next() -> None:
    answer = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n", 1)
    async with serving({"/": answer}) as server, GuardedClient(LOCAL) as client:
        await client.fetch(server.url(), 100)
        await client.fetch(server.url(), 100)
        assert b"ookie" not in server.requests[1]


async def test_nothing_of_a_url_reaches_the_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with serving({"/private-name": OK}) as server:
        await GuardedClient(LOCAL).fetch(server.url("/private-name"), 100)
    assert "private-name" not in caplog.text


async def test_a_post_sends_headers_and_content_and_returns_any_status() -> None:
    answer = b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    async with serving({"/hook": answer}) as server:
        response = await GuardedClient(LOCAL).post(server.url("/hook"), b"{}", {"webhook-id": "msg_1"})
        assert (response.status, response.headers["retry-after"]) == (503, "7")
        assert b"webhook-id: msg_1" in server.requests[0]


async def test_a_post_does_not_follow_redirects() -> None:
    async with serving({"/": b"HTTP/1.1 307 X\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"}) as server:
        assert (await GuardedClient(LOCAL).post(server.url(), b"")).status == 307
        assert len(server.requests) == 1


async def test_a_post_does_not_wait_for_the_end_of_an_endless_answer() -> None:
    async with serving({"/": b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nx"}) as server:
        assert (await GuardedClient(LOCAL).post(server.url(), b"{}", timeout_s=2)).status == 200


async def test_a_post_to_a_private_address_is_refused() -> None:
    with pytest.raises(UrlRefused):
        await GuardedClient(resolver=Names(["10.0.0.1"])).post("http://hook.example/", b"{}")

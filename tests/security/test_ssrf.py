"""The guard on URLs that clients name: what it refuses, and that it connects nowhere else."""

import asyncio
import contextlib
import datetime
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipelines.media.fetch import GuardedClient, UrlFailed, UrlRefused

LOCAL = ("127.0.0.0/8",)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


@dataclass
class Server:
    """A real HTTP server on 127.0.0.1 that answers by path with raw bytes and remembers what it was asked."""

    answers: dict[str, bytes]
    port: int = 0
    requests: list[bytes] = field(default_factory=list)
    silent: bool = False
    drip_s: float | None = None

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            while self.silent:
                await asyncio.sleep(0.05)
            answer = self.answers.get(head.split()[1].decode(), b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            for at in range(len(answer) if self.drip_s else 1):
                writer.write(answer[at : at + 1] if self.drip_s else answer)
                await writer.drain()
                await asyncio.sleep(self.drip_s or 0)
        writer.close()

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@contextlib.asynccontextmanager
async def serving(
    answers: dict[str, bytes], host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    server = Server(answers)
    listener = await asyncio.start_server(server.handle, host, 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


class Names:
    """A resolver that answers from a list, one answer a question, and counts the questions."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.answers[min(len(self.asked), len(self.answers)) - 1]


async def refused(client: GuardedClient, url: str) -> UrlRefused:
    with pytest.raises(UrlRefused) as caught:
        await client.fetch(url, 100)
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "192.0.0.192",
        "224.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "[fec0::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_literal_address_that_is_not_public_is_refused_without_a_connection(host: str, scheme: str) -> None:
    with pytest.raises(UrlRefused, match="address that is not allowed"):
        GuardedClient().check_url(f"{scheme}://{host}/latest/meta-data")


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "example.com", "xn--bcher-kva.ch"]
)
def test_a_public_host_may_be_registered(host: str) -> None:
    GuardedClient().check_url(f"https://{host}/hook")


@pytest.mark.parametrize(
    "host", ["2130706433", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "127.1", "127.0.0.1.", "127.0.0.0x1", "1.2.3.4.5"]
)
def test_decimal_octal_hexadecimal_and_short_addresses_are_refused(host: str) -> None:
    with pytest.raises(UrlRefused):
        GuardedClient().check_url(f"http://{host}/")


@pytest.mark.parametrize(
    "answer", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "100.64.1.1"]
)
async def test_a_name_that_resolves_to_a_private_address_is_refused(answer: str) -> None:
    error = await refused(GuardedClient(resolver=Names([answer])), "http://innocent.example/x")
    assert error.code == "url_refused"
    assert answer not in error.message


async def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    await refused(GuardedClient(resolver=Names(["8.8.8.8", "192.168.1.1"])), "http://mixed.example/")


async def test_the_systems_own_resolver_does_not_open_localhost() -> None:
    await refused(GuardedClient(), "http://localhost/")


async def test_the_connection_goes_to_the_address_that_was_judged_though_the_name_changes_its_mind() -> None:
    async with serving({"/": OK}) as server:
        names = Names(["127.0.0.1"], ["10.0.0.1"])
        async with GuardedClient(LOCAL, resolver=names) as client:
            assert await client.fetch(server.url(host="rebinding.example"), 100) == b"hello"
        assert names.asked == ["rebinding.example"]


async def test_the_host_header_keeps_the_name() -> None:
    async with serving({"/": OK}) as server, GuardedClient(LOCAL, resolver=Names(["127.0.0.1"])) as client:
        await client.fetch(server.url(host="media.example"), 100)
        assert f"Host: media.example:{server.port}".encode() in server.requests[0]


async def test_a_redirect_into_a_private_network_is_refused_and_not_followed() -> None:
    async with serving({"/secret": OK}, host="127.0.0.2") as inner:
        location = inner.url("/secret", host="127.0.0.2").encode()
        async with serving({"/": b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\n\r\n"}) as outer:
            await refused(GuardedClient(["127.0.0.1/32"]), outer.url())
            assert len(outer.requests) == 1
        assert inner.requests == []


async def test_a_redirect_to_a_name_is_resolved_and_judged_anew() -> None:
    async with serving({"/": b"HTTP/1.1 307 X\r\nLocation: http://second.example/\r\n\r\n"}) as server:
        names = Names(["127.0.0.1"], ["10.9.9.9"])
        await refused(GuardedClient(LOCAL, resolver=names), server.url(host="first.example"))
        assert names.asked == ["first.example", "second.example"]


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "http://user:pw@127.0.0.1/", "gopher://127.0.0.1/", "http://["]
)
async def test_a_redirect_that_is_not_a_plain_web_url_is_refused(location: str) -> None:
    answer = f"HTTP/1.1 301 Moved\r\nLocation: {location}\r\n\r\n".encode()
    async with serving({"/": answer}) as server:
        await refused(GuardedClient(LOCAL), server.url())


def hops(count: int) -> dict[str, bytes]:
    chain = {f"/{n}": f"HTTP/1.1 302 Found\r\nLocation: /{n + 1}\r\n\r\n".encode() for n in range(count)}
    return {**chain, f"/{count}": OK}


async def test_three_redirects_are_followed() -> None:
    async with serving(hops(3)) as server:
        assert await GuardedClient(LOCAL).fetch(server.url("/0"), 100) == b"hello"


async def test_a_fourth_redirect_is_refused() -> None:
    async with serving(hops(4)) as server:
        error = await refused(GuardedClient(LOCAL), server.url("/0"))
        assert "redirects" in error.message
        assert len(server.requests) == 4


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/x",
        "file:///etc/passwd",
        "//example.com/",
        "example.com",
        "",
        "http://",
        "http:///path",
        "javascript:alert(1)",
        "http://exa mple.com/",
        "http://example.com:99999/",
        "http://[::1",
        "http://example.com/\x00",
        "http://example.com/" + "a" * 3000,
        "http://①②⑦.⓪.⓪.①/",
    ],
)
def test_anything_but_a_well_formed_web_url_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused):
        GuardedClient().check_url(url)


@pytest.mark.parametrize(
    "url", ["http://user@example.com/", "http://user:pw@example.com/", "http://example.com\\@10.0.0.1/"]
)
def test_a_url_with_credentials_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused):
        GuardedClient().check_url(url)


@pytest.mark.parametrize("port", [22, 25, 6379, 8080])
async def test_other_ports_are_refused_though_the_address_is_public(port: int) -> None:
    error = await refused(GuardedClient(resolver=Names(["8.8.8.8"])), f"http://example.com:{port}/")
    assert "port" in error.message


async def test_other_ports_stay_refused_for_public_hosts_where_some_network_is_allowed() -> None:
    client = GuardedClient(LOCAL, resolver=Names(["8.8.8.8"]))
    assert "port" in (await refused(client, "http://example.com:8080/")).message


@pytest.mark.parametrize(
    "host",
    ["www.youtube.com", "youtu.be", "Instagram.com", "m.facebook.com", "tiktok.com", "x.com", "twitter.com", "dai.ly"],
)
def test_social_media_is_an_unsupported_source(host: str) -> None:
    with pytest.raises(UrlRefused) as caught:
        GuardedClient().check_url(f"https://{host}/watch?v=1")
    assert (caught.value.code, caught.value.message) == ("unsupported_url_source", "unsupported url source")


def test_a_host_that_only_ends_like_social_media_is_allowed() -> None:
    GuardedClient().check_url("https://netflix.com/")


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


@pytest.fixture
def certify(tmp_path: Path) -> Callable[[x509.GeneralName], tuple[ssl.SSLContext, ssl.SSLContext]]:
    """Makes a self-signed certificate: contexts for a server that holds it and a client that trusts it alone."""

    def make(name: x509.GeneralName) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / "both.pem").write_bytes(pem + secret)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tmp_path / "both.pem")
        return server, ssl.create_default_context(cadata=pem.decode())

    return make


async def test_tls_is_verified_against_the_name_though_the_connection_goes_to_an_address(certify) -> None:
    server_tls, client_tls = certify(x509.DNSName("media.example"))
    async with serving({"/": OK}, tls=server_tls) as server:
        client = GuardedClient(LOCAL, resolver=Names(["127.0.0.1"]), ssl_context=client_tls)
        assert await client.fetch(f"https://media.example:{server.port}/", 100) == b"hello"


async def test_a_certificate_of_another_name_is_refused(certify) -> None:
    server_tls, client_tls = certify(x509.DNSName("media.example"))
    async with serving({"/": OK}, tls=server_tls) as server:
        client = GuardedClient(LOCAL, resolver=Names(["127.0.0.1"]), ssl_context=client_tls)
        with pytest.raises(UrlFailed):
            await client.fetch(f"https://other.example:{server.port}/", 100)


async def test_tls_to_a_literal_address_is_verified_against_that_address(certify) -> None:
    server_tls, client_tls = certify(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    async with serving({"/": OK}, tls=server_tls) as server:
        assert (
            await GuardedClient(LOCAL, ssl_context=client_tls).fetch(f"https://127.0.0.1:{server.port}/", 9) == b"hello"
        )

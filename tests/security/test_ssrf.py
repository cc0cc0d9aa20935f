"""The guard on URLs that clients name: what it refuses, and that it connects nowhere else."""

import pytest

from pipelines.media.fetch import GuardedClient, UrlRefused
from tests.security.fetching import LOCAL, OK, Names, refused, serving


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

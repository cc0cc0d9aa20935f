"""The only way this system opens a URL that a client named: every connection passes one guard (contracts 1.2)."""

import asyncio
import functools
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

import httpx

from pipelines.errors import MediaError
from pipelines.media.addresses import Address, is_listed, is_public, parse_address

T = TypeVar("T")
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host name and port to addresses, as `socket.getaddrinfo` finds them; raises OSError where there are none."""

MAX_REDIRECTS = 3
_MAX_URL = 2048
_WEB_PORTS = (80, 443)
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_SOCIAL = re.compile(
    r"(.+\.)?(youtube\.com|youtu\.be|youtube-nocookie\.com|instagram\.com|facebook\.com|fb\.watch|fb\.com|tiktok\.com"
    r"|twitter\.com|x\.com|t\.co|dailymotion\.com|dai\.ly)"
)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)


class UrlRefused(MediaError):
    """The guard does not open this URL: code `url_refused`, or `unsupported_url_source` for social media."""


class UrlFailed(MediaError):
    """An allowed URL did not deliver: code `url_unreachable`, `url_timeout`, `url_failed` or `url_too_large`."""


def is_social(url: str) -> bool:
    """Whether the URL is one of a social network, which the guard never opens."""
    try:
        return bool(_SOCIAL.fullmatch(_host(httpx.URL(url)).rstrip(".")))
    except (httpx.InvalidURL, ValueError, TypeError):
        return False


@dataclass(frozen=True, slots=True)
class Response:
    """What a server answered to a POST. Its body is not read: nothing here needs it, and it may never end.

    Attributes:
        status: HTTP status.
        headers: header fields, looked up without regard to case.
    """

    status: int
    headers: Mapping[str, str]


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Asks the operating system."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


class GuardedClient:
    """Fetches media and posts webhooks.

    A host is resolved once, all of its addresses are judged, and the connection goes to a judged address (TLS and the
    Host header keep the name), so a name that changes its mind between check and use gains nothing. No proxies,
    cookies or settings are taken from the environment, and nothing is logged. One client serves any number of calls.
    """

    def __init__(
        self,
        allow_cidrs: Sequence[str] = (),
        *,
        resolver: Resolver = system_resolver,
        connect_s: float = 5.0,
        total_s: float = 60.0,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Opens nothing yet.

        Args:
            allow_cidrs: networks in which every address and port is allowed (VERISCOPE_SSRF_ALLOW_CIDRS).
            resolver: how host names become addresses.
            connect_s: seconds to connect.
            total_s: seconds a fetch may take, redirects included.
            ssl_context: whom to trust; by default the public authorities that come with certifi.

        Raises:
            ValueError: a CIDR is malformed.
        """
        self._allowed = [ipaddress.ip_network(cidr, strict=False) for cidr in allow_cidrs]
        self._resolver = resolver
        self._connect_s = connect_s
        self._total_s = total_s
        self._transport = httpx.AsyncHTTPTransport(
            verify=ssl_context or _public_authorities(),
            trust_env=False,
            # A kept connection is known by its address alone, and another name may share that address.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    def check_url(self, url: str) -> None:
        """Judges a URL without resolving its host, for the moment somebody registers it.

        Raises:
            UrlRefused: it could never be opened.
        """
        self._checked(url)

    def check_parts(self, url: str) -> None:
        """Judges all of a URL but whose it is, before something else opens it.

        Raises:
            UrlRefused: as `check_url`, but for `unsupported_url_source`.
        """
        try:
            self._checked(url)
        except UrlRefused as refusal:
            if refusal.code != "unsupported_url_source":
                raise

    async def stream(self, url: str, max_bytes: int) -> AsyncGenerator[bytes]:
        """Yields the body of a GET, following at most `MAX_REDIRECTS` redirects, each judged anew.

        Raises:
            UrlRefused, UrlFailed: also after some bytes were yielded (too large, cut short, too slow).
        """
        deadline = asyncio.get_running_loop().time() + self._total_s
        response = await self._get(self._checked(url), deadline)
        try:
            if int(response.headers.get("content-length") or 0) > max_bytes:
                raise _too_large()
            received = 0
            chunks = response.aiter_raw()
            while True:
                chunk = await _in_time(anext(chunks, b""), deadline)
                if not chunk:
                    return
                received += len(chunk)
                if received > max_bytes:
                    raise _too_large()
                yield chunk
        finally:
            await response.aclose()

    async def fetch(self, url: str, max_bytes: int) -> bytes:
        """The whole body of a GET; raises as `stream`."""
        return b"".join([chunk async for chunk in self.stream(url, max_bytes)])

    async def post(
        self, url: str, content: bytes, headers: Mapping[str, str] | None = None, timeout_s: float = 20.0
    ) -> Response:
        """Posts once, without following redirects.

        Raises:
            UrlRefused, UrlFailed: no answer was received; any status is an answer.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        response = await self._send("POST", self._checked(url), deadline, headers=headers, content=content)
        await response.aclose()
        return Response(response.status_code, response.headers)

    async def aclose(self) -> None:
        """Closes what is open."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _get(self, url: httpx.URL, deadline: float) -> httpx.Response:
        for _ in range(1 + MAX_REDIRECTS):
            response = await self._send("GET", url, deadline)
            if response.status_code in _REDIRECTS and "location" in response.headers:
                await response.aclose()
                url = self._checked(response.headers["location"], base=url)
            elif response.status_code == 200 and response.headers.get("content-encoding", "identity") == "identity":
                return response
            else:
                await response.aclose()
                raise UrlFailed("url_failed", f"the url answered with status {response.status_code}")
        raise UrlRefused("url_refused", "the url redirects too often")

    async def _send(
        self,
        method: str,
        url: httpx.URL,
        deadline: float,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Sends a request to a judged address of its host, trying the next where one cannot be connected to."""
        addresses = await self._judged_addresses(url, min(deadline, self._soon()))
        for number, address in enumerate(addresses, start=1):
            request = httpx.Request(
                method,
                url,
                headers={"user-agent": "Veriscope", "accept": "*/*", "accept-encoding": "identity", **(headers or {})},
                content=content,
                extensions={"sni_hostname": _host(url), "timeout": {"connect": self._connect_s}},
            )
            request.url = url.copy_with(host=str(address))  # after the Host header was set from the name
            try:
                return await _in_time(self._transport.handle_async_request(request), deadline)
            except _CannotConnect:
                if number == len(addresses):
                    raise
        raise _unreachable()

    async def _judged_addresses(self, url: httpx.URL, deadline: float) -> list[Address]:
        host, port = _host(url), _port(url)
        literal = _literal(host)
        try:
            found = (
                [literal] if literal else list(map(parse_address, await _in_time(self._resolver(host, port), deadline)))
            )
        except ValueError:
            raise _unreachable() from None
        for address in found:
            self._judge(address, port)
        return list(dict.fromkeys(found))

    def _soon(self) -> float:
        return asyncio.get_running_loop().time() + self._connect_s

    def _judge(self, address: Address, port: int) -> None:
        if is_listed(address, self._allowed):
            return
        if not is_public(address):
            raise UrlRefused("url_refused", "the url points to an address that is not allowed")
        if port not in _WEB_PORTS:
            raise UrlRefused("url_refused", "the url names a port that is not allowed")

    def _checked(self, url: str, base: httpx.URL | None = None) -> httpx.URL:
        try:
            parsed = base.join(url) if base else httpx.URL(url)
            port = _port(parsed)
        except (httpx.InvalidURL, ValueError, TypeError):
            raise UrlRefused("url_refused", "the url is malformed") from None
        if parsed.scheme not in ("http", "https") or not parsed.host or len(url) > _MAX_URL:
            raise UrlRefused("url_refused", "the url is not an http or https url")
        if parsed.userinfo or "@" in parsed.netloc.decode("ascii", "replace"):
            raise UrlRefused("url_refused", "the url contains credentials")
        if _SOCIAL.fullmatch(_host(parsed).rstrip(".")):
            raise UrlRefused("unsupported_url_source", "unsupported url source")
        if literal := _literal(_host(parsed)):
            self._judge(literal, port)
        elif port not in _WEB_PORTS and not self._allowed:
            raise UrlRefused("url_refused", "the url names a port that is not allowed")
        return parsed


class _CannotConnect(UrlFailed):
    """No connection came about, so nothing was sent and another address may be tried."""


async def _in_time(call: Awaitable[T], deadline: float) -> T:
    """Awaits until the deadline and names what went wrong without repeating what the other side said."""
    try:
        async with asyncio.timeout_at(deadline):
            return await call
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise _CannotConnect("url_unreachable", "the url could not be reached") from None
    except (TimeoutError, httpx.TimeoutException):
        raise UrlFailed("url_timeout", "the url took too long to answer") from None
    except (httpx.TransportError, OSError):
        raise _unreachable() from None


@functools.cache
def _public_authorities() -> ssl.SSLContext:
    """Reading them takes tens of milliseconds, and every client may share them."""
    return httpx.create_ssl_context(trust_env=False)


def _unreachable() -> UrlFailed:
    return UrlFailed("url_unreachable", "the url could not be reached")


def _too_large() -> UrlFailed:
    return UrlFailed("url_too_large", "the file behind the url is too large")


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


def _host(url: httpx.URL) -> str:
    """The host as it goes over the wire: punycode, lower case, IPv6 without brackets."""
    return url.raw_host.decode("ascii").lower()


def _literal(host: str) -> Address | None:
    """The address that a host is, None for a name; spellings that only some resolvers read are refused."""
    try:
        return parse_address(host)
    except ValueError:
        if _NUMBER.fullmatch(host.rpartition(".")[2]) or host.endswith(".") or ":" in host or "%" in host:
            raise UrlRefused("url_refused", "the url's host is malformed") from None
        return None

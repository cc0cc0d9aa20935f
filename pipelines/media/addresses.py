"""Which addresses a server may be made to talk to on a client's word (contracts 1.2)."""

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_REFUSED: tuple[Network, ...] = tuple(
    map(
        ipaddress.ip_network,
        (
            "168.63.129.16/32",  # Azure's host agent: looks public, hands out secrets to the machine
            "192.88.99.0/24",  # 6to4 relays (RFC 7526)
            "192.0.0.0/24",  # IETF protocol assignments, a cloud's metadata among them
            "fec0::/10",  # site-local (RFC 3879)
        ),
    )
)
_EMBEDDED_V4: tuple[tuple[ipaddress.IPv6Network, int], ...] = (
    (ipaddress.IPv6Network("::/96"), 0),  # IPv4-compatible (RFC 4291)
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated (RFC 2765)
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64 (RFC 6052)
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4 (RFC 3056)
)


def parse_address(text: str) -> Address:
    """Reads an address as a resolver gives it, without a zone; an IPv4-mapped one becomes the IPv4 address it means.

    Raises:
        ValueError: no address, or an ambiguous spelling such as `0177.0.0.1`.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet, and so does every IPv4 address it embeds."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    return isinstance(address, ipaddress.IPv4Address) or all(map(is_public, _embedded(address)))


def is_listed(address: Address, networks: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks that the operator allowed."""
    return any(address in network for network in networks if network.version == address.version)


def _embedded(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address]:
    found = [
        ipaddress.IPv4Address(int(address) >> shift & 0xFFFFFFFF)
        for network, shift in _EMBEDDED_V4
        if address in network
    ]
    return [*found, *(address.teredo or ())]

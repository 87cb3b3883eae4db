"""Which addresses may be called: those of the public internet, at the ports of the web.

A shop's address is whatever somebody typed, and its name resolves to whatever its owner says; a
function can reach more than they may: its own machine, the network it is in, the cloud's metadata.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from backshop.aws import config

WEB_PORTS = frozenset({80, 443})
_PROTOCOLS = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
"""Of protocols and of 6to4's relays, which older Pythons take for global."""
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
"""Teredo and 6to4, which hold an IPv4 address; NAT64's (64:ff9b::/96) is no global unicast."""


def is_public(address: str) -> bool:
    """Whether this IP address, in the form that a resolver gives, is one of the internet's own."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in each for each in _PROTOCOLS)
    return _is_public_6(parsed)


def _is_public_6(address: IPv6Address) -> bool:
    return address in _GLOBAL_UNICAST and not any(address in each for each in _TRANSLATED)


def is_allowed_port(port: int) -> bool:
    """Whether shops may be at this port: the web's two, and those that the deployment lists."""
    listed = config.value("SHOP_PORTS", "").split(",")
    return port in WEB_PORTS or str(port) in {each.strip() for each in listed}


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host. Raises OSError where it has none. The resolver has its own limit of
    some seconds."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def allowed(addresses: Iterable[str]) -> list[str]:
    """Those that may be called; all of them where shops may be on this machine."""
    if config.allows_local_shops():
        return list(addresses)
    return [each for each in addresses if is_public(each)]


def wrong_with(url: str) -> str | None:
    """Why this address must not be called; None where it may, or its name resolves to nothing yet:
    each call looks again."""
    if config.allows_local_shops():
        return None
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not is_allowed_port(port):
        return "give an address at port 80 or 443, or have the port listed in ShopPorts"
    try:
        addresses = resolve(parts.hostname or "", port)
    except (OSError, UnicodeError):
        return None
    return None if allowed(addresses) else "give the shop's public address"

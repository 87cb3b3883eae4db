"""What holds of a connector, whoever asks."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from backshop.commerce import Platform

_INSIDE = ("localhost", ".localhost", ".local", ".internal", ".lan")


def wrong_with_address(url: str, platform: Platform) -> str | None:
    """Why functions must not call this address; None where they may.

    Shopify's API answers at the shop's own name alone, and deliveries are held to that name.
    Credentials travel with each call, so it has to be TLS, save WooCommerce's, whose OAuth 1.0a
    signs
    without sending them; and a name inside a network would make functions call where only they can.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if platform == Platform.SHOPIFY and not host.endswith(".myshopify.com"):
        return "give the shop's own name at Shopify, https://name.myshopify.com"
    if parts.scheme != "https" and platform != Platform.WOOCOMMERCE:
        return "give the address with https"
    try:
        is_public = ip_address(host).is_global
    except ValueError:
        is_public = "." in host and not host.endswith(_INSIDE)
    return None if is_public else "give the shop's public address"


def is_elsewhere(old: str, new: str) -> bool:
    """Whether a changed address is another origin or path: someone else may answer there, and must
    not get the old one's credentials."""
    return _origin(old) != _origin(new)


def _origin(url: str) -> tuple[str, str | None, int | None, str]:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/")

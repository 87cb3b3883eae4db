"""Shopify's global ids."""

from __future__ import annotations


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def number(identity: str, kind: str = "") -> int:
    """The number in a global id; 0 for what is none of that kind."""
    head, _, tail = identity.rpartition("/")
    tail = tail.partition("?")[0]
    if not tail.isdigit() or (kind and head != f"gid://shopify/{kind}"):
        return 0
    return int(tail)

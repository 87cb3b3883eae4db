"""Stylesheets, scripts and drawings of pages, each under a name that holds its content's hash, so
that browsers keep it for good and a new one is another file."""

from __future__ import annotations

import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from backshop.web.pages import colours

FOLDER = Path(__file__).with_name("assets")
KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_BRAND = re.compile(r"brand-([0-9a-f]{6})-[0-9a-f]{12}\.css")


class Asset(NamedTuple):
    kind: str
    content: bytes


def address(name: str) -> str:
    """Where `page.css` is served: `/assets/page-<hash>.css`."""
    return f"/assets/{_hashed()[name]}"


def brand_address(colour: str) -> str:
    """Where the stylesheet of a store's colour (`#rrggbb`) is served. It is made of the colour in
    its name alone, so that serving it asks nothing."""
    return f"/assets/{_brand_name(colour)}"


def asset(hashed: str) -> Asset | None:
    """What is served under a name; None for a name that no page of now would ask for."""
    if brand := _BRAND.fullmatch(hashed):
        colour = f"#{brand[1]}"
        is_ours = _brand_name(colour) == hashed
        return Asset(KINDS["css"], colours.sheet(colour).encode()) if is_ours else None
    found = next((name for name, known in _hashed().items() if known == hashed), None)
    if found is None:
        return None
    path = FOLDER / found
    return Asset(KINDS[path.suffix[1:]], path.read_bytes())


def _brand_name(colour: str) -> str:
    return f"brand-{colour[1:]}-{_digest(colours.sheet(colour).encode())}.css"


@cache
def _hashed() -> dict[str, str]:
    """The files by name, each with its name and hash."""
    return {
        path.name: f"{path.stem}-{_digest(path.read_bytes())}{path.suffix}"
        for path in sorted(FOLDER.iterdir())
        if path.suffix[1:] in KINDS
    }


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:12]

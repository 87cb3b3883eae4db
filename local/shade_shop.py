"""The demo shop of Shopify as a brand of tinted sunscreen: its shades, what each looks like on a
face, and that buyers of a sample kit are asked which shade fits."""

from __future__ import annotations

from typing import Any

from local.tile_shop import Ask

SHADES = (
    ("Ivory", "neutral", "#f0d2b6"),
    ("Sand", "warm", "#e3bd95"),
    ("Honey", "warm", "#c98f5f"),
    ("Amber", "warm", "#a8693f"),
    ("Cocoa", "neutral", "#7c4a2d"),
    ("Espresso", "cool", "#4f2f22"),
)
"""Name, undertone and colour, from light to deep; the names of `shops`' catalogue "shades"."""

SKU = "SPF-HONEY"
SETTINGS: dict[str, Any] = {
    "sender": "hello@example.com",
    "days_after_delivery": 1,
    "discount_amounts": {"USD": 5},
    "invite_ground": "The demo shop's customers are made up.",
}


async def dressed(ask: Ask, store_id: str) -> bool:
    """Give the shop its shades and looks; False while not all of their products are read.

    Raises `CannotStart` where an answer is not the expected one.
    """
    listed = await ask("GET", f"/connectors/{store_id}/products?q=SPF&limit=50", 200)
    variants = {each["sku"]: int(each["variant_id"]) for each in listed["items"]}
    if not {_sku(name) for name, _, _ in SHADES} <= variants.keys():
        return False
    shades = [
        _shade(name, depth, undertone, swatch, variants[_sku(name)])
        for depth, (name, undertone, swatch) in enumerate(SHADES, 1)
    ]
    await ask("PUT", f"/shade/settings?store_id={store_id}", 200, json=SETTINGS)
    await ask("PUT", f"/shade/shades?store_id={store_id}", 200, json={"shades": shades})
    for name, _, swatch in SHADES:
        look = {"kind": "foundation", "shade": swatch, "coverage": 0.6, "finish": "natural"}
        path = f"/try-on/looks?store_id={store_id}"
        await ask("PUT", path, 200, json={"sku": _sku(name), "look": look})
    return True


def _sku(name: str) -> str:
    return f"SPF-{name.upper()}"


def _shade(name: str, depth: int, undertone: str, swatch: str, variant: int) -> dict[str, Any]:
    return {
        "name": name,
        "depth": depth,
        "undertone": undertone,
        "finish": "Natural",
        "swatch": swatch,
        "variant_ids": [variant],
        "good_for": [],
        "not_for": [],
        "is_offered": True,
    }

"""The demo tile shop: a store without a platform, with a catalogue, three projects in different
phases and a quote that was sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

LOGO = Path(__file__).with_name("tile_shop.png")
Ask = Callable[..., Awaitable[Any]]
"""`await ask("POST", path, status, json=…)`: the answer's JSON; raises CannotStart."""

STORE = {
    "name": "Terra & Tile",
    "time_zone": "America/Chicago",
    "currency": "USD",
    "tax_rates": {"material": "0.0825", "labour": "0", "delivery": "0"},
    "email": "quotes@example.com",
    "phone": "+1 555 0199",
    "address": "400 Market Street\nSpringfield, IL 62701",
    "terms": "Prices hold until the day named above. Tile of different lots may differ in shade.\n"
    "Deliveries are to the kerb; please check shade, caliber and quantity before setting.",
}


def _product(sku: str, name: str, kind: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "sku": sku,
        "product_name": name,
        "product_type": kind,
        "price_retail": price,
        **more,
    }


def _tile(
    sku: str, name: str, size: tuple[float, float], price: str, **more: Any
) -> dict[str, Any]:
    length, width = size
    return _product(
        sku,
        name,
        "tile",
        price,
        unit_of_measure="sf",
        size_length=length,
        size_width=width,
        size_thickness=0.38,
        **more,
    )


CATALOGUE = (
    _tile("CAL-2448", "Calacatta Oro porcelain 24×48", (24, 48), "8.49", price_pro="7.20",
          coverage_per_box=15.5, pieces_per_box=2),
    _tile("SLA-1224", "Slate grey porcelain 12×24", (12, 24), "4.29", price_pro="3.75",
          coverage_per_box=12, pieces_per_box=6),
    _tile("SUB-0306", "Snow white subway 3×6", (3, 6), "3.10", coverage_per_box=12.5,
          pieces_per_box=100),
    _tile("ZEL-0404", "Zellige, sea green 4×4", (4, 4), "18.90", coverage_per_box=5.4,
          pieces_per_box=49, special_order=True),
    _product("GR-25", "Sanded grout, charcoal, 25 lb", "grout", "24.98", unit_of_measure="bag",
             specification={"grout_kind": "sanded", "bag_lb": 25}),
    _product("MO-50", "Large-format mortar, white, 50 lb", "adhesive", "31.50",
             unit_of_measure="bag", specification={"bag_lb": 50, "coverage_sf": 55}),
    _product("ED-98", "Edge profile, brushed nickel, 8 ft 2-1/2 in", "trim", "27.40",
             unit_of_measure="piece", specification={"stock_length": "8'2-1/2\""}),
    _product("SI-10", "Silicone sealant, colour-matched, 10.1 fl oz", "sealant", "14.75",
             unit_of_measure="tube", specification={"tube_floz": 10.1}),
)  # fmt: skip


def _greeting(first: str, last: str, phone: str, kind: str, **project: Any) -> dict[str, Any]:
    return {
        "customer": {
            "first_name": first,
            "last_name": last,
            "email": f"{first}.{last}@example.com".lower(),
            "phone_primary": phone,
            "customer_type": kind,
            "address_line1": "12 Elm Street",
            "city": "Springfield",
            "state": "IL",
            "zip_code": "62704",
        },
        "project": {"installation_method": "contractor", "sales_associate": "Ana", **project},
        "conversation": {"aos_score_greeting": 3},
    }


BATH = {
    "room_type": "master_bathroom",
    "room_name": "Master bath",
    "room_length_ft": "12'",
    "room_width_ft": "10'6\"",
    "room_height_ft": "8'",
    "surfaces": [
        {"surface_type": "floor", "length_ft": "12'", "width_ft": "10'6\""},
        {
            "surface_type": "shower_walls",
            "length_ft": "11'",
            "height_ft": "8'",
            "pattern_type": "brick_pattern",
            "obstacles": [{"name": "window", "area": "2x3 ft"}],
        },
    ],
}
KITCHEN = {
    "room_type": "kitchen",
    "room_name": "Kitchen",
    "surfaces": [
        {"surface_type": "backsplash", "surface_area_sf": 34, "pattern_type": "herringbone"}
    ],
}
WHEN_AND_HOW_MUCH = {
    "installation_method": "contractor",
    "contractor_name": "Rivera Tile",
    "project_start_date": "2027-02-01",
    "total_budget_max": 9000,
    "tile_budget": 2500,
}
FLOOR, WALLS, SPLASH = ("SLA-1224", "GR-25", "MO-50"), ("SUB-0306", "SI-10", "ED-98"), ("ZEL-0404",)
USAGE = {
    "GR-25": {"joint_in": "1/8"},
    "SI-10": {"runs": ["8'", "8'", "11'"], "bead_in": ["1/8", "1/4"]},
    "ED-98": {"runs": ["8'", "8'"]},
}
QUOTE = {
    "charges": [
        {"description": "Installation of the floor", "quantity": 126, "unit": "sf",
         "price_per_unit": "9.00"},
        {"description": "Installation of the walls", "quantity": 82, "unit": "sf",
         "price_per_unit": "12.50"},
    ],
    "line_discounts": [{"sku": "SLA-1224", "discount": 0.05}],
    "delivery_fee": "95.00",
    "payments": [
        {"label": "Deposit", "share": 0.5},
        {"label": "On delivery", "share": 0.5, "due_days": 30},
    ],
}  # fmt: skip


async def made(as_staff: Ask, with_key: Callable[[str], Awaitable[Ask]]) -> dict[str, Any]:
    """Make the shop with all that is in it: its id, its key and the link of its quote."""
    logo = b64encode(LOGO.read_bytes()).decode()
    store = await as_staff("POST", "/stores", 201, json={**STORE, "logo": logo})
    ask = await with_key(store["store_key"])
    for product in CATALOGUE:
        await ask("POST", "/catalogue", 201, json=product)
    # One who only said hello, one who is choosing, and one who has a quote.
    await _greeted(ask, _greeting("Lee", "Park", "+1 555 0101", "diy_homeowner"))
    choosing = await _greeted(ask, _greeting("Mia", "Okafor", "+1 555 0102", "designer"))
    await _chosen(ask, choosing, KITCHEN, [SPLASH], "considered")
    named = _greeting("Jo", "Miller", "+1 555 0100", "diy_homeowner", project_name="Master bath")
    quoted = await _greeted(ask, named)
    await _chosen(ask, quoted, BATH, [FLOOR, WALLS], "selected")
    draft = await ask("POST", f"/projects/{quoted}/quotes", 201, json=QUOTE)
    path = f"/projects/{quoted}/quotes/{draft['quote_id']}/sending"
    sent = await ask("POST", path, 200)
    return {
        "id": store["id"],
        "store_key": store["store_key"],
        "token": sent["link"].rpartition("/")[2],
    }


async def _greeted(ask: Ask, greeting: dict[str, Any]) -> str:
    answer = await ask("POST", "/projects/greeting", 201, json=greeting)
    project: str = answer["project"]["project_id"]
    return project


async def _chosen(
    ask: Ask, project: str, room: dict[str, Any], skus: list[tuple[str, ...]], status: str
) -> None:
    """Assess what is needed, and choose these products for the room's surfaces in their order."""
    needs = {"rooms": [room], "project": WHEN_AND_HOW_MUCH}
    answer = await ask("POST", f"/projects/{project}/needs-assessment", 200, json=needs)
    surfaces = answer["project"]["rooms"][0]["surfaces"]
    selections = [
        {
            "surface_id": surface["surface_id"],
            "product_sku": sku,
            "selection_status": status,
            **({"usage": USAGE[sku]} if sku in USAGE else {}),
        }
        for surface, chosen in zip(surfaces, skus, strict=True)
        for sku in chosen
    ]
    body = {"selections": selections}
    await ask("POST", f"/projects/{project}/design-details", 200, json=body)

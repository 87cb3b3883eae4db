"""A large project and its quote: twelve rooms and sixty lines, with names in any script."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from backshop.projects import rules as projects
from backshop.projects.quotes import rules
from backshop.projects.quotes.models import Charge, LineDiscount, NewQuote, Offered, Payment
from backshop.projects.quotes.repository import Shop
from backshop.projects.settings import ShopSettings

AT = datetime(2026, 11, 20, 10, tzinfo=UTC).isoformat()
ROOMS = (
    ("Master bath", "master_bathroom"),
    ("Kitchen", "kitchen"),
    ("Baño de visitas", "guest_bathroom"),
    ("Entrée", "entryway"),
    ("洗面所", "powder_room"),
    ("Laundry", "laundry_room"),
    ("Mudroom", "mudroom"),
    ("Großes Wohnzimmer mit Kamin und Blick in den Garten", "living_room"),
    ("Dining room", "dining_room"),
    ("Basement", "basement"),
    ("Terrace", "outdoor"),
    ("Salle d’eau", "bathroom"),
)
TILES = (
    "Calacatta Oro matte porcelain 24×48, rectified",
    "Žulová šedá 12×24",
    "雪花白 Snow White subway 3×6",
    "Terracotta hexagon 8 in",
    "Encaustic Señorita 8×8",
)
MATERIALS = (
    ("grout", "Grout, sanded, charcoal, 25 lb", "bag", "24.98"),
    ("adhesive", "Large-format thinset, white, 50 lb", "bag", "31.50"),
    ("trim", "Edge profile, brushed nickel, 8 ft 2-1/2 in", "piece", "27.40"),
    ("spacers", "Leveling clips 1/16 in, bag of 250", "bag", "41.00"),
    ("sealant", "Silicone sealant, colour-matched, 10.1 fl oz", "tube", "14.75"),
)
LINES = 57
"""Of products; three charges make sixty."""


def _id(number: int) -> str:
    return str(UUID(int=number))


def _selection(number: int, surface: str, *, is_tile: bool) -> dict[str, Any]:
    kind, name, unit, price = (
        ("tile", TILES[number % 5], "sf", str(Decimal("4.29") + number))
        if is_tile
        else MATERIALS[number % 5]
    )
    return {
        "selection_id": _id(1000 + number),
        "surface_id": surface,
        "product_sku": f"SKU-{kind.upper()}-{number:03}",
        "product_name": f"{name}{' · very-long-manufacturers-colour-name-without-end' * (number == 7)}",
        "product_type": kind,
        "quantity_needed": None if is_tile else "3",
        "quantity_ordered": None,
        "unit_of_measure": unit,
        "box_coverage_sf": "15.5" if is_tile else None,
        "price_per_unit": price,
        "total_price": None,
        "selection_status": "selected",
        "selection_date": AT,
        "notes": None,
        "quantity_given": not is_tile,
        "price_given": True,
        "usage": {},
        "undecided": number % 17 == 3,
        "lot": None,
        "shade": None,
        "caliber": None,
        "return_terms": "not_returnable" if number % 9 == 4 else "returnable",
        "version": 1,
    }


def _surface(number: int, room: str, kind: str) -> dict[str, Any]:
    return {
        "surface_id": _id(500 + number),
        "room_id": room,
        "surface_name": None,
        "surface_type": kind,
        "surface_area_sf": f"{36 + 7.25 * number:.2f}",
        "length_ft": f"{8 + number / 8:.2f}",
        "width_ft": "6.50" if kind == "floor" else None,
        "height_ft": None if kind == "floor" else "8.00",
        "pattern_type": ("straight_lay", "herringbone", "brick_pattern")[number % 3],
        "complexity_level": "simple",
        "waste_factor": "0.10",
        "waste_given": False,
        "obstacles": [],
        "obstacles_count": 0,
        "obstacles_description": None,
        "prep_work_needed": None,
        "exposure": None,
        "offset_share": None,
        "created_at": AT,
        "updated_at": AT,
        "version": 1,
    }


def whole(rooms: int = len(ROOMS), lines: int = LINES) -> Any:
    """The stored project; each of its lines is a product of its own."""
    made = []
    surfaces = []
    for at, (name, kind) in enumerate(ROOMS[:rooms]):
        room = _id(100 + at)
        below = [_surface(2 * at, room, "floor"), _surface(2 * at + 1, room, "shower_walls")]
        surfaces += below
        made.append(
            {
                "room_id": room,
                "project_id": _id(1),
                "room_name": name,
                "room_type": kind,
                "room_style": None,
                "room_length_ft": "12.50",
                "room_width_ft": "10.00",
                "room_height_ft": "8.33",
                "room_notes": None,
                "created_at": AT,
                "updated_at": AT,
                "version": 1,
                "surfaces": below,
            }
        )
    for number in range(lines):
        surface = surfaces[number % len(surfaces)]
        chosen = _selection(number, surface["surface_id"], is_tile=number < len(surfaces))
        surface.setdefault("selections", []).append(chosen)
    for surface in surfaces:
        surface.setdefault("selections", [])
    customer = dict.fromkeys(
        ("phone_secondary", "address_line2", "pro_account_number", "notes", "tax_exemption")
    ) | {
        "customer_id": _id(2),
        "first_name": "Zoë",
        "last_name": "Šťastná-Nguyễn 王小明",
        "email": "zoe@example.com",
        "phone_primary": "+1 555 0100",
        "address_line1": "12 Rue de l’Église",
        "city": "Springfield",
        "state": "IL",
        "zip_code": "62701",
        "country": "USA",
        "customer_type": "designer",
        "preferred_contact_method": "email",
        "marketing_opt_in": False,
        "created_at": AT,
        "updated_at": AT,
        "version": 1,
    }
    project = dict.fromkeys(
        (
            "total_budget_min", "total_budget_max", "project_start_date", "project_completion_date",
            "contractor_name", "contractor_phone", "contractor_email", "designer_name",
            "designer_company", "lead_source", "notes", "archived_at",
        )
    )  # fmt: skip
    project |= {
        "project_id": _id(1),
        "customer_id": _id(2),
        "project_name": "Whole house",
        "project_status": "inquiry",
        "tile_budget": "20000.00",
        "installation_method": "contractor",
        "urgency_level": "medium",
        "sales_associate": "Ana Müller",
        "created_at": AT,
        "updated_at": AT,
        "currency": "USD",
        "version": 1,
        "customer": customer,
        "rooms": made,
    }
    return projects.whole_of(json.dumps(project))


SHOP = Shop(
    "Tile & Stone Gallery",
    ShopSettings.model_validate(
        {
            "tax_rates": {"material": "0.0825", "labour": "0", "delivery": "0.05"},
            "terms": "\n".join(
                [
                    "Prices hold until the day named above. Lots may differ in shade from samples.",
                    "Deliveries are to the kerb. Please check shade, caliber and quantity before setting.",
                ]
            ),
            "email": "quotes@example.com",
            "phone": "+1 555 0199",
            "address": "400 Market Street\nSpringfield, IL 62701",
        }
    ),
)
ASKED = NewQuote(
    charges=[
        Charge(description="Installation of floors and walls", quantity=Decimal("1250.5"),
               unit="sf", price_per_unit=Decimal("9.00")),
        Charge(description="Demolition and disposal of the old floors", unit="job",
               price_per_unit=Decimal("1850.00")),
        Charge(description="Carry up to the second floor", tax_class="delivery", quantity=Decimal(6),
               unit="hour", price_per_unit=Decimal("45.00")),
    ],
    line_discounts=[LineDiscount(sku="SKU-TILE-000", discount=Decimal("0.05"))],
    discount=Decimal("0.025"),
    delivery_fee=Decimal("95.00"),
    payments=[
        Payment(label="Deposit", share=Decimal("0.5")),
        Payment(label="On delivery", share=Decimal("0.4"), due_days=30),
        Payment(label="After the last walk-through", share=Decimal("0.1"), due_on=date(2027, 3, 1)),
    ],
    special_instructions="Please call before delivery.\nBeware of the dog — 猛犬注意.",
)  # fmt: skip
OFFERED = [
    Offered(alternative="good", quote_number="Q-000040", total_amount=Decimal("18230.10"),
            lines=["Ceramic white 12×12", "Subway white 3×6"]),
    Offered(alternative="best", quote_number="Q-000042", total_amount=Decimal("64110.00"),
            lines=["Calacatta marble 24×48"]),
]  # fmt: skip


def quote(rooms: int = len(ROOMS), lines: int = LINES, asked: NewQuote = ASKED) -> dict[str, Any]:
    """A row of projects.quotes, as far as it is printed."""
    project = whole(rooms, lines)
    content = rules.draft(project, asked, {}, SHOP.settings, OFFERED).content
    return {
        "quote_number": "Q-000041",
        "quote_date": date(2026, 11, 20),
        "expiration_date": date(2026, 12, 20),
        "alternative": "better",
        "revision": 2,
        "currency": "USD",
        "sales_associate": "Ana Müller",
        "special_instructions": asked.special_instructions,
        "recipient": rules.recipient_of(project).model_dump(mode="json"),
        "total_amount": content.figures.total_amount,
        "content": content.model_dump(mode="json"),
    }

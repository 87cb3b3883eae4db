"""Inputs after public bug reports, and what is right to make of them.

Each file names its sources, the steps (webhook bodies by `topic`, or pages of WooCommerce's API by
`page`), and queries with the rows (or their number) that they must give afterwards.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from backshop import commerce, platforms
from backshop.commerce import Event, Store
from backshop.plain_orders import PlainOrder
from backshop.platforms.woocommerce import translate as woocommerce
from backshop.saving import projections

Case = dict[str, Any]
CASES = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.json"))}


@pytest.fixture
def shop(request: pytest.FixtureRequest, owner: Any) -> tuple[Case, Store]:
    """A store as the case wants it, with what its server says of money where the case names it."""
    case = json.loads(CASES[request.param].read_text())
    settings = {
        "time_zone": "UTC",
        "currency": case["currency"],
        "money_precision": 3 if "three" in case["name"] else 2,
    }
    row = owner.execute(
        """INSERT INTO backshop.stores (platform, store_url, settings)
           VALUES (%s, 'https://' || gen_random_uuid() || '.example.com', %s)
           RETURNING id, store_url""",
        [case["platform"], json.dumps(settings)],
    ).fetchone()
    owner.execute(
        """INSERT INTO insights.stores (id, store_id, store_url, api_key_hash)
           VALUES (%(id)s, %(id)s, %(store_url)s, 'no key')""",
        row,
    )
    store = Store(
        id=UUID(str(row["id"])),
        platform=commerce.Platform(case["platform"]),
        url=row["store_url"],
        currency=case["currency"],
        settings=settings,
    )
    return case, store


def events(step: Case, store: Store, at: datetime) -> list[Event]:
    body = json.dumps(step["body"], ensure_ascii=False).encode()
    if "topic" in step:
        translator = platforms.load(store.platform).translator
        told = translator.translate(step["topic"], body, store, received_at=at, triggered_at=at)
        return [each for each in told if not isinstance(each, PlainOrder)]
    page = getattr(woocommerce, f"{step['page']}_page")(body, store, at)
    return list(page.events)


def plain(value: Any) -> Any:
    """Money by its value, however many decimals the column keeps."""
    try:
        return Decimal(value) if isinstance(value, str | Decimal) else value
    except InvalidOperation:
        return value


@pytest.mark.parametrize("shop", CASES, indirect=True)
def test_it_ends_right(shop: tuple[Case, Store], owner: Any, database: Any) -> None:
    import psycopg
    from psycopg.rows import dict_row

    case, store = shop
    for number, step in enumerate(case["steps"]):
        at = datetime(2026, 6, 3, tzinfo=UTC) + timedelta(seconds=number)
        records = [e for e in events(step, store, at) if isinstance(e, commerce.Record)]
        with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
            tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store.id)])
            projections.save(tx, store, records)
    for each in case["expect"]:
        rows = owner.execute(each["sql"], {"store": store.id}).fetchall()
        if isinstance(each["rows"], int):
            assert len(rows) == each["rows"]
            continue
        values = [{name: plain(value) for name, value in row.items()} for row in rows]
        right = [{name: plain(value) for name, value in row.items()} for row in each["rows"]]
        assert values == right, each["sql"]

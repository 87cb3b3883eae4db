"""An order that is told in its short form ends in the lines that it would end in told in full."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from backshop import commerce
from backshop.commerce import Kind, Record, Store
from backshop.plain_orders import PlainOrder, utc_text
from backshop.platforms.parsing import RecordPage
from backshop.platforms.reading import ReadContext
from backshop.platforms.woocommerce import reading, translate
from backshop.saving.erasures import Erasures
from backshop.saving.prepare import NeededWhole, Prepared, prepare, takes_plain_orders
from hypothesis import given
from hypothesis import strategies as st

from tests.backshop.platforms.recorded import NOW, store
from tests.backshop.platforms.test_decoding import EDGES, samples
from tests.backshop.platforms.test_odd_fields import places, replaced

STEP = 397
"""Each so-manieth replaced field is tried among the short tests."""
SHOP = store("woocommerce")
NOBODY = Erasures()


def orders() -> Iterator[dict[str, Any]]:
    """What was recorded of orders, and the same without what is told in full alone."""
    for kind, record in samples():
        if kind == "order":
            yield record
            yield record | {"refunds": [], "coupon_lines": [], "status": "processing"}


def prepared(page: RecordPage) -> Prepared:
    return prepare([e for e in page.events if isinstance(e, Record | PlainOrder)], SHOP, NOBODY)


def both(record: Any) -> tuple[Any, Any, int]:
    """What a page of this record ends in, told in full and told shortly, and how many orders of it
    were told shortly."""
    body = json.dumps([record]).encode()
    full = translate.orders_page(body, SHOP, NOW)
    short = translate.plain_orders_page(body, SHOP, NOW)
    number = sum(isinstance(each, PlainOrder) for each in short.events)
    in_full, in_short = ((prepared(each), each.rejected, each.ids) for each in (full, short))
    return in_full, in_short, number


def differences(step: int) -> tuple[int, int, list[str]]:
    """How many were tried, how many of them were told shortly, and which came out otherwise."""
    tried, told, found, number = 0, 0, [], 0
    for record in orders():
        text = json.dumps(record)
        for path in [(), *places(record)]:
            for odd in EDGES if path else [None]:
                number += 1
                if path and number % step:
                    continue
                tried += 1
                full, short, plain = both(replaced(text, path, odd) if path else record)
                told += plain
                if full != short:
                    found.append(f"{'.'.join(map(str, path))} = {odd!r:.40}")
    return tried, told, found


def test_a_status_that_is_too_long_is_cut_both_ways() -> None:
    told = [both(record | {"status": "x" * 60}) for record in orders()]
    assert any(plain for _, _, plain in told)
    assert all(full == short for full, short, _ in told)


def test_both_ways_end_in_the_same_lines() -> None:
    tried, told, found = differences(STEP)
    print(f"{tried} tried, {told} told shortly, {len(found)} otherwise")
    assert told > tried / 4 > 300
    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_both_ways_end_in_the_same_lines_whatever_field_is_odd() -> None:
    tried, told, found = differences(1)
    print(f"{tried} tried, {told} told shortly, {len(found)} otherwise")
    assert found == []


def plain_order() -> dict[str, Any]:
    return next(
        each
        for each in orders()
        if each["status"] == "processing" and len(both(each)) and both(each)[2] == 1
    )


def line(**changes: Any) -> Any:
    return plain_order()["line_items"][0] | changes


SHAPES: dict[str, dict[str, Any]] = {
    "several lines": {"line_items": [line(id=5), line(id=6, quantity=3), line(id=7, name="|\\")]},
    "no lines": {"line_items": []},
    "two lines of one id": {"line_items": [line(id=5), line(id=5, quantity=3)]},
    "part of a piece": {"line_items": [line(quantity=0.5)]},
    "nothing of a piece": {"line_items": [line(quantity=0)]},
    "three for ten": {"line_items": [line(quantity=3, subtotal="10.00")]},
    "a huge sum": {"line_items": [line(id=n, subtotal="999999999999999") for n in (5, 6)]},
    "words of a line": {"line_items": [line(meta_data=[{"key": "size", "value": 'S "5\n'}])]},
    "numbers of a line": {"line_items": [line(meta_data=[{"key": "size", "value": 1e16}])]},
    "a variation": {"line_items": [line(variation_id=9, parent_name="Kit", sku="")]},
    "a guest": {"customer_id": 0},
    "nobody": {"customer_id": 0, "billing": {}},
    "no address": {"shipping": {}},
    "a long state": {"shipping": {"city": "A", "state": "Western", "country": "LKA"}},
    "two phones": {"billing": {"phone": "1"}, "shipping": {"phone": "2"}},
    "in the trash": {"status": "trash"},
    "a draft": {"status": "checkout-draft"},
    "done": {"status": "completed"},
    "cancelled": {"status": "cancelled"},
    "not paid": {"date_paid_gmt": None, "status": "pending"},
    "never changed": {"date_modified_gmt": None},
    "not dated": {"date_created_gmt": None},
    "changed after it was read": {"date_modified_gmt": "2036-01-01T00:00:00.5"},
    "told with its zone": {"date_created_gmt": "2026-01-01T00:00:00+05:30"},
    "no number": {"number": None},
    "a long id": {"id": 2**63 - 1},
    "a long customer": {"customer_id": 2**63 - 1},
    "refunds unknown": {"refunds": None},
    "refunded": {"refunds": [{"id": 9, "total": "-1.00"}]},
    "a coupon": {"coupon_lines": [{"code": "TEN", "discount": "1.00"}]},
    "controls": {"payment_method": "a\x01\tb\u2028\x7f", "number": "a|b\\\r\n"},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_ends_in_the_same_lines(shape: str) -> None:
    full, short, _ = both(plain_order() | SHAPES[shape])
    assert full == short
    assert full[0].entries or full[0].unstorable


@given(at=st.datetimes(timezones=st.sampled_from([None, UTC, timezone(timedelta(hours=5.5))])))
def test_times_are_written_as_isoformat_writes_them(at: datetime) -> None:
    assert utc_text(at) == (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()


def shop_that_uses(*uses: str) -> Store:
    return Store(
        id=uuid4(),
        platform=commerce.Platform.WOOCOMMERCE,
        url="https://shop.example.com",
        settings={"uses": list(uses)},
    )


ERASED = Erasures({("email", "0" * 64): NOW})


@pytest.mark.parametrize(
    ("shop", "erasures", "taken"),
    [
        (shop_that_uses(), NOBODY, True),
        (shop_that_uses(), ERASED, False),
        (shop_that_uses("deliveries"), NOBODY, False),
        (shop_that_uses("surveys"), NOBODY, False),
    ],
)
def test_orders_are_told_in_full_where_somebody_reads_or_left_them(
    shop: Store, erasures: Erasures, taken: bool
) -> None:
    assert takes_plain_orders(shop, erasures) is taken
    [order] = translate.plain_orders_page(json.dumps([plain_order()]).encode(), SHOP, NOW).events
    assert isinstance(order, PlainOrder)
    if taken:
        assert [e.key[0] for e in prepare([order], shop, erasures).entries] == [
            Kind.CUSTOMER,
            Kind.ORDER,
        ]
    else:
        with pytest.raises(NeededWhole):
            prepare([order], shop, erasures)


@pytest.mark.parametrize("taken", [True, False])
def test_a_reading_tells_orders_as_its_context_takes_them(taken: bool) -> None:
    context = ReadContext(lambda: NOW, takes_plain_orders=taken)
    orders = reading.reader(None, SHOP, "orders", context)  # type: ignore[arg-type]
    convert = orders.convert  # type: ignore[attr-defined]
    assert convert is (translate.plain_orders_page if taken else translate.orders_page)


@pytest.mark.parametrize("uses", [(), ("surveys", "deliveries")])
def test_what_is_prepared_is_the_same_after_it_was_sent(uses: tuple[str, ...]) -> None:
    shop = shop_that_uses(*uses)
    record = plain_order() | {"refunds": [{"id": 9, "total": "-1.00"}]}
    events = translate.orders_page(json.dumps([record]).encode(), shop, NOW).events
    gone = commerce.Deletion(id="7", kind=Kind.ORDER, changed_at=NOW, observed_at=NOW)
    made = prepare([*(e for e in events if isinstance(e, Record)), gone], shop, NOBODY)
    assert len(made.entries) == 3
    assert any(each.listed for each in made.entries)
    assert (made.entries[0].record is not None) is bool(uses)
    assert pickle.loads(pickle.dumps(made)) == made

"""What is decoded the quick way is what pydantic makes of the same bytes, or is refused.

Fields of WooCommerce's recordings are replaced one by one by what platforms, plugins and attackers
write; a part of it is tried each time, all of it among the long tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from backshop.platforms import decoding
from backshop.platforms.woocommerce import payloads
from pydantic import BaseModel, TypeAdapter, ValidationError

from tests.backshop.platforms.test_odd_fields import ODD, places, recordings, replaced

STEP = 61
ADAPTERS: dict[str, TypeAdapter[Any]] = {
    "order": payloads.order,
    "refund": payloads.refund,
    "customer": payloads.customer,
    "product": payloads.product,
    "category": payloads.category,
    "coupon": payloads.coupon,
}
EDGES: list[Any] = [
    *ODD,
    "inf", "-Infinity", "sNaN", "-0", "+5", ".5", "5.", " 1 ", "1_0", "١٢", "0x1", "1e5", "1e-400",
    "2026-01-01", "2026-01-01 00:00:00", "2026-01-01T00:00:00Z", "2026-01-01T00:00", "20260101T0000",
    "2026-01-01T00:00:00.1234567", "2026-01-01T00:00:00,5", "2026-01-01T24:00:00",
    "2026-01-01T23:59:60", "2026-01-01T00:00:00+0530", "2026-01-01T00:00:00+05:30",
    "2026-02-29T00:00:00", "2026-01-01t00:00:00z", "1767225600", 1767225600, 1767225600.5,
    "Salt &amp; Pepper", "&#39;", "&", "a\ud800b", "\ufeff", "999999999999999.9999",
    "1000000000000000", "-1000000000000000", 10**15, 2**31, 2**31 - 1, -(2**31), 2**63, 2**63 - 1,
    2**64, 1.0, 1e30, -0.0, 19.99, 1234567.891, 0.1 + 0.2, [[]], [None, None], {"a": [1, {}]},
]  # fmt: skip
RAW = [
    b"", b"{", b"[]", b"null", b"7", b'{"id":1,"id":2}', b'{"id":1,}', b'{"id":1} x', b' {"id":1}\n',
    b'\xef\xbb\xbf{"id":1}', b'{"id":NaN}', b'{"id":-0}', b'{"id":1e2}', b'{"id":1.0}', b'{"id":01}',
    b'{"id":1,"name":"\xff"}', b'{"id":1,"unknown":"\xff"}', b'{"id":1,"name":"\\ud83d\\ude00"}',
    b'{"id":1,"name":"tab\there"}', b'{"id":1,"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
    b'{"id":18446744073709551616}', b'{"id":1,"x":1e999}',
]  # fmt: skip


def samples() -> Iterator[tuple[str, Any]]:
    """Kinds and records of WooCommerce, from deliveries and from pages."""
    for of in recordings():
        if of.platform == "woocommerce":
            kind = of.topic.partition(".")[0] if of.topic else str(of.list).removesuffix("s")
            records = of.body if of.list else [of.body]
            yield from ((kind, each) for each in records if kind in ADAPTERS)


def plain(value: Any) -> Any:
    """Everything that a payload or its struct says, with the types it says it in. Of a seventh
    decimal of a second one way rounds and the other cuts."""
    if isinstance(value, BaseModel):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, Decimal):
        return "Decimal", value if value else 0
    if isinstance(value, datetime):
        return "datetime", value.utcoffset(), value.replace(microsecond=value.microsecond // 10)
    return type(value).__name__, str(value)


def differs(adapter: TypeAdapter[Any], body: bytes) -> bool | None:
    """Whether the two ways make different things of it; None where the quick one refuses."""
    try:
        quick = plain(decoding.decode(adapter, body))
    except decoding.Refused:
        return None
    try:
        return bool(quick != plain(adapter.validate_json(body)))
    except ValidationError:
        return True


def differences(step: int) -> tuple[int, int, list[str]]:
    """How many were tried, how many of them were decoded, and which came out otherwise."""
    tried, decoded, found = 0, 0, []
    number = 0
    for kind, record in samples():
        text = json.dumps(record)
        for path in places(record):
            for odd in EDGES:
                number += 1
                if number % step:
                    continue
                tried += 1
                body = json.dumps(replaced(text, path, odd)).encode()
                said = differs(ADAPTERS[kind], body)
                decoded += said is not None
                if said:
                    found.append(f"{kind} {'.'.join(map(str, path))} = {odd!r:.40}")
    return tried, decoded, found


def test_what_is_decoded_is_what_pydantic_makes_of_it() -> None:
    tried, decoded, found = differences(STEP)
    print(f"{tried} tried, {decoded} decoded, {len(found)} otherwise")
    assert decoded > tried / 4 > 500
    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_what_is_decoded_is_what_pydantic_makes_of_it_of_every_field() -> None:
    tried, decoded, found = differences(1)
    print(f"{tried} tried, {decoded} decoded, {len(found)} otherwise")
    assert found == []


@pytest.mark.parametrize("kind", ["order", "customer", "coupon"])
def test_what_was_recorded_is_decoded_quickly(kind: str) -> None:
    """Products without a price have a text without a number there, which is pydantic's to mend."""
    said = [
        differs(ADAPTERS[kind], json.dumps(record).encode())
        for of, record in samples()
        if of == kind and is_readable(ADAPTERS[kind], record)
    ]
    assert said
    assert set(said) == {False}


def is_readable(adapter: TypeAdapter[Any], record: Any) -> bool:
    try:
        adapter.validate_json(json.dumps(record))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("body", RAW, ids=[f"{n}" for n in range(len(RAW))])
@pytest.mark.parametrize("kind", ["category", "product"])
def test_odd_json_is_decoded_alike_or_refused(kind: str, body: bytes) -> None:
    assert not differs(ADAPTERS[kind], body) or b"\xff" in body


def test_what_is_not_plain_is_left_to_pydantic() -> None:
    class Shouted(BaseModel):
        text: str

        @property
        def loud(self) -> str:
            return self.text.upper()

    with pytest.raises(decoding.Refused):
        decoding.decode(TypeAdapter(Shouted), b'{"text": "a"}')
    with pytest.raises(decoding.Refused):
        decoding.decode(TypeAdapter(dict[str, int]), b'{"text": 1}')

"""Every field of every recording replaced by every type of JSON, each alone: the record is read, or
refused by name; nothing is raised that nobody foresaw.

A part is tried each time, all of it among the long tests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from backshop import platforms
from backshop.commerce import Record
from backshop.platforms.errors import Ignored, PayloadError
from backshop.platforms.vendure import translate as vendure
from backshop.platforms.webhooks import header
from backshop.platforms.woocommerce import translate as woocommerce
from backshop.saving.erasures import Erasures
from backshop.saving.prepare import prepare

from tests.backshop.platforms.recorded import FOLDER, NOW, deliveries, store

ODD: list[Any] = [
    None, True, False, 0, -1, 2.5, 10**30, "", "odd", "x" * 600, "8.264463", "NaN", "1E+400",
    "0000-00-00T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00",
    "a\u0000b", [], [7], ["odd"], [{}], [None], {}, {"odd": 1}, {"0": "odd", "2": "odd"},
]  # fmt: skip
STEP = 211
"""Each so-manieth is tried among the short tests: a prime, so that all fields and types have a
turn."""

WOO_LISTS = ("order", "customer", "product", "coupon", "refund")
VENDURE_LISTS = ("orders", "customers", "products", "collections", "promotions")


class Recorded(NamedTuple):
    """A body that a platform sent, and how it is read: as a delivery's topic, or a page's list."""

    platform: str
    name: str
    topic: str | None
    list: str | None
    body: Any


def recordings() -> Iterator[Recorded]:
    for path in sorted((FOLDER / "shopify-2026-07").glob("*.json")):
        topic = path.stem.replace("_", "/", 1)
        yield Recorded("shopify", path.stem, topic, None, json.loads(path.read_bytes()))
    for name, (headers, body) in deliveries().items():
        topic = header(headers, "x-wc-webhook-topic")
        if topic:
            yield Recorded("woocommerce", name, topic, None, json.loads(body))
    for path in sorted((FOLDER / "woocommerce-11.0.1").glob("*.json")):
        body = json.loads(path.read_bytes())["body"]
        kind = path.stem.split("_")[0].removesuffix("s")
        kind = "product" if kind == "variation" else kind
        records = body if isinstance(body, list) else [body]
        if (
            kind in WOO_LISTS
            and records
            and all(isinstance(e, dict) and "id" in e for e in records)
        ):
            plural = f"{kind}s"
            yield Recorded("woocommerce", path.stem, None, plural, records[:2])
    for path in sorted((FOLDER / "vendure-3.7.3").glob("*.json")):
        body = json.loads(path.read_bytes())["body"]
        data = body.get("data") if isinstance(body, dict) else None
        for name, value in (data or {}).items():
            if name in VENDURE_LISTS and isinstance(value, dict) and "items" in value:
                yield Recorded("vendure", path.stem, None, name, value["items"][:2])
            elif f"{name}s" in VENDURE_LISTS and isinstance(value, dict):
                yield Recorded("vendure", path.stem, None, f"{name}s", [value])
                event = {
                    "deliveryId": "d1",
                    "event": f"{name}.updated",
                    "createdAt": NOW.isoformat(),
                }
                sent = event | {"data": {name: value}}
                yield Recorded("vendure", f"{path.stem} sent", f"{name}.updated", None, sent)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the fields of decoded JSON are; of a list the first two items and the last are
    tried."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from places(each, (*path, key))
    elif isinstance(value, list):
        for number in sorted({0, 1, len(value) - 1} & set(range(len(value)))):
            yield from places(value[number], (*path, number))


def replaced(text: str, path: tuple[Any, ...], odd: Any) -> Any:
    body = json.loads(text)
    inner = body
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = odd
    return body


def read(of: Recorded, body: Any) -> None:
    """As the way in reads it, up to the rows that would be saved. Raises what was not foreseen."""
    shop = store(of.platform)
    if of.topic is not None:
        translator = platforms.load(shop.platform).translator
        content = json.dumps(body).encode()
        try:
            events = translator.translate(of.topic, content, shop, NOW, NOW)
        except (Ignored, PayloadError):
            return
    elif of.platform == "vendure":
        events = vendure.page(str(of.list), body, shop, NOW).events
    else:
        page = getattr(woocommerce, f"{of.list}_page")
        events = page(json.dumps(body).encode(), shop, NOW).events
    prepare([each for each in events if isinstance(each, Record)], shop, Erasures())


def failures(step: int) -> tuple[int, list[str]]:
    """How many were tried, and what was raised, in words."""
    tried, found = 0, []
    number = 0
    for of in recordings():
        text = json.dumps(of.body)
        for path in places(of.body):
            for odd in ODD:
                number += 1
                if number % step:
                    continue
                tried += 1
                try:
                    read(of, replaced(text, path, odd))
                except Exception as raised:
                    where = ".".join(map(str, path))
                    shown = json.dumps(odd)[:40]
                    found.append(f"{of.name} {where} = {shown}: {type(raised).__name__} {raised}")
    return tried, found


def test_no_odd_field_raises() -> None:
    tried, found = failures(STEP)
    print(f"{tried} tried, {len(found)} raised")
    assert tried > 300
    assert found == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_odd_field_of_any_recording_raises() -> None:
    tried, found = failures(1)
    print(f"{tried} tried, {len(found)} raised")
    assert tried > 60_000
    assert "\n".join(found[:50]) == ""

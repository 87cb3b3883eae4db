"""The recordings, and the stores they are read for."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from backshop import commerce, platforms

FOLDER = Path(__file__).parents[3] / "shops" / "recordings"
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
SECRET = "s3cr3t"


def store(platform: str, currency: str = "USD") -> commerce.Store:
    return commerce.Store(
        id=UUID(int=1),
        platform=commerce.Platform(platform),
        url="https://shop.example.com",
        currency=currency,
    )


def answer(platform: str, name: str) -> Any:
    """The body of a recorded answer."""
    return json.loads((FOLDER / platform / f"{name}.json").read_bytes())["body"]


def deliveries() -> dict[str, tuple[dict[str, str], bytes]]:
    """WooCommerce's deliveries by number and topic: headers and body."""
    folder = FOLDER / "woocommerce-11.0.1" / "webhooks"
    return {
        path.stem: (
            json.loads(path.with_name(f"{path.stem}.headers.json").read_bytes()),
            path.read_bytes(),
        )
        for path in sorted(folder.glob("*.body"))
    }


def sample(topic: str) -> dict[str, Any]:
    """Shopify's sample payload of a topic."""
    path = FOLDER / "shopify-2026-07" / (topic.replace("/", "_") + ".json")
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    return loaded


def told(platform: str, topic: str, payload: Any, currency: str = "USD", **given: Any) -> list[Any]:
    """What a delivery says; what it says also holds when the models check it once more."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    events = platforms.load(platform).translator.translate(
        topic, body, store(platform, currency), given.pop("received_at", NOW), **given
    )
    for event in events:
        assert type(event).model_validate(event.model_dump()) == event
    return list(events)

"""A shop whose products can be tried on, and calls of the try-on's functions, for their tests."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any
from uuid import UUID

from backshop.aws import config
from psycopg.types.json import Jsonb

from bench.try_on import figures

LOOKS: dict[str, dict[str, Any]] = {
    "TINT-20": {"kind": "foundation", "shade": "#e3b999", "coverage": 0.7},
    "TINT-30": {"kind": "foundation", "shade": "#cf9d77", "coverage": 0.7, "finish": "matte"},
    "TINT-50": {"kind": "foundation", "shade": "#8d5a3c", "coverage": 0.7, "finish": "dewy"},
    "LIP-RED": {"kind": "lip", "color": "#a8142a"},
    "BLUSH": {"kind": "blush", "color": "#d8556a"},
    "RIMS": {"kind": "eyewear", "image": "rims.png", "width_mm": 140},
}


@dataclass
class Shop:
    """Calls the routes as a caller of this store, and the drawing function as S3 does."""

    store: UUID
    load: Callable[[str], ModuleType]
    event: Callable[[str], dict[str, Any]]
    context: Any
    bucket: str

    def call(
        self,
        name: str,
        body: dict[str, Any] | None = None,
        *,
        session: str | None = None,
        token: str | None = None,
        caller: dict[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Status and body of a route by its event's name, called by the store's key."""
        event = copy.deepcopy(self.event(f"tryon_sessions/{name}"))
        if "authorizer" in event["requestContext"]:
            key = {"kind": "store", "id": str(self.store), "scopes": "store"}
            said = (caller or key) | {"store_id": str(self.store)}
            event["requestContext"]["authorizer"]["lambda"] = said
        if idempotency_key:
            event["headers"]["idempotency-key"] = idempotency_key
        if body is not None:
            event["body"] = json.dumps(body)
        if session:
            path = f"/try-on/sessions/{session}"
            event["rawPath"] = event["requestContext"]["http"]["path"] = path
            event["pathParameters"] = {"id": session}
        if token:
            event["headers"]["authorization"] = f"Bearer {token}"
        answer = self.load("tryon_sessions").handler(event, self.context)
        return answer["statusCode"], json.loads(answer["body"] or "{}")

    def begin(self, skus: list[str], **more: Any) -> dict[str, Any]:
        """A new session as its beginner got it."""
        status, made = self.call("begin", {"skus": skus, "consent": True, **more})
        assert status == 201, made
        return made

    def upload(self, made: dict[str, Any], selfie: bytes) -> None:
        """Put the selfie where the session's presigned POST would."""
        self.put(made["upload"]["fields"]["key"], selfie)

    def put(self, key: str, content: bytes) -> None:
        config.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)

    def stored(self) -> list[str]:
        """Every object of the bucket."""
        found = config.client("s3").list_objects_v2(Bucket=self.bucket)
        return [each["Key"] for each in found.get("Contents", [])]

    def notify(self, made: dict[str, Any], request_id: str = "first") -> None:
        """Call the drawing function as S3 does after an upload."""
        event = copy.deepcopy(self.event("tryon_overlay/selfie"))
        event["Records"][0]["s3"]["object"]["key"] = made["upload"]["fields"]["key"]
        context = copy.copy(self.context)
        context.aws_request_id = request_id
        self.load("tryon_overlay").handler(event, context)

    def show(self, made: dict[str, Any]) -> dict[str, Any]:
        status, shown = self.call("show", session=made["session_id"], token=made["capability"])
        assert status == 200, shown
        return shown


def fill(owner: Any, store: UUID, looks: dict[str, Any] = LOOKS) -> None:
    """Products with these looks."""
    for number, (sku, look) in enumerate(looks.items()):
        owner.execute(
            """INSERT INTO connect.platform_product
                 (store_id, sku, platform, title, metadata, price, product_id, variant_id)
               VALUES (%s, %s, 'woocommerce', %s, %s, 10, %s, %s)""",
            [store, sku, f"Product {sku}", Jsonb({"try_on": look}), f"{number}", f"{number}"],
        )


def selfie() -> bytes:
    """The astronaut as a JPEG."""
    return figures.as_jpeg(figures.astronaut(), 92)

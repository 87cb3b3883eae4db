"""A selfie through the whole stack: presigned upload, S3's notification, pictures, erasure."""

from __future__ import annotations

import io
import json
from urllib.parse import urlsplit

import httpx
import numpy as np
import psycopg
import pytest
from PIL import Image

from bench.try_on import figures
from tests.functions.try_on_shop import LOOKS, fill
from tests.stack.conftest import Running, eventually

figures.prepare()


@pytest.fixture
def store_key(stack: Running) -> str:
    """The key of the WooCommerce shop, whose catalogue holds what can be tried on."""
    connector = stack.connectors["woocommerce"]
    with psycopg.connect(stack.database_urls["owner"], autocommit=True) as owner:
        held = owner.execute(
            "SELECT count(*) FROM connect.platform_product WHERE store_id = %s AND sku = 'LIP-RED'",
            [connector["id"]],
        ).fetchone()
        if held == (0,):
            fill(
                owner, connector["id"], {sku: LOOKS[sku] for sku in ("LIP-RED", "TINT-30", "RIMS")}
            )
    key: str = connector["store_key"]
    return key


def upload(made: dict, content: bytes) -> httpx.Response:
    """As a browser posts the form that it was given."""
    return httpx.post(
        made["upload"]["url"], data=made["upload"]["fields"], files={"file": content}, timeout=30
    )


def test_a_selfie_comes_back_with_each_product_on_it(stack: Running, store_key: str):
    selfie = figures.as_jpeg(figures.astronaut(), 92)
    with stack.http() as api:
        key = {"Authorization": f"Bearer {store_key}"}
        token = api.post("/try-on/tokens", headers=key).json()["token"]
        asset = api.post(
            "/try-on/assets", headers=key, json={"name": "rims.png", "content_type": "image/png"}
        ).json()
        from bench.try_on import samples

        assert upload(asset, figures.as_png(samples.glasses())).status_code < 300
        begun = api.post(
            "/try-on/sessions",
            headers={"Authorization": f"Bearer {token}"},
            json={"skus": ["LIP-RED", "TINT-30", "RIMS"], "consent": True},
        )
        assert begun.status_code == 201, begun.text
        made = begun.json()
        path = f"/try-on/sessions/{made['session_id']}"
        capability = {"Authorization": f"Bearer {made['capability']}"}
        assert api.get(path, headers=capability).json()["status"] == "created"
        assert upload(made, selfie).status_code < 300

        def ended() -> dict | None:
            shown = api.get(path, headers=capability).json()
            return shown if shown["status"] in {"complete", "failed"} else None

        shown = eventually(ended)
        assert shown["status"] == "complete", json.dumps(shown)
        assert [each["status"] for each in shown["results"]] == ["complete"] * 3
        for each in shown["results"]:
            picture = httpx.get(each["url"], timeout=30)
            assert picture.headers["content-type"] == "image/jpeg"
            image = Image.open(io.BytesIO(picture.content))
            assert image.size == (512, 512)
            changed = np.abs(np.asarray(image, int) - np.asarray(figures.astronaut(), int))
            assert (changed.max(axis=2) > 40).sum() > 20, each["sku"]
        assert httpx.get(shown["selfie_url"], timeout=30).content == selfie
        assert api.delete(path, headers=capability).status_code == 204
        assert api.get(path, headers=capability).status_code == 404
        assert httpx.get(shown["results"][0]["url"], timeout=30).status_code == 404
        assert stored(stack, made["session_id"]) == []


def test_a_file_over_the_limit_or_of_another_type_is_not_taken(stack: Running, store_key: str):
    with stack.http() as api:
        made = api.post(
            "/try-on/sessions",
            headers={"Authorization": f"Bearer {store_key}"},
            json={"skus": ["LIP-RED"], "consent": True},
        ).json()
    assert upload(made, bytes(25_000_001)).status_code == 400
    fields = made["upload"]["fields"] | {"Content-Type": "text/html"}
    assert upload({"upload": made["upload"] | {"fields": fields}}, b"x").status_code == 403
    assert stored(stack, made["session_id"]) == []


def test_without_a_signature_nothing_is_shown(stack: Running, store_key: str):
    with stack.http() as api:
        made = api.post(
            "/try-on/sessions",
            headers={"Authorization": f"Bearer {store_key}"},
            json={"skus": ["LIP-RED"], "consent": True},
        ).json()
        path = f"/try-on/sessions/{made['session_id']}"
        assert api.get(path).status_code == 401
        assert api.get(path, headers={"Authorization": f"Bearer {store_key}"}).status_code == 401
        assert api.post("/try-on/sessions", json={}).status_code == 401
    assert urlsplit(made["upload"]["url"]).hostname == "127.0.0.1"


def stored(stack: Running, session_id: str) -> list[str]:
    """The session's objects in every bucket."""
    s3 = stack.aws("s3")
    return [
        each["Key"]
        for bucket in s3.list_buckets()["Buckets"]
        for each in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
        if session_id in each["Key"]
    ]

"""POST, GET and PATCH /stores: a store without a shop platform."""

from __future__ import annotations

import base64
import json

import pytest
from backshop.aws import config

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC"
)
HUGE = PNG[:16] + b"\0\0\x75\x30" * 2 + PNG[24:]
"""The same, which says that it has 900 megapixels."""


@pytest.fixture
def call(load, event, context):
    function = load("stores")

    def send(name, body=None, **path):
        request = event(f"stores/{name}")
        if body is not None:
            request["body"] = json.dumps(body)
        for key, value in path.items():
            request["rawPath"] = request["requestContext"]["http"]["path"] = f"/stores/{value}"
            request["pathParameters"] = {key: value}
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    return send


def test_a_store_is_made_with_a_key_that_works(call, load, event, context):
    status, made = call("create")
    assert status == 201
    assert made["tax_rates"] == {"material": "0.0825", "labour": "0", "delivery": "0"}
    request = event("authorizer/staff_key")
    request["headers"]["authorization"] = f"Bearer {made['store_key']}"
    answer = load("authorizer").handler(request, context)
    assert answer["isAuthorized"]
    assert answer["context"]["store_id"] == made["id"]
    status, shown = call("show", id=made["id"])
    assert (status, shown) == (200, {key: made[key] for key in made if key != "store_key"})


def test_a_store_is_changed_and_its_logo_kept(call, aws):
    _, made = call("create")
    logo = base64.b64encode(PNG).decode()
    status, changed = call("change", {"terms": "No returns.", "logo": logo}, id=made["id"])
    assert (status, changed["terms"], changed["has_logo"]) == (200, "No returns.", True)
    assert (changed["tax_rates"], changed["store_key"]) == (made["tax_rates"], None)
    stored = config.client("s3").get_object(Bucket=aws.bucket, Key=f"logos/{made['id']}.png")
    assert stored["Body"].read() == PNG
    _, anew = call("change", {"new_store_key": True}, id=made["id"])
    assert anew["store_key"] != made["store_key"]


@pytest.mark.parametrize(
    "bad, slug",
    [
        ({"time_zone": "Mars/Olympus"}, "invalid"),
        ({"currency": "dollars"}, "invalid"),
        ({"tax_rates": {"material": 8.25}}, "invalid"),
        ({"logo": "%%%"}, "bad-logo"),
        ({"logo": base64.b64encode(b"GIF89a").decode()}, "bad-logo"),
        ({"logo": base64.b64encode(HUGE).decode()}, "bad-logo"),
        ({"name": ""}, "invalid"),
    ],
)
def test_what_a_store_cannot_be(call, bad, slug):
    status, told = call("create", {"name": "Tiles", **bad})
    assert (status, told["type"].rpartition("#")[2]) == (422, slug)


def test_shops_of_platforms_are_no_such_stores(call, new_store):
    shop = new_store("shopify")
    assert call("show", id=str(shop))[0] == 404
    assert call("change", {"terms": "x"}, id=str(shop))[0] == 404
    assert call("show", id="abc")[0] == 404

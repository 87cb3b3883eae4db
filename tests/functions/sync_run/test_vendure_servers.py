"""Vendure servers that are set up otherwise: short lists, other minor units, lesser roles, older
plugins."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import httpx
import pytest
from backshop import db
from backshop.platforms.vendure.subscribing import PERMISSIONS
from backshop.stores import credentials
from backshop.stores import repository as stores

from shops.vendure import ACTIVE, schema
from tests.functions.sync_run.shops import Connected, connected


def test_a_short_list_limit_is_read_from_the_error_and_obeyed(aws: Any) -> None:
    with connected("vendure", orders=25, list_limit=7, carts=0) as shop:
        run = shop.sync()
        assert run.status == "completed", run
        placed = [each for each in shop.shop.state()["orders"] if each["status"] not in ACTIVE]
        assert len(placed) > 3 * 7
        assert len(shop.rows("SELECT FROM kits.customer_orders_summary")) == len(placed)
        again = shop.sync("reconcile")
        assert (again.status, sum(job.deleted for job in again.resources)) == ("completed", 0)


@pytest.mark.parametrize("precision", [0, 2, 3])
def test_minor_units_are_asked_for_before_the_first_page(aws: Any, precision: int) -> None:
    """The resource's job may well run before that of the shop."""
    with connected("vendure", orders=3, carts=0, money_precision=precision) as shop:
        shop.sync("full", "orders")
        totals = {str(each["id"]): each["total"] for each in shop.shop.state()["orders"]}
        held = shop.rows("SELECT order_id, total_amount FROM connect.platform_order")
        assert held
        for row in held:
            assert row["total_amount"] * 10**precision >= totals[row["order_id"]]
        assert shop.run().status == "completed"
        shop.sync("full", "shop")
        assert shop.load().settings["money_precision"] == precision


def with_role(shop: Connected, permissions: list[str]) -> None:
    """Connects with an API key of a role that may do this and no more."""

    def ask(query: str, **variables: Any) -> Any:
        headers = {"vendure-api-key": shop.shop.credentials["api_key"]}
        answer = httpx.post(
            f"{shop.shop.url}/admin-api",
            json={"query": query, "variables": variables},
            headers=headers,
        ).json()
        return answer["data"]

    role = ask(
        """mutation($in: CreateRoleInput!) { createRole(input: $in) { id } }""",
        **{"in": {"code": "sync", "description": "", "permissions": permissions}},
    )["createRole"]
    key = ask(
        """mutation($in: CreateApiKeyInput!) { createApiKey(input: $in) { apiKey } }""",
        **{"in": {"roleIds": [role["id"]], "translations": []}},
    )["createApiKey"]["apiKey"]
    sealed = credentials.seal(key, shop.id, "api_key")
    shop.rows(
        f"UPDATE connect.connector_config SET api_key = '{sealed}' WHERE id = '{shop.id}' RETURNING id"
    )


@pytest.mark.parametrize("lacking", PERMISSIONS)
def test_each_missing_permission_is_named_on_the_run(aws: Any, lacking: str) -> None:
    with connected("vendure", orders=2) as shop:
        with_role(shop, [each for each in PERMISSIONS if each != lacking])
        run = shop.sync()
        told = json.dumps([(job.error, job.notes) for job in run.resources])
        assert f"permission {lacking}" in told or f" {lacking}:" in told, told
        assert not [each for each in PERMISSIONS if each != lacking and f" {each}" in told], told


def test_a_role_that_has_what_is_asked_for_is_told_nothing(aws: Any) -> None:
    with connected("vendure", orders=2) as shop:
        with_role(shop, list(PERMISSIONS))
        run = shop.sync()
        assert run.status == "completed", run
        assert not [note for job in run.resources for note in job.notes if "permission" in note]


def test_an_older_plugin_without_the_placed_phone_keeps_its_stages(aws: Any, tmp_path: Any) -> None:
    fields = {
        entity: [field for field in listed if field["name"] != "placedPhone"]
        for entity, listed in schema.plugin_fields().items()
    }
    own = tmp_path / "fields.json"
    own.write_text(json.dumps(fields))
    with connected("vendure", orders=0, custom_fields=own) as shop:
        order = shop.shop.place_order(paid=True, phone="0770000012")
        shop.shop.edit_order(order["id"], custom={"deliveryStage": "SOURCING"})
        run = shop.sync()
        assert run.status == "completed", run
        [row] = shop.rows("SELECT delivery_stage, phone_number FROM kits.customer_orders_summary")
        assert row["delivery_stage"] == "SOURCING"


def test_collections_are_counted(aws: Any) -> None:
    """Vendure's hold variants, and so many are counted; products, which name their
    collections, take no count back."""
    with connected("vendure", orders=3, products=30) as shop:
        shop.sync()
        inside: Counter[str] = Counter()
        for product in shop.shop.state()["products"]:
            if product["category"]:
                inside[product["category"]] += len(product["variants"])
        assert len(inside) > 1
        assert max(inside.values()) > 1
        query = "SELECT name, product_count FROM insights.categories"
        assert {row["name"]: row["product_count"] for row in shop.rows(query)} == inside


CUSTOMER_FIELDS = [{"name": "size", "type": "string"}, {"name": "newsletter", "type": "boolean"}]
LISTED = {"customer_fields": ["size", "pets"], "consent": {"field": "newsletter"}}


@pytest.mark.parametrize("has_fields", [True, False])
def test_custom_fields_of_customers_are_kept_as_far_as_the_server_has_them(
    aws: Any, tmp_path: Any, has_fields: bool
) -> None:
    """A field that the settings list and nobody made is said on the run, and loses no customer. A
    server whose customers have none at all serves them as JSON."""
    own = tmp_path / "fields.json"
    fields = {"Customer": CUSTOMER_FIELDS} if has_fields else {}
    own.write_text(json.dumps({**schema.plugin_fields(), **fields}))
    with connected("vendure", orders=3, custom_fields=own) as shop:
        with db.transaction(store_id=shop.id) as tx:
            stores.change(tx, None, LISTED)
        buyers = shop.shop.state()["customers"]
        told = {"size": "L", "newsletter": True, "unlisted": "secret"}
        shop.shop.control("edit_customer", id=buyers[0]["id"], meta=told)
        run = shop.sync()
        assert run.status == "completed", run
        notes = " ".join(note for job in run.resources for note in job.notes)
        assert "pets" in notes
        assert ("size" in notes) is not has_fields
        held = {
            row["vendure_customer_id"]: row for row in shop.rows("SELECT * FROM kits.customers")
        }
        assert held.keys() == {str(each["id"]) for each in buyers}
        kept = held[str(buyers[0]["id"])]
        assert kept["custom_fields"].get("size") == ("L" if has_fields else None)
        assert kept["custom_fields"].keys() <= {"size", "verified"}
        assert (kept["marketing_consent"], kept["consent_told"]) == (has_fields, has_fields)

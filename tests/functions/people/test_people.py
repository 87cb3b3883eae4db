"""A person is counted, exported and erased by staff, however the shop writes their phone."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from backshop import db
from backshop.aws import config

EXAMPLE = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"
EMAIL = "ann@example.com"


@pytest.fixture
def call(load, event, context, store, aws, monkeypatch):
    monkeypatch.setenv("TRY_ON_BUCKET", aws.bucket)
    function = load("people")

    def run(name: str, body: Any, of: UUID | None = None, **caller: Any) -> Any:
        request = event(f"people/{name}")
        path = request["rawPath"].replace(EXAMPLE, str(of or store))
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        request["body"] = json.dumps(body)
        request["requestContext"]["authorizer"]["lambda"] |= caller
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    yield run
    db.close()


@pytest.fixture
def add(owner, store):
    """A customer with an account, and an order of theirs."""

    def customer(id: str, email: str | None, phone: str | None) -> None:
        owner.execute(
            """INSERT INTO connect.platform_customer
                 (store_id, platform, customer_id, email, phone)
               VALUES (%s, 'woocommerce', %s, %s, %s)""",
            [store, id, email or f"c{id}@example.com", phone],
        )
        owner.execute(
            """INSERT INTO connect.platform_order
                 (store_id, order_id, platform, status, total_amount, currency, line_items,
                  customer_id, phone)
               VALUES (%s, %s, 'woocommerce', 'paid', 5, 'USD', '[]', %s, %s)""",
            [store, f"o{id}", id, phone],
        )

    return customer


def customers(owner: Any, store: UUID) -> list[str]:
    found = owner.execute(
        "SELECT customer_id FROM connect.platform_customer WHERE store_id = %s ORDER BY 1", [store]
    )
    return [row["customer_id"] for row in found]


def test_without_a_word_nothing_is_done_but_counted(call, add, owner, store, aws):
    add("1", EMAIL, None)
    for name in ("export", "erase"):
        status, said = call(name, {"email": EMAIL.upper()})
        assert status == 200
        assert said["rows"]["connect"] == {"platform_customer": 1, "platform_order": 1}
        assert (said["customers"], said["total"]) == (1, 2)
    assert said["erased"] is False
    assert customers(owner, store) == ["1"]


def test_everything_is_in_the_file(call, add):
    add("1", EMAIL, "+94 77 000 0012")
    status, said = call("export", {"email": EMAIL, "dry_run": False})
    assert status == 200
    assert said["request_id"]
    assert said["url"].startswith("http")
    assert EMAIL not in json.dumps(said)


@pytest.mark.parametrize(
    "typed", ["+94 77 000 0012", "077 000 0012", "0094770000012", "94770000012"]
)
@pytest.mark.parametrize("kept", ["+94770000012", "0770000012", "077-000 0012"])
def test_a_phone_is_found_however_it_is_written(call, add, owner, store, typed, kept):
    add("1", None, kept)
    add("2", None, "+94770000013")
    status, said = call("erase", {"phone": typed, "dry_run": False})
    assert (status, said["customers"], said["erased"]) == (200, 1, True)
    assert customers(owner, store) == ["2"]
    left = owner.execute(
        "SELECT phone, total_amount FROM connect.platform_order WHERE store_id = %s ORDER BY order_id",
        [store],
    ).fetchall()
    assert [(row["phone"], int(row["total_amount"])) for row in left] == [
        (None, 5), ("+94770000013", 5),
    ]  # fmt: skip


def test_a_number_without_its_area_is_nobodys(call, add):
    """Seven digits that end a longer number may be those of another town."""
    add("1", None, "000 0012")
    assert call("erase", {"phone": "+94770000012"})[1]["total"] == 0


def test_an_erased_person_is_remembered_and_not_found_again(call, add, owner, store):
    add("1", EMAIL, None)
    assert call("erase", {"email": EMAIL, "dry_run": False})[1]["total"] == 2
    assert call("erase", {"email": EMAIL, "dry_run": False})[1]["total"] == 0, "may be repeated"
    kinds = owner.execute(
        "SELECT kind FROM backshop.erasures WHERE store_id = %s ORDER BY kind", [store]
    ).fetchall()
    assert {row["kind"] for row in kinds} >= {"customer", "email"}


def test_a_store_without_a_platform_has_people_too(call, owner, new_store):
    tiles = new_store(None)
    owner.execute(
        """INSERT INTO projects.customers (store_id, first_name, last_name, email, customer_type)
           VALUES (%s, 'Ann', 'Lee', %s, 'diy_homeowner')""",
        [tiles, EMAIL],
    )
    _, said = call("erase", {"email": EMAIL, "dry_run": False}, of=tiles)
    assert said["rows"] == {"projects": {"customers": 1}}
    assert call("erase", {"email": EMAIL}, of=tiles)[1]["total"] == 0


def test_the_answer_to_a_data_request_goes_with_the_person(call, add, owner, store, aws):
    """Also where it was asked for by another name than the erasure is; another's stays."""
    add("1", EMAIL, "+94 77 000 0012")
    add("2", "bo@example.com", "+94 77 000 0013")
    asked = [{"email": EMAIL}, {"phone": "077 000 0012"}, {"email": "bo@example.com"}]
    ids = [call("export", body | {"dry_run": False})[1]["request_id"] for body in asked]
    assert exported(aws) == {f"exports/{store}/{id}.json" for id in ids}
    assert call("erase", {"email": EMAIL, "dry_run": False})[1]["erased"]
    assert exported(aws) == {f"exports/{store}/{ids[-1]}.json"}
    kept = owner.execute("SELECT request_id FROM backshop.exports WHERE store_id = %s", [store])
    assert [row["request_id"] for row in kept] == [ids[-1]]


def exported(aws: Any) -> set[str]:
    listed = config.client("s3").list_objects_v2(Bucket=aws.bucket).get("Contents", ())
    return {each["Key"] for each in listed if each["Key"].startswith("exports/")}


def test_another_stores_people_are_not_there(call, add, new_store):
    add("1", EMAIL, None)
    assert call("export", {"email": EMAIL}, of=new_store())[1]["total"] == 0
    assert call("export", {"email": EMAIL}, of=UUID(int=7))[0] == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"email": None}, {"email": "no address"}, {"phone": "12"}, {"phone": "' OR 1=1"}, {"email": "a\x00@example.com"},
     {"email": EMAIL, "customer_id": "1"}, {"email": EMAIL, "dry_run": "perhaps"}, []],
)  # fmt: skip
def test_bodies_that_name_nobody(call, body):
    status, said = call("erase", body)
    assert status == 422
    assert EMAIL not in json.dumps(said)


def test_a_store_key_is_not_staff(call, store):
    caller = {"kind": "store", "store_id": str(store), "scopes": "store"}
    assert call("erase", {"email": EMAIL, "dry_run": False}, **caller)[0] == 403

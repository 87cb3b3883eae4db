"""Customers, projects, rooms, surfaces, selections, conversations and the catalogue: create, read,
change, list."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

JO = {
    "first_name": "Jo",
    "last_name": "Miller",
    "email": "Jo.Miller@example.com",
    "phone_primary": "+1 (555) 010-0199",
    "customer_type": "diy_homeowner",
}
TILE = {
    "sku": "T-12",
    "product_name": "Slate grey 12 × 12",
    "product_type": "tile",
    "size_length": 12,
    "size_width": "12 in",
    "size_thickness": "3/8",
    "coverage_per_box": 10,
    "pieces_per_box": 10,
    "unit_of_measure": "sf",
    "price_retail": "4.29",
    "price_pro": 3.79,
}


def made(answer):
    assert answer.status in (200, 201), answer.body
    return answer.body


@pytest.fixture
def customer(call):
    return made(call("POST", "/customers", JO))


@pytest.fixture
def project(call, customer):
    asked = {
        "customer_id": customer["customer_id"],
        "installation_method": "diy",
        "tile_budget": 500,
        "sales_associate": "Ana",
    }
    return made(call("POST", "/projects", asked))


@pytest.fixture
def surface(call, project):
    room = made(
        call(
            "POST",
            f"/projects/{project['project_id']}/rooms",
            {"room_type": "bathroom", "room_name": "Guest bath", "room_length_ft": "10'6\""},
        )
    )
    assert room["room_length_ft"] == "10.50"
    asked = {"surface_type": "floor", "length_ft": "10'6\"", "width_ft": 12}
    return made(call("POST", f"/rooms/{room['room_id']}/surfaces", asked))


def test_a_customer_is_made_read_changed_and_listed(call, customer):
    assert customer["email"] == "jo.miller@example.com"
    assert (customer["country"], customer["preferred_contact_method"]) == ("USA", "phone")
    path = f"/customers/{customer['customer_id']}"
    shown = call("GET", path)
    assert shown.body == customer
    assert shown.headers["etag"] == '"1"'
    changed = call("PATCH", path, {"city": "Austin", "last_name": None})
    assert (changed.body["city"], changed.body["last_name"]) == ("Austin", None)
    assert changed.headers["etag"] == '"2"'
    assert call("PATCH", path, {"first_name": None}).status == 422
    assert call("GET", "/customers").body["items"] == [changed.body]
    assert call("GET", "/customers", email="JO.miller@example.com").body["items"]
    assert call("GET", "/customers", email="x@example.com").body["items"] == []
    assert call("GET", f"/customers/{uuid4()}").status == 404
    assert call("GET", "/customers/abc").status == 404


def test_two_customers_share_no_address(call, customer):
    again = call("POST", "/customers", JO | {"email": "JO.MILLER@example.com"})
    assert (again.status, again.slug) == (409, "already-a-customer")
    other = made(call("POST", "/customers", JO | {"email": "other@example.com"}))
    taken = call("PATCH", f"/customers/{other['customer_id']}", {"email": JO["email"]})
    assert (taken.status, taken.slug) == (409, "already-a-customer")


def test_a_change_of_another_state_is_refused_with_the_current_one(call, customer):
    path = f"/customers/{customer['customer_id']}"
    first = call("PATCH", path, {"city": "Austin"}, headers={"if-match": '"1"'})
    assert first.status == 200
    late = call("PATCH", path, {"city": "Dallas"}, headers={"if-match": '"1"'})
    assert (late.status, late.slug) == (412, "changed-meanwhile")
    assert late.body["current"] == first.body
    assert late.body["etag"] == '"2"'
    for known in ('"2"', '"1", "2"', "*", None):
        headers = {"if-match": known} if known else None
        assert call("PATCH", path, {}, headers=headers).status == 200


def test_no_store_sees_another_s(call, customer, project, surface, new_store):
    other = new_store()
    for path in (
        f"/customers/{customer['customer_id']}",
        f"/projects/{project['project_id']}",
        f"/surfaces/{surface['surface_id']}",
    ):
        assert call("GET", path, of=other).status == 404
        assert call("PATCH", path, {}, of=other).status == 404
    assert call("GET", "/customers", of=other).body["items"] == []
    assert call("GET", "/customers", of=other, q="Miller").body["items"] == []
    room = call(
        "POST", f"/projects/{project['project_id']}/rooms", {"room_type": "other"}, of=other
    )
    assert room.status == 404
    stray = call(
        "POST",
        "/projects",
        {"customer_id": customer["customer_id"], "installation_method": "diy"},
        of=other,
    )
    assert (stray.status, stray.slug) == (409, "no-customer")


@pytest.mark.parametrize(
    "said",
    [
        "miller", "Jo Miller", "miller jo", "Jo", "Mil", "Miler", "Mlller", "Millre", "Muller", "Jo Milelr",
        "jo.miller@example.com", "jo.miler@exmaple.com", "+1 555 010 0199", "5550100199",
        "(555) 010-0199", "555.010.0199", "0015550100199", "0100199", "5550100198",
    ],
)  # fmt: skip
def test_a_customer_is_found_in_any_spelling(call, customer, said):
    others = [("Ana", "Lopez", "2125550147"), ("Wei", "Zhang", "4155550111"), ("Sam", "Hill", "x")]
    for first, last, phone in others:
        more = {"phone_primary": phone} if phone != "x" else {}
        made(
            call(
                "POST",
                "/customers",
                {"first_name": first, "last_name": last, "customer_type": "builder", **more},
            )
        )
    found = call("GET", "/customers", q=said.replace("+", "%2B").replace(" ", "%20"))
    # `query` values are decoded by API Gateway, the raw query is not.
    assert [each["last_name"] for each in found.body["items"]][:1] == ["Miller"], found.body


@pytest.mark.parametrize("said", ["", " ", "%25", "xyzzy", "99", "?!"])
def test_what_nobody_is_called_finds_nobody(call, customer, said):
    answer = call("GET", "/customers", q=said.replace(" ", "%20"))
    assert (answer.status, answer.body["items"]) == (200, [])


def test_a_project_is_read_whole(call, project, surface):
    made(call("POST", "/catalogue", TILE))
    for status in ("selected", "considered"):
        made(
            call(
                "POST",
                f"/surfaces/{surface['surface_id']}/selections",
                {"product_sku": "T-12", "selection_status": status},
            )
        )
    answer = call("GET", f"/projects/{project['project_id']}")
    whole = answer.body
    assert whole["customer"]["last_name"] == "Miller"
    assert "search" not in whole["customer"]
    stored = whole["rooms"][0]["surfaces"][0]
    assert (stored["surface_area_sf"], stored["waste_factor"]) == ("126.00", "0.10")
    assert [each["total_price"] for each in stored["selections"]] == ["600.60", "600.60"]
    assert whole["totals"] == {
        "room_count": 1,
        "surface_count": 1,
        "total_sf": "126.00",
        "project_total": "600.60",
        "considered_total": "600.60",
        "ordered_total": "0.00",
        "over_tile_budget_by": "100.60",
    }
    assert answer.headers["etag"] == f'"{project["version"]}"'


def test_lists_go_on_where_they_stopped(call, customer):
    ids = [
        made(
            call(
                "POST",
                "/projects",
                {
                    "customer_id": customer["customer_id"],
                    "installation_method": "diy",
                    "urgency_level": "rush" if number % 2 else "low",
                },
            )
        )["project_id"]
        for number in range(7)
    ]
    seen, cursor = [], None
    while True:
        page = call("GET", "/projects", limit=3, cursor=cursor).body
        seen += [each["project_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    rushed = call("GET", "/projects", urgency_level="rush").body["items"]
    assert {each["project_id"] for each in rushed} == set(ids[1::2])
    assert call("GET", "/projects", status="quoted").body["items"] == []
    assert call("GET", "/projects", status="x").status == 400
    assert call("GET", "/projects", cursor="x").status == 400


def test_a_surface_is_measured_less_its_obstacles(call, project, surface):
    path = f"/surfaces/{surface['surface_id']}"
    island = {"obstacles": [{"name": "island", "area": "2x3 ft"}]}
    changed = made(call("PATCH", path, island))
    assert (changed["surface_area_sf"], changed["obstacles_count"]) == ("120.00", 1)
    assert changed["obstacles_description"] == "island"
    assert made(call("PATCH", path, {"length_ft": "3.6576 m"}))["surface_area_sf"] == "138.00"
    given = made(call("PATCH", path, {"surface_area_sf": "99.5", "pattern_type": "herringbone"}))
    assert (given["surface_area_sf"], given["waste_factor"]) == ("99.50", "0.20")
    chosen = made(call("PATCH", path, {"waste_factor": 0.25}))
    assert (chosen["waste_factor"], chosen["waste_given"]) == ("0.25", True)
    kept = made(call("PATCH", path, {"complexity_level": "complex"}))
    assert kept["waste_factor"] == "0.25"
    back = made(call("PATCH", path, {"waste_factor": None}))
    assert (back["waste_factor"], back["waste_given"]) == ("0.25", False)
    listed = call("GET", f"/projects/{project['project_id']}/surfaces").body["items"]
    assert listed == [back]


def test_a_surface_needs_measures(call, surface):
    answer = call("POST", f"/rooms/{surface['room_id']}/surfaces", {"surface_type": "floor"})
    assert (answer.status, answer.slug) == (422, "not-measured")
    huge = {"surface_type": "floor", "length_ft": 100000, "width_ft": 100000}
    answer = call("POST", f"/rooms/{surface['room_id']}/surfaces", huge)
    assert (answer.status, answer.slug) == (409, "too-large-area")


def select(call, surface, **more):
    return made(
        call(
            "POST",
            f"/surfaces/{surface['surface_id']}/selections",
            {"product_sku": "T-12", "selection_status": "selected", **more},
        )
    )


def test_a_product_in_two_rooms_is_rounded_up_once(call, project, surface):
    made(call("POST", "/catalogue", TILE | {"coverage_per_box": 15.5, "pieces_per_box": None}))
    room = {"surface_type": "floor", "surface_area_sf": 30}
    other = made(call("POST", f"/rooms/{surface['room_id']}/surfaces", room))
    made(call("PATCH", f"/surfaces/{surface['surface_id']}", {"surface_area_sf": 40}))
    first = select(call, surface)
    assert first["quantity_needed"] == "46.50"
    second = select(call, other)
    first = call("GET", f"/selections/{first['selection_id']}").body
    assert Decimal(first["quantity_needed"]) + Decimal(second["quantity_needed"]) == Decimal("77.5")
    total = Decimal(first["total_price"]) + Decimal(second["total_price"])
    assert total == Decimal("332.48"), "77.5 × 4.29, half up"
    found = call("GET", f"/projects/{project['project_id']}/quantities").body
    line = found["selected"]["tiles"][0]
    assert (line["boxes"], line["packages_rounded_apart"]) == ("5", "6")
    assert found["selected"]["total_price"] == "332.48"
    assert found["considered"]["tiles"] == []


def test_professionals_with_an_account_pay_pro(call, customer, surface):
    made(call("POST", "/catalogue", TILE))
    selection = select(call, surface)
    assert selection["price_per_unit"] == "4.29"
    pro = {"customer_type": "contractor", "pro_account_number": "P-1"}
    made(call("PATCH", f"/customers/{customer['customer_id']}", pro))
    made(call("PATCH", f"/surfaces/{surface['surface_id']}", {"complexity_level": "simple"}))
    shown = call("GET", f"/selections/{selection['selection_id']}").body
    assert (shown["price_per_unit"], shown["total_price"]) == ("3.79", "530.60")


def test_what_is_given_stays_as_it_is_given(call, surface):
    given = select(
        call,
        surface,
        product_sku="other",
        product_type="tile",
        quantity_needed=10,
        price_per_unit=2,
    )
    assert (given["total_price"], given["quantity_given"], given["price_given"]) == (
        "20.00",
        True,
        True,
    )
    path = f"/selections/{given['selection_id']}"
    reckoned = made(call("PATCH", path, {"quantity_needed": None}))
    assert (reckoned["quantity_needed"], reckoned["total_price"]) == ("138.60", "277.20")


def test_a_product_that_nobody_knows_needs_its_type(call, surface):
    answer = call("POST", f"/surfaces/{surface['surface_id']}/selections", {"product_sku": "?"})
    assert (answer.status, answer.slug) == (409, "product-type-missing")


def test_an_undecided_product_is_never_ordered_and_an_ordered_one_stays(call, surface):
    made(call("POST", "/catalogue", TILE | {"special_order": True}))
    selection = select(call, surface, undecided=True)
    assert selection["return_terms"] == "not_returnable"
    path = f"/selections/{selection['selection_id']}"
    assert call("PATCH", path, {"selection_status": "ordered"}).slug == "undecided"
    assert call("PATCH", path, {"selection_status": "delivered"}).slug == "not-ordered"
    ordered = made(call("PATCH", path, {"selection_status": "ordered", "undecided": False}))
    assert ordered["quantity_ordered"] == ordered["quantity_needed"] == "140.00"
    for change in ({"price_per_unit": 1}, {"selection_status": "considered"}):
        assert call("PATCH", path, change).slug == "ordered"
    assert call("DELETE", path).slug == "ordered"
    assert call("DELETE", f"/surfaces/{surface['surface_id']}").slug == "ordered"
    assert call("DELETE", f"/rooms/{surface['room_id']}").slug == "ordered"
    made(call("PATCH", path, {"selection_status": "delivered", "lot": "A1"}))
    made(call("PATCH", f"/surfaces/{surface['surface_id']}", {"surface_area_sf": 500}))
    assert call("GET", path).body["quantity_needed"] == "140.00"


def test_a_top_up_of_another_lot_is_flagged(call, project, surface):
    made(call("POST", "/catalogue", TILE))
    first = select(call, surface, lot="A1", shade="S3")
    made(call("PATCH", f"/selections/{first['selection_id']}", {"selection_status": "ordered"}))
    select(call, surface, lot="B7", shade="S3")
    found = call("GET", f"/projects/{project['project_id']}/quantities").body
    assert [each["rule"] for each in found["warnings"]] == ["lots-differ"]


def test_rooms_and_all_in_them_are_taken_out(call, project, surface):
    made(call("POST", "/catalogue", TILE))
    selection = select(call, surface)
    assert call("DELETE", f"/selections/{selection['selection_id']}").status == 204
    select(call, surface)
    stale = call("DELETE", f"/rooms/{surface['room_id']}", headers={"if-match": '"9"'})
    assert stale.status == 412
    assert call("DELETE", f"/rooms/{surface['room_id']}").status == 204
    assert call("GET", f"/projects/{project['project_id']}").body["rooms"] == []
    assert call("DELETE", f"/rooms/{surface['room_id']}").status == 404


def test_amounts_that_no_column_holds_are_refused(call, surface):
    answer = call(
        "POST",
        f"/surfaces/{surface['surface_id']}/selections",
        {
            "product_sku": "x",
            "product_type": "tile",
            "quantity_needed": 99999999.99,
            "price_per_unit": 99999999.99,
        },
    )
    assert (answer.status, answer.slug) == (409, "too-large-amount")


@pytest.mark.parametrize(
    "status, steps, refused",
    [
        ("inquiry", ["cancelled"], ["quoted", "ordered", "in_progress", "completed", "inquiry"]),
        ("ordered", ["in_progress", "completed"], ["inquiry", "quoted"]),
        ("completed", [], ["cancelled", "in_progress"]),
    ],
)
def test_a_project_moves_by_allowed_steps(call, owner, project, status, steps, refused):
    owner.execute(
        "UPDATE projects.projects SET project_status = %s::projects.project_status WHERE project_id = %s",
        [status, project["project_id"]],
    )
    path = f"/projects/{project['project_id']}/status"
    for step in refused:
        answer = call("POST", path, {"status": step})
        assert (answer.status, answer.slug) == (409, "no-such-step")
    for step in steps:
        answer = made(call("POST", path, {"status": step}))
        assert answer["project_status"] == step
        assert (answer["project_completion_date"] is not None) is (step == "completed")


def test_a_conversation_is_noted_changed_and_listed(call, project):
    path = f"/projects/{project['project_id']}/conversations"
    entry = made(call("POST", path, {"aos_phase": "close", "aos_score_overall": 4}))
    assert (entry["sales_associate"], entry["interaction_type"]) == ("Ana", "followup")
    assert call("POST", path, {"aos_score_overall": 5}).status == 422
    assert call("POST", path, {"aos_score_overall": 0}).status == 422
    one = f"/conversations/{entry['log_id']}"
    changed = made(
        call("PATCH", one, {"outcome": "lost", "conversation_date": "2020-01-01T00:00:00Z"})
    )
    assert (changed["outcome"], changed["conversation_date"]) == (
        "lost",
        entry["conversation_date"],
    )
    assert call("GET", one).body == changed
    old = made(call("POST", path, {"conversation_date": "2019-05-05T10:00:00+02:00"}))
    assert old["conversation_date"] == "2019-05-05T08:00:00Z"
    outside = call("POST", path, {"conversation_date": "0001-01-01T00:00:00+14:00"})
    assert (outside.status, outside.body["errors"][0]["message"]) == (
        422,
        "give a time that is one in UTC, too: of the years 1 to 9999",
    )
    assert call("GET", path).body["items"] == [changed, old]
    assert call("GET", "/conversations", outcome="lost").body["items"] == [changed]
    assert call("GET", "/conversations", until="2020-01-01").body["items"] == [old]


def test_the_catalogue_is_kept_by_sku(call):
    for sku in ("T-12", "A/B 1", "100%"):
        made(call("POST", "/catalogue", TILE | {"sku": sku}))
    taken = call("POST", "/catalogue", TILE)
    assert (taken.status, taken.slug) == (409, "sku-taken")
    page = call("GET", "/catalogue", limit=2).body
    assert [each["sku"] for each in page["items"]] == ["100%", "A/B 1"]
    more = call("GET", "/catalogue", cursor=page["next_cursor"]).body
    assert [each["sku"] for each in more["items"]] == ["T-12"]
    for sku in ("A/B 1", "100%"):
        changed = made(
            call("PATCH", f"/catalogue/{sku}", {"price_retail": None, "in_stock": False})
        )
        assert (changed["price_retail"], changed["in_stock"]) == (None, False)
        assert call("GET", f"/catalogue/{sku}").body == changed
    assert len(call("GET", "/catalogue", in_stock="false").body["items"]) == 2
    assert len(call("GET", "/catalogue", q="GREY").body["items"]) == 3
    assert call("GET", "/catalogue", q="%25").body["items"] == []
    assert call("GET", "/catalogue/none").status == 404


def test_a_changed_product_is_reckoned_with_at_once(call, project, surface):
    made(call("POST", "/catalogue", TILE))
    selection = select(call, surface)
    made(call("PATCH", "/catalogue/T-12", {"price_retail": "5.00"}))
    found = call("GET", f"/projects/{project['project_id']}/quantities").body
    assert found["selected"]["tiles"][0]["price_per_unit"] == "5.00"
    made(call("PATCH", f"/selections/{selection['selection_id']}", {"notes": "x"}))
    shown = call("GET", f"/selections/{selection['selection_id']}").body
    assert shown["total_price"] == "700.00"


def test_staff_name_the_store(call, customer, store, new_store):
    new_store()
    assert call("GET", "/customers", staff=True).slug == "which-store"
    listed = call("GET", "/customers", staff=True, store_id=store).body["items"]
    assert [UUID(each["customer_id"]) for each in listed] == [UUID(customer["customer_id"])]


def test_a_request_that_is_sent_twice_is_recorded_once(call, customer):
    asked = {"customer_id": customer["customer_id"], "installation_method": "diy"}
    once = {"idempotency-key": "4c1f"}
    first = call("POST", "/projects", asked, headers=once)
    again = call("POST", "/projects", asked, headers=once)
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert len(call("GET", "/projects").body["items"]) == 1
    other = call("POST", "/projects", asked | {"project_name": "x"}, headers=once)
    assert (other.status, other.slug) == (422, "idempotency-key-reused")
    path = f"/projects/{first.body['project_id']}/close"
    for _ in range(2):
        answer = call("POST", path, {"conversation": {"outcome": "lost"}}, headers=once)
        assert answer.status == 200
    assert len(call("GET", "/conversations").body["items"]) == 1

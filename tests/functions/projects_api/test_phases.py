"""The document's four integration points and two sample queries, the next question, follow-ups and
reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

GREETING = {
    "customer": {
        "first_name": "Jo",
        "last_name": "Miller",
        "phone_primary": "+1 555 0100",
        "customer_type": "diy_homeowner",
    },
    "project": {"installation_method": "unknown", "sales_associate": "Ana"},
    "conversation": {"aos_score_greeting": 3},
}
NEEDS = {
    "rooms": [
        {
            "room_type": "bathroom",
            "room_name": "Guest bath",
            "room_style": "modern",
            "surfaces": [
                {"surface_type": "floor", "surface_area_sf": 48, "pattern_type": "herringbone"},
                {"surface_type": "shower_walls", "length_ft": 5, "width_ft": 3, "height_ft": "8'"},
            ],
        }
    ],
    "project": {
        "installation_method": "contractor",
        "contractor_name": "Rivera Tile",
        "project_start_date": "2027-02-01",
        "total_budget_min": 2000,
        "total_budget_max": "4000.00",
        "tile_budget": 900,
    },
    "conversation": {"aos_score_needs": 4},
}


def made(answer):
    assert answer.status in (200, 201), answer.body
    return answer.body


@pytest.fixture
def greeted(call):
    return made(call("POST", "/projects/greeting", GREETING))


@pytest.fixture
def path(greeted):
    return f"/projects/{greeted['project']['project_id']}"


def test_phase_1_captures_basic_customer_info(owner, store, greeted):
    customer = owner.execute(
        "SELECT first_name, last_name, phone_primary, customer_type FROM projects.customers"
        " WHERE store_id = %s",
        [store],
    ).fetchone()
    assert list(customer.values()) == ["Jo", "Miller", "+1 555 0100", "diy_homeowner"]
    project = owner.execute(
        "SELECT customer_id::text, installation_method, sales_associate, project_status"
        " FROM projects.projects WHERE store_id = %s",
        [store],
    ).fetchone()
    assert list(project.values()) == [
        greeted["customer"]["customer_id"],
        "unknown",
        "Ana",
        "inquiry",
    ]
    entry = greeted["conversation"]
    assert (entry["aos_phase"], entry["aos_score_greeting"]) == ("greeting", 3)
    assert (entry["interaction_type"], entry["outcome"], entry["sales_associate"]) == (
        "initial_inquiry",
        "information_gathered",
        "Ana",
    )


def test_phase_1_for_somebody_known(call, greeted):
    known = {"customer_id": greeted["customer"]["customer_id"]}
    again = made(call("POST", "/projects/greeting", known))
    assert again["customer"] == greeted["customer"]
    assert again["project"]["installation_method"] == "unknown"
    assert call("POST", "/projects/greeting", {"customer_id": str(uuid4())}).slug == "no-customer"
    assert call("POST", "/projects/greeting", {}).status == 422


def test_phase_2_captures_what_who_when_and_how_much(call, owner, store, path):
    recorded = made(call("POST", f"{path}/needs-assessment", NEEDS))
    rooms = owner.execute(
        "SELECT room_type, room_name, room_style FROM projects.project_rooms WHERE store_id = %s",
        [store],
    ).fetchall()
    assert [list(row.values()) for row in rooms] == [["bathroom", "Guest bath", "modern"]]
    surfaces = owner.execute(
        "SELECT surface_type, surface_area_sf, pattern_type, waste_factor FROM projects.surfaces"
        " WHERE store_id = %s ORDER BY surface_type",
        [store],
    ).fetchall()
    assert [list(row.values()) for row in surfaces] == [
        ["floor", Decimal(48), "herringbone", Decimal("0.20")],
        ["shower_walls", Decimal(88), "straight_lay", Decimal("0.10")],
    ]
    project = recorded["project"]
    assert [
        project[each]
        for each in (
            "installation_method",
            "contractor_name",
            "project_start_date",
            "total_budget_min",
            "total_budget_max",
        )
    ] == ["contractor", "Rivera Tile", "2027-02-01", "2000.00", "4000.00"]
    assert recorded["conversation"]["aos_phase"] == "needs_assessment"
    assert recorded["conversation"]["aos_score_needs"] == 4


def test_phase_3_captures_product_selections(call, owner, store, path):
    project = made(call("POST", f"{path}/needs-assessment", NEEDS))["project"]
    surface = project["rooms"][0]["surfaces"][0]["surface_id"]
    selection = {
        "surface_id": surface,
        "product_sku": "T-12",
        "product_type": "tile",
        "quantity_needed": 57.6,
        "price_per_unit": 4.29,
    }
    asked = {"selections": [selection], "conversation": {"aos_score_design": 2}}
    recorded = made(call("POST", f"{path}/design-details", asked))
    row = owner.execute(
        "SELECT surface_id::text, product_sku, product_type, quantity_needed, price_per_unit,"
        " selection_status, total_price FROM projects.selected_products WHERE store_id = %s",
        [store],
    ).fetchone()
    assert list(row.values()) == [
        surface, "T-12", "tile", Decimal("57.60"), Decimal("4.29"), "considered", Decimal("247.10"),
    ]  # fmt: skip
    assert recorded["conversation"]["aos_phase"] == "design_details"
    stray = {"selections": [selection | {"surface_id": str(uuid4())}]}
    assert call("POST", f"{path}/design-details", stray).slug == "no-surface"


def test_phase_4_updates_the_conversation_outcome(call, path):
    asked = {
        "conversation": {
            "aos_score_overall": 4,
            "outcome": "follow_up_scheduled",
            "next_action": "call about the sample",
            "next_contact_date": "2027-01-05",
        }
    }
    entry = made(call("POST", f"{path}/close", asked))["conversation"]
    for key, value in (asked["conversation"] | {"aos_phase": "close"}).items():
        assert entry[key] == value
    placed = {"conversation": {"outcome": "order_placed"}}
    entry = made(call("POST", f"{path}/close", placed))["conversation"]
    assert entry["interaction_type"] == "order_placement"


@pytest.mark.parametrize("phase", ["needs-assessment", "design-details", "close"])
def test_a_phase_that_fails_records_nothing(call, owner, store, path, phase):
    bad = {
        "needs-assessment": {
            "rooms": [
                *NEEDS["rooms"],
                {"room_type": "other", "surfaces": [{"surface_type": "floor"}]},
            ]
        },
        "design-details": {
            "selections": [{"surface_id": str(uuid4()), "product_sku": "x", "product_type": "tile"}]
        },
        "close": {"conversation": {"aos_score_close": 9}},
    }
    assert call("POST", f"{path}/{phase}", bad[phase]).status in (409, 422)
    for table, number in (("project_rooms", 0), ("selected_products", 0), ("conversation_log", 1)):
        row = owner.execute(
            f"SELECT count(*) AS number FROM projects.{table} WHERE store_id = %s", [store]
        ).fetchone()
        assert row["number"] == number, table


def test_the_query_get_customer_project_summary(call, greeted, path):
    made(call("POST", f"{path}/needs-assessment", NEEDS))
    customer = greeted["customer"]["customer_id"]
    empty = made(call("POST", "/projects", {"customer_id": customer, "installation_method": "diy"}))
    items = made(call("GET", f"/customers/{customer}/projects"))["items"]
    assert [each["project_id"] for each in items] == [
        empty["project_id"],
        greeted["project"]["project_id"],
    ]
    shown = items[1]
    assert (shown["first_name"], shown["last_name"], shown["email"]) == ("Jo", "Miller", None)
    assert (shown["room_count"], shown["total_sf"], shown["tile_budget"]) == (1, "136.00", "900.00")
    assert (items[0]["room_count"], items[0]["total_sf"]) == (0, None)


def test_the_query_calculate_project_total(call, owner, path):
    project = made(call("POST", f"{path}/needs-assessment", NEEDS))["project"]
    for surface in project["rooms"][0]["surfaces"]:
        for status, price in (("selected", 3), ("considered", 100)):
            asked = {
                "product_sku": "T", "product_type": "tile", "quantity_needed": 10,
                "price_per_unit": price, "selection_status": status,
            }  # fmt: skip
            made(call("POST", f"/surfaces/{surface['surface_id']}/selections", asked))
    row = owner.execute(
        """SELECT p.project_id, SUM(sp.total_price) AS project_total,
             COUNT(DISTINCT s.surface_id) AS surface_count
           FROM projects.projects p
           JOIN projects.project_rooms pr ON p.project_id = pr.project_id
           JOIN projects.surfaces s ON pr.room_id = s.room_id
           JOIN projects.selected_products sp ON s.surface_id = sp.surface_id
           WHERE p.project_id = %s AND sp.selection_status = 'selected' GROUP BY p.project_id""",
        [project["project_id"]],
    ).fetchone()
    totals = made(call("GET", path))["totals"]
    assert (Decimal(totals["project_total"]), totals["surface_count"]) == (
        row["project_total"],
        row["surface_count"],
    )
    assert row["project_total"] == 60


def test_the_next_question_goes_from_who_to_the_close(call, path):
    step = made(call("GET", f"{path}/next"))
    assert step["about"] == "what"
    assert step["say"] == "Which room are we tiling, Jo?"
    assert step["unknown"] == {
        "who": [],
        "what": ["rooms"],
        "when": ["start date"],
        "how": ["who installs"],
        "how_much": ["budget", "tile budget"],
    }
    room = made(call("POST", f"{path}/rooms", {"room_type": "powder_room"}))
    step = made(call("GET", f"{path}/next"))
    assert "powder room" in step["say"]
    made(call("POST", f"/rooms/{room['room_id']}/surfaces", {"surface_type": "floor", "surface_area_sf": 0}))  # fmt: skip
    assert "measures of the floor in the powder room" in made(call("GET", f"{path}/next"))["say"]
    assert call("DELETE", f"/rooms/{room['room_id']}").status == 204
    step = made(call("POST", f"{path}/needs-assessment", NEEDS))["next"]
    assert not any(step["unknown"].values())
    assert (step["about"], "show you tile for the floor" in step["say"]) == ("design", True)
    for surface in made(call("GET", path))["rooms"][0]["surfaces"]:
        asked = {"product_sku": "T", "product_type": "tile", "price_per_unit": 3}
        made(call("POST", f"/surfaces/{surface['surface_id']}/selections", asked))
    step = made(call("GET", f"{path}/next"))
    assert "Which of these" in step["say"]
    for selection in made(call("GET", f"{path}/selections"))["items"]:
        change = {"selection_status": "selected"}
        made(call("PATCH", f"/selections/{selection['selection_id']}", change))
    step = made(call("GET", f"{path}/next"))
    assert (step["about"], "quote" in step["say"]) == ("close", True)


def test_the_next_question_asks_who_first(call):
    stranger = {"customer": {"first_name": "Sam", "customer_type": "builder"}}
    step = made(call("POST", "/projects/greeting", stranger))["next"]
    assert (step["about"], step["unknown"]["who"]) == ("who", ["phone or e-mail", "last name"])
    assert step["say"].startswith("How can I reach you best, Sam")


def test_follow_ups_are_due_once_and_by_the_preferred_way(call, greeted, path):
    def note(at, **said):
        made(call("POST", f"{path}/conversations", {"conversation_date": f"2026-01-{at}T10:00:00Z", **said}))  # fmt: skip

    assert made(call("GET", "/follow-ups"))["items"] == []
    late = {"next_contact_date": "2026-02-01", "next_action": "call"}
    made(call("POST", f"{path}/close", {"conversation": late}))
    note("01", next_contact_date="2026-01-15")
    today = datetime.now(UTC).date()
    [due] = made(call("GET", "/follow-ups"))["items"]
    days = {(day - date(2026, 2, 1)).days for day in (today, datetime.now(UTC).date())}
    assert due["days_overdue"] in days
    assert (due["first_name"], due["contact"], due["next_action"]) == ("Jo", "+1 555 0100", "call")
    assert due["preferred_contact_method"] == "phone"
    [known] = made(call("GET", "/follow-ups", associate="Ana"))["items"]
    assert known["log_id"] == due["log_id"]
    assert made(call("GET", "/follow-ups", associate="Ben"))["items"] == []
    assert made(call("GET", "/follow-ups", due_by="2026-01-31"))["items"] == []
    customer = f"/customers/{greeted['customer']['customer_id']}"
    mail = {"email": "jo@example.com", "preferred_contact_method": "email"}
    made(call("PATCH", customer, mail))
    assert made(call("GET", "/follow-ups"))["items"][0]["contact"] == "jo@example.com"
    soon = str(today + timedelta(days=9))
    made(call("POST", f"{path}/close", {"conversation": {"next_contact_date": soon}}))
    assert made(call("GET", "/follow-ups"))["items"] == []
    assert len(made(call("GET", "/follow-ups", due_by=soon))["items"]) == 1
    made(call("POST", f"{path}/status", {"status": "cancelled"}))
    assert made(call("GET", "/follow-ups", due_by=soon))["items"] == []


def test_follow_ups_go_on_page_by_page(call):
    for number in range(5):
        asked = GREETING | {"conversation": {"next_contact_date": f"2026-03-0{number + 1}"}}
        made(call("POST", "/projects/greeting", asked))
    seen, cursor = [], None
    while True:
        page = made(call("GET", "/follow-ups", limit=2, cursor=cursor))
        seen += [each["next_contact_date"] for each in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == [f"2026-03-0{number}" for number in range(1, 6)]


def test_reports_of_scores_and_conversion(call, path):
    other = made(call("POST", "/projects/greeting", GREETING))["project"]["project_id"]
    for project, associate, at, said in (
        (path, "Ana", "2026-01-31T23:30:00Z", {"aos_phase": "close", "aos_score_close": 4, "outcome": "order_placed"}),
        (path, "Ana", "2026-02-01T10:00:00Z", {"aos_phase": "close", "aos_score_close": 1}),
        (f"/projects/{other}", "Ben", "2026-02-02T10:00:00Z", {"aos_phase": "followup", "outcome": "lost"}),
    ):  # fmt: skip
        entry = {"sales_associate": associate, "conversation_date": at, **said}
        made(call("POST", f"{project}/conversations", entry))
    within = {"since": "2026-01-01", "until": "2026-02-28"}
    scores = made(call("GET", "/reports/scores", **within))["items"]
    assert [(each["associate"], each["conversations"], each["close"]) for each in scores] == [
        ("Ana", 2, "2.50"),
        ("Ben", 1, None),
    ]
    [january, february] = made(call("GET", "/reports/scores", by="month", **within))["items"]
    assert (january["month"], january["close"]) == ("2026-01-01", "4.00")
    assert (february["month"], february["conversations"]) == ("2026-02-01", 2)
    [ana, ben] = made(call("GET", "/reports/conversion", **within))["items"]
    assert (ana["projects"], ana["orders"], ana["conversion"]) == (1, 1, "1.00")
    assert (ben["projects"], ben["lost"], ben["conversion"]) == (1, 1, "0.00")
    phases = made(call("GET", "/reports/conversion", by="phase", **within))["items"]
    assert {each["phase"]: each["orders"] for each in phases} == {"close": 1, "followup": 0}
    every = made(call("GET", "/reports/scores"))["items"]
    assert sum(each["conversations"] for each in every) == 5
    assert call("GET", "/reports/scores", by="weather").status == 400


def test_averages_are_rounded(call):
    projects = [made(call("POST", "/projects/greeting", GREETING))["project"] for _ in range(3)]
    for project, score in zip(projects, (1, 1, 2), strict=True):
        said = {"aos_score_overall": score, **({"outcome": "order_placed"} if score == 2 else {})}
        made(call("POST", f"/projects/{project['project_id']}/close", {"conversation": said}))
    assert made(call("GET", "/reports/scores"))["items"][0]["overall"] == "1.33"
    assert made(call("GET", "/reports/conversion"))["items"][0]["conversion"] == "0.33"


@pytest.mark.parametrize("said", ["0", "1700000000", "2026-1-1", "tomorrow", "2026-02-30"])
def test_a_day_is_written_as_one(call, said):
    for path, name in (("/follow-ups", "due_by"), ("/projects", "created_from"), ("/conversations", "since")):  # fmt: skip
        answer = call("GET", path, **{name: said})
        assert (answer.status, answer.body["errors"][0]["field"]) == (400, name)

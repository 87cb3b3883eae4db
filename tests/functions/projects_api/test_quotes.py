"""Quotes: numbers, sums, sending, the customer's link, and what follows from an accepted one."""

from __future__ import annotations

import base64
import email
import email.policy
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from html import unescape
from types import SimpleNamespace
from urllib.parse import urlencode
from uuid import UUID

import pypdfium2
import pytest
from backshop import commerce, db, privacy
from backshop.aws import config
from backshop.projects.quotes import quoting, rules
from backshop.projects.quotes import repository as quotes
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from tests.functions.conftest import CONTEXT

LONG_AGO = date(2020, 1, 1)
TILE = {
    "sku": "T-12",
    "product_name": "Bianco 12×12",
    "product_type": "tile",
    "size_length": 12,
    "size_width": 12,
    "size_thickness": 0.38,
    "coverage_per_box": 10,
    "pieces_per_box": 10,
    "price_retail": "4.29",
    "price_pro": "3.99",
    "unit_of_measure": "sf",
}
GROUT = {
    "sku": "G-25",
    "product_name": "Grout, sanded, 25 lb",
    "product_type": "grout",
    "price_retail": "24.98",
    "unit_of_measure": "bag",
}
THINSET = {
    "sku": "M-50",
    "product_name": "Thinset, 50 lb",
    "product_type": "adhesive",
    "price_retail": "31.50",
    "unit_of_measure": "bag",
}
USAGE = {"M-50": {"usage": {"coverage_sf": 55}}}
GREETING = {
    "customer": {
        "first_name": "Jo",
        "last_name": "Miller",
        "email": "jo.miller@example.com",
        "phone_primary": "+1 555 0100",
        "customer_type": "diy_homeowner",
    },
    "project": {"installation_method": "contractor", "sales_associate": "Ana", "tile_budget": 650},
}
INSTALLATION = {
    "description": "Installation",
    "tax_class": "labour",
    "quantity": 126,
    "unit": "sf",
    "price_per_unit": "9.00",
}


def made(answer):
    assert answer.status in (200, 201), answer.body
    return answer.body


def refused(answer, status, slug):
    assert (answer.status, answer.slug) == (status, slug), answer.body
    return answer.body["detail"]


@pytest.fixture
def rates(owner, store):
    """The store's tax rates: materials 8.25 %."""
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"name": "Tile & Stone",
             "projects": {"tax_rates": {"material": "0.0825"}, "terms": "Net 30.",
               "email": "quotes@example.com"}}'
           WHERE id = %s""",
        [store],
    )


@pytest.fixture
def project(call, rates):
    """A guest bath of 126 sf with tile, grout and thinset selected; its path."""
    for product in (TILE, GROUT, THINSET):
        made(call("POST", "/catalogue", product))
    greeted = made(call("POST", "/projects/greeting", GREETING))
    path = f"/projects/{greeted['project']['project_id']}"
    room = made(call("POST", f"{path}/rooms", {"room_type": "bathroom", "room_name": "Guest bath"}))
    surface = {"surface_type": "floor", "length_ft": "10'6\"", "width_ft": "12'"}
    surface = made(call("POST", f"/rooms/{room['room_id']}/surfaces", surface))
    for sku in ("T-12", "G-25", "M-50"):
        selected = {"product_sku": sku, "selection_status": "selected"} | USAGE.get(sku, {})
        made(call("POST", f"/surfaces/{surface['surface_id']}/selections", selected))
    return path


@pytest.fixture
def quote(call, project):
    return made(call("POST", f"{project}/quotes", {}))


def at(project, quote):
    return f"{project}/quotes/{quote['quote_id']}"


def day_of(moment):
    """The day of a time, where the store is."""
    return datetime.fromisoformat(moment).astimezone(UTC).date()


def sent(call, project, body=None):
    """A quote that was sent, and the path of its link."""
    quote = made(call("POST", f"{project}/quotes", body or {}))
    quote = made(call("POST", f"{at(project, quote)}/sending"))
    return quote, "/quotes/" + quote["link"].rpartition("/")[2]


def selections(call, project):
    return {
        each["product_sku"]: each for each in made(call("GET", f"{project}/selections"))["items"]
    }


# ---------------------------------------------------------------- drafts and their sums


def test_the_worked_example_of_money_is_right_to_the_cent(call, project):
    body = {
        "charges": [INSTALLATION],
        "line_discounts": [{"sku": "T-12", "discount": 0.05}],
        "delivery_fee": "95.00",
    }
    quote = made(call("POST", f"{project}/quotes", body))
    figures = quote["content"]["figures"]
    assert [line["amount"] for line in quote["content"]["lines"]] == [
        "600.60",
        "24.98",
        "94.50",
        "1134.00",
    ]
    assert figures["subtotal_before_discount"] == "1854.08"
    assert (figures["discount_amount"], figures["taxable"]) == ("30.03", "690.05")
    assert (quote["subtotal"], quote["tax_amount"]) == ("1824.05", "56.93")
    assert (quote["delivery_fee"], quote["total_amount"]) == ("95.00", "1975.98")


def test_a_draft_says_what_the_trade_shows_of_every_tile_line(quote):
    [tile, *_] = quote["content"]["lines"]
    assert (tile["net"], tile["waste_percent"], tile["order"]) == ("126.00", "10.00", "138.60")
    assert (tile["packages"], tile["leftover"]) == ("14.00", "1.40")
    assert quote["content"]["rooms"][0]["surfaces"][0]["net_sf"] == "126.00"
    assert quote["content"]["over_tile_budget_by"] == "70.08"
    assert (quote["quote_status"], quote["revision"], quote["link"]) == ("draft", 1, None)
    assert quote["recipient"]["name"] == "Jo Miller"


def test_numbers_follow_each_other_and_versions_are_counted(call, project):
    quotes = [made(call("POST", f"{project}/quotes", {})) for _ in range(3)]
    assert [each["quote_number"] for each in quotes] == ["Q-000001", "Q-000002", "Q-000003"]
    assert [each["revision"] for each in quotes] == [1, 2, 3]


def test_a_quote_that_was_refused_takes_no_number(call, project):
    free = {"product_sku": "X", "product_type": "tools", "selection_status": "selected"}
    surface = next(iter(selections(call, project).values()))["surface_id"]
    made(call("POST", f"/surfaces/{surface}/selections", free))
    detail = refused(call("POST", f"{project}/quotes", {}), 409, "cannot-quote")
    assert detail.startswith("X cannot be quoted: give a price")
    chosen = [each["selection_id"] for sku, each in selections(call, project).items() if sku != "X"]
    quote = made(call("POST", f"{project}/quotes", {"selection_ids": chosen}))
    assert quote["quote_number"] == "Q-000001"


def test_an_empty_project_is_not_quoted(call, rates):
    greeted = made(call("POST", "/projects/greeting", GREETING))
    path = f"/projects/{greeted['project']['project_id']}/quotes"
    assert "nothing to quote" in refused(call("POST", path, {}), 409, "cannot-quote")


def test_exempt_customers_pay_no_tax(call, project):
    customer = made(call("GET", project))["customer_id"]
    made(call("PATCH", f"/customers/{customer}", {"tax_exemption": "EX-1"}))
    quote = made(call("POST", f"{project}/quotes", {}))
    assert (quote["tax_amount"], quote["content"]["figures"]["taxes"]) == ("0.00", [])
    assert quote["recipient"]["tax_exemption"] == "EX-1"


def test_discounts_end_at_the_limit_of_the_role(call, project, store):
    manager = {"staff": True, "store_id": store}
    body = {"discount": 0.2}
    detail = refused(call("POST", f"{project}/quotes", body), 403, "discount-too-high")
    assert "at most 10.00% may be taken off by an associate" in detail
    assert made(call("POST", f"{project}/quotes", body, **manager))["discount_amount"] == "144.02"
    line = {"line_discounts": [{"sku": "T-12", "discount": 0.31}]}
    refused(call("POST", f"{project}/quotes", line, **manager), 403, "discount-too-high")
    both = {"line_discounts": [{"sku": "T-12", "discount": 0.1}], "discount": 0.1}
    detail = refused(call("POST", f"{project}/quotes", both), 403, "discount-too-high")
    draft = made(call("POST", f"{project}/quotes", body, **manager))
    # What a manager gave stays where an associate changes something else.
    changed = made(call("PATCH", at(project, draft), {"delivery_fee": 10}))
    assert changed["discount_amount"] == "144.02"


def test_payments_make_the_total_to_the_cent(call, project):
    payments = [
        {"label": "Deposit", "share": 0.3333},
        {"label": "Middle", "share": 0.3333, "due_on": "2027-03-01"},
        {"label": "Rest", "share": 0.3334, "due_days": 30},
    ]
    quote = made(call("POST", f"{project}/quotes", {"payments": payments}))
    amounts = [Decimal(each["amount"]) for each in quote["content"]["payments"]]
    assert sum(amounts) == Decimal(quote["total_amount"])
    payments[2]["share"] = 0.5
    answer = call("POST", f"{project}/quotes", {"payments": payments})
    assert "shares make 1.1666" in refused(answer, 409, "payments-not-whole")


# ---------------------------------------------------------------- sending


def test_sending_makes_it_final_and_the_project_quoted(call, project, quote):
    answer = call("POST", f"{at(project, quote)}/sending")
    now = made(answer)
    assert (now["quote_status"], now["sent_at"] is not None) == ("sent", True)
    assert now["expiration_date"] == str(day_of(now["sent_at"]) + timedelta(days=30))
    assert now["content"]["terms"] == "Net 30."
    assert made(call("GET", project))["project_status"] == "quoted"
    [entry, *_] = made(call("GET", f"{project}/conversations"))["items"]
    assert (entry["interaction_type"], entry["outcome"]) == ("quote_review", "quote_requested")
    refused(call("PATCH", at(project, quote), {}), 409, "not-a-draft")
    refused(call("POST", f"{at(project, quote)}/sending"), 409, "not-a-draft")


def test_a_quote_is_valid_from_the_day_that_it_was_sent_on(project, quote, store, aws):
    """Whatever the day is by the time that it is printed."""
    late = datetime(2031, 1, 31, 23, 59, 59, tzinfo=UTC)
    with db.transaction(store_id=store) as tx:
        held = quoting.locked(tx, UUID(project.rpartition("/")[2]), UUID(quote["quote_id"]))
        row = quoting.send(tx, *held, late, lambda _final: ("quotes/x.pdf", "0" * 64))
    assert (row["sent_at"], row["expiration_date"]) == (late, date(2031, 3, 2))


def test_the_database_lets_nobody_change_what_was_sent(call, owner, project):
    quote, _ = sent(call, project)
    for change in ("subtotal = 1, total_amount = 1", "content = '{}'", "quote_status = 'draft'"):
        with pytest.raises(Exception, match=r"sent does not change|check"):
            owner.execute(
                f"UPDATE projects.quotes SET {change} WHERE quote_id = %s", [quote["quote_id"]]
            )


def test_sending_twice_with_one_key_is_sending_once(call, project, quote):
    key = {"idempotency-key": "send-1"}
    first = made(call("POST", f"{at(project, quote)}/sending", headers=key))
    second = made(call("POST", f"{at(project, quote)}/sending", headers=key))
    assert (second["link"], second["version"]) == (first["link"], first["version"])
    entries = made(call("GET", f"{project}/conversations"))["items"]
    assert len([each for each in entries if each["interaction_type"] == "quote_review"]) == 1


def test_a_newer_quote_supersedes_the_older_whose_link_says_so(call, project):
    first, link = sent(call, project)
    second, newer = sent(call, project)
    now = made(call("GET", at(project, first)))
    assert (now["superseded_by"], now["quote_status"]) == (second["quote_id"], "sent")
    seen = made(call("GET", link))
    assert (seen["state"], seen["why_not"][:14]) == ("superseded", "A newer quote ")
    refused(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}), 409, "quote-superseded")
    refused(call("POST", f"{link}/changes", {"message": "Blue"}), 409, "quote-superseded")
    assert made(call("GET", newer))["state"] == "open"


# ---------------------------------------------------------------- stale


def test_changes_of_a_project_mark_its_quotes_with_lines_and_amounts(call, project):
    quote, link = sent(call, project, {"charges": [INSTALLATION]})
    tile = selections(call, project)["T-12"]
    made(call("PATCH", f"/surfaces/{tile['surface_id']}", {"length_ft": "21'"}))
    now = made(call("GET", at(project, quote)))
    assert now["stale_since"] is not None
    assert [(each["sku"], each["difference"]) for each in now["changes"]["lines"]] == [
        ("T-12", "600.60"),
        ("G-25", "0.00"),
        ("M-50", "63.00"),
    ]
    before, after = (Decimal(now["changes"][each]) for each in ("total_before", "total_now"))
    assert Decimal(now["changes"]["difference"]) == after - before
    assert (now["total_amount"], now["content"]) == (quote["total_amount"], quote["content"])
    # It is honoured as it was sent, and not stale any more when the change is taken back.
    assert made(call("GET", link))["state"] == "open"
    made(call("PATCH", f"/surfaces/{tile['surface_id']}", {"length_ft": "10'6\""}))
    now = made(call("GET", at(project, quote)))
    assert (now["stale_since"], now["changes"]) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        lambda call, project, chosen: call("PATCH", "/catalogue/T-12", {"price_retail": 5}),
        lambda call, project, chosen: call(
            "PATCH", f"/selections/{chosen['T-12']['selection_id']}", {"price_per_unit": 4}
        ),
        lambda call, project, chosen: call(
            "DELETE", f"/selections/{chosen['G-25']['selection_id']}"
        ),
        lambda call, project, chosen: call(
            "POST",
            f"/surfaces/{chosen['T-12']['surface_id']}/selections",
            {"product_sku": "T-9", "product_type": "trim", "selection_status": "selected",
             "price_per_unit": 3, "quantity_needed": 2},
        ),
        lambda call, project, chosen: call(
            "PATCH",
            f"/customers/{call('GET', project).body['customer_id']}",
            {"tax_exemption": "EX-1"},
        ),
    ],
    ids=["price", "given price", "removed", "added", "exemption"],
)  # fmt: skip
def test_any_change_that_matters_marks_drafts_too(call, project, quote, change):
    assert change(call, project, selections(call, project)).status in (200, 201, 204)
    now = made(call("GET", at(project, quote)))
    assert now["stale_since"] is not None
    refused(call("POST", f"{at(project, quote)}/sending"), 409, "stale-quote")
    fresh = made(call("PATCH", at(project, quote), {}))
    assert fresh["stale_since"] is None
    assert fresh["total_amount"] == now["changes"]["total_now"]
    made(call("POST", f"{at(project, quote)}/sending"))


# ---------------------------------------------------------------- the link


def test_reading_changes_nothing_and_the_first_look_counts(call, project):
    quote, link = sent(call, project)
    before = made(call("GET", at(project, quote)))
    assert made(call("GET", link))["first_seen_at"] is None
    assert made(call("GET", at(project, quote))) == before
    seen = made(call("POST", f"{link}/views"))["first_seen_at"]
    assert made(call("POST", f"{link}/views"))["first_seen_at"] == seen
    entries = made(call("GET", f"{project}/conversations"))["items"]
    assert [each["interaction_type"] for each in entries] == [
        "quote_review",
        "quote_review",
        "initial_inquiry",
    ]
    assert (entries[0]["outcome"], entries[0]["next_action"]) == (
        "information_gathered",
        entries[1]["next_action"],
    )


def test_accepting_orders_what_was_decided_and_keeps_who_accepted(call, project, owner):
    grout = selections(call, project)["G-25"]["selection_id"]
    made(call("PATCH", f"/selections/{grout}", {"undecided": True}))
    payments = [
        {"label": "Deposit", "share": 0.5},
        {"label": "Rest", "share": 0.5, "due_days": 30},
    ]
    quote, link = sent(call, project, {"payments": payments})
    agent = {"user-agent": "Browser/1"}
    offer = made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}, headers=agent))
    assert (offer["state"], offer["accepted_name"]) == ("accepted", "Jo Miller")
    day = day_of(offer["accepted_at"])
    assert [each["due_on"] for each in offer["payments"]] == [
        str(day),
        str(day + timedelta(days=30)),
    ]
    kept = made(call("GET", at(project, quote)))["acceptance"]
    assert (kept["source_address"], kept["user_agent"]) == ("192.0.2.1", "Browser/1")
    assert kept["pdf_sha256"] == quote["pdf_sha256"]
    whole = made(call("GET", project))
    assert whole["project_status"] == "ordered"
    chosen = selections(call, project)
    assert (chosen["T-12"]["selection_status"], chosen["T-12"]["quantity_ordered"]) == (
        "ordered",
        "140.00",
    )
    assert (chosen["G-25"]["selection_status"], chosen["G-25"]["quantity_ordered"]) == (
        "selected",
        None,
    )
    [entry, *_] = made(call("GET", f"{project}/conversations"))["items"]
    assert (entry["interaction_type"], entry["outcome"]) == ("order_placement", "order_placed")
    refused(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}), 409, "quote-accepted")
    refused(call("POST", f"{project}/quotes", {}), 409, "project-closed")


def test_accepting_twice_with_one_key_is_recorded_once(call, project):
    _, link = sent(call, project)
    key = {"idempotency-key": "accept-1"}
    first = made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}, headers=key))
    assert made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}, headers=key)) == first
    entries = made(call("GET", f"{project}/conversations"))["items"]
    assert len([each for each in entries if each["outcome"] == "order_placed"]) == 1


def test_what_was_sent_is_what_is_ordered(call, project):
    _, link = sent(call, project)
    chosen = selections(call, project)
    other = {"product_sku": "G-25", "quantity_needed": 9}
    made(call("PATCH", f"/selections/{chosen['T-12']['selection_id']}", {"price_per_unit": 9}))
    made(call("PATCH", f"/selections/{chosen['M-50']['selection_id']}", other))
    assert call("DELETE", f"/selections/{chosen['G-25']['selection_id']}").status == 204
    made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}))
    now = selections(call, project)
    assert sorted(now) == ["G-25", "M-50", "T-12"]
    assert (now["T-12"]["price_per_unit"], now["M-50"]["quantity_ordered"]) == ("4.29", "3.00")
    assert made(call("GET", project))["totals"]["ordered_total"] == "720.08"


def test_exactly_one_alternative_is_accepted_and_counts(call, project):
    tile = selections(call, project)["T-12"]
    dear = {"product_sku": "T-99", "product_type": "tile", "price_per_unit": 12,
            "box_coverage_sf": 10, "selection_status": "selected"}  # fmt: skip
    dear = made(call("POST", f"/surfaces/{tile['surface_id']}/selections", dear))
    good = {"alternative": "good", "selection_ids": [tile["selection_id"]]}
    best = {"alternative": "best", "selection_ids": [dear["selection_id"]]}
    _, good_link = sent(call, project, good)
    best_quote, best_link = sent(call, project, best)
    shown = made(call("GET", f"{project}/quotes/comparison"))
    assert [each["alternative"] for each in shown["alternatives"]] == ["good", "best"]
    assert [each["over_tile_budget_by"] for each in shown["alternatives"]] == [None, "1030.00"]
    assert shown["surfaces"] == [
        {"room": "Guest bath", "surface": "Floor", "good": ["Bianco 12×12"], "better": [],
         "best": ["T-99"]},
    ]  # fmt: skip
    assert [each["alternative"] for each in best_quote["content"]["alternates"]] == ["good"]
    made(call("POST", f"{good_link}/acceptance", {"name": "Jo Miller"}))
    refused(call("POST", f"{best_link}/acceptance", {"name": "Jo Miller"}), 409, "quote-rejected")
    totals = made(call("GET", project))["totals"]
    assert (totals["ordered_total"], totals["over_tile_budget_by"]) == ("600.60", "70.08")
    assert selections(call, project)["T-99"]["selection_status"] == "considered"


def test_an_expired_quote_accepts_nothing(call, project, owner):
    draft = made(call("POST", f"{project}/quotes", {"expiration_date": str(LONG_AGO)}))
    refused(call("POST", f"{at(project, draft)}/sending"), 409, "expired")
    quote, link = sent(call, project)
    owner.execute("ALTER TABLE projects.quotes DISABLE TRIGGER keep_sent_quote")
    owner.execute(
        "UPDATE projects.quotes SET expiration_date = CURRENT_DATE - 2 WHERE quote_id = %s",
        [quote["quote_id"]],
    )
    owner.execute("ALTER TABLE projects.quotes ENABLE TRIGGER keep_sent_quote")
    assert made(call("GET", link))["state"] == "expired"
    refused(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}), 409, "quote-expired")


@pytest.mark.parametrize("path", ["", "/views", "/acceptance", "/changes"])
def test_forged_and_foreign_links_do_nothing(call, project, path, new_store):
    from backshop.web import tokens

    quote, link = sent(call, project)
    body = {"/acceptance": {"name": "Jo"}, "/changes": {"message": "Blue"}}.get(path)
    method = "POST" if path else "GET"
    token = link.rpartition("/")[2]
    assert len(token) <= 100
    ids = rules.linked(tokens.read_short("quote", token, at=datetime.now(UTC)))._asdict()
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    def tried(audience="quote", until=tomorrow, **other):
        content = b"".join(id.bytes for id in (ids | other).values())
        bad = tokens.sign_short(audience, content, until=until)
        return call(method, f"/quotes/{bad}{path}", body).status

    assert call(method, f"/quotes/{token[:-4]}AAAA{path}", body).status == 401
    assert tried(audience="survey") == 401
    assert tried(until=datetime(2020, 1, 1, tzinfo=UTC)) == 401
    assert tried(store_id=new_store()) == 404
    assert tried(project_id=ids["quote_id"]) == 404
    assert made(call("GET", at(project, quote)))["quote_status"] == "sent"


def test_a_link_that_was_sent_when_links_were_long_still_opens_its_quote(call, project):
    from backshop.web import tokens

    _, link = sent(call, project)
    ids = rules.linked(tokens.read_short("quote", link.rpartition("/")[2], at=datetime.now(UTC)))
    claims = {name: str(id) for name, id in ids._asdict().items()}
    long = tokens.sign("quote", claims, at=datetime.now(UTC), lasts=timedelta(days=1))
    assert made(call("GET", f"/quotes/{long}")) == made(call("GET", link))


def test_changes_that_a_customer_wants_are_to_be_answered_today(call, project):
    _, link = sent(call, project)
    made(call("POST", f"{link}/changes", {"message": "A lighter grout, please."}))
    [entry, *_] = made(call("GET", f"{project}/conversations"))["items"]
    assert entry["conversation_summary"].endswith("asked for: A lighter grout, please.")
    [due] = made(call("GET", "/follow-ups"))["items"]
    assert due["next_action"] == "Revise quote Q-000001"


def test_what_is_turned_down_is_lost_and_takes_no_answer(call, project):
    quote, link = sent(call, project)
    now = made(call("POST", f"{at(project, quote)}/rejection", {"reason": "Too dear."}))
    assert now["quote_status"] == "rejected"
    [entry, *_] = made(call("GET", f"{project}/conversations"))["items"]
    assert (entry["outcome"], entry["conversation_summary"]) == (
        "lost",
        "Quote Q-000001 turned down. Too dear.",
    )
    refused(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}), 409, "quote-rejected")
    refused(call("POST", f"{at(project, quote)}/rejection", {}), 409, "not-sent")


def test_a_cancelled_project_accepts_nothing(call, project):
    _, link = sent(call, project)
    made(call("POST", f"{project}/status", {"status": "cancelled"}))
    refused(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}), 409, "quote-closed")


def test_deliveries_set_ordered_products_delivered(call, project):
    _, link = sent(call, project)
    ids = [each["selection_id"] for each in selections(call, project).values()]
    body = {"selection_ids": ids[:1]}
    refused(call("POST", f"{project}/deliveries", body), 409, "not-ordered")
    made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}))
    made(call("POST", f"{project}/deliveries", body))
    statuses = [each["selection_status"] for each in selections(call, project).values()]
    assert sorted(statuses) == ["delivered", "ordered", "ordered"]


def test_another_stores_quotes_are_not_there(call, project, quote, new_store):
    other = new_store()
    assert call("GET", at(project, quote), of=other).status == 404
    assert call("POST", f"{at(project, quote)}/sending", of=other).status == 404
    assert made(call("GET", "/quotes", of=other))["items"] == []
    assert [each["quote_id"] for each in made(call("GET", "/quotes"))["items"]] == [
        quote["quote_id"]
    ]


# ---------------------------------------------------------------- PDF and e-mail


@pytest.fixture
def mailbox(aws, monkeypatch):
    """What SES was given, as whole messages; the shop's address is verified."""
    monkeypatch.setenv("PUBLIC_URL", "https://api.example.com")
    config.client("ses").verify_email_identity(EmailAddress="quotes@example.com")
    backend = ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"]

    def messages():
        return [
            email.message_from_string(each.raw_data, policy=email.policy.default)
            for each in backend.sent_messages
        ]

    return messages


@pytest.fixture
def work(load, aws):
    """Have outbox_worker do what waits in its queue."""

    def run():
        worker = load("outbox_worker")
        waiting = aws.messages("OUTBOX_QUEUE_URL")
        records = [
            {"messageId": str(at), "body": json.dumps(each)} for at, each in enumerate(waiting)
        ]
        enough = SimpleNamespace(
            **vars(CONTEXT) | {"get_remaining_time_in_millis": lambda: 100_000}
        )
        return worker.handler({"Records": records}, enough)

    return run


def text_of(pdf):
    document = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_what_is_sent_is_mailed_as_a_pdf_with_the_link(call, project, mailbox, work):
    quote, link = sent(call, project)
    assert [(each["mail"], each["status"]) for each in quote["mails"]] == [("sent", "pending")]
    assert work() == {"batchItemFailures": []}
    [mail] = mailbox()
    assert (mail["To"], mail["From"]) == ("jo.miller@example.com", "quotes@example.com")
    assert mail["Subject"] == "Quote Q-000001 from Tile & Stone"
    text = mail.get_body(("plain",)).get_content()
    assert f"https://api.example.com/quote/{link.rpartition('/')[2]}" in text
    [pdf] = mail.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == (
        "Quote Q-000001.pdf",
        "application/pdf",
    )
    content = pdf.get_content()
    assert sha256(content).hexdigest() == quote["pdf_sha256"]
    assert call("GET", f"{link}/pdf").body == content
    assert "USD 779.49" in text_of(content)
    now = made(call("GET", at(project, quote)))["mails"]
    assert [(each["mail"], each["status"]) for each in now] == [("sent", "sent")]


@pytest.mark.parametrize("address", ["s3://backshop-data/{}", "s3://another-bucket/{}", "{}"])
def test_the_pdf_is_the_quote_s_own(call, project, mailbox, work, owner, new_store, address):
    """Whatever its row says, shown and mailed: another store's papers stay that store's."""
    quote, link = sent(call, project)
    key = f"quotes/{new_store()}/{quote['quote_id']}.pdf"
    config.client("s3").put_object(Bucket="backshop-data", Key=key, Body=b"of another store")
    owner.execute(
        "UPDATE projects.quotes SET pdf_key = %s WHERE quote_id = %s",
        [address.format(key), quote["quote_id"]],
    )
    shown = [call("GET", each).body for each in (f"{link}/pdf", f"{at(project, quote)}/pdf")]
    work()
    [mail] = mailbox()
    mailed = [each.get_content() for each in mail.iter_attachments()]
    assert {sha256(each).hexdigest() for each in shown + mailed} == {quote["pdf_sha256"]}


@pytest.mark.parametrize(
    "name",
    ["www.evil.example", "https://evil.example/x", "You won 100 USD: evil.example", "a@b.example"],
)
def test_a_name_that_could_be_a_link_is_not_said(call, project, mailbox, work, name):
    """Whoever asks for a quote on the shop's page types it; the shop sends it to whom they name."""
    customer = made(call("GET", project))["customer_id"]
    made(call("PATCH", f"/customers/{customer}", {"first_name": name}))
    _, link = sent(call, project)
    work()
    made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}))
    work()
    mails = mailbox()
    assert [mail["Subject"] for mail in mails] == [
        "Quote Q-000001 from Tile & Stone",
        "You accepted quote Q-000001 from Tile & Stone",
        "Your customer accepted quote Q-000001",
    ]
    assert name not in "".join(mail.get_body(("plain",)).get_content() for mail in mails)
    assert mails[0].get_body(("plain",)).get_content().splitlines()[0] == "Hello,"


def test_both_sides_get_a_copy_of_what_was_accepted(call, project, mailbox, work):
    _, link = sent(call, project)
    work()
    made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}))
    work()
    assert [(mail["To"], mail["Subject"]) for mail in mailbox()[1:]] == [
        ("jo.miller@example.com", "You accepted quote Q-000001 from Tile & Stone"),
        ("quotes@example.com", "Jo Miller accepted quote Q-000001"),
    ]
    assert len({bytes(next(mail.iter_attachments()).get_content()) for mail in mailbox()}) == 1


def test_a_mail_whose_end_is_unknown_is_not_sent_again(call, project, mailbox, work, owner):
    quote, _ = sent(call, project)
    owner.execute("UPDATE projects.quote_mails SET status = 'sending'")
    work()
    assert mailbox() == []
    assert made(call("GET", at(project, quote)))["mails"][0]["status"] == "failed"


def test_who_has_no_address_gets_the_link_from_the_associate(call, project, work, mailbox):
    customer = made(call("GET", project))["customer_id"]
    made(call("PATCH", f"/customers/{customer}", {"email": None}))
    quote, _ = sent(call, project)
    work()
    assert (quote["mails"], mailbox()) == ([], [])


def test_a_draft_is_printed_as_one(call, project, quote):
    answer = call("GET", f"{at(project, quote)}/pdf")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert "Draft: not an offer yet." in text_of(answer.body)
    made(call("POST", f"{at(project, quote)}/sending"))
    assert "Draft" not in text_of(call("GET", f"{at(project, quote)}/pdf").body)


def test_a_logo_is_printed_and_a_broken_one_left_out(call, project, store, owner, quote):
    path = f"{at(project, quote)}/pdf"
    plain = call("GET", path).body
    owner.execute(
        "UPDATE backshop.stores SET settings = jsonb_set(settings, '{projects,logo_key}',"
        " '\"logos/x.png\"') WHERE id = %s",
        [store],
    )
    assert call("GET", path).body == plain  # it is not in the bucket
    own = f"logos/{store}.png"
    config.client("s3").put_object(Bucket="backshop-data", Key=own, Body=b"\x89PNG...")
    assert call("GET", path).body == plain
    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    config.client("s3").put_object(Bucket="backshop-data", Key="logos/x.png", Body=pixel)
    assert call("GET", path).body == plain  # whatever the settings name, it is not the store's
    config.client("s3").put_object(Bucket="backshop-data", Key=own, Body=pixel)
    assert call("GET", path).body != plain


def test_an_erased_customer_leaves_amounts_and_no_name(call, project, store, owner):
    quote, link = sent(call, project)
    made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}))
    shop = commerce.Store(
        id=store, platform="woocommerce", url="https://x.example.com", settings={}
    )
    person = commerce.Person(email="jo.miller@example.com", phone=None, customer_id=None)
    with db.transaction(store_id=store) as tx:
        told = privacy.export(tx, shop, person)["projects"]
        assert told["quote_acceptances"][0]["accepted_name"] == "Jo Miller"
        gone = privacy.erase(tx, shop, person, datetime.now(UTC))
    assert gone == ([], [f"quotes/{store}/{quote['quote_id']}.pdf"])
    now = made(call("GET", at(project, quote)))
    assert (now["recipient"], now["acceptance"]["accepted_name"]) == (None, None)
    assert now["total_amount"] == quote["total_amount"]
    assert call("GET", f"{link}/pdf").status == 404
    assert "Miller" not in json.dumps(now)


# ---------------------------------------------------------------- expiry and follow-ups


def test_the_sweep_expires_what_is_over_where_the_store_is(call, project, store, owner, load, event, context):  # fmt: skip
    quote, link = sent(call, project)
    last = date.fromisoformat(quote["expiration_date"])
    owner.execute(
        'UPDATE backshop.stores SET settings = settings || \'{"time_zone": "America/Bogota"}\''
        " WHERE id = %s",
        [store],
    )
    midnight = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    for at_time, number in ((midnight + timedelta(hours=4), 0), (midnight + timedelta(hours=6), 1)):
        with db.transaction(store_id=store) as tx:
            assert quotes.expire(tx, at_time) == number
    assert made(call("GET", at(project, quote)))["quote_status"] == "expired"
    refused(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}), 409, "quote-expired")
    assert "quotes_expired" in load("maintain").handler(event("maintain/scheduled"), context)


def test_a_quote_that_nobody_answered_is_a_follow_up_with_when_it_was_first_seen(call, project):
    quote, link = sent(call, project)
    assert made(call("GET", "/follow-ups"))["items"] == []
    later = str(datetime.now(UTC).date() + timedelta(days=3))
    [due] = made(call("GET", "/follow-ups", due_by=later))["items"]
    assert (due["next_action"], due["quote"]["quote_number"]) == (
        "Ask about quote Q-000001",
        "Q-000001",
    )
    assert due["quote"]["first_seen_at"] is None
    seen = made(call("POST", f"{link}/views"))["first_seen_at"]
    [due] = made(call("GET", "/follow-ups", due_by=later))["items"]
    assert (due["quote"]["first_seen_at"], due["quote"]["sent_at"]) == (seen, quote["sent_at"])
    made(call("POST", f"{link}/acceptance", {"name": "Jo Miller"}))
    assert made(call("GET", "/follow-ups", due_by=later))["items"] == []


# ---------------------------------------------------------------- the page


@pytest.fixture
def browse(load, event, context):
    function = load("shopper_pages")

    def go(path, form=None, verb=None):
        name = "quote" if form is None else f"{verb}_quote"
        asked = event(f"shopper_pages/{name}")
        asked["rawPath"] = asked["requestContext"]["http"]["path"] = path
        asked["body"] = urlencode(form or {})
        return function.handler(asked, context)

    return go


def page_of(link):
    return link.replace("/quotes/", "/quote/")


def test_the_page_shows_the_quote_and_changes_nothing(call, project, browse):
    quote, link = sent(call, project)
    before = made(call("GET", at(project, quote)))
    answer = browse(page_of(link))
    assert answer["statusCode"] == 200
    for said in ("Quote Q-000001", "779.49", "Accept and order for"):
        assert said in answer["body"], said
    assert made(call("GET", at(project, quote))) == before


def test_a_name_accepts_and_a_second_click_leads_to_the_same_page(call, project, browse):
    quote, link = sent(call, project)
    path = page_of(link)
    wrong = browse(f"{path}/acceptance", {"name": " ", "key": "k"}, "accept")
    assert wrong["statusCode"] == 422
    assert wrong["body"].count("Type your name, first and last, to accept.") == 2
    for _ in range(2):
        led = browse(f"{path}/acceptance", {"name": "Jo <b>Miller", "key": "k"}, "accept")
        assert (led["statusCode"], led["headers"]["Location"]) == (303, f"{path}?said=accepted")
    shown = browse(path)["body"]
    assert "Jo &lt;b&gt;Miller" in shown
    assert "<form" not in shown
    assert made(call("GET", at(project, quote)))["quote_status"] == "accepted"
    again = browse(f"{path}/acceptance", {"name": "Jo Miller", "key": "other"}, "accept")
    assert again["statusCode"] == 409


def test_a_change_is_asked_for(call, project, browse):
    _, link = sent(call, project)
    path = page_of(link)
    led = browse(f"{path}/changes", {"message": "A lighter grout", "key": "k"}, "change")
    assert led["headers"]["Location"] == f"{path}?said=asked"
    assert browse(f"{path}/changes", {"message": "", "key": "k2"}, "change")["statusCode"] == 422


def test_the_page_of_a_bad_link_says_so(browse):
    answer = browse("/quote/" + "x" * 50)
    assert answer["statusCode"] == 410
    assert "open the one in the shop's mail" in unescape(answer["body"])


def test_the_events_for_a_try_by_hand_are_answered(function, event, context, aws, store):
    """There is no such project, and the link was never signed."""
    assert function.handler(event("projects_api/accept_offer"), context)["statusCode"] == 401
    asked = event("projects_api/add_quote")
    asked["queryStringParameters"] = {"store_id": str(store)}
    assert function.handler(asked, context)["statusCode"] == 404

"""Orders, customers and products, and one order with all that can be done about it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

import exporting
import sessions
from aws_lambda_powertools.event_handler import Response
from backshop import lookup
from backshop.connect.records.models import OrderFilter
from backshop.errors import BadRequest, Problem
from backshop.web import http, paging
from backshop.web.pages import forms, redirect
from calling import ask
from frame import does, event, lists, page, query_of, sent_by, shows
from pydantic import ValidationError
from sessions import Me
from showing import outgoing

ADDRESS = (
    ("name", "Name", True),
    ("company", "Company", False),
    ("line1", "Street and number", True),
    ("line2", "More of the street", False),
    ("postal_code", "Postal code", False),
    ("city", "City", False),
    ("province_code", "Code of the state or province, as CA", False),
    ("province", "State or province by name", False),
    ("country_code", "Country in two letters, as US", True),
    ("phone", "Phone", False),
)


@lists("/desk/<store>/orders")
def list_orders(store: str) -> Response[str]:
    """Orders of a shop, newest first; a code that is one order's leads to it."""
    me = sessions.current(event(), "store")
    shop = me.shop(store)
    query = query_of(*OrderFilter.model_fields)
    found = _listed(UUID(shop.id), dict(query))
    if query.keys() == {"q"} and (only := _meant(query["q"], found["items"])):
        return redirect(f"/desk/{store}/orders/{quote(only, safe='')}")
    return page(me, "orders.html", store=store, found=found)


def _meant(q: str, orders: list[dict[str, Any]]) -> str | None:
    """The id of the order whose code or id was typed, scanned or pasted whole; None where something
    was searched for."""
    if len(orders) != 1 or exporting.is_wanted(event()):
        return None
    code = q.strip().lstrip("#").lower()
    names = (orders[0]["code"], orders[0]["order_id"])
    is_meant = code in {str(each).lstrip("#").lower() for each in names if each}
    return str(orders[0]["order_id"]) if is_meant else None


def _listed(store_id: UUID, query: dict[str, str]) -> dict[str, Any]:
    """The page that staff open most is read here, by the code of the route, without a call to the
    function that serves it. Raises BadRequest for a filter that is none."""
    cursor, limit = query.pop("cursor", None), query.pop("limit", "")
    try:
        which = OrderFilter.model_validate(query)
    except ValidationError as wrong:
        errors = http.field_errors(wrong.errors(include_url=False, include_input=False))
        raise BadRequest(http.please_correct(errors), errors=errors) from None
    number = int(limit) if limit.isdecimal() and 0 < int(limit[:4]) <= paging.MOST else paging.LIMIT
    return lookup.orders(store_id, which, cursor, number).model_dump(mode="json")


@lists("/desk/<store>/customers")
def list_customers(store: str) -> Response[str]:
    """Customers of a shop."""
    me = sessions.current(event(), "store")
    found = ask(
        me,
        "shop_records",
        "GET /connectors/{id}/customers",
        id=me.shop(store).id,
        query=query_of("q"),
    )
    return page(me, "customers.html", store=store, found=found)


@lists("/desk/<store>/products")
def list_products(store: str) -> Response[str]:
    """What a shop sells."""
    me = sessions.current(event(), "store")
    found = ask(
        me,
        "shop_records",
        "GET /connectors/{id}/products",
        id=me.shop(store).id,
        query=query_of("q", "available", "status", "most_stock"),
    )
    return page(me, "products.html", store=store, found=found)


@shows("/desk/<store>/orders/<order_id>")
def show_order(store: str, order_id: str) -> Response[str]:
    """One order: its money, address, lines, delivery and history."""
    me = sessions.current(event(), "store")
    return _order_page(me, store, order_id)


@does("/desk/<store>/orders/<order_id>/refunds", "`line.<id>` how many of a line, or `amount`")
def refund(store: str, order_id: str) -> Response[str]:
    """Request a refund of lines or of an amount."""
    me, sent = sent_by("store")
    lines = [
        {"line_id": name.removeprefix("line."), "quantity": _number(text)}
        for name, text in sent.typed.items()
        if name.startswith("line.") and text.strip() not in ("", "0")
    ]
    body: dict[str, Any] = {
        "reason": sent.first("reason"),
        "restock": sent.first("restock") == "yes",
    }
    body |= {"lines": lines} if lines else {"amount": sent.first("amount").strip() or None}
    if sent.first("manual") == "yes":
        body["manual"] = True
    route = "POST /connectors/{id}/orders/{order_id}/refunds"
    return _requested(me, store, order_id, route, body, sent, "refund")


def _requested(
    me: Me, store: str, order_id: str, route: str, body: dict[str, Any], sent: forms.Sent, done: str
) -> Response[str]:
    """Ask for it; the order's page with what was refused, or with what is done."""
    try:
        ask(
            me,
            "order_requests",
            route,
            id=me.shop(store).id,
            order_id=order_id,
            body=body,
            key=sent.key,
        )
    except Problem as refused:
        return _order_page(me, store, order_id, refused=refused, typed=sent.typed)
    return redirect(f"/desk/{store}/orders/{order_id}?done={done}")


@does("/desk/<store>/orders/<order_id>/address", "the parts of the address")
def correct_address(store: str, order_id: str) -> Response[str]:
    """Request another shipping address."""
    me, sent = sent_by("store")
    body = {name: sent.first(name) for name, _, _ in ADDRESS if sent.first(name).strip()}
    route = "POST /connectors/{id}/orders/{order_id}/address"
    return _requested(me, store, order_id, route, body, sent, "address")


@does("/desk/<store>/orders/<order_id>/stage", "`stage`, `tracking_number`, `note`, `correct`")
def move(store: str, order_id: str) -> Response[str]:
    """Move an order to another stage of its delivery."""
    me, sent = sent_by("staff")
    body: dict[str, Any] = {"stage": sent.first("stage"), "correct": sent.first("correct") == "yes"}
    for name in ("tracking_number", "note"):
        if sent.first(name).strip():
            body[name] = sent.first(name).strip()
    if sent.first("version").isdigit():
        body["version"] = int(sent.first("version"))
    try:
        ask(
            me,
            "deliveries",
            "PUT /orders/{code}/delivery",
            code=sent.first("code"),
            query={"store_id": me.shop(store).id},
            body=body,
        )
    except Problem as refused:
        return _order_page(me, store, order_id, refused=refused, typed=sent.typed)
    return redirect(f"/desk/{store}/orders/{order_id}?done=moved")


def _order_page(
    me: Me,
    store: str,
    order_id: str,
    *,
    refused: Problem | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    order = ask(
        me,
        "shop_records",
        "GET /connectors/{id}/orders/{order_id}",
        id=me.shop(store).id,
        order_id=order_id,
    )
    history = _history(order)
    return page(
        me,
        "order.html",
        store=store,
        refused=refused,
        typed=typed,
        order=order,
        history=history,
        names=sessions.names_of([each["by"] for each in history if each["by"]]),
        address_fields=ADDRESS,
        left=_left(order),
        not_given_back=Decimal(order["total_amount"]) - Decimal(order["refunded_amount"]),
    )


def _left(order: dict[str, Any]) -> dict[str, int]:
    """How many of each line have not been given back."""
    return {
        line["line_id"]: max(line["quantity"] - line["refunded_quantity"], 0)
        for line in order["lines"]
    }


def _history(order: dict[str, Any]) -> list[dict[str, Any]]:
    """What happened to an order, newest first."""
    placed = {"at": order["created_at"], "text": "Ordered", "state": None, "by": None, "more": None}
    said = [placed | {"money": None, "response": None}]
    said += [
        _entry(each["created_at"], "Refund at the shop", each["status"], money=each)
        for each in order["refunds"]
    ]
    said += [
        _entry(each["requested_at"], "Refund requested", each["status"], each, money=each)
        for each in order["refund_requests"]
    ]
    said += [
        _entry(each["requested_at"], "Other address requested", each["status"], each)
        for each in order["address_updates"]
    ]
    said += [
        _entry(each["updated_at"], "Delivery", each["stage"])
        | {"by": each["updated_by"], "more": each["note"]}
        for each in order["events"]
    ]
    said += [
        _entry(
            each["created_at"],
            f"To the shop: {outgoing(each['kind'])}",
            each["status"],
            each,
        )
        for each in order["outgoing"]
        if each["kind"] not in ("refund", "address")
    ]
    return sorted(said, key=lambda each: each["at"], reverse=True)


def _entry(
    at: str,
    text: str,
    state: str,
    asked: dict[str, Any] | None = None,
    *,
    money: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "at": at,
        "text": text,
        "state": state,
        "by": (asked or {}).get("requested_by"),
        "more": (asked or {}).get("reason"),
        "money": money,
        "response": (asked or {}).get("response"),
    }


def _number(text: str) -> int | str:
    return int(text) if text.strip().isdecimal() and len(text) < 10 else text

"""Refunds, corrected addresses and discounts, with what the platforms said."""

from __future__ import annotations

from typing import Any

import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import Problem
from backshop.web.pages import redirect
from calling import ask
from frame import does, event, lists, page, query_of, sent_by
from sessions import Me


@lists("/desk/<store>/refunds")
def refunds(store: str) -> Response[str]:
    """Refunds that were requested, newest first."""
    return _requests(sessions.current(event(), "store"), store, "refunds")


@does("/desk/<store>/refunds", "`id`: of one or several that failed")
def retry_refunds(store: str) -> Response[str]:
    """Try failed refunds again."""
    return _retry(store, "refunds")


@lists("/desk/<store>/addresses")
def addresses(store: str) -> Response[str]:
    """Addresses that were to be corrected, newest first."""
    return _requests(sessions.current(event(), "store"), store, "address-updates")


@does("/desk/<store>/addresses", "`id`: of one or several that failed")
def retry_addresses(store: str) -> Response[str]:
    """Try failed corrections again."""
    return _retry(store, "address-updates")


@lists("/desk/<store>/discounts")
def discounts(store: str) -> Response[str]:
    """Discounts that were offered, and those that were used."""
    return _discounts(sessions.current(event(), "store"), store)


@does("/desk/<store>/discounts", "`id`: of the discount to end")
def revoke(store: str) -> Response[str]:
    """End an unused discount."""
    me, sent = sent_by("store")
    try:
        ask(
            me,
            "discounts",
            "POST /discounts/{id}/revoke",
            id=sent.first("id"),
            query={"store_id": me.shop(store).id},
        )
    except Problem as refused:
        return _discounts(me, store, refused=refused)
    return redirect(f"/desk/{store}/discounts?done=revoked")


def _retry(store: str, what: str) -> Response[str]:
    """Each by itself; of several the first that cannot be tried is named, the others are done."""
    me, sent = sent_by("staff")
    refused: Problem | None = None
    for id in sent.all("id")[:100]:
        try:
            ask(
                me,
                "order_requests",
                f"POST /connectors/{{id}}/{what}/{{request_id}}/retry",
                id=me.shop(store).id,
                request_id=id,
            )
        except Problem as problem:
            refused = refused or problem
    if refused:
        return _requests(me, store, what, refused=refused)
    page_name = "refunds" if what == "refunds" else "addresses"
    return redirect(f"/desk/{store}/{page_name}?done=retried")


def _requests(me: Me, store: str, what: str, *, refused: Problem | None = None) -> Response[str]:
    found = ask(
        me,
        "order_requests",
        f"GET /connectors/{{id}}/{what}",
        id=me.shop(store).id,
        query=query_of("status", "order_id"),
    )
    template = "refunds.html" if what == "refunds" else "addresses.html"
    return page(me, template, store=store, refused=refused, found=found)


def _discounts(me: Me, store: str, *, refused: Problem | None = None) -> Response[str]:
    query: dict[str, Any] = query_of("status")
    found = ask(me, "discounts", "GET /discounts", query={"store_id": me.shop(store).id, **query})
    return page(me, "discounts.html", store=store, refused=refused, found=found)

"""Refunds, corrected addresses and discounts, with what the platforms said."""

from __future__ import annotations

from typing import Any

import fates
import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import Problem
from calling import ask
from frame import does, event, lists, page, query_of, query_or, sent_by
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


@does("/desk/<store>/discounts", "`id`: of one or several discounts to end")
def revoke(store: str) -> Response[str]:
    """End unused discounts, each by itself."""
    me, sent = sent_by("store")
    named = {"store_id": me.shop(store).id}

    def end(id: str) -> None:
        ask(me, "discounts", "POST /discounts/{id}/revoke", id=id, query=named)

    return fates.act(
        event(), sent, "the discounts", end, again=lambda why: _discounts(me, store, refused=why)
    )


def _retry(store: str, what: str) -> Response[str]:
    """Each by itself; one that cannot be tried stops none."""
    me, sent = sent_by("staff")
    route = f"POST /connectors/{{id}}/{what}/{{request_id}}/retry"

    def retry(id: str) -> None:
        ask(me, "order_requests", route, id=me.shop(store).id, request_id=id)

    return fates.act(
        event(),
        sent,
        "the requests",
        retry,
        again=lambda why: _requests(me, store, what, refused=why),
    )


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
    query: dict[str, Any] = query_or("status", "active", "q", "used")
    found = ask(me, "discounts", "GET /discounts", query={"store_id": me.shop(store).id, **query})
    return page(
        me,
        "discounts.html",
        store=store,
        refused=refused,
        found=found,
        filtered={"status": query.get("status", "all")},
    )

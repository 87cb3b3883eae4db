"""Batches: their fill against the threshold, the purchase list, and the walk to the end."""

from __future__ import annotations

import re
from typing import Any

import fates
import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import NotFound, Problem
from backshop.web import routes
from backshop.web.pages import forms, redirect
from calling import File, ask
from fates import Fate
from frame import ANSWERED, app, does, event, lists, page, query_or, sent_by, shows
from sessions import Me
from showing import spoken

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STEPS = (
    "collecting",
    "orderedFromSupplier",
    "inTransit",
    "arrived",
    "dispatched",
    "completed",
)


@lists("/desk/<store>/batches")
def list_batches(store: str) -> Response[str]:
    """The batches of a shop, newest first."""
    return _list(sessions.current(event(), "staff"), store)


@does("/desk/<store>/batches", "`target_order_count`, `notes`, `auto_assign`")
def create(store: str) -> Response[str]:
    """Make a batch that collects orders."""
    me, sent = sent_by("staff")
    target = sent.first("target_order_count").strip()
    body: dict[str, Any] = {"auto_assign": sent.first("auto_assign") == "yes"}
    body["target_order_count"] = int(target) if target.isdecimal() and len(target) < 9 else target
    if sent.first("notes").strip():
        body["notes"] = sent.first("notes").strip()
    try:
        made = _ask(me, store, "POST /batches", body=body, key=sent.key)
    except Problem as refused:
        return _list(me, store, refused=refused, typed=sent.typed)
    return redirect(f"/desk/{store}/batches/{made['id']}?done=batch")


@shows("/desk/<store>/batches/<batch_id>")
def show(store: str, batch_id: str) -> Response[str]:
    """One batch: how full it is, what is in it, and its next step."""
    return _show(sessions.current(event(), "staff"), store, batch_id)


@routes.route(
    app,
    "GET /desk/<store>/batches/<batch_id>/purchase-list",
    scope="desk",
    problems=ANSWERED,
    answers={
        "text/csv": "With `?format=csv`: one line per item.",
        XLSX: "A workbook with one sheet.",
    },
    also={303: "Leads to the sign-in."},
)
def download(store: str, batch_id: str) -> Response[bytes]:
    """The purchase list as a file."""
    me = sessions.current(event(), "staff")
    kind = (event().get("queryStringParameters") or {}).get("format", "xlsx")
    if kind not in ("csv", "xlsx"):
        raise NotFound("There is no such file; take the CSV or the workbook.")
    made = _ask(me, store, "GET /batches/{id}/purchase-list", id=batch_id, query={"format": kind})
    assert isinstance(made, File)
    headers: dict[str, str | list[str]] = {
        "Content-Disposition": made.headers.get("content-disposition", "attachment"),
        "Cache-Control": "no-store",
    }
    return Response(200, made.kind, made.content, headers=headers)


@does("/desk/<store>/batches/<batch_id>/orders", "`codes`, or `out`: codes to be taken out")
def assign(store: str, batch_id: str) -> Response[str]:
    """Put orders into a batch, or take some out; what became of each is said."""
    me, sent = sent_by("staff")
    path = f"/desk/{store}/batches/{batch_id}"
    if sent.first("out"):
        return fates.led(event(), path, _taken_out(me, store, batch_id, _codes(sent.first("out"))))
    codes = _codes(sent.first("codes"))
    try:
        said = _ask(
            me,
            store,
            "POST /batches/{id}/orders",
            id=batch_id,
            body={"order_codes": codes},
            key=sent.key,
        )
    except Problem as refused:
        return _show(me, store, batch_id, refused=refused, typed=sent.typed)
    left_out = {each["order_code"]: spoken(each["reason"]) for each in said["refused"]}
    return fates.led(event(), path, [Fate(each, left_out.get(each, "")) for each in codes])


@does("/desk/<store>/batches/<batch_id>/status", "`status`: the next one")
def move(store: str, batch_id: str) -> Response[str]:
    """Take a batch one step on, and its orders with it."""
    me, sent = sent_by("staff")
    body = {"status": sent.first("status")}
    try:
        _ask(me, store, "PUT /batches/{id}/status", id=batch_id, body=body)
    except Problem as refused:
        return _show(me, store, batch_id, refused=refused, typed=sent.typed)
    return redirect(f"/desk/{store}/batches/{batch_id}?done=moved")


def _codes(text: str) -> list[str]:
    return list(dict.fromkeys(each for each in re.split(r"[\s,;]+", text) if each))


def _taken_out(me: Me, store: str, batch_id: str, codes: list[str]) -> list[Fate]:
    """Each by itself."""

    def out(code: str) -> None:
        _ask(me, store, "DELETE /batches/{id}/orders/{code}", id=batch_id, code=code)

    return fates.of_each(forms.Sent({}), codes[: fates.MOST], out)


def _ask(me: Me, store: str, route: str, **said: Any) -> Any:
    query = {"store_id": me.shop(store).id, **said.pop("query", {})}
    return ask(me, "batches", route, query=query, **said)


def _list(
    me: Me,
    store: str,
    *,
    refused: Problem | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    query = query_or("show", "open", "q")
    shown = query.pop("show", "all")
    query |= (
        {"completed": "false"} if shown == "open" else {"status": shown} if shown in STEPS else {}
    )
    found = _ask(me, store, "GET /batches", query=query)
    return page(
        me,
        "batches.html",
        store=store,
        refused=refused,
        typed=typed,
        found=found,
        steps=STEPS,
        filtered={"show": shown},
    )


def _show(
    me: Me,
    store: str,
    batch_id: str,
    *,
    refused: Problem | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    batch = _ask(me, store, "GET /batches/{id}", id=batch_id)
    items = _ask(
        me, store, "GET /batches/{id}/purchase-list", id=batch_id, query={"format": "json"}
    )
    place = STEPS.index(batch["status"])
    return page(
        me,
        "batch.html",
        store=store,
        refused=refused,
        typed=typed,
        batch=batch,
        items=items["items"],
        steps=STEPS,
        place=place,
        next_step=STEPS[place + 1] if place + 1 < len(STEPS) else None,
    )

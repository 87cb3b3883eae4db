"""Webhooks that came in, and what goes out: search, look, replay, try again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import fates
import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import FieldError, Problem, Unprocessable
from backshop.web.pages import forms, redirect
from calling import ask
from frame import does, event, lists, page, query_of, query_or, sent_by, shows
from sessions import Me

MOST_CALLS = 20
"""Windows are replayed a hundred a call; more than two thousand take another press."""


@lists("/desk/<store>/webhooks")
def list_webhooks(store: str) -> Response[str]:
    """What the shop sent in the last 30 days."""
    return _list(sessions.current(event(), "staff"), store)


@shows("/desk/<store>/webhooks/<webhook_id>")
def show(store: str, webhook_id: str) -> Response[str]:
    """One webhook with its body."""
    return _show(sessions.current(event(), "staff"), store, webhook_id)


@does("/desk/<store>/webhooks/<webhook_id>")
def replay(store: str, webhook_id: str) -> Response[str]:
    """Have one webhook worked off once more."""
    me, sent = sent_by("staff")
    try:
        ask(
            me,
            "received_webhooks",
            "POST /connectors/{id}/webhooks/{webhook_id}/replay",
            id=me.shop(store).id,
            webhook_id=webhook_id,
            key=sent.key,
        )
    except Problem as refused:
        return _show(me, store, webhook_id, refused=refused)
    return redirect(f"/desk/{store}/webhooks/{webhook_id}?done=replayed")


@does("/desk/<store>/webhooks", "`since` and `until` in the shop's time, `status`")
def replay_window(store: str) -> Response[str]:
    """Have all webhooks of a window worked off once more, oldest first."""
    me, sent = sent_by("staff")
    shop = me.shop(store)
    try:
        window = _window(sent, shop.zone)
        if sent.first("status"):
            window["status"] = sent.first("status")
        for number in range(MOST_CALLS):
            said = ask(
                me,
                "received_webhooks",
                "POST /connectors/{id}/webhooks/replay",
                id=shop.id,
                body=window,
                key=f"{sent.key}-{number}" if sent.key else None,
            )
            if not said["next_cursor"]:
                break
            window["cursor"] = said["next_cursor"]
    except Problem as refused:
        return _list(me, store, refused=refused, typed=sent.typed)
    return redirect(f"/desk/{store}/webhooks?done=replayed")


@lists("/desk/<store>/outgoing")
def outgoing(store: str) -> Response[str]:
    """What is to be done at the shop, and what failed."""
    return _outgoing(sessions.current(event(), "staff"), store)


@does("/desk/<store>/outgoing", "`id`: of one or several that failed")
def retry(store: str) -> Response[str]:
    """Try failed changes again, each by itself."""
    me, sent = sent_by("staff")
    named = {"store_id": me.shop(store).id}

    def anew(id: str) -> None:
        ask(me, "outbox_rows", "POST /outbox/{id}/retry", id=id, query=named)

    return fates.act(
        event(), sent, "the changes", anew, again=lambda why: _outgoing(me, store, refused=why)
    )


def _list(
    me: Me, store: str, *, refused: Problem | None = None, typed: dict[str, str] | None = None
) -> Response[str]:
    shop = me.shop(store)
    query = query_of("q", "topic", "status", "since", "until")
    found = ask(me, "received_webhooks", "GET /connectors/{id}/webhooks", id=shop.id, query=query)
    return page(
        me,
        "webhooks.html",
        store=store,
        refused=refused,
        typed=typed,
        found=found,
    )


def _show(me: Me, store: str, webhook_id: str, *, refused: Problem | None = None) -> Response[str]:
    webhook = ask(
        me,
        "received_webhooks",
        "GET /connectors/{id}/webhooks/{webhook_id}",
        id=me.shop(store).id,
        webhook_id=webhook_id,
    )
    return page(
        me,
        "webhook.html",
        store=store,
        refused=refused,
        webhook=webhook,
        body=_pretty(webhook["body"]),
    )


def _outgoing(me: Me, store: str, *, refused: Problem | None = None) -> Response[str]:
    query = query_or("status", "failed", "q")
    found = ask(me, "outbox_rows", "GET /outbox", query={"store_id": me.shop(store).id, **query})
    status = query["status"]
    return page(
        me,
        "outgoing.html",
        store=store,
        refused=refused,
        found=found,
        status_shown=status,
        filtered={"status": status},
    )


def _pretty(body: str | None) -> str | None:
    """JSON indented; anything else as it came, and what nests too deep to be read."""
    try:
        return json.dumps(json.loads(body or ""), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body


def _window(sent: forms.Sent, zone: str) -> dict[str, Any]:
    """The times that were typed in the shop's zone. Raises Unprocessable with each that is none."""
    found = {name: _utc(sent.first(name), zone) for name in ("since", "until")}
    message = "Give the day and the time, as 2026-11-20 14:05."
    wrong = [FieldError(field=name, message=message) for name, at in found.items() if at is None]
    if wrong:
        raise Unprocessable(message, errors=wrong)
    return found


def _utc(text: str, zone: str) -> str | None:
    try:
        local = datetime.fromisoformat(text.strip())
        placed = local if local.tzinfo else local.replace(tzinfo=ZoneInfo(zone))
        return placed.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None

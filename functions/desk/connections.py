"""Shops: connecting one after a check, its syncs with their progress, pausing and disconnecting."""

from __future__ import annotations

from typing import Any

import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import FieldError, Problem, Unprocessable
from backshop.web.pages import forms, redirect
from calling import ask
from frame import does, event, lists, page, query_of, sent_by, shows
from sessions import Me

PLATFORMS = {
    "woocommerce": ("WooCommerce", "Consumer key (ck_…)", "Consumer secret (cs_…)"),
    "shopify": ("Shopify", "Admin API token, or the app's client id", "The app's client secret"),
    "vendure": ("Vendure", "API key, or an administrator's user name", "- , or the password"),
}


@lists("/desk/shops")
def list_shops() -> Response[str]:
    """All shops, with how they are connected."""
    me = sessions.current(event(), "store")
    found = ask(me, "connectors", "GET /connectors", query={"limit": 200, **query_of()})
    return page(me, "shops.html", found=found, platforms=PLATFORMS)


@shows("/desk/shops/new")
def new() -> Response[str]:
    """The form that connects a shop."""
    return _new(sessions.current(event(), "staff"))


@does(
    "/desk/shops",
    "`platform`, `store_url`, `api_key`, `secret`, `name`, `only_check`",
    also={200: "What the check says; or the shop is connected, with the keys that are shown once."},
)
def connect() -> Response[str]:
    """Check the credentials, and connect the shop where they do."""
    me, sent = sent_by("staff")
    body: dict[str, Any] = {
        name: sent.first(name).strip()
        for name in ("platform", "store_url", "api_key", "secret", "name")
        if sent.first(name).strip()
    }
    settings = {
        name: sent.first(name).strip()
        for name in ("currency", "time_zone")
        if sent.first(name).strip()
    }
    if settings:
        body["settings"] = settings
    try:
        check = ask(me, "connectors", "POST /connectors/check", body=body)
        if sent.first("only_check") or not (check["ok"] or sent.first("all_the_same")):
            return _new(me, typed=sent.typed, check=check, status=200 if check["ok"] else 422)
        made = ask(me, "connectors", "POST /connectors", body=body, key=sent.key)
    except Problem as refused:
        return _new(me, typed=sent.typed, refused=refused)
    return page(me, "connected.html", made=made, store=None)


@shows("/desk/<store>/shop")
def show(store: str) -> Response[str]:
    """One shop: its connection, and its syncs with their progress."""
    return _shop(sessions.current(event(), "store"), store)


@does("/desk/<store>/shop", "`sync`: full or incremental; or `pause`: yes or no; or `name`")
def change(store: str) -> Response[str]:
    """Start a sync, pause the syncs, or give the shop another name."""
    me, sent = sent_by("staff" if not sent_sync() else "store")
    shop = me.shop(store)
    try:
        if sync := sent.first("sync"):
            ask(
                me,
                "connector_syncs",
                "POST /connectors/{id}/syncs",
                id=shop.id,
                body={"type": sync},
                key=sent.key,
            )
            return redirect(f"/desk/{store}/shop?done=syncing")
        body: dict[str, Any] = {}
        if pause := sent.first("pause"):
            body["paused"] = pause == "yes"
        if name := sent.first("name").strip():
            body["name"] = name
        ask(me, "connectors", "PATCH /connectors/{id}", id=shop.id, body=body)
    except Problem as refused:
        return _shop(me, store, refused=refused, typed=sent.typed)
    return redirect(f"/desk/{store}/shop?done=changed")


def sent_sync() -> bool:
    """Whether the form only starts a sync, which every key may."""
    return bool(forms.read(event()).first("sync"))


@shows("/desk/<store>/disconnect")
def disconnecting(store: str) -> Response[str]:
    """What disconnecting a shop erases and keeps."""
    return _disconnect(sessions.current(event(), "staff"), store)


@does("/desk/<store>/disconnect", "`name`: that of the shop, typed")
def disconnect(store: str) -> Response[str]:
    """Disconnect a shop."""
    me, sent = sent_by("staff")
    shop = me.shop(store)
    if sent.first("name").strip() != shop.name:
        wrong = FieldError(field="name", message=f"Type the shop's name as it is: {shop.name}")
        return _disconnect(me, store, errors=[wrong], typed=sent.typed)
    try:
        ask(me, "connectors", "DELETE /connectors/{id}", id=shop.id)
    except Problem as refused:
        return _disconnect(me, store, refused=refused, typed=sent.typed)
    return redirect(f"/desk/{store}/shop?done=disconnected")


def _new(
    me: Me,
    *,
    refused: Problem | None = None,
    typed: dict[str, str] | None = None,
    check: Any = None,
    status: int | None = None,
) -> Response[str]:
    shown = {
        name: text for name, text in (typed or {}).items() if name not in ("api_key", "secret")
    }
    return page(
        me,
        "shop_new.html",
        refused=refused,
        typed=shown if typed is not None else None,
        check=check,
        platforms=PLATFORMS,
        status=status,
    )


def _shop(
    me: Me,
    store: str,
    *,
    refused: Problem | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    shop = me.shop(store)
    connector = runs = None
    if shop.platform:
        connector = ask(me, "connectors", "GET /connectors/{id}", id=shop.id)
        runs = ask(
            me, "connector_syncs", "GET /connectors/{id}/syncs", id=shop.id, query=query_of()
        )
    is_running = bool(runs and any(each["status"] == "running" for each in runs["items"][:1]))
    return page(
        me,
        "shop.html",
        store=store,
        refused=refused,
        typed=typed,
        platforms=PLATFORMS,
        connector=connector,
        runs=runs,
        is_running=is_running,
        is_paused=bool(connector and connector["paused_at"]),
    )


def _disconnect(
    me: Me,
    store: str,
    *,
    refused: Problem | None = None,
    errors: list[FieldError] | None = None,
    typed: dict[str, str] | None = None,
) -> Response[str]:
    said = ask(me, "connectors", "GET /connectors/{id}/disconnection", id=me.shop(store).id)
    if errors:
        refused = Unprocessable(errors[0]["message"], errors=errors)
    return page(me, "disconnect.html", store=store, refused=refused, typed=typed, said=said)

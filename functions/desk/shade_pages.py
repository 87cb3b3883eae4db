"""Ratings with staff's notes, the catalogue of shades with a preview of the match, the funnel."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import fates
import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import Problem
from backshop.web import routes
from backshop.web.pages import Policy, forms, redirect
from backshop.web.pages.declaring import FORM
from calling import ask
from frame import ANSWERED, app, does, event, lists, page, query_of, query_or, sent_by, shows
from sessions import Me

UNDERTONES = ("cool", "neutral", "warm")
WEIGHTS = ("depth", "undertone", "own_fit", "skin_type", "finish", "concern", "ratings")
BLANK_ROWS = 3
STEPS = ("kits", "invites", "surveys", "discounts", "clicks", "conversions")


@lists("/desk/<store>/ratings")
def ratings(store: str) -> Response[str]:
    """What shoppers say of recommended shades."""
    return _ratings(sessions.current(event(), "staff"), store)


@does("/desk/<store>/ratings", "`id` of the rating, `note`")
def note(store: str) -> Response[str]:
    """Write staff's own note on a rating."""
    me, sent = sent_by("staff")
    try:
        ask(
            me,
            "shade_admin",
            "PUT /shade/ratings/{id}/note",
            id=sent.first("id"),
            query={"store_id": me.shop(store).id},
            body={"note": sent.first("note").strip() or None},
        )
    except Problem as refused:
        return _ratings(me, store, refused=refused, typed=sent.typed)
    return redirect(fates.address(event(), f"/desk/{store}/ratings", done="noted"))


@shows("/desk/<store>/shades")
def shades(store: str) -> Response[str]:
    """The catalogue of shades and what counts how much in the match."""
    return _shades(sessions.current(event(), "staff"), store)


@does("/desk/<store>/shades", "a row of fields a shade, `name.0`, `depth.0`, …; the weights")
def save_shades(store: str) -> Response[str]:
    """Save the catalogue and the weights."""
    me, sent = sent_by("staff")
    named = {"store_id": me.shop(store).id}
    try:
        ask(me, "shade_admin", "PUT /shade/shades", query=named, body={"shades": _rows(sent)})
        settings = ask(me, "shade_admin", "GET /shade/settings", query=named)
        changed = {**settings, "weights": settings["weights"] | _weights(sent)}
        ask(me, "shade_admin", "PUT /shade/settings", query=named, body=changed)
    except Problem as refused:
        return _shades(me, store, refused=refused, typed=sent.typed, rows=_shown(sent))
    return redirect(f"/desk/{store}/shades?done=saved")


@routes.route(
    app,
    "POST /desk/<store>/shades/preview",
    scope="desk",
    problems=ANSWERED,
    answers={"text/html": "The page, with the match that these shades and weights would give."},
    takes={FORM: "as for saving, and `tried`, `fit`, `skin_type` of a made-up shopper"},
)
def preview(store: str) -> Response[str]:
    """Show the match that what was typed would give; nothing is saved."""
    me, sent = sent_by("staff")
    answers: dict[str, Any] = {"shade_selected": sent.first("tried").strip()}
    if sent.first("fit").isdecimal():
        answers["shade_fit_rating"] = int(sent.first("fit"))
    if sent.first("skin_type").strip():
        answers["skin_type"] = sent.first("skin_type").strip()
    try:
        match = ask(
            me,
            "shade_admin",
            "POST /shade/preview",
            query={"store_id": me.shop(store).id},
            body={"shades": _rows(sent), "weights": _weights(sent), "answers": answers},
        )
    except Problem as refused:
        return _shades(me, store, refused=refused, typed=sent.typed, rows=_shown(sent))
    return _shades(me, store, typed=sent.typed, rows=_shown(sent), match=match)


@shows("/desk/<store>/funnel")
def funnel(store: str) -> Response[str]:
    """The funnel from the kit to the full size, as a picture and as a table."""
    me = sessions.current(event(), "store")
    shop = me.shop(store)
    query = query_of("from", "to", "period")
    query.setdefault("period", "month")
    found = ask(me, "shade_admin", "GET /shade/funnel", query={"store_id": shop.id, **query})
    span = query | {"from": found["from"], "to": found["to"]}
    totals = {step: sum(row[step] for row in found["rows"]) for step in STEPS}
    most = max(*totals.values(), 1)
    bars = [(step, totals[step], round(600 * totals[step] / most)) for step in STEPS]
    return page(me, "funnel.html", store=store, found=found, bars=bars, steps=STEPS, span=span)


def _rows(sent: forms.Sent) -> list[dict[str, Any]]:
    """The shades that were typed; a row without a name is none. What the page does not show of a
    shade comes along hidden."""
    made = []
    for row in _shown(sent):
        if not row["name"].strip():
            continue
        shade: dict[str, Any] = {
            "name": row["name"].strip(),
            "depth": _number(row["depth"]),
            "undertone": row["undertone"],
            "finish": row["finish"].strip() or None,
            "swatch": row["swatch"].strip() or None,
            "is_offered": row["is_offered"] == "yes",
            "variant_ids": [_number(each) for each in row["variant_ids"].replace(",", " ").split()],
        }
        for name in ("good_for", "not_for"):
            shade[name] = [each.strip() for each in row[name].split(",") if each.strip()]
        made.append(shade)
    return made


def _shown(sent: forms.Sent) -> list[dict[str, str]]:
    fields = ("name", "depth", "undertone", "finish", "swatch", "is_offered", "variant_ids")
    numbers = sorted(
        int(name.removeprefix("name."))
        for name in sent.values
        if name.startswith("name.") and name.removeprefix("name.").isdecimal()
    )
    return [
        {field: sent.first(f"{field}.{number}") for field in (*fields, "good_for", "not_for")}
        for number in numbers[:500]
    ]


def _weights(sent: forms.Sent) -> dict[str, Any]:
    said = {name: sent.first(f"weight.{name}").strip() for name in WEIGHTS}
    return {name: _decimal(text) for name, text in said.items() if text}


def _ratings(
    me: Me, store: str, *, refused: Problem | None = None, typed: dict[str, str] | None = None
) -> Response[str]:
    chosen = query_or("noted", "false", "rating", "photo", "q")
    query = {"store_id": me.shop(store).id, **chosen}
    found = ask(me, "shade_admin", "GET /shade/ratings", query=query)
    links = [urlsplit(each["image_url"]) for each in found["items"] if each["image_url"]]
    origins = sorted({f"{link.scheme}://{link.netloc}" for link in links})
    return page(
        me,
        "ratings.html",
        store=store,
        refused=refused,
        typed=typed,
        policy=Policy(reaches=origins),
        found=found,
        filtered={"noted": chosen.get("noted", "all")},
    )


def _shades(
    me: Me,
    store: str,
    *,
    refused: Problem | None = None,
    typed: dict[str, str] | None = None,
    rows: list[dict[str, str]] | None = None,
    match: Any = None,
) -> Response[str]:
    named = {"store_id": me.shop(store).id}
    known = ask(me, "shade_admin", "GET /shade/shades", query=named)["shades"]
    settings = ask(me, "shade_admin", "GET /shade/settings", query=named)
    if rows is None:
        blank = dict.fromkeys(("name", "depth", "finish", "swatch", "variant_ids"), "")
        blank |= {"undertone": "neutral", "is_offered": "yes", "good_for": "", "not_for": ""}
        rows = [_row(each) for each in known] + [dict(blank) for _ in range(BLANK_ROWS)]
    return page(
        me,
        "shades.html",
        store=store,
        refused=refused,
        typed=typed,
        rows=rows,
        names=[row["name"] for row in rows if row["name"]],
        weights={name: settings["weights"][name] for name in WEIGHTS},
        skin_types=settings["skin_types"],
        undertones=UNDERTONES,
        match=match,
    )


def _row(shade: dict[str, Any]) -> dict[str, str]:
    return {
        "name": shade["name"],
        "depth": str(shade["depth"]),
        "undertone": shade["undertone"],
        "finish": shade["finish"] or "",
        "swatch": shade["swatch"] or "",
        "is_offered": "yes" if shade["is_offered"] else "",
        "variant_ids": " ".join(map(str, shade["variant_ids"])),
        "good_for": ", ".join(shade["good_for"]),
        "not_for": ", ".join(shade["not_for"]),
    }


def _number(text: str) -> int | str:
    return int(text) if text.strip().isdecimal() and len(text) < 18 else text


def _decimal(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text

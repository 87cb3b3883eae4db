"""Deliveries: scanned or pasted codes moved to a stage, and files whose every line is shown before
it is done."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import sessions
from aws_lambda_powertools.event_handler import Response
from backshop.errors import Problem, Unauthorized
from backshop.web import pages, routes, tokens
from backshop.web.pages.declaring import FORM
from calling import ask
from frame import ANSWERED, app, does, event, page, sent_by, shows
from sessions import Me
from showing import spoken

STAGES = ("SOURCING", "ARRIVED", "DISPATCHED", "DELIVERED")
MOST_CODES = 500
SHOWN = 40
"""Fates that fit into an address; those that were refused come first."""


@shows("/desk/<store>/deliveries")
def show(store: str) -> Response[str]:
    """The scan field, and the field for a file."""
    return _page(sessions.current(event(), "staff"), store)


@does("/desk/<store>/deliveries", "`stage`, `codes`: one or many, `tracking_number`: of one")
def move(store: str) -> Response[str]:
    """Move what was scanned or pasted, and say what became of each code."""
    me, sent = sent_by("staff")
    codes = list(dict.fromkeys(re.split(r"[\s,;]+", sent.first("codes").strip())))[:MOST_CODES]
    stage, tracking = sent.first("stage"), sent.first("tracking_number").strip()
    if not any(codes) or stage not in STAGES:
        return _page(me, store, stopped="Scan a code, or paste some.", typed=sent.typed)
    rows = [(code, stage, tracking if len(codes) == 1 else "") for code in codes]
    try:
        report = _import(me, store, _csv(rows), dry_run=False)
    except Problem as refused:
        return _page(me, store, refused=refused, typed=sent.typed)
    fates = sorted(
        ([each["code"], each["result"], each["message"]] for each in report["lines"]),
        key=lambda fate: ("refused", "unchanged", "changed").index(fate[1]),
    )
    token = tokens.sign(
        "desk-fates",
        {"stage": stage, "fates": fates[:SHOWN], "more": max(len(fates) - SHOWN, 0)},
        at=datetime.now(UTC),
        lasts=timedelta(hours=1),
    )
    return pages.redirect(f"/desk/{store}/deliveries?stage={stage}&fates={token}")


@routes.route(
    app,
    "POST /desk/<store>/deliveries/check",
    scope="desk",
    problems=ANSWERED,
    answers={"text/html": "The page, with what would become of each line."},
    takes={FORM: "`csv`: the file's text"},
)
def check(store: str) -> Response[str]:
    """Show what would become of each line of a file; nothing is done."""
    me, sent = sent_by("staff")
    try:
        report = _import(me, store, sent.first("csv"), dry_run=True)
    except Problem as refused:
        return _page(me, store, refused=refused, typed=sent.typed)
    return page(
        me,
        "delivery_file.html",
        store=store,
        report=report,
        is_done=False,
        csv=sent.first("csv"),
    )


@does("/desk/<store>/deliveries/import", "`csv`: the file's text")
def import_file(store: str) -> Response[str]:
    """Do what the check showed."""
    me, sent = sent_by("staff")
    try:
        report = _import(me, store, sent.first("csv"), dry_run=False)
    except Problem as refused:
        return _page(me, store, refused=refused, typed=sent.typed)
    counts = {name: report[name] for name in ("changed", "unchanged", "refused")}
    fates = [
        [each["code"], each["result"], each["message"]]
        for each in report["lines"]
        if each["result"] == "refused"
    ]
    token = tokens.sign(
        "desk-fates",
        {
            "stage": "",
            "fates": fates[:SHOWN],
            "more": max(len(fates) - SHOWN, 0),
            "counts": counts,
        },
        at=datetime.now(UTC),
        lasts=timedelta(hours=1),
    )
    return pages.redirect(f"/desk/{store}/deliveries?fates={token}")


def _import(me: Me, store: str, text: str, *, dry_run: bool) -> dict[str, Any]:
    said: dict[str, Any] = ask(
        me,
        "deliveries",
        "POST /deliveries/import",
        query={"store_id": me.shop(store).id, "dry_run": dry_run},
        text=text,
    )
    for line in said["lines"]:
        line["message"] = spoken(line["message"] or "")
    return said


def _csv(rows: list[tuple[str, str, str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows([("code", "stage", "tracking_number"), *rows])
    return written.getvalue()


def _page(
    me: Me,
    store: str,
    *,
    refused: Problem | None = None,
    typed: dict[str, str] | None = None,
    stopped: str = "",
) -> Response[str]:
    query = event().get("queryStringParameters") or {}
    said = _fates(query.get("fates", ""))
    wrong = [fate for fate in said["fates"] if fate[1] != "changed"] if said["stage"] else []
    if wrong and not stopped:
        code, result, message = wrong[0]
        why = "it is there already, or further" if result == "unchanged" else message
        stopped = f"{code}: {why}."
    stage = (typed or {}).get("stage") or query.get("stage") or "ARRIVED"
    return page(
        me,
        "deliveries.html",
        store=store,
        refused=refused,
        typed=typed,
        stopped=stopped.replace("..", "."),
        fates=said["fates"],
        more=said["more"],
        counts=said.get("counts"),
        stages=STAGES,
        stage=stage,
        status=422 if stopped and not said["fates"] and not refused else None,
    )


def _fates(token: str) -> dict[str, Any]:
    """What became of the codes that were just sent; nothing where the address says nothing of
    ours."""
    try:
        return tokens.read("desk-fates", token, at=datetime.now(UTC))
    except Unauthorized:
        return {"stage": "", "fates": [], "more": 0}

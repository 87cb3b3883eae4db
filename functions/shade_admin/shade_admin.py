"""Routes of staff and stores for the shade funnel: settings, shades, numbers, the training set."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler import Response
from backshop import commerce, db
from backshop.aws import config
from backshop.commerce import Platform
from backshop.errors import BadRequest, NotFound
from backshop.shade.catalogue import repository as catalogue
from backshop.shade.catalogue.models import Catalogue, Shade
from backshop.shade.funnel import repository as funnel_rows
from backshop.shade.models import Model, SettingsChange, settings_of
from backshop.shade.training import repository as training
from backshop.stores import repository as stores
from backshop.web import old as http
from pydantic import BaseModel, Field, ValidationError

LINK_SECONDS = 900
DAYS = 90
LONGEST_DAYS = 3 * 366

app = http.app()
handler = http.handler(app)


Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(3000, 1, 1))]
"""Days around the ends of the calendar cannot be counted from."""


class Query(BaseModel):
    """GET /shade/funnel?from=&to=&period=: days of the store's time zone, `to` included."""

    since: Day | None = None
    until: Day | None = None
    period: Literal["day", "week", "month"] = "month"


class Export(Model):
    """POST /shade/training-exports. `only_new`: what was not exported since it was last rated."""

    only_new: bool = False


@app.get("/shade/settings")
def settings() -> Response[str]:
    """The store's settings with all defaults."""
    http.require(app, "store")
    with db.transaction(store_id=_store_id()) as tx:
        return http.reply(200, _settings(_shop(tx)))


@app.put("/shade/settings")
def change_settings() -> Response[str]:
    """Replace the settings; what is left out goes back to its default."""
    http.require(app, "staff")
    asked = http.body(app, SettingsChange)
    with db.transaction(store_id=_store_id()) as tx:
        _shop(tx)
        given = asked.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        stores.change(tx, None, {"shade": given})
        return http.reply(200, _settings(_shop(tx)))


@app.get("/shade/shades")
def shades() -> Response[str]:
    """The catalogue, lightest first."""
    http.require(app, "store")
    with db.transaction(store_id=_store_id()) as tx:
        return http.reply(200, _catalogue(catalogue.shades(tx)))


@app.put("/shade/shades")
def change_shades() -> Response[str]:
    """Replace the catalogue; a shade that is left out is offered no longer."""
    http.require(app, "staff")
    asked = http.body(app, Catalogue)
    with db.transaction(store_id=_store_id()) as tx:
        _shop(tx)
        catalogue.save_shades(tx, asked.shades)
        return http.reply(200, _catalogue(catalogue.shades(tx)))


@app.get("/shade/funnel")
def funnel() -> Response[str]:
    """Kits, invites, surveys, discounts, clicks, conversions and revenue by period, currency and
    shade."""
    http.require(app, "store")
    with db.transaction(store_id=_store_id()) as tx:
        shop = _shop(tx)
        zone = ZoneInfo(shop.time_zone)
        asked = _query(datetime.now(zone).date())
        since, until = asked.since, asked.until
        assert since is not None
        assert until is not None
        rows = funnel_rows.funnel(
            tx,
            asked.period,
            shop.time_zone,
            datetime(since.year, since.month, since.day, tzinfo=zone),
            datetime(until.year, until.month, until.day, tzinfo=zone) + timedelta(days=1),
        )
    return http.reply(
        200,
        {"from": since, "to": until, "period": asked.period, "time_zone": shop.time_zone}
        | {"rows": [row | {"revenue": f"{row['revenue']:.2f}"} for row in rows]},
    )


@app.post("/shade/training-exports")
def export_training() -> Response[str]:
    """Write every rated match as a line of JSON and mark it as used; a link that lives 15 minutes."""
    http.require(app, "staff")
    asked = http.body(app, Export)
    store_id = _store_id()
    key = f"training/{store_id}/{uuid4()}.jsonl"
    bucket = config.value("DATA_BUCKET")
    s3 = config.client("s3")
    with db.transaction(store_id=store_id) as tx:
        _shop(tx)
        rows = training.training_rows(tx, only_new=asked.only_new)
        lines = "".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows)
        s3.put_object(Bucket=bucket, Key=key, Body=lines.encode(), ContentType="application/jsonl")
    url = s3.generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=LINK_SECONDS
    )
    return http.reply(201, {"rows": len(rows), "url": url, "expires_in": LINK_SECONDS})


def _store_id() -> UUID:
    return http.store_id(app, Platform.SHOPIFY)


def _shop(tx: db.Tx) -> commerce.Store:
    shop = stores.load(tx)
    if shop is None:
        raise NotFound("There is no such store; GET /connectors lists them.")
    return shop


def _settings(shop: commerce.Store) -> dict[str, Any]:
    given = shop.settings.get("shade") or {}
    kinds = {"kinds": given["kinds"]} if "kinds" in given else {}
    return settings_of(shop.settings).model_dump(mode="json") | kinds


def _catalogue(found: list[Shade]) -> dict[str, Any]:
    return {"shades": [each.model_dump() for each in found]}


def _query(today: date) -> Query:
    given = app.current_event.query_string_parameters
    try:
        asked = Query.model_validate(
            {"since": given.get("from"), "until": given.get("to")}
            | ({"period": given["period"]} if "period" in given else {})
        )
    except ValidationError:
        raise BadRequest(
            "from and to are days such as 2026-11-20; period is one of day, week, month."
        ) from None
    until = asked.until or today
    since = asked.since or until - timedelta(days=DAYS)
    if not timedelta(0) <= until - since <= timedelta(days=LONGEST_DAYS):
        raise BadRequest("from must not be after to, and at most three years before it.")
    return asked.model_copy(update={"since": since, "until": until})

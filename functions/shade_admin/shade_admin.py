"""Routes of staff and stores for the shade funnel: settings, shades, numbers, the training set."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from aws_lambda_powertools.event_handler.openapi.params import Query
from backshop import commerce, db
from backshop.aws import config, objects
from backshop.commerce import Model
from backshop.errors import BadRequest, Conflict, NotFound, Unprocessable
from backshop.shade.catalogue import repository as catalogue
from backshop.shade.catalogue.models import Catalogue, Shade
from backshop.shade.funnel import repository as numbers
from backshop.shade.funnel.models import FunnelRow, Period
from backshop.shade.matching import repository as matching
from backshop.shade.matching import rules as matching_rules
from backshop.shade.matching.models import Match
from backshop.shade.models import SettingsChange, ShadeSettings, Weights, settings_of
from backshop.shade.surveys import rules as survey_rules
from backshop.shade.surveys.models import Answers
from backshop.shade.training import photos
from backshop.shade.training import repository as training
from backshop.shade.training.models import RatingNote, RatingPosition, ShownRating
from backshop.stores import repository as stores
from backshop.web import callers, http, idempotency, paging, routes
from pydantic import BaseModel, Field

LINK_SECONDS = 900
DAYS = 90
LONGEST_DAYS = 3 * 366

app = routes.app("Shade funnel")
handler = routes.handler(app)

Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(3000, 1, 1))]
"""Days around the ends of the calendar cannot be counted from."""


RATING = {
    "id": "6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10",
    "survey_id": "0e7f9d2b-6a10-4b57-8a53-6f1c1e0a9f6d",
    "rating": 2,
    "feedback_notes": "A little too warm.",
    "image_url": None,
    "rated_at": "2026-11-20T10:15:00Z",
    "shade_selected": "Sand",
    "recommended_shade": "Honey",
    "qa_note": "The photo is too dark to tell.",
    "qa_by": "staff:7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "qa_at": "2026-11-21T08:00:00Z",
}


class Preview(Model):
    """What is tried out; the store's own where it is left out."""

    shades: tuple[Shade, ...] | None = Field(default=None, max_length=500)
    weights: Weights | None = None
    answers: Answers


class Span(NamedTuple):
    """Days of the store's time zone, both included."""

    since: date
    until: date


class ShownSettings(ShadeSettings):
    """A store's settings with all defaults."""

    kinds: dict[str, Any] | None = None


class Shades(BaseModel):
    """A store's catalogue of shades, lightest first."""

    shades: list[Shade]


class Funnel(BaseModel):
    """What happened in each period, by currency and shade."""

    since: date = Field(alias="from")
    until: date = Field(alias="to")
    period: Period
    time_zone: str
    rows: list[FunnelRow]


class ExportRequest(Model):
    only_new: bool = Field(
        default=False, description="Only what was not exported since it was last rated."
    )


class TrainingExport(BaseModel):
    """A file of the training set."""

    rows: int
    url: str
    expires_in: int = Field(description="Seconds that the link lives.")


SETTINGS = ShownSettings().model_dump(mode="json")
SHADE = {
    "name": "Honey",
    "depth": 3,
    "undertone": "warm",
    "finish": "Matte",
    "swatch": "#c68642",
    "variant_ids": [40000000000003],
    "good_for": ["Oily"],
    "not_for": [],
    "is_offered": True,
}


@routes.route(app, "GET /shade/settings", scope="store", problems=[Conflict], example=SETTINGS)
def settings() -> ShownSettings:
    """The store's settings with all defaults."""
    with db.transaction(store_id=_store_id()) as tx:
        return _settings(_shop(tx))


@routes.route(
    app,
    "PUT /shade/settings",
    scope="staff",
    problems=[Conflict],
    example=SETTINGS | {"sender": "hello@shop.example.com", "days_after_delivery": 4},
    body_example={"sender": "hello@shop.example.com", "days_after_delivery": 4},
)
def change_settings(body: SettingsChange) -> ShownSettings:
    """Replace the settings; what is left out goes back to its default."""
    with db.transaction(store_id=_store_id()) as tx:
        _shop(tx)
        changed = body.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        stores.change(tx, None, {"shade": changed})
        return _settings(_shop(tx))


@routes.route(app, "GET /shade/shades", scope="store", example={"shades": [SHADE]})
def shades() -> Shades:
    """The catalogue, lightest first."""
    with db.transaction(store_id=_store_id()) as tx:
        return Shades(shades=catalogue.shades(tx))


@routes.route(
    app,
    "PUT /shade/shades",
    scope="staff",
    example={"shades": [SHADE]},
    body_example={"shades": [SHADE]},
)
def change_shades(body: Catalogue) -> Shades:
    """Replace the catalogue; a shade that is left out is offered no longer."""
    with db.transaction(store_id=_store_id()) as tx:
        _shop(tx)
        catalogue.save_shades(tx, body.shades)
        return Shades(shades=catalogue.shades(tx))


@routes.route(
    app,
    "GET /shade/funnel",
    scope="store",
    example={
        "from": "2026-09-01",
        "to": "2026-11-20",
        "period": "month",
        "time_zone": "Africa/Lagos",
        "rows": [
            {
                "period": "2026-11-01",
                "currency": "NGN",
                "shade": "Honey",
                "kits": 12,
                "invites": 10,
                "surveys": 8,
                "discounts": 8,
                "clicks": 6,
                "conversions": 3,
                "revenue": "45000.00",
            }
        ],
    },
)
def funnel(
    since: Annotated[Day | None, Query(alias="from")] = None,
    until: Annotated[Day | None, Query(alias="to")] = None,
    period: Period = "month",
) -> Funnel:
    """Kits, invites, surveys, discounts, clicks, conversions and revenue.

    By period, currency and shade; `from` and `to` are days of the store's time zone, both included,
    the last 90 days where they are left out.
    """
    with db.transaction(store_id=_store_id()) as tx:
        shop = _shop(tx)
        zone = ZoneInfo(shop.time_zone)
        span = _span(since, until, datetime.now(zone).date())
        rows = numbers.funnel(
            tx,
            period,
            shop.time_zone,
            _midnight(span.since, zone),
            _midnight(span.until, zone) + timedelta(days=1),
        )
    return Funnel.model_validate(
        {
            "from": span.since,
            "to": span.until,
            "period": period,
            "time_zone": shop.time_zone,
            "rows": rows,
        }
    )


@routes.route(
    app,
    "POST /shade/preview",
    scope="staff",
    body_example={
        "shades": [{"name": "Honey", "depth": 3, "undertone": "warm", "variant_ids": [7]}],
        "weights": {"depth": 12},
        "answers": {"shade_selected": "Honey", "shade_fit_rating": 4},
    },
    example={"best": None, "lighter": None, "deeper": None, "left_out": []},
)
def preview(body: Preview) -> Match:
    """The match that shades and weights would give a shopper with these answers, by the ratings and
    the stock of now; nothing is saved."""
    with db.transaction(store_id=_store_id()) as tx:
        settings = _settings(_shop(tx))
        shades = list(body.shades) if body.shades is not None else catalogue.shades(tx)
        answers, errors = survey_rules.canonical(body.answers, settings, shades)
        if errors:
            raise Unprocessable(http.please_correct(errors), errors=errors)
        in_stock = catalogue.in_stock(tx, {each for shade in shades for each in shade.variant_ids})
        weights = body.weights or settings.weights
        return matching_rules.match(answers, shades, matching.tallies(tx), in_stock, weights)


@routes.route(
    app,
    "GET /shade/ratings",
    scope="staff",
    example={"items": [RATING], "next_cursor": None},
)
def list_ratings(
    rating: Annotated[int, Field(ge=1, le=5)] | None = None,
    noted: bool | None = None,
    photo: bool | None = None,
    q: paging.Search = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[ShownRating]:
    """Ratings of recommended shades, newest first, with staff's notes; `noted=false` are those that
    nobody has looked at, `photo=true` those with a photo, `q` is part of a shade's name or of what
    was written."""
    after = paging.position(cursor, RatingPosition)
    with db.transaction(store_id=_store_id()) as tx:
        rows = training.ratings(tx, rating, noted, after, limit + 1, q=q, has_photo=photo)
    shown = [_with_link(row) for row in rows]
    return paging.page(
        shown, limit, lambda last: RatingPosition(rated_at=last.rated_at, id=last.id)
    )


@routes.route(
    app,
    "PUT /shade/ratings/<id>/note",
    scope="staff",
    body_example={"note": "The photo is too dark to tell."},
    example=RATING,
)
def note_rating(id: UUID, body: RatingNote) -> ShownRating:
    """Write staff's own note on a rating; what the shopper says later leaves it."""
    by = callers.principal(app.current_event.raw_event).actor
    with db.transaction(store_id=_store_id()) as tx:
        noted = training.note(tx, id, body.note, by)
    if noted is None:
        raise NotFound("There is no such rating; GET /shade/ratings lists them.")
    return _with_link(noted)


@routes.route(
    app,
    "POST /shade/training-exports",
    scope="staff",
    status=201,
    example={"rows": 120, "url": "https://example.com/training.jsonl", "expires_in": LINK_SECONDS},
    body_example={"only_new": True},
)
def export_training(body: ExportRequest, key: idempotency.Key = None) -> TrainingExport:
    """Write every rated match as a line of JSON, and mark it as used.

    The link to the file lives 15 minutes. Nobody is named in it.
    """
    store_id = _store_id()
    name = f"training/{store_id}/{uuid4()}.jsonl"
    bucket = config.value("DATA_BUCKET")
    with db.transaction(store_id=store_id) as tx:
        claim = idempotency.claim(tx, app.current_event.raw_event, key)
        _shop(tx)
        rows = training.training_rows(tx, only_new=body.only_new)
        lines = "".join(json.dumps(row, default=str, ensure_ascii=False) + "\n" for row in rows)
        objects.put(bucket, name, lines.encode(), "application/jsonl")
        url = objects.link(bucket, name, timedelta(seconds=LINK_SECONDS))
        export = TrainingExport(rows=len(rows), url=url, expires_in=LINK_SECONDS)
        return claim.keep(export, secret=("url",))


def _with_link(rating: ShownRating) -> ShownRating:
    """With a signed link in place of where the photo lies."""
    if rating.image_url is None or rating.survey_id is None:
        return rating
    key = photos.key(_store_id(), rating.survey_id)
    link = objects.link(config.value("TRY_ON_BUCKET"), key, photos.LINK_LASTS)
    return rating.model_copy(update={"image_url": link})


def _store_id() -> UUID:
    return callers.store_of_call(app.current_event.raw_event, "surveys")


def _shop(tx: db.Tx) -> commerce.Store:
    shop = stores.load(tx)
    if shop is None:
        raise NotFound("There is no such store; GET /connectors lists them.")
    return shop


def _settings(shop: commerce.Store) -> ShownSettings:
    saved = shop.settings.get("shade") or {}
    return ShownSettings(**dict(settings_of(shop.settings)), kinds=saved.get("kinds"))


def _span(since: date | None, until: date | None, today: date) -> Span:
    until = until or today
    since = since or until - timedelta(days=DAYS - 1)
    if not timedelta(0) <= until - since <= timedelta(days=LONGEST_DAYS):
        raise BadRequest("from must not be after to, and at most three years before it.")
    return Span(since, until)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)

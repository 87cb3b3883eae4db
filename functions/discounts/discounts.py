"""Routes of staff and stores for customers' discounts: give one, look, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import commerce, db, outbox
from backshop.commerce import Currency, Platform
from backshop.errors import BadRequest, Conflict, NotFound, Unprocessable
from backshop.shade.discounts import issuing
from backshop.shade.discounts import repository as discounts
from backshop.shade.discounts.models import Discount, DiscountStatus
from backshop.shade.models import Email, Model, settings_of
from backshop.stores import repository as stores
from backshop.web import old as http
from pydantic import BaseModel, Field, ValidationError, model_validator

PAGE = 100
PLATFORMS = {Platform.SHOPIFY, Platform.WOOCOMMERCE}

app = http.app()
handler = http.handler(app)


class NewDiscount(Model):
    """POST /discounts: whom it is for, by Shopify's customer number or the e-mail address. The
    currency is the shop's own."""

    shopify_customer_id: str | None = Field(default=None, pattern=r"^[0-9]{1,20}$")
    email: Email | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _one(self) -> NewDiscount:
        if (self.shopify_customer_id is None) == (self.email is None):
            raise ValueError("name the customer by shopify_customer_id or by email")
        return self


class Query(BaseModel):
    """GET /discounts?status=&cursor=; the cursor is the last answer's `next_cursor`."""

    status: DiscountStatus | None = None
    cursor: str | None = Field(default=None, pattern=r"^[^ ]{10,40},[0-9a-f-]{36}$")

    def before(self) -> tuple[datetime, UUID] | None:
        at, _, id = (self.cursor or "").partition(",")
        return (datetime.fromisoformat(at), UUID(id)) if self.cursor else None


@app.post("/discounts")
def create() -> Response[str]:
    """The customer's discount: 202 for a new one, on its way to the shop; 200 for the one they
    have. Its code is shown once the shop has it."""
    http.require(app, "store")
    asked = http.body(app, NewDiscount)
    at = datetime.now(UTC)
    rows: list[outbox.Row] = []
    with db.transaction(store_id=http.store_id(app)) as tx:
        shop = _shop(tx)
        currency = _currency(shop, asked.currency)
        customer_id = _customer(tx, shop, asked)
        given = issuing.issue(tx, settings_of(shop.settings), customer_id, currency, at)
        if given.is_new:
            rows = [outbox.put(tx, "discount", *_message(given.discount))]
    outbox.announce(rows)
    return http.reply(202 if given.is_new else 200, _shown(given.discount))


@app.get("/discounts")
def index() -> Response[str]:
    """The store's discounts, newest first, 100 at a time."""
    http.require(app, "store")
    try:
        asked = Query.model_validate(app.current_event.query_string_parameters)
        before = asked.before()
    except (ValidationError, ValueError):
        statuses = ", ".join(get_args(DiscountStatus))
        raise BadRequest(
            f"status is one of {statuses}; cursor is the last answer's next_cursor."
        ) from None
    with db.transaction(store_id=http.store_id(app)) as tx:
        rows = discounts.discounts(tx, asked.status, before, PAGE + 1)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    cursor = f"{last.created_at.isoformat()},{last.id}".replace("+00:00", "Z") if last else None
    return http.reply(
        200, {"discounts": [_shown(each) for each in rows[:PAGE]], "next_cursor": cursor}
    )


@app.get("/discounts/<id>")
def show(id: str) -> Response[str]:
    http.require(app, "store")
    with db.transaction(store_id=http.store_id(app)) as tx:
        return http.reply(200, _shown(_found(discounts.discount(tx, _id(id)))))


@app.post("/discounts/<id>/revoke")
def revoke(id: str) -> Response[str]:
    """End an unused discount: here at once, at the shop as soon as it answers."""
    http.require(app, "store")
    rows: list[outbox.Row] = []
    with db.transaction(store_id=http.store_id(app)) as tx:
        found = _found(discounts.discount(tx, _id(id), lock=True))
        if found.used:
            raise Conflict("The discount is used already.", slug="discount-used")
        if discounts.set_status(tx, found.id, "revoking", only=("pending", "active", "failed")):
            rows = [outbox.put(tx, "discount_end", *_message(found))]
        shown = _found(discounts.discount(tx, found.id))
    outbox.announce(rows)
    return http.reply(202 if rows else 200, _shown(shown))


def _shop(tx: db.Tx) -> commerce.Store:
    shop = stores.load(tx)
    if shop is None or shop.platform not in PLATFORMS:
        raise BadRequest("Discounts are given at Shopify and WooCommerce stores; name one of them.")
    return shop


def _currency(shop: commerce.Store, asked: str | None) -> str:
    """The shop's: an amount in any other would be taken for one in it."""
    currency = asked or shop.currency
    if currency is None:
        raise Unprocessable("Name the currency: the store's own is not known yet.")
    if shop.currency and currency != shop.currency:
        raise Unprocessable(f"The shop sells in {shop.currency}; give the discount in it.")
    return currency


def _customer(tx: db.Tx, shop: commerce.Store, asked: NewDiscount) -> UUID:
    found = discounts.find_customer(tx, shopify_id=asked.shopify_customer_id, email=asked.email)
    if found is None and asked.email and shop.platform == Platform.WOOCOMMERCE:
        return discounts.customer_by_email(tx, asked.email)
    if found is None:
        raise NotFound("The store has no such customer yet; they come with the next sync.")
    return found


def _message(discount: Discount) -> tuple[str, dict[str, str]]:
    """Key and payload of its rows in the outbox."""
    return f"discount:{discount.id}", {"discount_id": str(discount.id)}


def _found(discount: Discount | None) -> Discount:
    if discount is None:
        raise NotFound("There is no such discount; GET /discounts lists them.")
    return discount


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such discount; GET /discounts lists them.") from None


def _shown(discount: Discount) -> dict[str, Any]:
    """Without the code until the shop has it: nobody may hand out what the till does not know."""
    shown = discount.model_dump(mode="json", exclude={"discount_code", "external_id"})
    known = discount.activated_at is not None
    return shown | {"discount_code": discount.discount_code if known else None}

"""Routes of staff and stores for customers' discounts: give one, look, revoke."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from backshop import commerce, db, outbox, platforms
from backshop.commerce import Currency, Model, Money, Time
from backshop.errors import BadRequest, Conflict, NotFound, Unprocessable
from backshop.shade.discounts import issuing
from backshop.shade.discounts import repository as discounts
from backshop.shade.discounts.models import Discount, DiscountStatus
from backshop.shade.models import Email, settings_of
from backshop.stores import repository as stores
from backshop.web import callers, idempotency, paging, routes
from pydantic import BaseModel, Field, model_validator

app = routes.app("Discounts")
handler = routes.handler(app)


class DiscountRequest(Model):
    """Whom it is for: one of `shopify_customer_id` and `email`. The currency is the shop's own."""

    shopify_customer_id: str | None = Field(default=None, pattern=r"^[0-9]{1,20}$")
    email: Email | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _one(self) -> DiscountRequest:
        if (self.shopify_customer_id is None) == (self.email is None):
            raise ValueError("name the customer by shopify_customer_id or by email")
        return self


class ShownDiscount(BaseModel):
    """A customer's discount."""

    id: UUID
    customer_id: UUID | None
    discount_code: str | None = Field(description="There once the shop has it.")
    amount: Money = Field(description="Major units of the currency.")
    currency: str
    status: DiscountStatus
    used: bool
    applied_to_order_id: UUID | None
    expires_at: Time
    created_at: Time
    activated_at: Time | None


class DiscountPosition(BaseModel):
    created_at: Time
    id: UUID


DISCOUNT = {
    "id": "0b9a7a52-6a86-4f0e-8a4c-3f7f5b7f0c21",
    "customer_id": "2c0de9b1-5f1f-4a7b-9f7a-1f3a1c2b3d41",
    "discount_code": "CDFGH-JKMNP-QRTWX",
    "amount": "3000.00",
    "currency": "NGN",
    "status": "active",
    "used": False,
    "applied_to_order_id": None,
    "expires_at": "2026-11-27T03:19:21Z",
    "created_at": "2026-11-20T03:19:21Z",
    "activated_at": "2026-11-20T03:19:24Z",
}
NEW = DISCOUNT | {"status": "pending", "discount_code": None, "activated_at": None}


@routes.route(
    app,
    "POST /discounts",
    scope="store",
    status=202,
    also={200: "The open discount that the customer has already."},
    problems=[Conflict],
    example=NEW,
    body_example={"shopify_customer_id": "5000000123"},
)
def create(body: DiscountRequest, key: idempotency.Key = None) -> tuple[ShownDiscount, int]:
    """Give a customer a discount, or show the one they have.

    A new one is on its way to the shop; its code is shown once the shop has it.
    """
    at = datetime.now(UTC)
    rows: list[outbox.Row] = []
    with db.transaction(store_id=_store_id()) as tx:
        claim = idempotency.claim(tx, app.current_event.raw_event, key)
        shop = _shop(tx)
        currency = _currency(shop, body.currency)
        customer_id = _customer(tx, shop, body)
        issued = issuing.issue(tx, settings_of(shop.settings), customer_id, currency, at)
        if issued.is_new:
            rows = [outbox.put(tx, "discount", *_message(issued.discount))]
        status = 202 if issued.is_new else 200
        shown = claim.keep(_shown(issued.discount), status=status)
    outbox.announce(rows)
    return shown, status


@routes.route(
    app, "GET /discounts", scope="store", example={"items": [DISCOUNT], "next_cursor": None}
)
def index(
    status: DiscountStatus | None = None,
    used: bool | None = None,
    q: paging.Search = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[ShownDiscount]:
    """The store's discounts, newest first; `q` is part of a code."""
    position = paging.position(cursor, DiscountPosition)
    before = (position.created_at, position.id) if position else None
    with db.transaction(store_id=_store_id()) as tx:
        rows = discounts.list_discounts(tx, status, before, limit + 1, q=q, used=used)
    return paging.page(
        [_shown(each) for each in rows],
        limit,
        lambda last: DiscountPosition(created_at=last.created_at, id=last.id),
    )


@routes.route(app, "GET /discounts/<id>", scope="store", example=DISCOUNT)
def show(id: UUID) -> ShownDiscount:
    """One discount."""
    with db.transaction(store_id=_store_id()) as tx:
        return _shown(_existing(discounts.discount(tx, id)))


@routes.route(
    app,
    "POST /discounts/<id>/revoke",
    scope="store",
    status=202,
    also={200: "It had ended already."},
    problems=[Conflict],
    example=DISCOUNT | {"status": "revoking"},
)
def revoke(id: UUID) -> tuple[ShownDiscount, int]:
    """End an unused discount: here at once, at the shop as soon as it answers."""
    rows: list[outbox.Row] = []
    with db.transaction(store_id=_store_id()) as tx:
        discount = _existing(discounts.discount(tx, id, lock=True))
        if discount.used:
            raise Conflict("The discount is used already.", slug="discount-used")
        if discounts.set_status(tx, id, "revoking", only=("pending", "active", "failed")):
            rows = [outbox.put(tx, "discount_end", *_message(discount))]
        shown = _shown(_existing(discounts.discount(tx, id)))
    outbox.announce(rows)
    return shown, 202 if rows else 200


def _shop(tx: db.Tx) -> commerce.Store:
    shop = stores.load(tx)
    if shop is None or not platforms.load(shop.platform).makes_discounts:
        raise BadRequest("Discounts are given at Shopify and WooCommerce stores; name one of them.")
    return shop


def _currency(shop: commerce.Store, wanted: str | None) -> str:
    """The shop's: an amount in any other would be taken for one in it."""
    currency = wanted or shop.currency
    if currency is None:
        raise Unprocessable("Name the currency: the store's own is not known yet.")
    if shop.currency and currency != shop.currency:
        raise Unprocessable(f"The shop sells in {shop.currency}; give the discount in it.")
    return currency


def _customer(tx: db.Tx, shop: commerce.Store, body: DiscountRequest) -> UUID:
    id = discounts.find_customer(tx, shopify_id=body.shopify_customer_id, email=body.email)
    if id is None and body.email and "surveys" not in shop.uses:
        return discounts.customer_by_email(tx, body.email)
    if id is None:
        raise NotFound("The store has no such customer yet; they come with the next sync.")
    return id


def _message(discount: Discount) -> tuple[str, dict[str, str]]:
    """Key and payload of its rows in the outbox."""
    return f"discount:{discount.id}", {"discount_id": str(discount.id)}


def _existing(discount: Discount | None) -> Discount:
    if discount is None:
        raise NotFound("There is no such discount; GET /discounts lists them.")
    return discount


def _shown(discount: Discount) -> ShownDiscount:
    """Without the code until the shop has it: nobody may hand out what the till does not know."""
    known = discount.activated_at is not None
    code = discount.discount_code if known else None
    fields = discount.model_dump(exclude={"discount_code", "external_id"})
    return ShownDiscount(**fields, discount_code=code)


def _store_id() -> UUID:
    return callers.store_of_call(app.current_event.raw_event)

"""Routes that look up what a shop has told: its orders, products and customers, and all that is
known of one order."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from annotated_types import Interval, MaxLen
from backshop import db, lookup, outbox
from backshop.commerce import Money, Time, stable_number
from backshop.connect.records import repository
from backshop.connect.records.models import (
    CustomerPosition,
    Fulfilment,
    OrderFilter,
    ProductFilter,
    ProductPosition,
    Query,
    ShownCustomer,
    ShownProduct,
    WholeOrder,
)
from backshop.connect.requests import repository as requests
from backshop.connect.requests.models import AddressUpdateRequest, OrderId, RefundRequest
from backshop.errors import NotFound
from backshop.insights import repository as insights
from backshop.kits.deliveries import repository as deliveries
from backshop.lookup import ListedOrder
from backshop.web import callers, paging, routes
from pydantic import BaseModel, Field

MOST_REQUESTS = 200
"""So many requests of one order are shown, the newest."""

app = routes.app("Shop records")
handler = routes.handler(app)

Word = Annotated[str, MaxLen(100)]
Stock = Annotated[int, Interval(ge=-(2**31), le=2**31 - 1)]
"""What the column of pieces holds."""


class PlatformRefund(BaseModel):
    """What the shop gave back, or is about to."""

    refund_id: str
    amount: Money
    currency: str
    status: Literal["pending", "settled", "failed"]
    created_at: Time


class StageChange(BaseModel):
    """A change of where an order is."""

    sequence: int
    stage: str
    tracking_number: str | None
    note: str | None
    updated_by: str | None
    updated_at: Time


class OrderDelivery(BaseModel):
    """Where an order is, and its batch."""

    order_code: str
    stage: str
    tracking_number: str | None
    carrier: str | None
    version: int = Field(description="How often it changed; send it with a change.")
    batch_id: UUID | None
    batch_number: str | None
    late_since: Time | None = Field(
        description="By when nine of ten orders had left this stage; null where it is in time."
    )


class Outgoing(BaseModel):
    """What is to be done at the platform about the order, and how it went."""

    id: int
    kind: str
    status: str
    attempts: int
    created_at: Time
    response: dict[str, Any] | None


class OrderDetails(WholeOrder):
    """Everything that is known of one order; histories are oldest first, requests newest first."""

    refunds: list[PlatformRefund]
    refund_requests: list[RefundRequest]
    address_updates: list[AddressUpdateRequest]
    delivery: OrderDelivery | None = Field(description="Null where it is not followed.")
    events: list[StageChange] = Field(description="Every change of its delivery.")
    outgoing: list[Outgoing]


ORDER = {
    "order_id": "1001",
    "code": "1001",
    "platform": "woocommerce",
    "status": "processing",
    "total_amount": "42.50",
    "refunded_amount": "0.00",
    "currency": "USD",
    "created_at": "2026-11-02T10:15:00Z",
    "fulfilment_status": "none",
    "is_cancelled": False,
    "customer_id": "7",
    "customer_name": "Jane Doe",
    "customer_email": "jane@example.com",
    "item_count": 2,
}
LINE = {
    "line_id": "31",
    "sku": "SHIRT-M",
    "product_id": "12",
    "variant_id": "13",
    "name": "Shirt, M",
    "quantity": 2,
    "price": "20.00",
    "total": "40.00",
    "tax": "2.50",
    "refunded_quantity": 0,
}
DETAILS = ORDER | {
    "phone": "+1 555 0100",
    "shipping_address": {"name": "Jane Doe", "city": "Portland", "country_code": "US"},
    "shipping_amount": "0.00",
    "tax_amount": "2.50",
    "refunded_shipping_amount": "0.00",
    "payments": [],
    "modified_at": "2026-11-02T10:16:00Z",
    "synced_at": "2026-11-02T10:16:02Z",
    "lines": [LINE],
    "refunds": [],
    "refund_requests": [],
    "address_updates": [],
    "delivery": {
        "order_code": "1001",
        "stage": "SOURCING",
        "tracking_number": None,
        "carrier": None,
        "version": 2,
        "batch_id": None,
        "batch_number": None,
        "late_since": None,
    },
    "events": [
        {
            "sequence": 2,
            "stage": "SOURCING",
            "tracking_number": None,
            "note": None,
            "updated_by": "staff:7c9e6679-7425-40de-944b-e07fc1f90ae7",
            "updated_at": "2026-11-03T08:00:00Z",
        }
    ],
    "outgoing": [],
}
PRODUCT = {
    "sku": "SHIRT-M",
    "platform": "woocommerce",
    "title": "Shirt",
    "variant_title": "M",
    "product_type": "Shirts",
    "price": "20.00",
    "currency": "USD",
    "available": True,
    "stock_quantity": 4,
    "status": "publish",
    "tags": ["summer"],
    "product_id": "12",
    "variant_id": "13",
    "modified_at": "2026-11-02T10:15:00Z",
}
CUSTOMER = {
    "customer_id": "7",
    "platform": "woocommerce",
    "name": "Jane Doe",
    "email": "jane@example.com",
    "phone": "+1 555 0100",
    "order_count": 3,
    "last_order_at": "2026-11-02T10:15:00Z",
    "modified_at": "2026-11-02T10:15:00Z",
}


@routes.route(
    app,
    "GET /connectors/<id>/orders",
    scope="store",
    example={"items": [ORDER | {"stage": "SOURCING"}], "next_cursor": None},
)
def list_orders(
    id: UUID,
    q: Query = None,
    status: Word | None = None,
    fulfilment: Fulfilment | None = None,
    cancelled: bool | None = None,
    late: bool | None = None,
    customer_id: Word | None = None,
    since: Time | None = None,
    until: Time | None = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[ListedOrder]:
    """Orders, newest first.

    `q` finds them by code or id (many at once, separated by spaces, commas or lines), by the
    customer's name, e-mail address or phone. `until` is not in it. `late=true` are those that move
    later than usual.
    """
    which = OrderFilter(
        q=q,
        status=status,
        fulfilment=fulfilment,
        cancelled=cancelled,
        late=late,
        customer_id=customer_id,
        since=since,
        until=until,
    )
    return lookup.orders(_store_id(id), which, cursor, limit)


@routes.route(app, "GET /connectors/<id>/orders/<order_id>", scope="store", example=DETAILS)
def show_order(id: UUID, order_id: OrderId) -> OrderDetails:
    """One order, by the platform's id or its code: its lines with the ids that refunds name, what
    was given back and asked for, its delivery, and what goes out about it."""
    with db.transaction(store_id=_store_id(id)) as tx:
        order = repository.order(tx, order_id)
        if order is None:
            raise NotFound("There is no such order; the next sync brings new ones.")
        delivery = deliveries.delivery_of_order(tx, order.order_id)
        changes = delivery.pop("changes") if delivery else []
        return OrderDetails(
            **order.model_dump(),
            refunds=[
                PlatformRefund.model_validate(each)
                for each in insights.refunds_of(tx, stable_number(order.order_id))
            ],
            refund_requests=requests.refunds(tx, None, order.order_id, None, MOST_REQUESTS),
            address_updates=requests.addresses(tx, None, order.order_id, None, MOST_REQUESTS),
            delivery=OrderDelivery.model_validate(delivery) if delivery else None,
            events=[StageChange.model_validate(each) for each in changes],
            outgoing=[
                Outgoing.model_validate(each)
                for each in outbox.of_key(tx, f"order:{order.order_id}")
            ],
        )


@routes.route(
    app,
    "GET /connectors/<id>/products",
    scope="store",
    example={"items": [PRODUCT], "next_cursor": None},
)
def list_products(
    id: UUID,
    q: Query = None,
    available: bool | None = None,
    status: Word | None = None,
    most_stock: Stock | None = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[ShownProduct]:
    """What is sold, one item a variant, by SKU.

    `q` finds by SKU or id (many at once) or by title; `most_stock=0` lists what is out of stock.
    """
    after = paging.position(cursor, ProductPosition)
    which = ProductFilter(q=q, available=available, status=status, most_stock=most_stock)
    with db.transaction(store_id=_store_id(id)) as tx:
        rows = repository.products(tx, which, after, limit + 1)
    return paging.page(rows, limit, lambda last: ProductPosition(sku=last.sku))


@routes.route(
    app,
    "GET /connectors/<id>/customers",
    scope="store",
    example={"items": [CUSTOMER], "next_cursor": None},
)
def list_customers(
    id: UUID,
    q: Query = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[ShownCustomer]:
    """Customers with an account, by id; `q` finds by id, name, e-mail address or phone."""
    after = paging.position(cursor, CustomerPosition)
    with db.transaction(store_id=_store_id(id)) as tx:
        rows = repository.customers(tx, q, after, limit + 1)
    return paging.page(rows, limit, lambda last: CustomerPosition(customer_id=last.customer_id))


def _store_id(connector_id: UUID) -> UUID:
    return callers.own_store(app.current_event.raw_event, connector_id)

"""What tests and people do to a shop through its control endpoint, as customers and staff would."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields
from decimal import Decimal
from typing import Any

from shops.shop import (
    MICROS,
    Address,
    Customer,
    Order,
    RefundLine,
    Shop,
    iso,
    micros,
    share,
)

Args = dict[str, Any]


def state(shop: Shop) -> Args:
    """The whole truth: every record, money in minor units, times in microseconds, with the totals
    that follow from the rest."""
    return {
        "now": shop.clock.now(),
        "currency": shop.currency,
        "customers": [plain(customer) for customer in shop.customers.values()],
        "products": [plain(product) for product in shop.products.values()],
        "coupons": [plain(coupon) for coupon in shop.coupons.values()],
        "orders": [order_state(order) for order in shop.orders.values()],
    }


def plain(record: Any) -> Args:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def order_state(order: Order) -> Args:
    return {
        **plain(order),
        "total": order.total,
        "tax": order.tax,
        "discount": order.discount,
        "shipping_tax": order.shipping_tax,
        "refunded": order.refunded,
    }


def _order(shop: Shop, args: Args) -> Order:
    try:
        return shop.orders[int(args["id"])]
    except KeyError:
        raise LookupError(f"the shop has no order {args.get('id')}") from None


def _customer(shop: Shop, args: Args) -> Customer:
    return shop.customers[int(args["id"])]


def place_order(shop: Shop, args: Args) -> Args:
    """A checkout: {customer, email, phone, lines: [{variant, quantity, custom}], coupon, paid,
    shipping, gateway, custom, address}. What is not given is drawn from the shop's own customers
    and products; `customer: null` is a guest."""
    order = build_order(shop, args)
    if args.get("coupon"):
        coupon = shop.coupon_by_code(args["coupon"])
        if coupon is None:
            raise LookupError(f"the shop has no coupon {args['coupon']}")
        shop.apply_coupon(order, coupon)
    shop.add_order(order)
    if args.get("paid", True):
        shop.pay(order)
    return order_state(order)


def build_order(shop: Shop, args: Args) -> Order:
    customer = _buyer(shop, args)
    order_id = shop.ids.next("order")
    now = shop.clock.now()
    email = args.get("email") or (customer.email if customer else f"guest{order_id}@example.com")
    address = customer.address if customer else Address("Guest", f"No{order_id}")
    if args.get("address"):
        address = Address(**args["address"])
    cart = bool(args.get("cart"))
    if customer is None and shop.rules.guests_are_customers and not cart:
        phone = args.get("phone", address.phone)
        customer = shop.guest(email, address.first_name, address.last_name, phone)
    return Order(
        order_id,
        args.get("code") or shop.new_code(order_id),
        customer.id if customer else None,
        email,
        args.get("phone", customer.phone if customer else ""),
        address,
        address,
        _lines(shop, args),
        "cart" if cart else "pending",
        shop.rules.status["cart" if cart else "pending"],
        shop.currency,
        now,
        now,
        placed_at=None if cart else now,
        shipping_method="Flat rate",
        shipping_line_id=shop.ids.next("line"),
        shipping=int(args.get("shipping", 500)),
        shipping_tax_rate=shop.shipping_tax_rate,
        tax_rate=shop.tax_rate,
        tax_line_id=shop.ids.next("line"),
        gateway=args.get("gateway", "card"),
        gateway_title="Card",
        custom=dict(args.get("custom", {})),
        note=args.get("note", ""),
        key=f"{shop.random.getrandbits(64):016x}",
        rounds_units=shop.rules.rounds_units,
    )


def _buyer(shop: Shop, args: Args) -> Customer | None:
    if "customer" in args:
        return shop.customers[int(args["customer"])] if args["customer"] is not None else None
    if "email" in args or not shop.customers:
        return None
    return shop.random.choice(list(shop.customers.values()))


def _lines(shop: Shop, args: Args) -> list[Any]:
    wanted = args.get("lines")
    if wanted is None:
        priced = [v.id for v in shop.variants.values() if v.price is not None]
        wanted = [{"variant": shop.random.choice(priced), "quantity": 1}]
    return [
        shop.line(
            shop.variants[int(line["variant"])],
            int(line.get("quantity", 1)),
            custom=dict(line.get("custom", {})),
        )
        for line in wanted
    ]


def pay(shop: Shop, args: Args) -> Args:
    order = _order(shop, args)
    shop.pay(order, args.get("gateway"), args.get("transaction", ""))
    return order_state(order)


def ship(shop: Shop, args: Args) -> Args:
    order = _order(shop, args)
    shop.ship(order, args.get("tracking_number", ""), args.get("method", "Courier"))
    return order_state(order)


def deliver(shop: Shop, args: Args) -> Args:
    order = _order(shop, args)
    if not order.fulfilments:
        shop.ship(order)
    shop.deliver(order)
    return order_state(order)


def cancel(shop: Shop, args: Args) -> Args:
    order = _order(shop, args)
    shop.cancel(order, args.get("reason", "customer"))
    return order_state(order)


def refund(shop: Shop, args: Args) -> Args:
    """{id, amount} in minor units, or {id, lines: [{line, quantity}]}; {reason, restock}."""
    order = _order(shop, args)
    lines = [_refund_line(shop, order, part) for part in args.get("lines", ())]
    amount = int(args.get("amount", sum(line.amount + line.tax for line in lines)))
    if not 0 <= amount <= order.total - order.refunded:
        raise ValueError(f"{amount} is more than what is left of order {order.id}")
    shop.refund(
        order,
        amount,
        lines=lines,
        reason=args.get("reason", ""),
        restock=bool(args.get("restock")),
        payment_id=order.payments[0].id if order.payments else None,
    )
    return order_state(order)


def refunding(shop: Shop, args: Args) -> Args:
    """{how}: settle, wait or refuse, at the payment providers; "" is the platform's usual."""
    shop.set_refunding(args.get("how", ""))
    return {}


def _refund_line(shop: Shop, order: Order, part: Args) -> RefundLine:
    line = next(line for line in order.lines if line.id == int(part["line"]))
    quantity = int(part.get("quantity", 1))
    amount = line.total * quantity // line.quantity
    return RefundLine(
        shop.ids.next("line"), line.id, quantity, amount, share(amount, order.tax_rate)
    )


def address(shop: Shop, args: Args) -> Args:
    order = _order(shop, args)
    shop.change_address(order, args["address"], billing=bool(args.get("billing")))
    return order_state(order)


def edit_order(shop: Shop, args: Args) -> Args:
    """{id, note | tags | custom | status | quantity: {line, quantity}}."""
    order = _order(shop, args)
    if "status" in args:
        shop.set_status(order, args["status"])
    if "quantity" in args:
        change = args["quantity"]
        line = next(line for line in order.lines if line.id == int(change["line"]))
        line.quantity = int(change["quantity"])
        shop.edit_order(order)
    simple = {key: args[key] for key in ("note", "tags") if key in args}
    if simple:
        shop.edit_order(order, **simple)
    if "custom" in args:
        shop.edit_order(order, custom={**order.custom, **args["custom"]})
    return order_state(order)


def trash(shop: Shop, args: Args) -> Args:
    order = _order(shop, args)
    shop.trash(order)
    return order_state(order)


def restore(shop: Shop, args: Args) -> Args:
    order = _order(shop, args)
    shop.restore(order)
    return order_state(order)


def delete_order(shop: Shop, args: Args) -> Args:
    order = _order(shop, args)
    shop.delete_order(order)
    return {"deleted": order.id}


def add_customer(shop: Shop, args: Args) -> Args:
    fields_ = dict(args)
    if "address" in fields_:
        fields_["address"] = Address(**fields_["address"])
    return plain(shop.add_customer(**fields_))


def edit_customer(shop: Shop, args: Args) -> Args:
    changes = {key: value for key, value in args.items() if key != "id"}
    if "address" in changes:
        changes["address"] = Address(**changes["address"])
    return plain(shop.edit_customer(_customer(shop, args), **changes))


def delete_customer(shop: Shop, args: Args) -> Args:
    customer = _customer(shop, args)
    shop.delete_customer(customer)
    return {"deleted": customer.id}


def edit_product(shop: Shop, args: Args) -> Args:
    changes = {key: value for key, value in args.items() if key != "id"}
    return plain(shop.edit_product(shop.products[int(args["id"])], **changes))


def edit_variant(shop: Shop, args: Args) -> Args:
    changes = {key: value for key, value in args.items() if key != "id"}
    return plain(shop.edit_variant(shop.variants[int(args["id"])], **changes))


def delete_variant(shop: Shop, args: Args) -> Args:
    variant = shop.variants[int(args["id"])]
    shop.delete_variant(variant)
    return {"deleted": variant.id}


def delete_product(shop: Shop, args: Args) -> Args:
    product = shop.products[int(args["id"])]
    shop.delete_product(product)
    return {"deleted": product.id}


def add_coupon(shop: Shop, args: Args) -> Args:
    fields_ = {"kind": "fixed", **args}
    fields_["amount"] = Decimal(str(fields_["amount"]))
    return plain(shop.add_coupon(**fields_))


def change(shop: Shop, args: Args) -> Args:
    """Changes so many orders (`count`, or `fraction` of all) at random, always the same for the
    same `seed`: a note each, and every third the quantity of a line. Gives their ids."""
    rng = random.Random(int(args.get("seed", 1)))
    kept = [order for order in shop.orders.values() if order.status != "trash"]
    count = int(args.get("count", len(kept) * float(args.get("fraction", 0))))
    chosen = rng.sample(kept, min(count, len(kept)))
    for number, order in enumerate(chosen):
        if number % 3 == 0:
            line = rng.choice(order.lines)
            line.quantity += 1
        shop.edit_order(order, note=f"changed {rng.randrange(1_000_000)}")
    return {"changed": [order.id for order in chosen]}


def clock(shop: Shop, args: Args) -> Args:
    """{now: ISO 8601, frozen: true} sets the shop's clock, {advance: seconds} moves it, and
    {frozen: true} alone stops it; without arguments it only tells."""
    if "now" in args or args.get("frozen"):
        moment = micros(args["now"]) if "now" in args else shop.clock.now()
        shop.clock.set(moment, frozen=bool(args.get("frozen")))
    if "advance" in args:
        shop.clock.advance(int(float(args["advance"]) * MICROS))
    return {"now": iso(shop.clock.now())}


ACTIONS: dict[str, Callable[[Shop, Args], Any]] = {
    action.__name__: action
    for action in (
        place_order,
        pay,
        ship,
        deliver,
        cancel,
        refund,
        refunding,
        address,
        edit_order,
        trash,
        restore,
        delete_order,
        add_customer,
        edit_customer,
        delete_customer,
        edit_product,
        edit_variant,
        delete_variant,
        delete_product,
        add_coupon,
        change,
        clock,
    )
}

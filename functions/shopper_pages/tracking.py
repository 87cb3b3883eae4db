"""Pages by which a shopper follows their orders: phone, code, the orders, one order."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import db, phone_check
from backshop.errors import (
    BadRequest,
    FieldError,
    NotFound,
    Problem,
    TooManyRequests,
    Unauthorized,
    Unprocessable,
)
from backshop.kits import phones
from backshop.kits.arrival import repository as arrival
from backshop.kits.deliveries.models import Stage
from backshop.kits.otp import repository as otp
from backshop.kits.tracking import repository as tracking
from backshop.kits.tracking import rules
from backshop.kits.tracking.models import ListedOrder, OrderPosition, TrackedOrder
from backshop.web import callers, idempotency, pages, paging, tokens
from backshop.web.pages import forms, once
from frame import Shop, address, app, called_shop, event, now, query, shop_of
from pydantic import BeforeValidator, Field

CHECK = "phone check"
"""The audience of what the cookie holds between phone and code."""
CHECK_LASTS = timedelta(minutes=30)
LISTED = 20

STAGES = {
    Stage.ORDER_CONFIRMED: ("Order confirmed", "We have your order."),
    Stage.SOURCING: ("Being sourced", "We have ordered it from our supplier."),
    Stage.ARRIVED: ("Arrived here", "It is in our stock room and being packed."),
    Stage.DISPATCHED: ("On its way", "The courier has it."),
    Stage.DELIVERED: ("Delivered", "It has been handed over."),
}
"""What each stage means for the shopper: a name, and a sentence while it is the present one."""


def _together(code: object) -> object:
    return "".join(each for each in code if each.isdigit()) if isinstance(code, str) else code


class Code(forms.Fields):
    code: Annotated[str, BeforeValidator(_together)] = Field(
        pattern=r"^[0-9]{6}$", description="Enter the six digits of the SMS."
    )


class Check(NamedTuple):
    """A phone that is being checked."""

    shop: Shop
    session_id: str
    phone: str
    sent_at: float
    order: str

    @property
    def last_digits(self) -> str:
        return self.phone[-4:]

    def wait(self) -> int:
        """Seconds until another code may be asked for."""
        gap = phone_check.settings_of(self.shop.store).resend_seconds
        return max(0, round(self.sent_at + gap - now().timestamp()))


@pages.route(app, "GET /track", problems=[BadRequest, NotFound])
def ask_phone() -> Response[str]:
    """The page that asks for a phone."""
    shop = called_shop("deliveries")
    return _phone_page(shop, typed={"phone": "", "order": query("order")}, key=forms.new_key())


@pages.route(
    app,
    "POST /track",
    fields="`phone`, with or without its country code; `order`, the code to show afterwards.",
    problems=[BadRequest, NotFound, TooManyRequests],
)
def send_code() -> Response[str]:
    """Send a code to the phone."""
    sent, shop = forms.read(event()), called_shop("deliveries")
    key = sent.key or forms.new_key()
    try:
        phone = phone_check.phone_of(sent.first("phone"), phone_check.settings_of(shop.store))
    except Unprocessable:
        countries = phone_check.settings_of(shop.store).countries
        example = phones.example(countries[0] if countries else "")
        errors = [FieldError(field="phone", message=f"Enter a mobile phone, such as {example}.")]
        return _phone_page(shop, sent.typed, key, errors, 422)
    check = Check(
        shop, _session_id(key, phone), phone, now().timestamp(), sent.first("order")[:100]
    )
    if not _is_under_way(check):
        try:
            _send(check)
        except TooManyRequests as refused:
            errors = [FieldError(field="phone", message=_too_many(refused))]
            return _phone_page(shop, sent.typed, key, errors, 429)
    return _to_code(check)


@pages.route(app, "GET /track/code", scope="shopper", leads=True)
def ask_code() -> Response[str]:
    """The page that takes the code."""
    check = _check()
    if check is None:
        return pages.redirect("/track")
    return _code_page(check)


@pages.route(
    app,
    "POST /track/code",
    scope="shopper",
    fields="`code`, with spaces or without.",
    problems=[TooManyRequests],
)
def take_code() -> Response[str]:
    """Prove the phone; leads to its orders."""
    sent, check = forms.read(event()), _check()
    if check is None:
        return _proved_before(sent)
    proved = phone_check.Shopper(check.shop.id, check.phone)
    try:
        claim = once.claim(check.shop.id, _sender(proved), event(), sent)
    except idempotency.Answered as before:
        return _signed_in_at(before.answer["to"], phone_check.token_of(proved, now()))
    made = None
    try:
        made = _proved(check, sent)
        return made
    finally:
        once.settle(claim, made)


def _proved(check: Check, sent: forms.Sent) -> Response[str]:
    try:
        code = forms.parse(Code, sent).code
        token = phone_check.verify(check.shop.store, check.session_id, code, now())
    except Unprocessable as wrong:
        return _code_page(check, wrong.errors, 422)
    except Unauthorized:
        message = "That code is wrong or no longer valid. Check it, or ask for a new one."
        return _code_page(check, [FieldError(field="code", message=message)], 422)
    to = f"/track/orders/{quote(check.order, safe='')}" if check.order else "/track/orders"
    return _signed_in_at(address(to, check.shop), token)


def _signed_in_at(to: str, token: str) -> Response[str]:
    cookie = pages.cookie("shopper", token, phone_check.TOKEN_LASTS)
    return pages.redirect(to, cookies=[cookie])


def _proved_before(sent: forms.Sent) -> Response[str]:
    """The code came again: it leads where it led, and to the orders where that is not known."""
    shopper = signed_in()
    if shopper is None:
        return pages.redirect("/track")
    with suppress(Unprocessable):
        once.settle(once.claim(shopper.store_id, _sender(shopper), event(), sent), None)
    return pages.redirect("/track/orders")


def _sender(shopper: phone_check.Shopper) -> str:
    return f"phone:{shopper.phone}"


@pages.route(app, "POST /track/code/again", scope="shopper", problems=[TooManyRequests])
def send_again() -> Response[str]:
    """Send another code to the same phone."""
    sent, check = forms.read(event()), _check()
    if check is None:
        return pages.redirect("/track")
    session_id = _session_id(sent.key or forms.new_key(), check.phone)
    again = check._replace(session_id=session_id, sent_at=now().timestamp())
    if not _is_under_way(again):
        try:
            _send(again)
        except TooManyRequests as refused:
            errors = [FieldError(field="code", message=_too_many(refused))]
            return _code_page(check, errors, 429)
    return _to_code(again)


@pages.route(app, "GET /track/orders", scope="shopper", leads=True)
def list_orders() -> Response[str]:
    """All orders that were given with the phone, newest first."""
    shopper = signed_in()
    if shopper is None:
        return pages.redirect("/track")
    shop = shop_of(shopper.store_id)
    after = paging.position(query("cursor") or None, OrderPosition)
    with db.shopper(shopper.store_id, shopper.phone) as tx:
        rows = tracking.shoppers_orders(tx, after, LISTED + 1)
    orders = paging.page(
        [ListedOrder.model_validate(row) for row in rows],
        LISTED,
        lambda last: OrderPosition(placed_at=last.placed_at, order_code=last.order_code),
    )
    return shop.page("orders.html", orders=orders, stages=STAGES, phone=shopper.phone)


@pages.route(app, "GET /track/orders/<code>", scope="shopper", leads=True)
def show_order(code: str) -> Response[str]:
    """One order: when it will come, its steps, its items."""
    shopper = signed_in()
    if shopper is None:
        return pages.redirect(f"/track?order={quote(code)}")
    shop = shop_of(shopper.store_id)
    return shop.page(
        "order.html",
        order=_order(shopper, code, shop.zone),
        stages=STAGES,
        key=forms.new_key(),
        said=query("said"),
    )


@pages.route(app, "POST /track/orders/<code>/sms", scope="shopper", fields="`agreed`: yes or no.")
def agree_to_sms(code: str) -> Response[str]:
    """Say whether an SMS comes at each later stage of the order."""
    sent, shopper = forms.read(event()), signed_in()
    if shopper is None:
        return pages.redirect(f"/track?order={quote(code)}")
    agreed = sent.first("agreed") == "yes"
    with db.transaction(store_id=shopper.store_id) as tx:
        if not tracking.agree_to_sms(tx, code, shopper.phone, agreed):
            raise _unknown()
    return pages.redirect(
        f"/track/orders/{quote(code, safe='')}?said={'sms-on' if agreed else 'sms-off'}"
    )


@pages.route(app, "POST /track/end", scope="shopper")
def sign_out() -> Response[str]:
    """Forget who was looking, on this device."""
    forms.read(event())
    ended = pages.cookie("shopper", "", timedelta(0))
    return pages.redirect("/track", cookies=[ended])


def _phone_page(
    shop: Shop,
    typed: dict[str, str],
    key: str,
    errors: list[FieldError] | None = None,
    status: int = 200,
) -> Response[str]:
    filled = {"phone": "", "order": ""} | typed
    return shop.page("track.html", status=status, typed=filled, key=key, errors=errors or ())


def _code_page(
    check: Check, errors: list[FieldError] | None = None, status: int = 200
) -> Response[str]:
    return check.shop.page(
        "code.html",
        status=status,
        check=check,
        minutes=phone_check.settings_of(check.shop.store).minutes,
        wait=check.wait(),
        key=forms.new_key(),
        typed={},
        errors=errors or (),
    )


def _send(check: Check) -> None:
    phone_check.send(
        check.shop.store,
        check.phone if check.phone.startswith("+") else f"+{check.phone}",
        callers.address(event()),
        now(),
        domain=forms.host(event()),
        session_id=check.session_id,
    )


def _is_under_way(check: Check) -> bool:
    """Whether this form was sent before: its code is on its way already."""
    with db.transaction(store_id=check.shop.id) as tx:
        return otp.is_open(tx, check.session_id, now())


def _session_id(key: str, phone: str) -> str:
    """The same for the same form and phone, so that a double click sends one code."""
    return sha256(f"{key}\n{phone}".encode()).hexdigest()


def _to_code(check: Check) -> Response[str]:
    claims: dict[str, Any] = {
        "store_id": str(check.shop.id),
        "session_id": check.session_id,
        "phone": check.phone,
        "sent_at": check.sent_at,
        "order": check.order,
    }
    token = tokens.sign(CHECK, claims, at=now(), lasts=CHECK_LASTS)
    to = address("/track/code", check.shop)
    return pages.redirect(to, cookies=[pages.cookie("shopper", token, CHECK_LASTS)])


def _check() -> Check | None:
    """The check that this browser is in."""
    try:
        claims = tokens.read(CHECK, pages.session_cookie(event(), "shopper") or "", at=now())
    except Unauthorized:
        return None
    shop = shop_of(UUID(claims.pop("store_id")))
    return Check(shop=shop, **{name: claims[name] for name in Check._fields if name != "shop"})


def signed_in() -> phone_check.Shopper | None:
    """Who proved a phone in this browser."""
    try:
        return phone_check.shopper(pages.session_cookie(event(), "shopper") or "", now())
    except Unauthorized:
        return None


def _order(shopper: phone_check.Shopper, code: str, zone: str) -> TrackedOrder:
    with db.shopper(shopper.store_id, shopper.phone) as tx:
        order = tracking.shoppers_order(tx, code)
    if order is None:
        raise _unknown()
    with db.transaction(store_id=shopper.store_id) as tx:
        walks = arrival.latest_walks(tx)
    return rules.tracked(order, walks, now(), zone)


def _too_many(refused: Problem) -> str:
    wait = refused.retry_after or 60
    how_long = f"{wait} seconds" if wait < 120 else f"{round(wait / 60)} minutes"
    return f"Too many codes were sent. Wait {how_long}, then ask for a new one."


def _unknown() -> NotFound:
    return NotFound("There is no order with this code that was placed with your phone.")

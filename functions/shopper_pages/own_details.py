"""What a shopper reads and changes of themselves, once their phone is proved: name, news, and where
their orders go."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from backshop import shopper_profile
from backshop.connect.requests.models import NewAddress
from backshop.errors import Conflict, FieldError, NotFound, Unprocessable
from backshop.kits.shoppers.models import ProfileChange
from backshop.phone_check import Shopper
from backshop.web import http, idempotency, pages
from backshop.web.pages import forms
from frame import app, event, now, query, shop_of
from pydantic import ValidationError
from tracking import signed_in

ADDRESS = (
    ("name", "Name", "name", True),
    ("line1", "Street and number", "address-line1", True),
    ("line2", "Flat, floor", "address-line2", False),
    ("city", "City", "address-level2", False),
    ("postal_code", "Postal code", "postal-code", False),
    ("province", "State or province", "address-level1", False),
    ("country_code", "Country in two letters, as LK", "country", True),
    ("phone", "Phone for the courier", "tel", False),
)
"""Field, label, what browsers fill in, and whether it is needed."""


@pages.route(app, "GET /track/profile", scope="shopper", leads=True)
def show_profile() -> Response[str]:
    """The shopper's own details."""
    shopper = signed_in()
    return pages.redirect("/track") if shopper is None else _page(shopper)


@pages.route(
    app,
    "POST /track/profile",
    scope="shopper",
    fields="`name`, `news`: yes or nothing; or `order`, a code, with the parts of its new address.",
    problems=[Conflict, NotFound],
)
def change_profile() -> Response[str]:
    """Change name and news, or where an order goes."""
    sent, shopper = forms.read(event()), signed_in()
    if shopper is None:
        return pages.redirect("/track")
    if order := sent.first("order"):
        return _change_address(shopper, order, sent)
    said = ProfileChange(
        name=sent.first("name").strip()[:200] or None, news=sent.first("news") == "yes"
    )
    shopper_profile.change(shopper, said, now())
    return pages.redirect("/track/profile?said=saved")


def _change_address(shopper: Shopper, order: str, sent: forms.Sent) -> Response[str]:
    given = {
        name: sent.first(name).strip() for name, _, _, _ in ADDRESS if sent.first(name).strip()
    }
    try:
        wanted = NewAddress.model_validate(given)
        shopper_profile.change_address(shopper, order, wanted, sent.key)
    except ValidationError as wrong:
        found = http.field_errors(wrong.errors(include_url=False, include_input=False))
        errors = [FieldError(field=each["field"], message=_advice(each["field"])) for each in found]
        return _page(shopper, errors=errors, typed=sent.typed, status=422)
    except Unprocessable as wrong:
        if isinstance(wrong, idempotency.KeyReused):
            wrong = forms.used()
        errors = list(wrong.errors) or [FieldError(field="line1", message=wrong.detail)]
        return _page(shopper, errors=errors, typed=sent.typed, status=422)
    except (Conflict, NotFound) as refused:
        errors = [FieldError(field="orders", message=refused.detail)]
        return _page(shopper, errors=errors, status=refused.status)
    return pages.redirect("/track/profile?said=address")


def _advice(field: str) -> str:
    label = next((label for name, label, _, _ in ADDRESS if name == field), field)
    return f"Enter this: {label[0].lower()}{label[1:]}."


def _page(
    shopper: Shopper,
    *,
    errors: list[FieldError] | None = None,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    shop = shop_of(shopper.store_id)
    values: dict[str, Any] = {"typed": typed or {}, "errors": errors or ()}
    return shop.page(
        "profile.html",
        status=status,
        profile=shopper_profile.profile(shopper),
        fields=ADDRESS,
        said=query("said"),
        **values,
    )

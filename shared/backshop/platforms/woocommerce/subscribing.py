"""A WooCommerce shop's webhooks and settings.

Source: https://developer.woocommerce.com/docs/apis/rest-api/v3/webhooks/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from math import isfinite
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from backshop.platforms import parsing
from backshop.platforms.api import with_retries
from backshop.platforms.errors import PermanentRefusal, TransientFailure, TransientOutage
from backshop.platforms.ports import ShopFacts
from backshop.platforms.printed import advice
from backshop.platforms.woocommerce.api import (
    A_PAGE,
    HOME,
    INDEX,
    WooCommerceApi,
    code_of,
    refused_key,
)

DATES_CHANGES = "dates_changes"
"""The setting that says whether each change of an order moves its modified time, as it does where
orders are stored in tables of their own (HPOS; `OrdersTableDataStore::persist_updates`)."""
PLAIN = (
    "the shop's permalinks are plain, so that its REST API is not found: choose another structure"
    " in WordPress under Settings, Permalinks"
)
NO_WORDPRESS = (
    "there is no WordPress REST API at this address: check store_url, and whether a security plugin"
    " or the host blocks /wp-json/"
)
NO_WOOCOMMERCE = (
    "WooCommerce is not active at this address: activate the plugin, or check store_url"
)
STRIPPED = (
    "the host strips the Authorization header, so that requests are signed with OAuth 1.0a instead,"
    ' which works; other programs need it let through (Apache: `SetEnvIf Authorization "(.*)"'
    " HTTP_AUTHORIZATION=$1` in .htaccess)"
)

TAKEN_FOR_HTTP = (
    "WordPress does not know that it is reached over TLS, which a proxy before it ends, so that"
    " requests are signed with OAuth 1.0a instead, which works; other programs need it to know"
    " (wp-config.php: set $_SERVER['HTTPS'] to 'on' where X-Forwarded-Proto is https)"
)

LISTS = ("products", "customers", "coupons", "webhooks")
"""What the user of a key may be kept from, beside orders: each asks for a capability of its own
(`wc_rest_check_post_permissions`, `wc_rest_check_user_permissions`,
`wc_rest_check_manager_permissions`)."""

TOPICS = tuple(
    f"{resource}.{event}"
    for resource in ("order", "product", "customer", "coupon")
    for event in ("created", "updated", "deleted", "restored")
    if (resource, event) != ("customer", "restored")
)


class _Subscription(parsing.Payload):
    id: int
    topic: str
    status: str
    delivery_url: str


PARTS_OF_HOURS = {
    -9.5: "Pacific/Marquesas",
    -3.5: "America/St_Johns",
    3.5: "Asia/Tehran",
    4.5: "Asia/Kabul",
    5.5: "Asia/Kolkata",
    5.75: "Asia/Kathmandu",
    6.5: "Asia/Yangon",
    8.75: "Australia/Eucla",
    9.5: "Australia/Darwin",
    10.5: "Australia/Lord_Howe",
    12.75: "Pacific/Chatham",
}
"""Zones for offsets that no `Etc/GMT…` has. All but St. John's, Lord Howe and Chatham keep it all
year; nobody else lives at those three."""

_SUBSCRIPTIONS = TypeAdapter(list[_Subscription])


def subscribe(api: WooCommerceApi, address: str, secret: str, *, is_new_secret: bool) -> list[str]:
    """WooCommerce disables a webhook whose deliveries failed more than five times in a row, and
    tells nobody."""
    current = {each.topic: each for each in _subscriptions(api) if each.delivery_url == address}
    done = []
    for topic in TOPICS:
        webhook = current.get(topic)
        if webhook is None:
            body = {"name": f"backshop {topic}", "topic": topic, "delivery_url": address}
            _write(api, "POST", "webhooks", body | {"secret": secret, "status": "active"})
            done.append(f"subscribed {topic}")
        elif webhook.status != "active" or is_new_secret:
            changed = {"status": "active", "secret": secret}
            _write(api, "PUT", f"webhooks/{webhook.id}", changed)
            if webhook.status != "active":
                done.append(f"switched on {topic}, which was {webhook.status[:20]}")
    return done


def _subscriptions(api: WooCommerceApi) -> list[_Subscription]:
    webhooks: list[_Subscription] = []
    for page in range(1, 100):
        params = {"per_page": "100", "page": str(page), "orderby": "id", "order": "asc"}
        part = with_retries(partial(_page, api, params), api.deadline)
        webhooks += part
        if len(part) < 100:
            break
    return webhooks


def _page(api: WooCommerceApi, params: dict[str, str]) -> list[_Subscription]:
    return parsing.parse(_SUBSCRIPTIONS, api.get_once("webhooks", params).body)


def _write(api: WooCommerceApi, method: str, path: str, body: dict[str, Any]) -> None:
    """Writing twice does no harm here: a webhook made twice delivers twice, and the next sync finds
    one of them."""

    def write() -> None:
        answer = api.call(method, path, body=body)
        if answer.status in (401, 403):
            raise PermanentRefusal(refused_key(answer, method, path), answer.status)
        if answer.status not in (200, 201):
            code = code_of(answer)
            raise PermanentRefusal(
                f"WooCommerce refused a webhook: {answer.status} {code}", answer.status
            )

    with_retries(write, api.deadline)


def facts(api: WooCommerceApi) -> ShopFacts:
    """Currency and version from the system status, which the key's user may not be allowed to see;
    the time zone from WordPress, which tells everybody. Raises `PermanentRefusal` where there is no
    WooCommerce, or orders cannot be read with this key."""
    index = _index(api)
    api.get("orders", {"per_page": "1", "_fields": "id"})
    wanted = "environment.version,settings.currency,settings.HPOS_enabled"
    status = _read(api, "system_status", wanted).content
    zone = _zone(index.content.get("timezone_string"), index.content.get("gmt_offset"))
    version = _within(status, "environment", "version")
    return ShopFacts(
        currency=parsing.currency(_within(status, "settings", "currency")),
        time_zone=parsing.zone(zone),
        version=version if isinstance(version, str) else None,
        settings={DATES_CHANGES: _within(status, "settings", "HPOS_enabled") is True},
    )


def _within(payload: Mapping[str, Any], part: str, name: str) -> Any:
    inner = payload.get(part)
    return inner.get(name) if isinstance(inner, dict) else None


def hindrances(api: WooCommerceApi) -> tuple[str, ...]:
    """What the shop's host and the key keep us from, once the shop was asked for something."""
    unwritable = tuple(_unwritable(api))
    found = (
        STRIPPED if api.is_stripped else "",
        TAKEN_FOR_HTTP if api.is_taken_for_http else "",
        advice(api.printed) if api.printed else "",
        *unwritable,
    )
    return tuple(each for each in found if each)


def unreadable(api: WooCommerceApi) -> Iterator[str]:
    """A sentence for each list that the key's user may not read."""
    for path in LISTS:
        asks = partial(api.call, "GET", path, {"per_page": "1", "_fields": "id"})
        answer = with_retries(asks, api.deadline)
        if answer.status in (401, 403):
            yield refused_key(answer, "GET", path)


def _unwritable(api: WooCommerceApi) -> Iterator[str]:
    """Why orders cannot be written: an empty batch changes nothing."""
    path = "orders/batch"
    answer = with_retries(partial(api.call, "POST", path, body={}), api.deadline)
    if answer.status in (401, 403):
        yield refused_key(answer, "POST", path)


def _index(api: WooCommerceApi) -> _Read:
    """What WordPress says of itself. Raises `PermanentRefusal` with what is to be done where its
    REST API is not found."""
    try:
        index = _read(api, INDEX, "timezone_string,gmt_offset,namespaces")
    except (PermanentRefusal, TransientOutage) as failed:
        if _leads_elsewhere(failed) and _answers_at_home(api):
            raise PermanentRefusal(PLAIN, 404) from None
        raise
    if index.status == 404 and not index.code:
        raise PermanentRefusal(PLAIN if _answers_at_home(api) else NO_WORDPRESS, 404)
    namespaces = index.content.get("namespaces")
    if isinstance(namespaces, list) and "wc/v3" not in namespaces:
        raise PermanentRefusal(NO_WOOCOMMERCE, 404)
    return index


def _leads_elsewhere(failed: PermanentRefusal | TransientOutage) -> bool:
    """Whether a page was answered, or another address: as hosts and themes do with paths that they
    do not know."""
    if isinstance(failed, PermanentRefusal):
        return 300 <= failed.status < 400
    cause = failed.__cause__
    return isinstance(cause, TransientFailure) and str(cause) == A_PAGE


def _answers_at_home(api: WooCommerceApi) -> bool:
    """Whether the REST API is where it is without permalinks."""
    try:
        return bool(_read(api, HOME, "namespaces", rest_route="/").content.get("namespaces"))
    except (PermanentRefusal, TransientOutage):
        return False


def _zone(name: Any, offset: Any) -> str | None:
    """The zone's name; a shop may give the hours from UTC instead, which stay the same all year.

    Sources: `timezone_string` and `gmt_offset` of
    <https://developer.wordpress.org/reference/functions/wp_timezone_string/>.
    """
    text = str(name or "")
    if text and text[:1] not in "+-":
        return text
    try:
        hours = _hours(text) if text else float(offset)
    except (TypeError, ValueError):
        return None
    if not isfinite(hours):
        return None
    if hours == int(hours):
        return f"Etc/GMT{-int(hours):+d}" if hours else "UTC"
    return PARTS_OF_HOURS.get(hours)


def _hours(text: str) -> float:
    hours, _, minutes = text[1:].partition(":")
    return (int(hours) + int(minutes or 0) / 60) * (-1 if text[0] == "-" else 1)


class _Read(NamedTuple):
    """What was answered, empty where it was refused with `status` and WooCommerce's `code`."""

    content: Mapping[str, Any] = {}
    status: int = 200
    code: str = ""


def _read(api: WooCommerceApi, path: str, fields: str, **query: str) -> _Read:
    try:
        answer = api.get(path, {"_fields": fields, **query})
    except PermanentRefusal as refused:
        if refused.status in (401, 403, 404):
            return _Read(status=refused.status, code=refused.code)
        raise
    content = parsing.load(answer.body)
    return _Read(content if isinstance(content, dict) else {})

"""Every minute, where it is switched on: an order of a shop for tests goes the way of every order,
and is looked up again.

It knows what that shop and its own programs know, and calls the API as they do. So what it finds
passed the API, the functions behind it, the queue and the database, as they are just now; while a
deployment shifts traffic, the new versions among them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any

import demo_order
import httpx
from backshop import logs
from backshop.aws import config
from backshop.outgoing import transport

SECONDS = 30.0
"""From the delivery to the order that is looked up; two seconds are usual."""
CALL_SECONDS = 10.0


@logs.crash_safely
def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The step that did not come, or how many seconds all took."""
    shop = demo_order.shop(config.secret("CANARY_SECRET"))
    now, begun = datetime.now(UTC), monotonic()
    with transport.client(base_url=config.value("PUBLIC_URL")) as api:
        failed = follow(api, shop, demo_order.order(now), now)
    if failed:
        logs.warning("the demo order did not come through", step=failed)
        logs.count("CanaryFailed")
        return {"failed": failed}
    taken = monotonic() - begun
    logs.count("CanarySeconds", taken)
    return {"failed": None, "seconds": round(taken, 1)}


def follow(
    api: httpx.Client, shop: demo_order.Shop, order: demo_order.Order, now: datetime
) -> demo_order.Step | None:
    """Send the order, and look it up until it is there; the step that did not come."""
    ends = monotonic() + SECONDS
    headers, body = demo_order.delivery(shop, order, now)
    answer = _call(api, "POST", f"/webhooks/{shop.connector_id}", headers=headers, content=body)
    if answer is None:
        return "accepted"
    missing: demo_order.Step | None = "saved"
    while missing and monotonic() < ends:
        sleep(1)
        missing = _missing(api, shop, order)
    return missing


def _missing(
    api: httpx.Client, shop: demo_order.Shop, order: demo_order.Order
) -> demo_order.Step | None:
    path = f"/connectors/{shop.connector_id}/orders/{demo_order.CODE}"
    answer = _call(api, "GET", path, headers={"Authorization": f"Bearer {shop.store_key}"})
    return demo_order.missing(answer.json(), order) if answer else "saved"


def _call(api: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response | None:
    """The answer, where it is a good one; what it was else stands in the log."""
    try:
        answer = api.request(method, path, **options, **transport.limits(CALL_SECONDS))
    except httpx.HTTPError as error:
        logs.failure("the API did not answer", error)
        return None
    if answer.status_code == 200:
        return answer
    logs.warning("the API refused", method=method, status=answer.status_code)
    return None

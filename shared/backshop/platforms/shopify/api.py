"""The GraphQL Admin API 2026-10 of one Shopify shop.

Source: https://shopify.dev/docs/api/usage/limits (costs, the bucket, THROTTLED).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from time import monotonic
from typing import Any

from backshop.platforms import graphql
from backshop.platforms.api import TRIES, Deadline, connect, send, with_retries
from backshop.platforms.errors import PermanentRefusal, TransientFailure
from backshop.platforms.graphql import Json
from backshop.platforms.ports import Credentials

VERSION = "2026-10"
PATH = f"/admin/api/{VERSION}/graphql.json"
TOO_EXPENSIVE = "MAX_COST_EXCEEDED"
"""`PermanentRefusal.code` of a query that asks for more than 1,000 points at once: ask for fewer
records."""
EARLY = 600.0
"""Seconds before its end at which a token is renewed; it lives for a day."""


class _Token:
    """A token of the client-credentials grant, and when it ends on the monotonic clock."""

    def __init__(self, value: str, ends_at: float) -> None:
        self.value = value
        self.ends_at = ends_at


_tokens: dict[tuple[str, str], _Token] = {}
"""Kept while the environment lives, by shop and client id."""
_lock = threading.Lock()


class ShopifyApi:
    """Signs in with a permanent token (`shpat_…` as `api_key`), or with client id and client secret
    (`api_key`, `secret`), and keeps within the shop's budget: a query waits until the bucket holds
    what it asked for the last time."""

    def __init__(self, credentials: Credentials, deadline: Deadline | None = None) -> None:
        self.deadline = deadline or Deadline()
        self._url = credentials.url
        self._id = credentials.api_key
        self._secret = credentials.secret
        self._is_permanent = credentials.api_key.startswith("shp")
        self._client = connect(credentials.url)
        self._costs: dict[str, float] = {}
        self._level = 0.0
        self._restore = 0.0
        self._observed_at = 0.0

    def close(self) -> None:
        self._client.close()

    def run(self, operation: str, variables: Mapping[str, Any], tries: int = TRIES) -> Json:
        """The data of an operation, asked for as often as it may help. Raises `TransientOutage`,
        `PermanentRefusal`."""
        return with_retries(lambda: self.run_once(operation, variables), self.deadline, tries)

    def run_once(self, operation: str, variables: Mapping[str, Any]) -> Json:
        """One try. Raises `TransientFailure` on what may pass, throttling included, and
        `PermanentRefusal`."""
        self._wait_for_budget(operation)
        token = self._token()
        body = graphql.request("shopify", operation, variables)
        headers = {"Content-Type": "application/json", "X-Shopify-Access-Token": token}
        answer = send(self._client, self.deadline, "POST", PATH, content=body, headers=headers)
        if answer.status in (401, 403) and not self._is_permanent and self._forget(token):
            raise TransientFailure("its token had ended", 0.0)
        if answer.status != 200:
            raise _refusal(answer.status)
        return self._judge(operation, graphql.content_of(answer))

    def _judge(self, operation: str, content: Json) -> Json:
        self._note_cost(operation, content)
        if not content.get("errors"):
            return graphql.data(content)
        code, _ = graphql.first_error(content)
        if code == "THROTTLED":
            raise TransientFailure("it throttles", self._shortfall(operation) or 1.0)
        if code in ("INTERNAL_SERVER_ERROR", "TIMEOUT"):
            raise TransientFailure(f"it answered {code}")
        raise graphql.refusal("Shopify", operation, content)

    # -- the budget

    def _note_cost(self, operation: str, content: Json) -> None:
        cost = (content.get("extensions") or {}).get("cost") or {}
        status = cost.get("throttleStatus") or {}
        if "requestedQueryCost" in cost:
            self._costs[operation] = float(cost["requestedQueryCost"])
        if "currentlyAvailable" in status:
            self._level = float(status["currentlyAvailable"])
            self._restore = float(status.get("restoreRate") or 0.0)
            self._observed_at = monotonic()

    def _shortfall(self, operation: str) -> float:
        """Seconds until the bucket holds what the operation asks for."""
        if not self._restore:
            return 0.0
        level = self._level + (monotonic() - self._observed_at) * self._restore
        return max(0.0, (self._costs.get(operation, 0.0) - level) / self._restore)

    def _wait_for_budget(self, operation: str) -> None:
        wait = self._shortfall(operation)
        if wait + 1 > self.deadline.left():
            raise TransientFailure("its budget is used up", wait)
        if wait:
            self.deadline.sleep(wait)

    # -- signing in

    def _token(self) -> str:
        if self._is_permanent:
            return self._id
        with _lock:
            kept = _tokens.get((self._url, self._id))
            if kept is None or kept.ends_at < monotonic():
                kept = _tokens[self._url, self._id] = self._grant()
            return kept.value

    def _forget(self, token: str) -> bool:
        """Drop a token that was refused, so that the next try gets a new one; False where another
        thread has one already, or the refused one was fresh."""
        with _lock:
            kept = _tokens.get((self._url, self._id))
            if kept is not None and kept.value == token:
                fresh = kept.ends_at - monotonic() > 86_400 - EARLY - 60
                del _tokens[self._url, self._id]
                return not fresh
            return True

    def _grant(self) -> _Token:
        """The client-credentials grant, for apps of the shop's own organisation."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self._id,
            "client_secret": self._secret,
        }
        path = "/admin/oauth/access_token"
        answer = send(self._client, self.deadline, "POST", path, data=form)
        if answer.status != 200:
            raise _refusal(answer.status)
        try:
            content = json.loads(answer.body)
            return _Token(
                content["access_token"], monotonic() + float(content["expires_in"]) - EARLY
            )
        except (ValueError, TypeError, KeyError):
            raise TransientFailure("it granted no token that can be read") from None


def _refusal(status: int) -> PermanentRefusal:
    if status in (400, 401, 403):
        reason = (
            "Shopify refused the credentials: give the app's token, or its client id and secret"
        )
    elif status in (402, 423):
        reason = "Shopify has frozen or locked the shop"
    elif status == 404:
        reason = "there is no Shopify shop at this address: set store_url to its …myshopify.com one"
    else:
        reason = f"Shopify answered {status}"
    return PermanentRefusal(reason, status)

"""The Admin API of one Vendure server.

Source: `shops/recordings/vendure-3.7.3` (errors with status 200, tokens).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from backshop.platforms import graphql
from backshop.platforms.api import (
    TRIES,
    Deadline,
    HttpAnswer,
    barrier,
    connect,
    send,
    with_retries,
)
from backshop.platforms.customer_fields import consent_sources, listed_fields
from backshop.platforms.errors import PermanentRefusal, TransientFailure
from backshop.platforms.graphql import Json
from backshop.platforms.pace import Pace
from backshop.platforms.ports import Credentials
from backshop.platforms.vendure.money import money_precision

PATH = "/admin-api"
UNKNOWN_FIELD = "GRAPHQL_VALIDATION_FAILED"
"""`PermanentRefusal.code` where the server's schema lacks a field: the plugin is not installed."""
SESSION = "vendure-auth-token"
_SIGNED_OUT = "FORBIDDEN"

FIELDS = ("deliveryStage", "trackingNumber")
"""The plugin's custom fields of an order that are written; operations name them so, in this
order."""
PLACED_PHONE = "placedPhone"
"""A field that older plugins lack."""
NEEDS = {
    "orders": "ReadOrder",
    "orders_plain": "ReadOrder",
    "newest_orders": "ReadOrder",
    "newest_customers": "ReadCustomer",
    "order_refunds": "ReadOrder",
    "order_address": "ReadOrder",
    "delivery_stage": "ReadOrder",
    "customers": "ReadCustomer",
    "products": "ReadCatalog",
    "collections": "ReadCatalog",
    "promotions": "ReadPromotion",
    "webhooks": "ReadSettings",
    "webhooks_set": "UpdateSettings",
    "server": "ReadSettings",
    "delivery_set": "UpdateOrder",
    "delivery_stage_set": "UpdateOrder",
    "refund_order": "UpdateOrder",
    "settle_refund": "UpdateOrder",
    "order_transition": "UpdateOrder",
    "order_address_update": "UpdateOrder",
}
"""The permission that each operation needs, by Vendure's name."""
_name = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,59}")
_unknown = re.compile(r"""Cannot query field ["'](\w+)["']""")

_tokens: dict[tuple[str, str], str] = {}
"""Session tokens, kept while the environment lives, by server and user."""
_lock = threading.Lock()


class VendureApi:
    """`api_key` is an API key (`id:secret`), or a user's name with the password as `secret`;
    `settings.channel` a channel's token where the server has several.

    Signs in with the key in every request, or by `login`, whose token it renews when the
    server has forgotten it: refused logins and dead tokens are answered with status 200."""

    def __init__(self, credentials: Credentials, deadline: Deadline | None = None) -> None:
        self.deadline = deadline or Deadline()
        self._url = credentials.url
        self._user = credentials.api_key
        self._password = credentials.secret
        self._has_key = ":" in credentials.api_key
        self.field_names = field_names(credentials.settings)
        self.has_placed_phone = True
        """Taken to be so until the server says that it knows no such field."""
        self._customer_fields = customer_fields(credentials.settings)
        self.missing_fields: tuple[str, ...] = ()
        """Of those of customers that the store wants, the ones that the server has not."""
        self._learnt_precision = money_precision(credentials.settings)
        self._learnt_tracking = credentials.settings.get("track_inventory") is not False
        headers = {"Content-Type": "application/json"}
        if self._has_key:
            headers["vendure-api-key"] = credentials.api_key
        if credentials.settings.get("channel"):
            headers["vendure-token"] = str(credentials.settings["channel"])
        self._pace = Pace()
        self._client = connect(credentials.url, headers)

    def close(self) -> None:
        self._client.close()

    @property
    def has_session(self) -> bool:
        """Whether it signs in by name and password, and says so in `Authorization`."""
        return not self._has_key

    @property
    def precision(self) -> int:
        """Decimals of the server's minor units, as it says itself; what was learnt before where the
        user may not read settings. Raises `TransientOutage`."""
        settings = self._settings
        if settings is None:
            return self._learnt_precision
        return int(settings["serverConfig"]["moneyStrategyPrecision"])

    @property
    def tracks_inventory(self) -> bool:
        """Whether the server counts the stock of variants that leave it to its settings; what was
        learnt before where the user may not read them. Raises `TransientOutage`."""
        settings = self._settings
        return self._learnt_tracking if settings is None else bool(settings["trackInventory"])

    @cached_property
    def _settings(self) -> Json | None:
        """None where the user may not read settings."""
        try:
            settings: Json = self.run("server", {})["globalSettings"]
        except PermanentRefusal:
            return None
        return settings

    def run(self, operation: str, variables: Mapping[str, Any], tries: int = TRIES) -> Json:
        """The data of an operation, asked for as often as it may help. Raises `TransientOutage`,
        `PermanentRefusal`."""
        return with_retries(lambda: self.run_once(operation, variables), self.deadline, tries)

    def run_once(self, operation: str, variables: Mapping[str, Any]) -> Json:
        """One try. Raises `TransientFailure` on what may pass and `PermanentRefusal`."""
        token = self._token()
        answer = self._send(operation, variables, token)
        content = graphql.content_of(answer)
        if token is not None and answer.headers.get(SESSION) == "":
            # Only a dead token is answered so, also where everybody may ask what was asked.
            self._forget(token)
            raise TransientFailure("its session had ended", 0.0)
        if not content.get("errors"):
            return graphql.data(content)
        code, _ = graphql.first_error(content)
        if code == "INTERNAL_SERVER_ERROR":
            raise TransientFailure("it answered INTERNAL_SERVER_ERROR")
        if code == _SIGNED_OUT:
            needed = NEEDS.get(operation)
            raise PermanentRefusal(
                f"Vendure refused {operation}: give the role of the user or key the permission {needed}"
                if needed
                else "Vendure refused the user or key: give one of an active administrator",
                200,
                code,
            )
        raise graphql.refusal("Vendure", operation, content)

    def _send(self, operation: str, variables: Mapping[str, Any], token: str | None) -> HttpAnswer:
        body = graphql.request("vendure", operation, variables, self._in_the_shops_words)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with self._pace.request():
            answer = send(self._client, self.deadline, "POST", PATH, content=body, headers=headers)
        if answer.status not in (200, 400):
            reason = barrier(answer, "Vendure") or f"Vendure answered {answer.status}"
            if answer.status in (404, 405):
                reason = (
                    f"there is no Vendure server at this address: {PATH} below store_url is its"
                )
                reason += " Admin API"
            raise PermanentRefusal(reason, answer.status)
        return answer

    def _in_the_shops_words(self, text: str) -> str:
        """The operation with the order's custom fields under the names that the shop gave them."""
        aliased = " ".join(
            name if name_there == name else f"{name}: {name_there}"
            for name, name_there in self.field_names.items()
        )
        if not self.has_placed_phone:
            text = text.replace(f" {PLACED_PHONE} ", " ")
        if fields := [each for each in self._customer_fields if each not in self.missing_fields]:
            selection = f"groups {{ id name }} customFields {{ {' '.join(fields)} }}"
            text = text.replace("groups { id name }", selection)
        names = " ".join(FIELDS)
        return text.replace(f"{{ {names} ", f"{{ {aliased} ")

    def lacks_field(self, refused: PermanentRefusal) -> bool:
        """Whether the refusal is about fields of customers that the store wants and the server has
        not; they are not asked for again."""
        if refused.code != UNKNOWN_FIELD:
            return False
        named = _unknown.search(str(refused))
        if named and named[1] in self._customer_fields:
            self.missing_fields = tuple(dict.fromkeys([*self.missing_fields, named[1]]))
            return True
        if self._customer_fields and "customFields" in str(refused):
            self.missing_fields = self._customer_fields
            return True
        return False

    def _token(self) -> str | None:
        if self._has_key:
            return None
        with _lock:
            kept = _tokens.get((self._url, self._user))
            if kept is None:
                kept = _tokens[self._url, self._user] = self._log_in()
            return kept

    def _forget(self, token: str) -> None:
        with _lock:
            if _tokens.get((self._url, self._user)) == token:
                del _tokens[self._url, self._user]

    def _log_in(self) -> str:
        variables = {"username": self._user, "password": self._password}
        answer = self._send("login", variables, None)
        content = graphql.content_of(answer)
        if content.get("errors"):
            raise graphql.refusal("Vendure", "login", content)
        outcome = graphql.data(content).get("login") or {}
        if outcome.get("__typename") != "CurrentUser":
            raise PermanentRefusal(
                "Vendure refused the user name or password", 200, "INVALID_CREDENTIALS"
            )
        token: str = answer.headers.get(SESSION, "")
        if not token:
            raise PermanentRefusal(
                "Vendure gave no token: add 'bearer' to tokenMethod in its authOptions", 200
            )
        return token


def customer_fields(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The custom fields of customers that the store wants to be read: those that it lists, and
    those that hold consent. What cannot be a field's name is left out."""
    consents = [each.field for each in consent_sources(settings).values() if each.field]
    named = dict.fromkeys([*listed_fields(settings), *consents])
    return tuple(each for each in named if _name.fullmatch(each))


def field_names(settings: Mapping[str, Any]) -> dict[str, str]:
    """What the shop calls the plugin's fields: `settings.vendure_fields`, such as
    {"deliveryStage": "shippingStep"}. Raises `PermanentRefusal` on what cannot be a field's
    name."""
    name_there = settings.get("vendure_fields") or {}
    names = {name: str(name_there.get(name) or name) for name in FIELDS}
    if not all(_name.fullmatch(each) for each in names.values()):
        raise PermanentRefusal("settings.vendure_fields must name custom fields of the order")
    return names

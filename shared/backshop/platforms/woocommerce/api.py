"""The REST API v3 of one WooCommerce shop.

Sources: RFC 5849 and `shops/recordings/woocommerce-11.0.1` (OAuth over plain HTTP).
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode

from backshop.platforms.api import Deadline, HttpAnswer, barrier, connect, send, with_retries
from backshop.platforms.errors import PermanentRefusal, TransientFailure
from backshop.platforms.pace import Pace
from backshop.platforms.ports import Credentials
from backshop.platforms.printed import find_json

PATH = "/wp-json/wc/v3/"
INDEX = "/wp-json/"
HOME = "/"
"""Everything else is below `PATH`; these paths are given whole."""
_STRANGER = "woocommerce_rest_cannot_"
"""How refusals begin that WooCommerce gives to requests without a key."""
A_PAGE = "it answered a page in place of data"
_FAILED_TO_SIGN_IN = "woocommerce_rest_authentication_error"
CLOSED = (
    "a plugin of the shop keeps its REST API closed ({}): have it let requests with a WooCommerce key"
    " through to /wp-json/wc/v3/"
)
READ_ONLY = (
    "the WooCommerce key is read-only, so that nothing is written there and no webhooks are"
    " subscribed: give one with read/write access (PATCH the connector)"
)


class WooCommerceApi:
    """`api_key` and `secret` are a REST key's consumer key and consumer secret.

    Signs in with Basic over TLS, and with OAuth 1.0a over plain HTTP, as WooCommerce demands, and
    where the host strips the `Authorization` header (`is_stripped`), or WordPress behind a proxy
    does not know of TLS (`is_taken_for_http`) and looks for signatures of its own http address.

    Many threads may use one at once.
    """

    def __init__(self, credentials: Credentials, deadline: Deadline | None = None) -> None:
        self.deadline = deadline or Deadline()
        self._url = url = credentials.url.rstrip("/")
        self._key = key = credentials.api_key
        self._secret = secret = credentials.secret
        self._is_safe = url.lower().startswith("https://")
        self.is_stripped = self.is_taken_for_http = False
        self.printed = ""
        """What the shop was seen to print beside its JSON, in words."""
        basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self._pace = Pace()
        self._client = connect(url, {"Authorization": f"Basic {basic}"} if self._is_safe else {})

    def close(self) -> None:
        self._client.close()

    def get_once(self, path: str, params: Mapping[str, Any]) -> HttpAnswer:
        """One try at reading, 200 or an exception: `TransientFailure`, or `PermanentRefusal` with
        WooCommerce's code."""
        answer = self.call("GET", path, params)
        if answer.status != 200:
            raise _refused(answer, path)
        found = find_json(answer.body)
        if found is None:
            raise TransientFailure(A_PAGE)
        self.printed = self.printed or found.words
        return answer._replace(body=found.body, printed=found.words)

    def get(self, path: str, params: Mapping[str, Any]) -> HttpAnswer:
        """`get`, asked again while that may help. Raises `TransientOutage` and
        `PermanentRefusal`."""
        return with_retries(lambda: self.get_once(path, params), self.deadline)

    def call(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, body: object = None
    ) -> HttpAnswer:
        """One try at anything; statuses below 500 other than 429 and redirects are the caller's."""
        signs = not self._is_safe or self.is_stripped or self.is_taken_for_http
        answer = self._call(method, path, params, body, signs=signs)
        if answer.status == 401 and not signs and code_of(answer).startswith(_STRANGER):
            return self._signed_instead(method, path, params, body) or answer
        return answer

    def _signed_instead(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: object
    ) -> HttpAnswer | None:
        """The answer to a signature, where the shop takes one of its address or of that over plain
        HTTP; None where it takes neither."""
        signed = self._call(method, path, params, body, signs=True)
        if signed.status != 401 or is_read_only(signed):
            self.is_stripped = True
            return signed
        if code_of(signed) != _FAILED_TO_SIGN_IN or b"ignature" not in signed.body:
            return None
        self.is_taken_for_http = True
        signed = self._call(method, path, params, body, signs=True)
        self.is_taken_for_http = signed.status != 401 or is_read_only(signed)
        return signed if self.is_taken_for_http else None

    def _call(
        self, method: str, path: str, params: Mapping[str, Any] | None, body: object, *, signs: bool
    ) -> HttpAnswer:
        path = path if path in (INDEX, HOME) else PATH + path
        query = {name: str(value) for name, value in (params or {}).items()}
        if signs:
            url = self._url + path
            if self.is_taken_for_http:
                url = f"http://{url.partition('://')[2]}"
            query = _signed(method, url, query, self._key, self._secret)
        options: dict[str, Any] = {}
        if body is not None:
            options = {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
        with self._pace.request():
            return send(
                self._client, self.deadline, method, f"{path}?{urlencode(query)}", **options
            )


def _refused(answer: HttpAnswer, path: str) -> PermanentRefusal:
    code = code_of(answer)
    if answer.status in (401, 403):
        reason = refused_key(answer, "GET", path)
    elif stands_before := barrier(answer, "WordPress"):
        reason = stands_before
    else:
        reason = f"WooCommerce answered {answer.status} {code}".rstrip()
    return PermanentRefusal(reason, answer.status, code)


def refused_key(answer: HttpAnswer, method: str, path: str) -> str:
    """What is to be done where 401 or 403 was answered. A key may do what its user may: of what
    that one may not, WooCommerce says 403 and "cannot view" or the like, where it knows the
    user. A refusal that is not WooCommerce's comes of what stands before it."""
    if is_read_only(answer):
        return READ_ONLY
    if stands_before := barrier(answer, "WordPress"):
        return stands_before
    code = code_of(answer)
    if code and not code.startswith("woocommerce_"):
        return CLOSED.format(code)
    if answer.status == 403 and code.startswith(_STRANGER):
        verb = "read" if method == "GET" else "write"
        what = path.strip("/").partition("/")[0]
        return (
            f"the user of the WooCommerce key may not {verb} {what}: make the key for an"
            " administrator or shop manager, in WooCommerce under Settings, Advanced, REST API"
        )
    return "WooCommerce refused the key: give one with read/write access (PATCH the connector)"


def code_of(answer: HttpAnswer) -> str:
    """WooCommerce's own word for a refusal; empty where it is none of its."""
    try:
        found = find_json(answer.body)
        return str(json.loads(found.body if found else b"")["code"])[:100]
    except (ValueError, TypeError, KeyError):
        return ""


def is_read_only(answer: HttpAnswer) -> bool:
    """Whether a write was refused because the key may only read."""
    return answer.status == 401 and b"write permissions" in answer.body


def _signed(method: str, url: str, query: dict[str, str], key: str, secret: str) -> dict[str, str]:
    """The query with an OAuth 1.0a signature (RFC 5849, 3.4), whose token is empty."""
    options = query | {
        "oauth_consumer_key": key,
        "oauth_nonce": secrets.token_hex(8),
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(time.time())),
    }
    pairs = sorted((_escape(name), _escape(value)) for name, value in options.items())
    joined = "&".join(f"{name}={value}" for name, value in pairs)
    base = "&".join(_escape(part) for part in (method, url, joined))
    mac = hmac.new(f"{_escape(secret)}&".encode(), base.encode(), sha256).digest()
    return options | {"oauth_signature": base64.b64encode(mac).decode()}


def _escape(text: str) -> str:
    return quote(text, safe="~")

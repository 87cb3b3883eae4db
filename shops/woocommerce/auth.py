"""Who may ask: Basic or query-string keys over TLS, OAuth 1.0a over plain HTTP."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from aiohttp import web

from shops.woocommerce.errors import RestError

FAILED = "woocommerce_rest_authentication_error"
WINDOW = 15 * 60
DIGESTS = {"HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256"}


@dataclass
class Keys:
    key: str
    secret: str
    permissions: str = "read_write"
    """Of the key: `read`, `write` or `read_write`."""
    forbidden: frozenset[str] = frozenset()
    """What the key's user may not do anything with: `customers`, `coupons`…"""
    is_header_stripped: bool = False
    """The host hands no `Authorization` header on to PHP."""
    is_taken_for_http: bool = False
    """A proxy ends TLS and WordPress does not know: only signatures of its http address count."""
    plain_http: bool = False
    """Refuse Basic and query-string keys, as a shop without TLS does."""
    nonces: dict[str, float] = field(default_factory=dict)


def check(keys: Keys, request: web.Request) -> None:
    """Refuses a request that has not signed in, in WooCommerce's words."""
    header = "" if keys.is_header_stripped else request.headers.get("Authorization", "")
    oauth = _oauth_params(request, header)
    if oauth:
        _check_oauth(keys, request, oauth)
    else:
        _check_keys(keys, request, header)
    _check_permissions(keys, request.method)
    _check_user(keys, request)


def _check_user(keys: Keys, request: web.Request) -> None:
    what = request.path.partition("/wc/v3/")[2].partition("/")[0]
    if what in keys.forbidden:
        raise _stranger(request.method, 403)


def _check_permissions(keys: Keys, method: str) -> None:
    needed = "read" if method in ("GET", "HEAD") else "write"
    if needed not in keys.permissions:
        words = f"The API key provided does not have {needed} permissions."
        raise RestError(401, FAILED, words)


def _check_keys(keys: Keys, request: web.Request, header: str) -> None:
    pair = _keys_given(request, header)
    if pair is None or keys.plain_http or keys.is_taken_for_http:
        raise _stranger(request.method)
    key, secret = pair
    if not hmac.compare_digest(key.encode(), keys.key.encode()):
        raise RestError(401, FAILED, "Consumer key is invalid.")
    if not hmac.compare_digest(secret.encode(), keys.secret.encode()):
        raise RestError(401, FAILED, "Consumer secret is invalid.")


def _stranger(method: str, status: int = 401) -> RestError:
    if method == "GET":
        words = "Sorry, you cannot list resources."
        return RestError(status, "woocommerce_rest_cannot_view", words)
    verb = {"POST": "create", "DELETE": "delete"}.get(method, "edit")
    message = f"Sorry, you are not allowed to {verb} resources."
    return RestError(status, f"woocommerce_rest_cannot_{verb}", message)


def _keys_given(request: web.Request, header: str) -> tuple[str, str] | None:
    if header.startswith("Basic "):
        try:
            key, _, secret = base64.b64decode(header[6:]).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return key, secret
    if "consumer_key" in request.query:
        return request.query["consumer_key"], request.query.get("consumer_secret", "")
    return None


def _oauth_params(request: web.Request, header: str) -> dict[str, str]:
    if header.startswith("OAuth "):
        pairs = (part.strip().partition("=") for part in header[6:].split(","))
        return {name: unquote(value.strip('"')) for name, _, value in pairs if name != "realm"}
    return {k: v for k, v in request.query.items() if k.startswith("oauth_")}


def _check_oauth(keys: Keys, request: web.Request, params: Mapping[str, str]) -> None:
    for name in ("consumer_key", "timestamp", "nonce", "signature", "signature_method"):
        if not params.get(f"oauth_{name}"):
            raise RestError(401, FAILED, f"Missing OAuth parameter oauth_{name}")
    if not hmac.compare_digest(params["oauth_consumer_key"], keys.key):
        raise RestError(401, FAILED, "Consumer key is invalid.")
    digest = DIGESTS.get(params["oauth_signature_method"])
    if digest is None:
        raise RestError(401, FAILED, "Invalid signature - signature method is invalid.")
    url = _url(request)
    if keys.is_taken_for_http:
        url = url.replace("https://", "http://", 1)
    signed = sign(keys.secret, digest, request.method, url, _signed(request, params))
    if not hmac.compare_digest(signed, params["oauth_signature"]):
        raise RestError(401, FAILED, "Invalid signature - provided signature does not match.")
    _check_nonce(keys, params["oauth_timestamp"], params["oauth_nonce"])


def _check_nonce(keys: Keys, stamp: str, nonce: str) -> None:
    now = time.time()
    if not stamp.isdigit() or abs(now - int(stamp)) > WINDOW:
        raise RestError(401, FAILED, "Invalid timestamp.")
    while keys.nonces and now - next(iter(keys.nonces.values())) >= WINDOW:
        keys.nonces.pop(next(iter(keys.nonces)))
    if nonce in keys.nonces:
        raise RestError(401, FAILED, "Invalid nonce - nonce has already been used.")
    keys.nonces[nonce] = now


def _url(request: web.Request) -> str:
    return f"{request.scheme}://{request.host}{request.path}"


def _signed(request: web.Request, params: Mapping[str, str]) -> list[tuple[str, str]]:
    plain = [(k, v) for k, v in request.query.items() if not k.startswith("oauth_")]
    return plain + [(k, v) for k, v in params.items() if k != "oauth_signature"]


def sign(secret: str, digest: str, method: str, url: str, params: list[tuple[str, str]]) -> str:
    """The OAuth 1.0a signature (RFC 5849, 3.4) with an empty token secret, base64."""
    encoded = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in params)
    joined = "&".join(f"{k}={v}" for k, v in encoded)
    base = "&".join(quote(part, safe="~") for part in (method.upper(), url, joined))
    key = f"{quote(secret, safe='~')}&".encode()
    return base64.b64encode(
        hmac.new(key, base.encode(), getattr(hashlib, digest)).digest()
    ).decode()

"""Asking a platform: what is worth asking again, how long to wait, and when to give up.

Everything a shop's server can do wrong ends in one of three ways: `TransientFailure` inside (asked
again at once or after a short wait), `TransientOutage` (not now: the caller comes back) or
`PermanentRefusal` (not ever like this). Texts never hold credentials or a record's contents.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, TypeVar

import httpx

from backshop.outgoing import transport
from backshop.platforms.errors import (
    PayloadError,
    PermanentRefusal,
    TransientFailure,
    TransientOutage,
    Unanswered,
)
from backshop.platforms.printed import find_json

T = TypeVar("T")

TRIES = 8
"""Where four requests in ten fail, all eight of a page do once in 1,500 pages; the job comes
back."""
LONGEST_WAIT = 30.0
"""Seconds. A shop that asks for more is asked again by another invocation."""
SLOW_TRIES = 2
"""A shop that let all the time of so many requests pass is asked again by another invocation."""
NOT_PUBLIC = "NOT_PUBLIC"
"""`PermanentRefusal.code` of an address that must not be called."""
UNTRUSTED = "UNTRUSTED"
"""`PermanentRefusal.code` of a server whose certificate is none."""
USER_AGENT = "backshop/1.0"


class HttpAnswer(NamedTuple):
    """`printed`: what the shop printed beside its JSON, in words; `body` is without it."""

    status: int
    headers: httpx.Headers
    body: bytes
    printed: str = ""


@dataclass
class Deadline:
    """How long there is to wait: `left` tells the seconds until the caller must stop."""

    left: Callable[[], float] = lambda: 900.0
    sleep: Callable[[float], None] = time.sleep


def connect(base_url: str, headers: Mapping[str, str] | None = None) -> httpx.Client:
    """A client that keeps connections open and follows no redirect: credentials stay where they
    were meant to go. Close it. Raises `PermanentRefusal` on what is no address."""
    try:
        return transport.client(
            base_url=base_url.rstrip("/"), headers={"User-Agent": USER_AGENT, **(headers or {})}
        )
    except httpx.InvalidURL:
        raise PermanentRefusal(
            "the shop's address is none; set store_url to its public address"
        ) from None


def send(
    client: httpx.Client, deadline: Deadline, method: str, path: str, **options: Any
) -> HttpAnswer:
    """One request, which may take 20 seconds to its last byte, or as long as there is. Raises
    `TransientFailure` on what may pass (no connection, a time-out, a body cut short, 429, 5xx) and
    `PermanentRefusal` on a redirect and on an address that must not be called; any other status is
    the caller's to judge."""
    limits = transport.limits(min(transport.SECONDS, max(1.0, deadline.left())))
    try:
        # Streamed, because a whole response is a cycle of objects that keeps its body for long.
        with client.stream(method, path, **limits, **options) as response:
            body = b"".join(response.iter_bytes())
    except httpx.TimeoutException:
        raise TransientFailure("it did not answer in time", is_slow=True) from None
    except transport.NotPublic as refused:
        raise PermanentRefusal(
            f"the shop's address cannot be called ({refused}); set store_url to its public address",
            code=NOT_PUBLIC,
        ) from None
    except transport.TooLarge:
        raise TransientFailure("its answer is too large", is_too_large=True) from None
    except httpx.TransportError as broken:
        if distrust := _distrust(broken):
            raise PermanentRefusal(distrust, code=UNTRUSTED) from None
        raise TransientFailure(f"the connection broke ({type(broken).__name__})") from None
    except httpx.DecodingError:
        raise TransientFailure("its answer was cut short") from None
    status = response.status_code
    if status == 429 or status >= 500:
        after = retry_after(response.headers.get("retry-after"))
        answer = HttpAnswer(status, response.headers, body)
        raise TransientFailure(f"it answered {status}", after, answer)
    if 300 <= status < 400:
        raise PermanentRefusal(
            "the shop's address redirects to another one; set store_url to the final address",
            status,
        )
    return HttpAnswer(status, response.headers, body)


REMEDIES = {
    9: "it is valid from a later day: check the host's clock, or install another one",
    10: "renew it, and have it renewed by itself from now on",
    20: "install it with its whole chain (fullchain.pem), which browsers find by themselves",
    21: "install it with its whole chain (fullchain.pem), which browsers find by themselves",
    62: "set store_url to a name that it was made for, or install one for this host",
    64: "set store_url to the shop's name, not to its address",
}
"""By OpenSSL's `X509_V_ERR_…`."""
NEW_CERTIFICATE = (
    "install one of a public authority such as Let's Encrypt for this host, with its whole chain"
)
NO_TLS = (
    "the shop speaks no TLS that is in use at this address ({}): set store_url to where it is served"
    " over HTTPS, and have the host offer TLS 1.2 or newer"
)
_NOT_TLS = {
    "WRONG_VERSION_NUMBER",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "HTTP_REQUEST",
    "UNSUPPORTED_PROTOCOL",
    "TLSV1_ALERT_PROTOCOL_VERSION",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
    "DH_KEY_TOO_SMALL",
    "TLSV1_UNRECOGNIZED_NAME",
}


def _distrust(broken: httpx.TransportError) -> str | None:
    """What is wrong with the server's TLS, where that is what broke the connection and will break
    the next."""
    cause: BaseException | None = broken
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        reason = cause.verify_message.rstrip(".")
        remedy = REMEDIES.get(cause.verify_code, NEW_CERTIFICATE)
        return f"the shop's TLS certificate is not trusted ({reason}): {remedy}"
    if cause is not None and cause.reason in _NOT_TLS:
        return NO_TLS.format(cause.reason.lower().replace("_", " "))
    return None


OWN_LOGIN = (
    "the shop's host asks for a user name and password of its own (401) before {} is reached, as"
    " hosts do with test sites: take that protection off the API's path, or connect the live shop"
)
FIREWALL = (
    "a firewall or security plugin in front of {} answered {} with a page of its own: let requests"
    " to the API through there"
)


def barrier(answer: HttpAnswer, platform: str) -> str | None:
    """What stands before the platform, where a refusal is not the platform's own: it has none of
    its words."""
    if not 400 <= answer.status < 500 or answer.status == 404:
        return None
    if find_json(answer.body) is not None:
        return None
    if answer.headers.get("www-authenticate", "").lower().startswith(("basic", "digest")):
        return OWN_LOGIN.format(platform)
    return FIREWALL.format(platform, answer.status)


def with_retries(call: Callable[[], T], deadline: Deadline, tries: int = TRIES) -> T:
    """Ask until there is an answer. Raises `Unanswered` when that failed `tries` times though the
    shop never asked us to wait, another `TransientOutage` when all tries or the time are used up,
    and lets `PermanentRefusal` through. A body that cannot be read is asked for again: it may have
    been half of one. A caller with fewer tries can ask for less: what took all the time there is
    for a request is not asked for again, and what is too large is not for any caller.
    """
    unexplained = slow = 0
    for tried in range(1, TRIES + 1):
        try:
            return call()
        except (TransientFailure, PayloadError) as failed:
            wait, after = _wait(failed, tried), _after(failed)
            unexplained += 0 if _asks_to_wait(failed) else 1
            slow += 1 if _is_slow(failed) else 0
            reason = f"the shop could not be read: {failed}"
            if _is_too_large(failed):
                raise Unanswered(reason) from failed
            if wait > LONGEST_WAIT or wait + 1 > deadline.left():
                raise TransientOutage(reason, after, is_slow=slow > 0) from failed
            if unexplained == tries or (tries < TRIES and _is_slow(failed)):
                raise Unanswered(reason, after, is_slow=slow > 0) from failed
            if tried == TRIES or slow == SLOW_TRIES:
                raise TransientOutage(reason, after, is_slow=slow > 0) from failed
        deadline.sleep(wait)
    raise AssertionError("the last try returns or raises")


def _after(failed: Exception) -> float | None:
    return failed.after if isinstance(failed, TransientFailure) else None


def _asks_to_wait(failed: Exception) -> bool:
    if not isinstance(failed, TransientFailure):
        return False
    return failed.after is not None or (failed.answer is not None and failed.answer.status == 429)


def _is_slow(failed: Exception) -> bool:
    return isinstance(failed, TransientFailure) and failed.is_slow


def _is_too_large(failed: Exception) -> bool:
    return isinstance(failed, TransientFailure) and failed.is_too_large


def _wait(failed: Exception, tried: int) -> float:
    """What the platform asks for, or 0.1, 0.2, 0.4 … up to 10 seconds, each half left to chance."""
    after = _after(failed)
    if after is not None:
        return after
    longest: float = min(0.1 * 2 ** (tried - 1), 10.0)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, guards nothing)


def retry_after(header: str | None) -> float | None:
    """Seconds from a Retry-After header, which names seconds or a date; None where it is
    neither."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return max(0.0, moment.timestamp() - time.time())

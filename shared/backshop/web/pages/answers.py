"""What pages are answered with: headers that keep others out, redirects, session cookies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie, SameSite

from backshop.web.http import Event

HTML = "text/html; charset=utf-8"
Audience = Literal["shopper", "desk"]
COOKIES: dict[Audience, str] = {"shopper": "__Host-shopper", "desk": "__Host-desk"}
"""`__Host-` binds a cookie to one host: set over TLS alone, for no domain above it."""
SESSION: dict[Audience, SameSite] = {
    "shopper": SameSite.LAX_MODE,
    "desk": SameSite.STRICT_MODE,
}
"""A shopper comes back by the links of messages, which Strict would sign out."""


class Policy(NamedTuple):
    """What a page may beside the usual: its own scripts, styles, pictures, forms and calls."""

    framed_by: Sequence[str] = ()
    """Origins whose pages may show this one in a frame."""
    reaches: Sequence[str] = ()
    """Origins that its script calls and its pictures come from, such as a bucket's."""
    leads_to: Sequence[str] = ()
    """Origins that its forms lead to; browsers hold redirects after a form to this list."""
    camera: bool = False


NOTHING_MORE = Policy()


def page_of(
    html: str,
    *,
    status: int = 200,
    policy: Policy = NOTHING_MORE,
    cookies: Sequence[Cookie] = (),
    retry_after: int | None = None,
) -> Response[str]:
    """The page as it is sent: kept by nobody, framed by nobody unless the policy says so."""
    headers: dict[str, str | list[str]] = {
        "Content-Security-Policy": content_security(policy),
        "Permissions-Policy": _permissions(policy),
        # Not `no-referrer`: browsers would send forms with `Origin: null`.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Response(status, HTML, html, headers=headers, cookies=list(cookies))


def redirect(to: str, *, cookies: Sequence[Cookie] = ()) -> Response[str]:
    """Leads on with a GET, so that a reload repeats nothing."""
    headers: dict[str, str | list[str]] = {"Location": to, "Cache-Control": "no-store"}
    return Response(303, headers=headers, cookies=list(cookies))


def cookie(audience: Audience, value: str, lasts: timedelta) -> Cookie:
    """A session's cookie, which no script reads."""
    return Cookie(
        COOKIES[audience],
        value,
        path="/",
        secure=True,
        http_only=True,
        max_age=int(lasts.total_seconds()),
        same_site=SESSION[audience],
    )


def session_cookie(event: Event, audience: Audience) -> str | None:
    """The value of the session's cookie that the browser sent."""
    wanted = COOKIES[audience] + "="
    sent = (each for each in event.get("cookies") or () if each.startswith(wanted))
    return next((each.removeprefix(wanted) for each in sent), None)


def content_security(policy: Policy) -> str:
    """The header Content-Security-Policy. Nothing inline, in any page."""
    reaches = " ".join(("'self'", *policy.reaches))
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"{reaches} blob:" if policy.camera else reaches,
        "connect-src": reaches,
        "media-src": "blob:" if policy.camera else "'none'",
        "form-action": " ".join(("'self'", *policy.leads_to)),
        "frame-ancestors": " ".join(policy.framed_by) or "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in directives.items())


def _permissions(policy: Policy) -> str:
    camera = "self" if policy.camera else ""
    return f"camera=({camera}), microphone=(), geolocation=(), otp-credentials=(self)"

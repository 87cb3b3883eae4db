"""What the stack would have sent to people: GET /local/sms and GET /local/mail, newest first."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from typing import Any

from aiohttp import web

from local.aws import Aws
from local.gateway import LocalRoute

_KEPT = 1000
_LOOK_SECONDS = 0.5


_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " frame-src 'self'; frame-ancestors 'none'"
}
_LOOK = """
:root { color-scheme: light dark; font: 1rem/1.5 -apple-system, "Segoe UI", Roboto, "Noto Sans", system-ui }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1rem 3rem; overflow-wrap: anywhere }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } p { margin: 0 0 1.5rem } small { opacity: .75 }
details { border: 1px solid #8885; border-radius: 8px; margin: 0 0 .75rem }
summary { cursor: pointer; padding: .75rem 1rem } summary b { font-weight: 600 } summary small { display: block; padding-inline-start: 1.1rem }
summary:focus-visible { outline: 3px solid #0a5ea8; outline-offset: 2px }
.parts { display: grid; gap: 1rem; padding: 0 1rem 1rem }
@media (min-width: 48rem) { .parts { grid-template-columns: 3fr 2fr } }
iframe { background: #fff; border: 1px solid #8885; border-radius: 6px; height: 34rem; width: 100% }
pre { font: .875rem/1.5 ui-monospace, monospace; margin: 0; white-space: pre-wrap }
h2 { font-size: .875rem; margin: 0 0 .25rem }
"""


_LINK = re.compile(r"(https?://[^\s<>&\"]+)")


def _page(mails: list[dict[str, Any]]) -> str:
    """The mails, newest first and that one open: as a mail program shows them, and as text."""
    shown = "".join(_mail(each, "open" if not place else "") for place, each in enumerate(mails))
    empty = "<p>Nothing was mailed yet. Invitations, quotes and codes appear here.</p>"
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Mail</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_LOOK}</style><main><h1>Mail</h1><p><small>What would have been sent, newest "
        'first. <a href="/local/mail?format=json">As JSON</a></small></p>'
        f"{shown or empty}</main></html>"
    )


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _mail(mail: dict[str, Any], state: str) -> str:
    fields = {name: escape(_text(value)) for name, value in mail.items()}
    text = _LINK.sub(r'<a href="\1">\1</a>', fields["text"])
    return (
        f'<details {state}><summary><b dir="auto">{fields["subject"]}</b>'
        f"<small>to {fields['to']} from {fields['from']}, {fields['at'][:16].replace('T', ' ')} UTC"
        f'</small></summary><div class="parts"><section><h2>As it looks</h2><iframe sandbox '
        f'title="{fields["subject"]}" srcdoc="{fields["html"]}"></iframe></section>'
        f'<section><h2>Its text part</h2><pre dir="auto">{text}</pre></section></div></details>'
    )


class Inbox:
    """Reads what SNS and SES were told to send, and stands in for SMS providers with a web API."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._sms: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._seen: set[str] = set()

    def routes(self) -> list[LocalRoute]:
        return [
            ("GET", "/local/sms", self._show_sms),
            ("GET", "/local/mail", self._show_mail),
            ("*", "/local/sms-providers/{provider}/{path:.*}", self._provider),
        ]

    async def watch(self) -> None:
        """Note when SMS are sent, which the stand-in does not; runs until cancelled."""
        while True:
            with suppress(OSError):
                await self._look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        inbox = await asyncio.to_thread(self._aws.inbox, "sns/sms-messages")
        for phone, messages in inbox["sms_messages"].items():
            for each in messages:
                if each["MessageId"] not in self._seen:
                    self._seen.add(each["MessageId"])
                    self._keep(phone, each["Message"], "sns")

    def _keep(self, phone: str, text: str, via: str) -> None:
        at = datetime.now(UTC).isoformat()
        self._sms.append({"to": phone, "text": text, "at": at, "via": via})

    async def _show_sms(self, _request: web.Request) -> web.Response:
        await self._look()
        return web.json_response(list(reversed(self._sms)))

    async def _show_mail(self, request: web.Request) -> web.Response:
        """A page for who looks with a browser, JSON for programs."""
        inbox = await asyncio.to_thread(self._aws.inbox, "ses/messages")
        found = [
            {
                "to": each["To"],
                "from": each["Source"],
                "subject": each["Subject"],
                "text": each["BodyText"],
                "html": each["BodyHtml"],
                "at": datetime.fromtimestamp(each["Timestamp"], UTC).isoformat(),
            }
            for messages in inbox["messages"].values()
            for each in messages
        ]
        found.sort(key=lambda each: each["at"], reverse=True)
        is_asked_by_browser = "text/html" in request.headers.get("Accept", "")
        if is_asked_by_browser and request.query.get("format") != "json":
            return web.Response(text=_page(found), content_type="text/html", headers=_HEADERS)
        return web.json_response(found)

    async def _provider(self, request: web.Request) -> web.Response:
        """Takes the call of any provider, whose words for phone and text differ, and says yes."""
        if request.content_type == "application/json":
            sent = await request.json()
        else:
            sent = {**request.query, **await request.post()}
        await self._look()  # what was sent before stands before it
        phone = str(sent.get("to") or sent.get("recipient") or "")
        text = str(sent.get("message") or sent.get("text") or "")
        self._keep(phone, text, request.match_info["provider"])
        return web.json_response({"status": "success", "data": {"uid": f"local-{id(sent)}"}})

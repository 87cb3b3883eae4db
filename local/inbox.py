"""What the stack would have sent to people: GET /local/sms and GET /local/mail, newest first."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from local.aws import Aws
from local.gateway import LocalRoute

_KEPT = 1000
_LOOK_SECONDS = 0.5


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

    async def _show_mail(self, _request: web.Request) -> web.Response:
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
        return web.json_response(sorted(found, key=lambda each: each["at"], reverse=True))

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

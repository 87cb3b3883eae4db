"""What the stack would have sent to people: GET /local/sms and GET /local/mail, newest first."""

from __future__ import annotations

import asyncio
from collections import deque
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from local.aws import Aws
from local.gateway import LocalRoute

_KEPT = 1000


class Inbox:
    """Reads what SNS and SES were told to send, and stands in for SMS providers with a web API."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._posted: deque[dict[str, Any]] = deque(maxlen=_KEPT)

    def routes(self) -> list[LocalRoute]:
        return [
            ("GET", "/local/sms", self._sms),
            ("GET", "/local/mail", self._mail),
            ("*", "/local/sms-providers/{provider}/{path:.*}", self._provider),
        ]

    async def _sms(self, _request: web.Request) -> web.Response:
        said = await asyncio.to_thread(self._aws.inbox, "sns/sms-messages")
        found = [
            {
                "to": phone,
                "text": each.get("Message", ""),
                "at": _time(each),
                "via": "sns",
            }
            for phone, messages in said.get("sms_messages", {}).items()
            for each in messages
        ]
        return _newest_first([*found, *self._posted])

    async def _mail(self, _request: web.Request) -> web.Response:
        said = await asyncio.to_thread(self._aws.inbox, "ses/messages")
        found = [
            {
                "to": each["To"],
                "from": each["Source"],
                "subject": each["Subject"],
                "text": each["BodyText"],
                "html": each["BodyHtml"],
                "at": _time(each),
            }
            for messages in said.get("messages", {}).values()
            for each in messages
        ]
        return _newest_first(found)

    async def _provider(self, request: web.Request) -> web.Response:
        """Takes the call of any provider, whose words for phone and text differ, and says yes."""
        if request.content_type == "application/json":
            sent = await request.json()
        else:
            sent = {**request.query, **await request.post()}
        self._posted.append(
            {
                "to": str(sent.get("to") or sent.get("recipient") or ""),
                "text": str(sent.get("message") or sent.get("text") or ""),
                "at": datetime.now(UTC).isoformat(),
                "via": request.match_info["provider"],
            }
        )
        return web.json_response({"status": "success", "data": {"uid": f"local-{id(sent)}"}})


def _time(record: dict[str, Any]) -> str:
    at = record.get("Timestamp") or record.get("timestamp") or 0
    if isinstance(at, str):
        return at
    return datetime.fromtimestamp(at, UTC).isoformat()


def _newest_first(found: list[dict[str, Any]]) -> web.Response:
    return web.json_response(sorted(found, key=lambda each: str(each["at"]), reverse=True))

"""notify.lk (https://developer.notify.lk/api-endpoints): a form, answered `{status, data}`."""

from __future__ import annotations

import json

from backshop.aws import config
from backshop.senders import MessageNotSent, web

LONGEST = 621
"""Characters of one message, by its documentation."""


def send(phone: str, text: str) -> str:
    """The provider names no message, so its word (`Sent`) is returned.

    The secret behind NOTIFY_LK_SECRET is JSON with `user_id`, `api_key` and `sender_id`.
    """
    if len(text) > LONGEST:
        raise MessageNotSent(f"notify.lk takes at most {LONGEST} characters", lasting=True)
    form = json.loads(config.secret("NOTIFY_LK_SECRET")) | {"to": phone, "message": text}
    if not text.isascii():
        form["type"] = "unicode"
    url = config.value("NOTIFY_LK_URL", "https://app.notify.lk/api/v1") + "/send"
    return str(web.post("notify.lk", url, data=form).get("data"))

"""text.lk (https://text.lk/docs/send-sms): JSON with a bearer token, answered `{status, data}`."""

from __future__ import annotations

import json

from backshop.aws import config
from backshop.senders import web


def send(phone: str, text: str) -> str:
    """Returns the provider's id of the message (`data.uid`), or its word where it gives none.

    The secret behind TEXT_LK_SECRET is JSON with `api_token` and `sender_id`.
    """
    login = json.loads(config.secret("TEXT_LK_SECRET"))
    message = {
        "recipient": phone,
        "sender_id": login["sender_id"],
        "type": "plain",
        "message": text,
    }
    headers = {"Authorization": f"Bearer {login['api_token']}", "Accept": "application/json"}
    url = config.value("TEXT_LK_URL", "https://app.text.lk/api/v3") + "/sms/send"
    data = web.post("text.lk", url, json=message, headers=headers).get("data")
    return str(data.get("uid") if isinstance(data, dict) else data)

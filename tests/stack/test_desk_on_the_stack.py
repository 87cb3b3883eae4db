"""The desk calls other functions by the alias at which callers reach them."""

from __future__ import annotations

from typing import Any

import httpx


def test_the_desk_shows_what_other_functions_know(stack: Any) -> None:
    shop = stack.connectors["vendure"]["id"]
    with httpx.Client(base_url=stack.base_url, timeout=40) as client:
        form = {"staff_key": stack.staff_key, "next": "/desk"}
        origin = {"Sec-Fetch-Site": "same-origin"}
        signed_in = client.post("/desk/sign-in", data=form, headers=origin)
        assert signed_in.status_code == 303, signed_in.text
        # A browser takes it over https alone.
        cookie = {"Cookie": signed_in.headers["set-cookie"].split(";")[0]}
        for page in ("orders", "batches", "outgoing", "webhooks"):
            shown = client.get(f"/desk/{shop}/{page}", headers=cookie)
            assert shown.status_code == 200, (page, shown.text[:500])
            assert "does not answer right now" not in shown.text, page

"""A file that is uploaded to the running stack is imported by its queue."""

from __future__ import annotations

import time
from typing import Any

import httpx

PRODUCTS = "SKU,Name,Size,Price\nT-901,Slate,12 x 24,$4.29\nT-902,Sand,12/24,3.99\n"


def test_an_uploaded_price_list_is_imported(stack: Any) -> None:
    key = {"Authorization": f"Bearer {stack.connectors['woocommerce']['store_key']}"}
    with stack.http() as http:
        begun = http.post(
            "/catalogue/imports/uploads", headers=key, json={"content_type": "text/csv"}
        )
        assert begun.status_code == 201, begun.text
        form = begun.json()["upload"]
        sent = httpx.post(form["url"], data=form["fields"], files={"file": PRODUCTS})
        assert sent.status_code in (200, 204), sent.text
        for _ in range(60):
            shown = http.get(f"/catalogue/imports/{begun.json()['import_id']}", headers=key).json()
            if shown["status"] in ("done", "failed"):
                break
            time.sleep(0.5)
    assert (shown["status"], shown["added"], shown["refused"]) == ("done", 1, 1), shown

"""`make screenshots`: the pictures of the README, taken of the running stack in Chromium."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from local.errors import UserError

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "pictures"
FACES = ROOT.parent / "shared" / "faces"
FACE = "f3.jpg"
MOST_BYTES = 200_000
PATIENCE = 90
"""Seconds for what takes a while the first time: an invitation, a face."""
WIDE, NARROW = (1280, 800), (390, 780)


class Stack:
    """The stack that runs, and what opens it."""

    def __init__(self, folder: Path) -> None:
        try:
            settings = json.loads((folder / "stack.json").read_text())
        except OSError:
            raise UserError("no stack is running: `make run` starts one, then try again") from None
        self.keys = json.loads((folder / "keys.json").read_text())
        self.url = settings["base_url"]
        self.port = self.url.rpartition(":")[2]
        self.staff_key: str = settings["staff_key"]
        headers = {"Authorization": f"Bearer {self.staff_key}"}
        self.api = httpx.Client(base_url=self.url, headers=headers, timeout=60)

    def id_of(self, platform: str) -> str:
        found: str = self.keys[platform]["id"]
        return found

    def page(self, host: str, path: str) -> str:
        """An address of a page, at a host name of its own."""
        return f"http://{host}.localhost:{self.port}{path}"

    def get(self, path: str) -> Any:
        answer = self.api.get(path)
        answer.raise_for_status()
        return answer.json()


def desk(stack: Stack, page: Any) -> None:
    """The orders of a shop."""
    page.goto(stack.page("desk", "/desk/sign-in"))
    page.fill("#staff_key", stack.staff_key)
    with page.expect_navigation():
        page.click("main button")
    page.goto(stack.page("desk", f"/desk/{stack.id_of('vendure')}/orders"))


def tracking(stack: Stack, page: Any) -> None:
    """An order of the demo shop of Vendure, which is on its way."""
    store = stack.id_of("vendure")
    order = next(_followed(stack, store))
    where = {"stage": "SOURCING"}
    if order["delivery"]["stage"] == "ORDER_CONFIRMED":
        path = f"/orders/{order['code']}/delivery?store_id={store}"
        stack.api.put(path, json=where).raise_for_status()
    page.goto(stack.page("shop", f"/track?store_id={store}"))
    page.fill("#phone", order["phone"])
    with page.expect_navigation():
        page.click("main button.main")
    text = stack.get("/local/sms")[0]["text"]
    page.fill("#code", re.findall(r"#(\d{6})", text)[0])
    with page.expect_navigation():
        page.click("main button.main")
    page.goto(stack.page("shop", f"/track/orders/{order['code']}"))


def _followed(stack: Stack, store: str) -> Any:
    """Orders that can still be followed, with a phone that an SMS reaches."""
    for each in stack.get(f"/connectors/{store}/orders?limit=200&cancelled=false")["items"]:
        order = stack.get(f"/connectors/{store}/orders/{each['order_id']}")
        stage = (order["delivery"] or {}).get("stage")
        if stage in ("ORDER_CONFIRMED", "SOURCING") and order["phone"]:
            yield order
    raise UserError("no order of the demo shop of Vendure is under way: `make reset` makes it anew")


def survey(stack: Stack, page: Any) -> None:
    """A question of the survey that an invitation leads to."""
    subprocess.run([sys.executable, "-m", "local", "invoke", "survey_invite"], check=True)
    mail = _wait(lambda: next(_invitations(stack), None), "an invitation")
    page.goto(stack.page("shop", "/survey?" + mail.partition("/survey?")[2]))
    with page.expect_navigation():
        page.click("main .button")


def _invitations(stack: Stack) -> Any:
    for mail in stack.get("/local/mail"):
        yield from re.findall(r"https?://\S+/survey\?token=[\w.-]+", mail["text"])


def try_on(stack: Stack, page: Any) -> None:
    """Before and after, of a portrait that shows no real person."""
    store = stack.id_of("shopify")
    page.goto(stack.page("shop", f"/try-on?store_id={store}&skus=SPF-COCOA"))
    page.check("#agree")
    page.click("#go")
    page.set_input_files("#file", str(FACES / FACE))
    page.locator("#result").wait_for(timeout=PATIENCE * 1000)
    page.wait_for_function("document.querySelector('#after').naturalWidth > 0")


def quote(stack: Stack, page: Any) -> None:
    """The quote that the demo tile shop sent."""
    page.goto(stack.page("shop", f"/quote/{stack.keys['tile_shop']['token']}"))


PICTURES: dict[str, tuple[Callable[[Stack, Any], None], tuple[int, int]]] = {
    "desk": (desk, WIDE),
    "tracking": (tracking, NARROW),
    "survey": (survey, NARROW),
    "try-on": (try_on, WIDE),
    "quote": (quote, WIDE),
}


def _wait(look: Callable[[], Any], what: str) -> Any:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        if found := look():
            return found
        time.sleep(2)
    raise UserError(f"{what} did not come within {PATIENCE} s")


def _keep(page: Any, name: str) -> Path:
    """The picture, small enough to be fetched with the page that shows it."""
    path = OUT / f"{name}.jpg"
    for quality in (88, 80, 70, 60):
        page.screenshot(path=str(path), type="jpeg", quality=quality)
        if path.stat().st_size <= MOST_BYTES:
            return path
    raise UserError(f"{path.name} is larger than {MOST_BYTES:,} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.pictures", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(PICTURES)}; left out: all")
    wanted = parser.parse_args().names or list(PICTURES)
    if unknown := set(wanted) - PICTURES.keys():
        parser.error(f"there is no picture called {', '.join(sorted(unknown))}")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SystemExit("Playwright is missing: `make screenshots` installs it") from None
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("Chromium is missing: apt-get install chromium fonts-noto-core")
    try:
        stack = Stack(ROOT / ".local")
        OUT.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as play:
            browser = play.chromium.launch(executable_path=chromium)
            for name in wanted:
                take, (width, height) = PICTURES[name]
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    device_scale_factor=1 if width > 700 else 2,
                    locale="en-GB",
                    reduced_motion="reduce",
                )
                context.set_default_timeout(30_000)
                page = context.new_page()
                take(stack, page)
                path = _keep(page, name)
                print(f"{path.relative_to(ROOT)}  {path.stat().st_size:,} bytes")
                context.close()
            browser.close()
    except UserError as wrong:
        sys.exit(str(wrong))


if __name__ == "__main__":
    main()

"""From a phone number to an order, in Chromium: at three widths, in light and dark, without
JavaScript, and with what people do to forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.backshop.kits.shop import PHONE, add_orders
from tests.pages.conftest import WIDTHS, look, tab_through

NAME = "محمد عبد الله " * 7
ITEMS = [
    {"quantity": 2, "patch_enabled": True, "patch_type": "League", "print_name": NAME},
    {"quantity": 1, "print_name": "<script>alert(1)</script>", "print_number": "10"},
]


@pytest.fixture(scope="module")
def orders(stack):
    """Two orders of a phone; and no limits between tests."""
    store = stack.connectors["vendure"]["id"]
    with psycopg.connect(
        stack.database_urls["owner"], autocommit=True, row_factory=dict_row
    ) as owner:
        add_orders(owner, store, ["KITS-91001", "KITS-91002"], items=ITEMS)
        add_orders(owner, store, ["KITS-91003"], stage="SOURCING", placed_at=datetime.now(UTC))
        yield owner


@pytest.fixture
def fresh(orders):
    orders.execute("DELETE FROM kits.otp_limits")
    return orders


def code_of(stack) -> str:
    with stack.http() as http:
        said = http.get("/local/sms", headers={"accept": "application/json"}).json()
    newest = next(each for each in said if each["to"].endswith(PHONE[-9:]))
    return re.search(r"#(\d{6})\s*$", newest["text"])[1]


def to_code(visit):
    visit.go("/track")
    visit.page.fill("#phone", "077 000 0012")
    visit.page.click("button.main")
    visit.page.wait_for_url("**/track/code")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_from_first_to_last_click(visiting, stack, fresh, width, scheme):
    with visiting(width, scheme) as visit:
        page = visit.page
        visit.go("/track")
        look(page)
        assert tab_through(page) >= 3
        page.fill("#phone", "12")
        page.click("button.main")
        assert page.title().startswith("Error:")
        assert page.input_value("#phone") == "12"
        look(page, "track with an error")
        page.fill("#phone", "077 000 0012")
        page.click("button.main")
        page.wait_for_url("**/track/code")
        assert "0012" in page.inner_text("main")
        look(page)
        page.fill("#code", "12 34")
        page.click("button.main")
        look(page, "code with an error")
        page.fill("#code", code_of(stack))
        page.click("button.main")
        page.wait_for_url("**/track/orders")
        look(page)
        page.click("text=KITS-91001")
        page.wait_for_url("**/KITS-91001")
        look(page)
        assert tab_through(page) >= 3
        assert "<script>alert(1)</script>" in page.inner_text("main")
        page.click("text=/Yes, send me SMS|Stop the SMS/")
        page.wait_for_url("**said=**")
        page.reload()
        look(page)
        page.click("text=Your details")
        page.wait_for_url("**/track/profile")
        look(page)
        for each in page.locator("summary").all():
            each.click()
        look(page, "details with addresses to change")
        with page.expect_navigation():
            page.locator("text=Ask the shop to send it there").first.click()
        look(page, "details with an error")
        visit.go("/track/orders/NONE")
        look(page, "no such order")
        visit.no_leaks()


def test_the_whole_flow_without_scripts(visiting, stack, fresh):
    with visiting(scripts=False) as visit:
        to_code(visit)
        visit.page.fill("#code", code_of(stack))
        visit.page.click("button.main")
        visit.page.wait_for_url("**/track/orders")
        visit.page.click("text=KITS-91003")
        assert "Being sourced" in visit.page.inner_text("main")
        visit.page.click("text=All orders")
        visit.page.click("text=Your details")
        visit.page.fill("#own-name", "Nimal")
        visit.page.check("[name=news]")
        with visit.page.expect_navigation():
            visit.page.click("text=Save")
        assert "Your details are saved" in visit.page.inner_text("main")
        visit.page.click("text=All orders")
        visit.page.click("text=Sign out")
        visit.page.wait_for_url("**/track")


def test_a_code_is_pasted_with_spaces_and_never_sends_itself(visiting, stack, fresh):
    with visiting(permissions=["clipboard-read", "clipboard-write"]) as visit:
        to_code(visit)
        code = code_of(stack)
        visit.page.evaluate(f"navigator.clipboard.writeText('{code[:3]} {code[3:]}')")
        visit.page.focus("#code")
        visit.page.keyboard.press("Control+V")
        assert visit.page.input_value("#code") == f"{code[:3]} {code[3:]}"
        assert visit.page.url.endswith("/track/code")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url("**/track/orders")


WAYS = {
    "the browser reads it": "async o => o && o.otp ? {code: window.name, type: 'otp'} : null",
    "no SMS comes": "() => new Promise(() => {})",
    "it is refused": "async () => { throw new DOMException('no', 'NotAllowedError') }",
}


@pytest.mark.parametrize("way", WAYS)
def test_web_otp_fills_the_code_in_or_stays_out_of_the_way(visiting, stack, fresh, way):
    with visiting() as visit:
        to_code(visit)
        code = code_of(stack)
        visit.page.evaluate(f"window.name = '{code}'")
        visit.page.add_init_script(f"navigator.credentials.get = {WAYS[way]}")
        visit.page.reload()
        if way == "the browser reads it":
            visit.page.wait_for_url("**/track/orders")
            return
        visit.page.fill("#code", code)
        visit.page.click("button.main")
        visit.page.wait_for_url("**/track/orders")


def test_the_sms_names_the_host_of_the_page(visiting, stack, fresh):
    with visiting() as visit, stack.http() as http:
        to_code(visit)
        said = http.get("/local/sms", headers={"accept": "application/json"}).json()
        assert said[0]["text"].splitlines()[-1].startswith("@shop.localhost #")


def test_double_clicks_reloads_and_back_do_no_harm(visiting, stack, fresh):
    with visiting() as visit:
        visit.go("/track")
        visit.page.fill("#phone", "077 000 0012")
        visit.page.dblclick("button.main")
        visit.page.wait_for_url("**/track/code")
        visit.page.reload()
        visit.page.fill("#code", code_of(stack))
        visit.page.click("button.main")
        visit.page.wait_for_url("**/track/orders")
        visit.page.go_back()
        visit.page.wait_for_load_state()
        visit.page.go_forward()
        visit.page.wait_for_url("**/track/orders")
        assert "KITS-91001" in visit.page.inner_text("main")


def test_the_session_is_of_no_use_on_another_host_or_port(visiting, stack, fresh):
    with visiting() as visit:
        to_code(visit)
        visit.page.fill("#code", code_of(stack))
        visit.page.click("button.main")
        visit.page.wait_for_url("**/track/orders")
        [cookie] = [each for each in visit.context.cookies() if each["name"] == "__Host-shopper"]
        assert (cookie["secure"], cookie["httpOnly"], cookie["path"]) == (True, True, "/")
        assert cookie["domain"] == "shop.localhost"


def test_a_page_is_small(visiting, stack, fresh):
    with visiting() as visit:
        to_code(visit)
        visit.page.fill("#code", code_of(stack))
        visit.page.click("button.main")
        visit.page.wait_for_url("**/track/orders")
        for path in ("/track", "/track/orders", "/track/orders/KITS-91001"):
            visit.go(path)
            visit.page.wait_for_load_state("networkidle")
            size = visit.page.evaluate(
                """[...performance.getEntriesByType('navigation'),
                    ...performance.getEntriesByType('resource')]
                   .reduce((sum, each) => sum + each.decodedBodySize, 0)"""
            )
            assert 0 < size < 60_000, f"{path}: {size} bytes"

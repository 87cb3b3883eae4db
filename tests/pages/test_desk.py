"""The desk in Chromium: signing in, finding an order, scanning, connecting, on three widths."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pages.conftest import WIDTHS, look, tab_through

PAGES = (
    "orders",
    "customers",
    "products",
    "deliveries",
    "batches",
    "refunds",
    "addresses",
    "discounts",
    "ratings",
    "shades",
    "funnel",
    "numbers",
    "projects",
    "shop",
    "webhooks",
    "outgoing",
    "disconnect",
)


@pytest.fixture
def shops(stack) -> dict[str, str]:
    """The demo shops by platform."""
    return {platform: each["id"] for platform, each in stack.connectors.items()}


def sign_in(visit: Any, stack: Any, path: str = "/desk") -> None:
    visit.go(path)
    visit.page.fill("#staff_key", stack.about["staff_key"])
    visit.page.click("button.main")
    visit.page.wait_for_url("**" + path.partition("?")[0] + "*")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_can_be_looked_at(visiting, stack, shops, width, scheme):
    with visiting(width, scheme, host="desk.localhost") as visit:
        visit.go("/desk")
        look(visit.page, "sign-in")
        sign_in(visit, stack)
        look(visit.page, "today")
        for path in ("/desk/shops", "/desk/shops/new"):
            visit.go(path)
            look(visit.page)
        for name in PAGES:
            platform = "vendure" if name in ("deliveries", "batches") else "woocommerce"
            visit.go(f"/desk/{shops[platform]}/{name}")
            assert visit.page.locator("h1").count() == 1, name
            look(visit.page)
            visit.no_leaks()


@pytest.mark.parametrize("path", ["/desk/unknown", "/desk/", "/track/unknown", "/track/code/again"])
def test_an_address_that_nothing_is_at_is_a_page_of_the_house(visiting, stack, path):
    with visiting(360, host="desk.localhost") as visit:
        visit.go(path)
        if visit.page.locator("#staff_key").count():
            return  # a slash too many leads to the page, and that to the sign-in
        look(visit.page)
        visit.no_leaks()
        visit.page.click("main a.button, main a")
        assert visit.page.locator("h1").inner_text() != "Not found"


@pytest.mark.parametrize("width", WIDTHS)
def test_an_order_is_found_and_refunded(visiting, stack, shops, width):
    with visiting(width, host="desk.localhost") as visit:
        sign_in(visit, stack, f"/desk/{shops['woocommerce']}/orders")
        page = visit.page
        code = page.locator("tbody th a").first.inner_text()
        page.fill("#q", f"  #{code} ")
        page.click("form.search button")
        assert code in page.inner_text("h1"), "a code leads to its order"
        look(page, "order")
        page.click("#refund + details > summary")
        page.fill("#amount", "0.01")
        page.press("#amount", "Enter")
        assert "done=" not in page.url, "Enter gives no money back"
        assert page.inner_text("button.danger").endswith(" 0.01"), "the button says how much"
        page.click("button:has-text('Refund')")
        page.wait_for_selector("text=The refund is requested")
        assert "done=refund" in page.url
        page.reload()
        assert page.locator("ol.history >> text=Refund requested").count() >= 1
        page.go_back()
        visit.no_leaks()


def test_a_wrong_form_names_its_fields_and_keeps_what_was_typed(visiting, stack, shops):
    with visiting(1280, host="desk.localhost") as visit:
        sign_in(visit, stack, f"/desk/{shops['vendure']}/batches")
        page = visit.page
        page.fill("#target_order_count", "many")
        page.fill("#notes", "Away shirts")
        page.click("button:has-text('Make the batch')")
        assert page.title().startswith("Error:")
        page.wait_for_selector(".summary:focus")
        look(page, "batch refused")
        page.click(".summary a")
        assert page.evaluate("document.activeElement.id") == "target_order_count"
        assert page.input_value("#notes") == "Away shirts"


def test_an_unknown_code_stops_the_scanner_and_its_enter_does_not_close_it(visiting, stack, shops):
    with visiting(1280, host="desk.localhost") as visit:
        sign_in(visit, stack, f"/desk/{shops['vendure']}/deliveries")
        page = visit.page
        assert page.evaluate("document.activeElement.id") == "codes"
        page.keyboard.type("NO-SUCH-CODE\n")
        page.wait_for_selector("#stop:not([hidden])")
        assert "NO-SUCH-CODE" in page.inner_text("#stop-why")
        look(page, "stopped")
        for _ in range(3):
            page.keyboard.type("ANOTHER\n")
        assert page.is_visible("#stop"), "the scanner's Enter closes nothing"
        assert page.evaluate("document.activeElement.id") == "codes"
        assert page.locator("#fates li").count() == 1
        page.click("#stop button")
        assert not page.is_visible("#stop")
        assert page.evaluate("document.activeElement.id") == "codes"
        visit.no_leaks()


def test_a_tracking_number_is_scanned_after_its_code_and_is_of_it_alone(visiting, stack, shops):
    with visiting(1280, host="desk.localhost") as visit:
        sign_in(visit, stack, f"/desk/{shops['vendure']}/deliveries?stage=DISPATCHED")
        page = visit.page
        sent: list[str] = []

        def keep(request: Any) -> None:
            if request.method == "POST":
                sent.append(request.post_data)

        page.on("request", keep)
        page.keyboard.type("NO-SUCH-1\n")
        assert page.evaluate("document.activeElement.id") == "tracking_number"
        assert sent == []
        page.keyboard.type("LABEL-1\n")
        page.wait_for_selector("#stop:not([hidden])")
        assert "codes=NO-SUCH-1" in sent[0]
        assert "tracking_number=LABEL-1" in sent[0]
        page.click("#stop button")
        assert page.input_value("#tracking_number") == ""
        assert page.evaluate("document.activeElement.id") == "codes"
        page.select_option("#stage", "ARRIVED")
        page.focus("#codes")
        page.keyboard.type("NO-SUCH-2\n")
        page.wait_for_selector("#stop:not([hidden])")
        assert "tracking_number=&" in sent[1] + "&", "not that of the one before"


def test_a_scan_without_a_session_is_said_and_leads_back_to_the_same_stage(visiting, stack, shops):
    with visiting(1280, host="desk.localhost") as visit:
        sign_in(visit, stack, f"/desk/{shops['vendure']}/deliveries")
        page = visit.page
        page.select_option("#stage", "SOURCING")
        visit.context.clear_cookies()
        page.focus("#codes")
        page.keyboard.type("NO-SUCH-1\n")
        page.wait_for_selector("#stop:not([hidden])")
        assert "your session has ended" in page.inner_text("#stop-why")
        page.click("#stop button")
        page.wait_for_selector("#staff_key")
        page.fill("#staff_key", stack.about["staff_key"])
        page.press("#staff_key", "Enter")
        page.wait_for_selector("#codes")
        assert page.input_value("#stage") == "SOURCING"
        page.wait_for_function("document.activeElement.id === 'codes'")


def test_pasted_lines_are_many_codes(visiting, stack, shops):
    with visiting(
        1280, host="desk.localhost", permissions=["clipboard-read", "clipboard-write"]
    ) as visit:
        sign_in(visit, stack, f"/desk/{shops['vendure']}/deliveries")
        page = visit.page
        page.evaluate("navigator.clipboard.writeText('NO-1\\nNO-2\\r\\nNO-3')")
        page.focus("#codes")
        page.keyboard.press("Control+V")
        page.keyboard.press("Enter")
        page.wait_for_selector("#fates li >> nth=2")
        assert page.locator("#fates .code").all_inner_texts() == ["NO-1", "NO-2", "NO-3"]


def test_the_skip_link_leads_past_the_menu(visiting, stack, shops):
    with visiting(1280, host="desk.localhost") as visit:
        sign_in(visit, stack, f"/desk/{shops['vendure']}/orders")
        page = visit.page
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "q"


def test_another_shop_is_the_same_page_and_tabs_name_theirs(visiting, stack, shops):
    with visiting(1280, host="desk.localhost") as visit:
        sign_in(visit, stack, f"/desk/{shops['vendure']}/customers")
        page = visit.page
        page.click("details.drop > summary")
        other = page.locator(f"a[href='/desk/{shops['woocommerce']}/customers']")
        name = other.locator("bdi").inner_text()
        assert name not in page.title()
        other.click()
        page.wait_for_url(f"**/{shops['woocommerce']}/customers")
        assert name in page.title()


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_is_reached_by_keyboard(visiting, stack, shops, width):
    with visiting(width, host="desk.localhost") as visit:
        sign_in(visit, stack, f"/desk/{shops['woocommerce']}/refunds")
        assert tab_through(visit.page) > 5


def test_without_scripts_a_code_is_moved_and_its_fate_said(visiting, stack, shops):
    with visiting(360, host="desk.localhost", scripts=False) as visit:
        sign_in(visit, stack, f"/desk/{shops['vendure']}/deliveries")
        visit.page.fill("#codes", "NO-SUCH-CODE")
        visit.page.click("button:has-text('Move')")
        assert visit.page.locator("#fates >> text=Not moved").count() == 1
        visit.page.click("#stop button")
        assert not visit.page.is_visible("#stop")


def test_the_session_is_worth_nothing_on_another_host_or_from_another_page(visiting, stack, shops):
    with visiting(1280, host="desk.localhost") as visit:
        sign_in(visit, stack)
        [cookie] = [each for each in visit.context.cookies() if each["name"] == "__Host-desk"]
        assert cookie["httpOnly"]
        assert cookie["secure"]
        assert cookie["domain"] == "desk.localhost"
        port = visit.base.rpartition(":")[2]
        evil = f"http://evil.localhost:{port}/"
        form = f"<form method=post action='{visit.base}/desk/sign-out'><button>Win</button></form>"
        visit.context.unroute_all()
        visit.context.route(evil, lambda route: route.fulfill(content_type="text/html", body=form))
        visit.page.goto(evil)
        with visit.page.expect_response("**/desk/sign-out") as refused:
            visit.page.click("button")
        assert refused.value.status in (303, 403)
        visit.page.wait_for_load_state()
        visit.page.goto(visit.base + "/desk")
        assert "sign-in" not in visit.page.url, "the session goes on"

"""Try it on, in Chromium: a chosen picture, no camera, a frame in a shop's page, and erasure."""

from __future__ import annotations

import http.server
import threading
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg.types.json import Jsonb

from bench.try_on import figures
from tests.functions.try_on_shop import LOOKS, fill
from tests.pages.conftest import look, tab_through

SKUS = ("TINT-20", "TINT-30", "TINT-50")


@pytest.fixture(scope="module")
def portrait(tmp_path_factory):
    figures.prepare()
    path = tmp_path_factory.mktemp("face") / "face.jpg"
    path.write_bytes(figures.as_jpeg(figures.astronaut(), 92))
    return path


@pytest.fixture(scope="module")
def product_page(stack):
    """A shop's product page on an origin of its own, with the one line in it."""
    line = (
        f'<script src="{stack.base_url}/try-on/embed.js?store_id=%s" data-sku="TINT-30"></script>'
    )

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            store = stack.connectors["woocommerce"]["id"]
            body = f"<!doctype html><title>Tint</title><h1>Tint</h1>{line % store}".encode()
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://linden.localhost:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def store(stack, product_page):
    made = stack.connectors["woocommerce"]["id"]
    with psycopg.connect(stack.database_urls["owner"], autocommit=True) as owner:
        fill(owner, made, {sku: LOOKS[sku] for sku in SKUS})
        owner.execute(
            "UPDATE backshop.stores SET settings = settings || %s WHERE id = %s",
            [Jsonb({"allowed_origins": [product_page], "pages": {"colour": "#5b3a8c"}}), made],
        )
    return made


def bucket(stack) -> str:
    """The origin of the one other host that the page talks to."""
    return stack._said("host.json")["aws_endpoint"]


def to_result(page, portrait):
    page.check("#agree")
    page.click("#go")
    page.wait_for_selector("#files:not([hidden])")
    page.set_input_files("#file", portrait)
    page.wait_for_selector("#result:not([hidden])", timeout=90_000)


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "dark"), (1280, "light")])
def test_from_consent_to_erasure(visiting, stack, store, portrait, width, scheme):
    with visiting(width, scheme, allowed=(bucket(stack),)) as visit:
        page = visit.page
        visit.go(f"/try-on?skus=TINT-30&store_id={store}")
        page.wait_for_selector("#consent:not([hidden])")
        look(page, "consent")
        page.click("#go")
        page.wait_for_selector("#consent-error:not([hidden])")
        look(page, "consent with an error")
        to_result(page, portrait)
        look(page, "result")
        assert tab_through(page) >= 4
        before = page.get_attribute("#after", "src")
        page.locator("label.shade").nth(1).click()
        assert page.get_attribute("#after", "src") != before
        page.locator("#at").fill("20")
        assert page.evaluate("getComputedStyle(document.querySelector('#after')).clipPath") == (
            "inset(0px 0px 0px 20%)"
        )
        picture = page.get_attribute("#after", "src")
        page.click("#erase")
        page.wait_for_selector("#erased:not([hidden])")
        look(page, "erased")
        visit.no_leaks()
        assert page.request.get(picture).status == 404
        assert not visit.context.cookies()
    with psycopg.connect(stack.database_urls["owner"]) as owner:
        assert owner.execute(
            "SELECT count(*) FROM connect.try_on_session WHERE store_id = %s", [store]
        ).fetchone() == (0,)


def test_an_apps_browser_without_cameras_offers_both_files(visiting, stack, store):
    with visiting(allowed=(bucket(stack),)) as visit:
        visit.page.add_init_script(
            "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})"
        )
        visit.go(f"/try-on?skus=TINT-30&store_id={store}")
        visit.page.check("#agree")
        visit.page.click("#go")
        visit.page.wait_for_selector("#camera-file:not([hidden])")
        assert visit.page.get_attribute("#camera", "capture") == "user"
        assert visit.page.get_attribute("#file", "capture") is None
        look(visit.page, "files")


def test_a_product_page_opens_it_in_a_frame_and_hears_the_choice(
    browser, stack, store, portrait, product_page
):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(product_page)
    page.evaluate(
        "document.addEventListener('backshop:choice', e => { window.chosen = e.detail.sku })"
    )
    page.click("button.backshop-try-on")
    frame = page.frame_locator("iframe")
    frame.locator("#agree").check()
    frame.locator("#go").click()
    frame.locator("#file").set_input_files(portrait)
    frame.locator("#result:not([hidden])").wait_for(timeout=90_000)
    frame.locator("#choose").click()
    page.wait_for_function("window.chosen === 'TINT-30'")
    assert not context.cookies()
    context.close()


def test_nobody_else_frames_it(browser, stack, store):
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{stack.base_url}/local/sms")
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    address = f"{stack.base_url}/try-on/frame?skus=TINT-30&store_id={store}"
    page.evaluate(
        f"document.body.append(Object.assign(document.createElement('iframe'), {{src: '{address}'}}))"
    )
    page.wait_for_timeout(2_000)
    shown = [frame for frame in page.frames if frame != page.main_frame]
    assert all(frame.query_selector("#try-on") is None for frame in shown)
    context.close()


def states_of(plain, visiting, stack, path, name) -> None:
    """The page that a browser without scripts stands on, in an ordinary one, where axe runs."""
    for width, scheme in ((360, "light"), (1280, "dark")):
        with visiting(width, scheme, allowed=(bucket(stack),)) as visit:
            visit.context.add_cookies(plain.context.cookies())
            visit.go(path)
            look(visit.page, name)
            visit.no_leaks()


def path_of(page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.path}?{parts.query}"


def test_all_of_it_without_scripts(visiting, stack, store, portrait):
    with visiting(360, scripts=False, allowed=(bucket(stack),)) as visit:
        page = visit.page
        visit.go(f"/try-on?skus=TINT-30&store_id={store}")
        page.click("form button:has-text('Continue')")
        assert page.title().startswith("Error:")
        page.check("#agreed")
        page.click("form button:has-text('Continue')")
        page.wait_for_url("**/try-on/picture?**")
        states_of(visit, visiting, stack, path_of(page), "picture")
        page.set_input_files("#file", portrait)
        page.click("text=Show it on me")
        page.wait_for_url("**/try-on/result?**")
        assert page.locator("h1").count() == 1
        page.wait_for_selector("text=TINT-30 on you", timeout=90_000)
        states_of(visit, visiting, stack, path_of(page), "result")
        shown = page.locator("figure img")
        assert shown.count() == 2
        for number in range(2):
            picture = page.request.get(shown.nth(number).get_attribute("src"))
            assert picture.status == 200
        address = shown.nth(1).get_attribute("src")
        page.click("a.shade:not([aria-current])")
        page.wait_for_url("**sku=**")
        other = page.locator("figure img").nth(1).get_attribute("src")
        assert other.partition("?")[0] != address.partition("?")[0]
        page.click("text=Erase my picture")
        page.wait_for_url("**said=erased**")
        assert "Your picture is erased" in page.inner_text("main")
        for gone in (address, other):
            assert page.request.get(gone).status == 404
        assert not [each for each in visit.context.cookies() if "try-on" in each["name"]]
        assert visit.foreign == []
        states_of(visit, visiting, stack, path_of(page), "erased")

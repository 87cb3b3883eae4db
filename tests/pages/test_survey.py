"""The survey from its link to its rating, and a quote, in Chromium: at three widths, in light and
dark, and without scripts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import jwt
import psycopg
import pytest
from PIL import Image

from local.shade_shop import SHADES
from tests.pages.conftest import WIDTHS, look, tab_through
from tests.pages.test_desk import sign_in
from tests.stack.conftest import eventually


def secret_of_tokens(stack) -> str:
    secrets = stack.aws("secretsmanager")
    listed = secrets.list_secrets(MaxResults=100)["SecretList"]
    [arn] = [each["ARN"] for each in listed if "TokenSecret" in each["Name"]]
    found: str = secrets.get_secret_value(SecretId=arn)["SecretString"]
    return found


@pytest.fixture(scope="module")
def catalogue(stack):
    store = stack.connectors["shopify"]["id"]
    with psycopg.connect(stack.database_urls["owner"], autocommit=True) as owner:

        def has_shades() -> bool:
            sql = "SELECT count(*) FROM shade.shades WHERE store_id = %s"
            return owner.execute(sql, [store]).fetchone() == (len(SHADES),)

        eventually(has_shades, seconds=60)
        yield owner, store


@pytest.fixture
def invited(stack, catalogue) -> str:
    """The path that the invitation of a new kit leads to."""
    owner, store = catalogue
    order = owner.execute(
        """INSERT INTO shade.orders (store_id, shopify_order_id, product_type, currency,
             total_amount, order_date, paid_at, fulfilled_at)
           VALUES (%s, %s, 'shade_kit', 'USD', 10, now(), now(), now()) RETURNING id""",
        [store, uuid4().hex],
    ).fetchone()[0]
    now = datetime.now(UTC)
    claims = {"store_id": store, "order_id": str(order), "aud": "survey", "iat": now}
    token = jwt.encode(
        claims | {"exp": now + timedelta(days=1)}, secret_of_tokens(stack), algorithm="HS256"
    )
    return f"/survey?token={token}"


def answer_all(page, check=lambda _page: None) -> None:
    page.click("text=Begin")
    page.wait_for_url("**/survey/1?**")
    while urlsplit(page.url).path != "/survey/answers":
        check(page)
        if not page.locator("textarea").count() and not page.locator("[type=checkbox]").count():
            page.locator("label.choice").nth(1).click()
        before = page.url
        page.click("button.main")
        page.wait_for_url(lambda url, before=before: url != before)


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (768, "dark"), (1280, "light")])
def test_from_the_link_to_the_rating(visiting, invited, width, scheme):
    with visiting(width, scheme) as visit:
        page = visit.page
        visit.go(invited)
        look(page)
        answer_all(page, look)
        look(page)
        page.click("button.main")
        page.wait_for_url("**/survey/match**")
        assert "Honey" in page.inner_text("main")
        look(page)
        assert tab_through(page) >= 2
        page.go_back()
        page.wait_for_load_state()
        page.goto(page.url)
        page.wait_for_url("**/survey/match**")
        page.click("text=Say how well")
        page.click("button.main")
        assert page.title().startswith("Error:")
        look(page, "rating with an error")
        page.click("text=Perfect")
        page.click("button.main")
        page.wait_for_url("**said=thanks**")
        look(page)
        visit.no_leaks()


def test_all_of_it_without_scripts(visiting, invited):
    with visiting(scripts=False) as visit:
        visit.go(invited)
        answer_all(visit.page)
        visit.page.click("button.main")
        visit.page.wait_for_url("**/survey/match**")
        assert "Your match" in visit.page.inner_text("main")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_quote(visiting, stack, width, scheme):
    with visiting(width, scheme) as visit:
        visit.go(f"/quote/{stack._said('keys.json')['tile_shop']['token']}")
        look(visit.page)
        assert tab_through(visit.page) >= 5
        assert visit.page.get_by_role("table").get_by_role("row").count() > 2
        with visit.page.expect_navigation():
            visit.page.click("text=Accept and order")
        assert visit.page.title().startswith("Error:")
        look(visit.page, "acceptance without a name")
        visit.no_leaks()


def photo(path, size=(3000, 4000)):
    """A photo as a phone takes it."""
    image = Image.effect_noise(size, 60).convert("RGB")
    image.save(path, "JPEG", quality=95, comment=b"taken at home")
    return path


def to_rating(page, visit, invited) -> None:
    visit.go(invited)
    answer_all(page)
    page.click("button.main")
    page.wait_for_url("**/survey/match**")
    page.click("text=Say how well")
    page.click("text=Perfect")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_photo_comes_with_the_rating_and_staff_see_it(
    visiting, stack, invited, catalogue, tmp_path, scheme
):
    allowed = (stack._said("host.json")["aws_endpoint"],)
    large = photo(tmp_path / "large.jpg")
    assert large.stat().st_size > 6_000_000, "more than a form can carry"
    with visiting(360, scheme, allowed=allowed) as visit:
        page = visit.page
        to_rating(page, visit, invited)
        page.set_input_files("#photo", large)
        page.wait_for_selector("text=The photo is ready")
        page.click("text=Send my rating")
        page.wait_for_selector("text=Tick the box if you agree")
        look(page, "rating with a photo and no consent")
        page.set_input_files("#photo", large)
        page.wait_for_selector("text=The photo is ready")
        page.check("#photo_agreed")
        page.click("text=Send my rating")
        page.wait_for_url("**said=thanks**")
        page.click("text=Change it")
        page.wait_for_selector(".own-photo img")
        look(page, "rating with its photo")
        assert page.evaluate("document.querySelector('.own-photo img').naturalWidth") == 1200
        visit.no_leaks()
        with visiting(1280, scheme, host="desk.localhost", allowed=allowed) as staff:
            sign_in(staff, stack, f"/desk/{catalogue[1]}/ratings")
            staff.page.wait_for_selector("img.photo")
            look(staff.page, "ratings with photos")
            link = staff.page.locator("img.photo").first.get_attribute("src")
            assert b"taken at home" not in staff.page.request.get(link).body()
            staff.no_leaks()
        page.click("text=Erase my photo")
        page.wait_for_selector("text=Your photo is erased")
        look(page, "photo erased")
        assert page.request.get(link).status == 404


def test_a_photo_without_scripts(visiting, invited, tmp_path):
    with visiting(scripts=False) as visit:
        page = visit.page
        to_rating(page, visit, invited)
        page.set_input_files("#photo", photo(tmp_path / "small.jpg", (600, 800)))
        page.check("#photo_agreed")
        page.click("text=Send my rating")
        page.wait_for_url("**said=thanks**")
        page.click("text=Change it")
        assert page.locator(".own-photo").count() == 1

"""GET /assets/{name}: files by their hashed names, and stylesheets of stores' colours."""

from __future__ import annotations

import base64

import pytest
from backshop.web.pages import assets


@pytest.fixture
def get(load, event, context):
    function = load("page_assets")

    def ask(path: str):
        asked = event("page_assets/show") | {"rawPath": path}
        asked["requestContext"]["http"]["path"] = path
        return function.handler(asked, context)

    return ask


def test_a_file_is_kept_for_good_under_the_name_that_pages_give(get):
    answer = get(assets.address("page.css"))
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"].startswith("text/css")
    assert "immutable" in answer["headers"]["Cache-Control"]
    body = base64.b64decode(answer["body"])
    assert body == (assets.FOLDER / "page.css").read_bytes()


def test_a_colour_is_a_stylesheet(get):
    answer = get(assets.brand_address("#b4232f"))
    assert answer["statusCode"] == 200
    assert b"--brand:#b4232f" in base64.b64decode(answer["body"])


@pytest.mark.parametrize(
    "name", ["page.css", "page-000000000000.css", "brand-b4232f-000000000000.css", "..%2Fassets.py"]
)
def test_other_names_are_unknown(get, name):
    assert get(f"/assets/{name}")["statusCode"] == 404

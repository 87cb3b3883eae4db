"""The files of pages, as a browser takes them."""

from __future__ import annotations

from backshop.web.pages import assets


def test_a_stylesheet_arrives_as_one_and_is_kept(visiting):
    with visiting() as visit:
        answer = visit.go(assets.address("page.css"))
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/css")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"

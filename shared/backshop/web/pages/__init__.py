"""Pages that people look at: rendered here, declared as routes, nothing built beforehand.

    page = pages.renderer(Path(__file__).with_name("templates"))
    app = pages.app("Track an order", page)
    handler = routes.handler(app)

    @pages.route(app, "GET /track")
    def ask() -> Response[str]:
        \"\"\"The page that asks for a phone.\"\"\"
        return page("track.html", form={}, key=forms.new_key())

    @pages.route(app, "POST /track", fields="`phone`")
    def asked() -> Response[str]:
        ...
        return redirect("/track/code")

Templates stand beside the function; `page.html`, `forms.html` and `problem.html` are everybody's.
A POST is answered by a redirect, or by its own page with what is to be corrected.
"""

from __future__ import annotations

from backshop.web.pages.answers import COOKIES, Policy, cookie, page_of, redirect, session_cookie
from backshop.web.pages.declaring import app, route
from backshop.web.pages.rendering import Page, renderer

__all__ = [
    "COOKIES",
    "Page",
    "Policy",
    "app",
    "cookie",
    "page_of",
    "redirect",
    "renderer",
    "route",
    "session_cookie",
]

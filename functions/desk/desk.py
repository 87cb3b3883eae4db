"""The desk: the pages that staff of all shops work with.

Each page shows what the routes of the API answer, and each form calls one of them, with the scopes
of the key that signed in (calling.py). A GET changes nothing; a POST demands our own origin.
"""

from __future__ import annotations

import batch_pages
import connections
import day_page
import delivery_pages
import money
import number_pages
import orders
import project_pages
import shade_pages
import signing
import webhooks
from backshop.web import routes
from frame import app

PAGES = (
    signing,
    day_page,
    orders,
    delivery_pages,
    batch_pages,
    connections,
    webhooks,
    money,
    shade_pages,
    number_pages,
    project_pages,
)
"""The modules that declare the pages."""

handler = routes.handler(app)

"""Pages for shoppers, in their store's look: follow an order, find a shade, try it on, a quote."""

from __future__ import annotations

import own_details  # noqa: F401  declare their pages
import plain_trying  # noqa: F401
import quoted  # noqa: F401
import rating  # noqa: F401
import stopping  # noqa: F401
import survey  # noqa: F401
import tracking  # noqa: F401
import trying  # noqa: F401
from backshop.web import routes
from frame import app

handler = routes.handler(app)

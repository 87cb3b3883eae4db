"""Routes of insights; docs/insights.md tells the whole.

Each module declares its routes when it is imported.
"""

import asking  # noqa: F401
import exporting  # noqa: F401
import keeping  # noqa: F401
import questions  # noqa: F401
from backshop.web import fast
from served import app

handler = fast.handler(app)

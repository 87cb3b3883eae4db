"""Routes of projects, from first conversation to accepted quote; docs/projects.md tells the whole.

Each module declares its routes when it is imported; a path without a parameter comes before one
with it.
"""

import calculator  # noqa: F401
import catalogue  # noqa: F401
import conversations  # noqa: F401
import customers  # noqa: F401
import offers  # noqa: F401
import phases  # noqa: F401
import projects  # noqa: F401
import quotes  # noqa: F401
import reports  # noqa: F401
import rooms  # noqa: F401
import selections  # noqa: F401
from backshop.web import fast
from served import app

handler = fast.handler(app)

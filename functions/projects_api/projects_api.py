"""Routes of projects, from first conversation to accepted quote; docs/projects.md tells the whole."""

import calculator  # noqa: F401  declares its routes
from backshop.web import fast
from served import app

handler = fast.handler(app)

"""What the contenders are told: one JSON argument."""

import json
import sys
from dataclasses import dataclass


@dataclass
class Given:
    shop_url: str
    key: str
    secret: str
    database_url: str
    """With a login that may make tables."""
    schema: str
    since: str = ""
    """Naive GMT: read only what was modified after it; empty: everything."""
    fast: bool = False
    run: str = ""
    """backshop: which job."""


def given() -> Given:
    return Given(**json.loads(sys.argv[1]))

"""Brings the database up to date and sets the logins' passwords; a deployment invokes it.

It may be invoked at any time and by several at once. It fails with the migration's own error text,
which is for who deploys: it names files and tables, and quotes no rows.
"""

from __future__ import annotations

import json
from typing import Any

from backshop import logs
from backshop.aws import config
from backshop.db import migrations


def handler(_event: dict[str, Any], _context: Any) -> dict[str, list[str]]:
    """Answers `{"applied": [file names]}`. Raises MigrationError."""
    migrations.prepare(config.database_url("admin"), _password("OWNER"))
    applied = migrations.migrate(
        config.database_url("owner"),
        passwords={
            "backshop_service": _password("SERVICE"),
            "backshop_shopper": _password("SHOPPER"),
            "backshop_analyst": _password("ANALYST"),
        },
        capability_key=config.secret("CAPABILITY_SECRET").encode(),
        say=logs.info,
    )
    return {"applied": applied}


def _password(role: str) -> str:
    password: str = json.loads(config.secret(f"DATABASE_{role}_SECRET"))["password"]
    return password

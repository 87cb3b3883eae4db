"""Brings the database up to date and sets the logins' passwords, before new code takes traffic.

A deployment orders it as the custom resource Migration; it may be invoked at any time and by
several at once. It fails with the migration's own error text, which is for who deploys: it names
files and tables, and quotes no rows.
"""

from __future__ import annotations

import json
from typing import Any

import deployments
from backshop import logs
from backshop.aws import config
from backshop.db import migrations


def handler(event: dict[str, Any], _context: Any) -> dict[str, list[str]] | None:
    """Answers `{"applied": [file names]}`, and CloudFormation where that is asking. Raises
    MigrationError."""
    if "ResponseURL" in event:
        deployments.answer(event, migrate, migrations.MigrationError)
        return None
    return migrate()


def migrate() -> dict[str, list[str]]:
    """What was applied. Raises MigrationError.

    Secrets are read anew: it is called because they may just have been replaced.
    """
    config.reset()
    migrations.prepare(config.database_url("admin"), _password("OWNER"))
    applied = migrations.migrate(
        config.database_url("owner"),
        passwords={
            login: _password(login.removeprefix("backshop_").upper()) for login in migrations.LOGINS
        },
        capability_key=config.secret("CAPABILITY_SECRET").encode(),
        say=logs.info,
    )
    return {"applied": applied}


def _password(role: str) -> str:
    password: str = json.loads(config.secret(f"DATABASE_{role}_SECRET"))["password"]
    return password

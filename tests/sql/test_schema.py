"""sql/schema.sql and docs/data-model.md show the database as the migrations make it."""

from __future__ import annotations

from typing import Any

import pytest

from local import schema


@pytest.fixture(scope="module")
def made(database: Any) -> Any:
    return schema.read(database.owner_url)


def test_the_schema_in_one_file_is_what_the_migrations_make(made):
    assert made[0] == schema.SCHEMA.read_text(), "run make schema"


def test_the_page_draws_what_the_migrations_make(made):
    text = schema.PAGE.read_text()
    assert schema.page(text, made[1]) == text, "run make schema"


def test_another_column_is_noticed(database, owner):
    owner.execute("ALTER TABLE kits.customers ADD COLUMN nobody_knows text")
    try:
        changed, drawings = schema.read(database.owner_url)
    finally:
        owner.execute("ALTER TABLE kits.customers DROP COLUMN nobody_knows")
    assert changed != schema.SCHEMA.read_text()
    assert "nobody_knows" in drawings["kits"].columns["customers"]

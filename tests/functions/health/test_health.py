"""GET /health."""

from __future__ import annotations

import json


def test_all_is_well(load, event, context, aws):
    answer = load("health").handler(event("health/check"), context)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"status": "ok", "database": "ok"}


def test_a_database_that_is_away_is_told_and_nothing_of_it(
    load, event, context, aws, monkeypatch, logged
):
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/backshop")
    answer = load("health").handler(event("health/check"), context)
    assert answer["statusCode"] == 503
    assert int(answer["headers"]["Retry-After"]) > 0
    assert "127.0.0.1" not in answer["body"]
    assert any("the database cannot be asked" in line for line in logged)

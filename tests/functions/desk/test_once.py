"""A form that is sent while the first of it is being done waits for that, and not for long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from backshop.errors import Conflict, Unprocessable
from backshop.web import idempotency
from backshop.web.pages import forms, once

EVENT: Any = {"rawPath": "/desk/x/charts"}


def sent(**values: str) -> forms.Sent:
    return forms.Sent({"key": ["k"], **{name: [value] for name, value in values.items()}})


def claim(store: Any, form: forms.Sent, who: str = "alice") -> once.Claim | None:
    return once.claim(store, who, EVENT, form)


def test_the_second_waits_and_leads_where_the_first_led(aws, store, monkeypatch) -> None:
    first = claim(store, sent(pin="1"))
    assert first
    waited = []

    def until_done(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            first.keep("/desk/x/numbers?done=pinned")

    monkeypatch.setattr("time.sleep", until_done)
    with pytest.raises(idempotency.Answered) as again:
        claim(store, sent(pin="1"))
    assert again.value.answer == {"to": "/desk/x/numbers?done=pinned"}
    assert len(waited) == 3


def test_what_takes_too_long_is_said_in_a_sentence(aws, store, monkeypatch) -> None:
    assert claim(store, sent())
    monkeypatch.setattr(once, "PATIENCE", timedelta(0))
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(Conflict, match="still being done"):
        claim(store, sent())


def test_something_else_under_the_same_key_is_refused_and_once_let_go_it_is_not(aws, store) -> None:
    first = claim(store, sent(name="a"))
    assert first
    with pytest.raises(Unprocessable, match="sent before with something else"):
        claim(store, sent(name="b"))
    first.let_go()
    assert claim(store, sent(name="b"))


def test_another_sender_and_a_form_without_a_key_are_others(aws, store) -> None:
    assert claim(store, sent())
    assert claim(store, sent(), who="bob")
    assert claim(store, forms.Sent({})) is None


def test_whose_first_was_cut_off_may_send_it_again(aws, store, owner) -> None:
    assert claim(store, sent())
    owner.execute(
        """UPDATE backshop.idempotency_keys SET created_at = now() - interval '61 seconds'
           WHERE store_id = %s""",
        [store],
    )
    assert claim(store, sent())


def test_nothing_of_what_was_typed_is_kept(aws, store, owner) -> None:
    made = claim(store, sent(note="a secret of Ada's"))
    assert made
    made.keep("/desk/x/ratings")
    rows = owner.execute(
        "SELECT k::text AS text FROM backshop.idempotency_keys AS k WHERE store_id = %s", [store]
    ).fetchall()
    assert len(rows) == 1
    assert "Ada" not in rows[0]["text"]

"""What a caller is told of a wrong value says what to give, and never the value."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from backshop.web import http, messages
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError


class Kind(Enum):
    TILE = "tile"
    TRIM = "trim"


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str


WRONG: list[tuple[Any, Any, str]] = [
    (int, "SECRET", "give a whole number"),
    (int, 1.5, "give a whole number"),
    (float, "SECRET", "give a number"),
    (bool, "SECRET", "give true or false"),
    (str, 7, "give a text"),
    (Annotated[str, Field(min_length=3)], "S", "give at least 3 characters"),
    (Annotated[str, Field(max_length=3)], "SECRET", "give at most 3 characters"),
    (Annotated[str, Field(pattern="^[a-z]+$")], "SECRET", "give a text of the form ^[a-z]+$"),
    (Annotated[int, Field(ge=1)], 0, "give 1 or more"),
    (Annotated[int, Field(gt=1)], 1, "give more than 1"),
    (Annotated[int, Field(le=200)], 201, "give 200 or less"),
    (Annotated[int, Field(lt=200)], 200, "give less than 200"),
    (Literal["csv", "xlsx"], "SECRET", "give 'csv' or 'xlsx'"),
    (Kind, "SECRET", "give 'tile' or 'trim'"),
    (UUID, "SECRET", "give an id as it was answered, such as"),
    (datetime, "SECRET", "give a time such as 2026-03-31T09:30:00Z"),
    (date, "SECRET", "give a date such as 2026-03-31"),
    (Decimal, "SECRET", 'give an amount as a text such as "12.50"'),
    (Annotated[Decimal, Field(decimal_places=2)], "1.234", "give at most 2 decimals"),
    (list[int], "SECRET", "give a list"),
    (Annotated[list[int], Field(max_length=1)], [1, 2], "give at most 1"),
    (dict[str, int], "SECRET", "give an object with named fields"),
    (Closed, "SECRET", "give an object with named fields"),
    (Closed, {}, "is missing"),
    (Closed, {"name": "n", "SECRET": 1}, "is not known here; leave it out"),
]


@pytest.mark.parametrize(("type", "value", "message"), WRONG)
def test_a_wrong_value_is_answered_with_what_to_give(type, value, message):
    with pytest.raises(ValidationError) as wrong:
        TypeAdapter(type).validate_python(value)
    [error] = http.field_errors(wrong.value.errors())
    assert error["message"].startswith(message)
    assert "SECRET" not in error["message"]


def test_words_of_our_own_stay():
    detail = {"type": "value_error", "loc": ("a",), "msg": "Value error, give one of both"}
    assert messages.message(detail) == "give one of both"

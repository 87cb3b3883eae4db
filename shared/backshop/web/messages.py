"""What a caller is told of a value that does not fit: what to give instead, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WHOLE, _NUMBER = "give a whole number", "give a number"
_TIME = "give a time such as 2026-03-31T09:30:00Z"
_DATE = "give a date such as 2026-03-31"
_AMOUNT = 'give an amount as a text such as "12.50"'
_ID = "give an id as it was answered, such as 6f1d2c3a-8f2e-4c5b-9d7e-0a1b2c3d4e5f"
_LIST, _OBJECT = "give a list", "give an object with named fields"

_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; leave it out",
    "bool_parsing": "give true or false",
    "bool_type": "give true or false",
    "int_parsing": _WHOLE,
    "int_parsing_size": "give a smaller number",
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "string_type": "give a text",
    "string_unicode": "give a text in UTF-8",
    "string_too_short": "give at least {min_length} characters",
    "string_too_long": "give at most {max_length} characters",
    "string_pattern_mismatch": "give a text of the form {pattern}",
    "greater_than": "give more than {gt}",
    "greater_than_equal": "give {ge} or more",
    "less_than": "give less than {lt}",
    "less_than_equal": "give {le} or less",
    "multiple_of": "give a multiple of {multiple_of}",
    "literal_error": "give {expected}",
    "enum": "give {expected}",
    "union_tag_not_found": "is missing its {discriminator}",
    "union_tag_invalid": "give as {discriminator} one of {expected_tags}",
    "uuid_parsing": _ID,
    "uuid_type": _ID,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": f"{_TIME}, with its zone",
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "decimal_type": _AMOUNT,
    "decimal_parsing": _AMOUNT,
    "decimal_max_digits": "give at most {max_digits} digits",
    "decimal_max_places": "give at most {decimal_places} decimals",
    "decimal_whole_digits": "give at most {whole_digits} digits before the point",
    "list_type": _LIST,
    "set_type": _LIST,
    "tuple_type": _LIST,
    "too_short": "give at least {min_length}",
    "too_long": "give at most {max_length}",
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dataclass_type": _OBJECT,
}
"""By pydantic's type of the error, filled in from its context:
https://docs.pydantic.dev/latest/errors/validation_errors/"""


def message(detail: Mapping[str, Any]) -> str:
    """What to give, of one of pydantic's errors, never the value itself. What is not listed keeps
    its own words: our validators raise what to give."""
    try:
        return _SENTENCES[detail["type"]].format_map(detail.get("ctx", {}))
    except KeyError:
        return str(detail["msg"]).removeprefix("Value error, ")

"""Records with an odd field, made readable: what nobody needs of a record never loses the record.

Plugins write objects where lists belong, numbers for texts, nothing for money; PHP writes a list
with gaps as an object. This is done only after a record was found unreadable as it stands. A field
that has a default falls back to it; an item of a list that has one is left out; what a record
cannot do without stays wrong, and the record is refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

PASSES = 5
"""Mending one field can uncover the next below it; records are not nested deeper than this."""


class Whole:
    """Marks a list of which no item may be left out: an order without one of its lines is wrong."""


class Place(NamedTuple):
    """A step towards what is wrong: where it is, and whether it may be taken away."""

    container: Any
    key: Any
    is_optional: bool
    field: FieldInfo | None


def mended(adapter: TypeAdapter[Any], value: Any) -> Any:
    """Decoded JSON as the adapter's type, with what is odd in it left out; `value` is changed.

    Raises the ValidationError that is left.
    """
    model = model_of(adapter)
    for _ in range(PASSES):
        try:
            return adapter.validate_python(value)
        except ValidationError as wrong:
            errors = wrong.errors(include_url=False, include_context=False)
            if model is None or not _mend_all(model, value, errors):
                raise
    return adapter.validate_python(value)


def model_of(adapter: TypeAdapter[Any]) -> type[BaseModel] | None:
    """The model that the adapter reads; None for one of something else."""
    schema: Any = adapter.core_schema
    while isinstance(schema, dict) and "cls" not in schema and "schema" in schema:
        schema = schema["schema"]
    cls = schema.get("cls") if isinstance(schema, dict) else None
    return cls if isinstance(cls, type) and issubclass(cls, BaseModel) else None


def _mend_all(model: type[BaseModel], value: Any, errors: list[ErrorDetails]) -> bool:
    """From the last to the first, so that positions in lists hold while items are left out."""
    done = [_mend(model, value, each) for each in reversed(errors)]
    return all(done)


def _mend(model: type[BaseModel], value: Any, error: ErrorDetails) -> bool:
    """Make one finding go away; False where the record cannot do without what is wrong."""
    places = list(_places(model, value, error["loc"]))
    if not places:
        return False
    last = places[-1]
    present = last.container[last.key]
    if (
        error["type"] != "missing"
        and (instead := _instead(error["type"], present, last)) is not None
    ):
        last.container[last.key] = instead
        return True
    for place in reversed(places):
        if place.is_optional:
            del place.container[place.key]
            return True
    return False


def _instead(kind: str, present: Any, place: Place) -> Any:
    """What was meant; None where that is not known."""
    if kind == "list_type" and isinstance(present, dict) and present:
        return list(present.values()) if all(key.isdigit() for key in present) else None
    if kind == "string_type" and isinstance(present, bool):
        return str(present).lower()
    if kind.startswith(("decimal_", "int_")) and _is_nothing(present) and not place.is_optional:
        return 0
    if kind == "decimal_max_places":
        return round(Decimal(str(present)), 4)
    return None


def _is_nothing(present: Any) -> bool:
    """Legacy rows and plugins write an empty text where there is no money."""
    return isinstance(present, str) and not present.strip()


def _places(model: type[BaseModel], value: Any, loc: tuple[int | str, ...]) -> Iterator[Place]:
    """The steps from the record to what is wrong, as far as the value has them; members of unions
    and missing keys, which pydantic names too, are passed over."""
    current: type[BaseModel] | None = model
    in_optional, is_whole = False, False
    for key in loc:
        if isinstance(value, list) and isinstance(key, int) and key < len(value):
            yield Place(value, key, in_optional and not is_whole, None)
        elif isinstance(value, dict) and isinstance(key, str) and key in value:
            field = _field(current, key)
            in_optional = field is not None and not field.is_required()
            is_whole = field is not None and any(isinstance(m, Whole) for m in field.metadata)
            yield Place(value, key, in_optional, field)
            current = _model_in(field.annotation) if field else None
        else:
            continue
        value = value[key]


def _field(model: type[BaseModel] | None, key: str) -> FieldInfo | None:
    if model is None:
        return None
    fields = model.model_fields
    return fields.get(key) or next((f for f in fields.values() if f.alias == key), None)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside `list[…]`, `… | None` and the like."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (list, tuple, Union, UnionType, Annotated):
        inner = (_model_in(each) for each in get_args(annotation))
        return next((each for each in inner if each), None)
    return None

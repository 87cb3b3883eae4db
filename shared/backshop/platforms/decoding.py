"""JSON as payloads in a fraction of pydantic's time, where it is just what is declared.

Nearly all records of a shop are that. msgspec reads them into structs which are derived from the
payloads' own declarations: the same names, types, defaults, limits and validators, so that there is
one declaration of each. It is the stricter of the two (a number is no text to it), and what it
refuses pydantic reads, and decides. `tests/backshop/platforms/test_decoding.py` holds that what it
takes is what pydantic would have made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache, reduce
from inspect import isroutine
from operator import attrgetter, or_
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, cast, get_args, get_origin

import msgspec
from annotated_types import Ge, Gt, Lt
from pydantic import AfterValidator, BaseModel, BeforeValidator, TypeAdapter
from pydantic.fields import FieldInfo

from backshop.platforms.repair import Whole, model_of

T = TypeVar("T")
Check = Callable[[Any], Any]
"""Takes a field's value and gives the one to keep; raises where it may not be."""


class Bounds(NamedTuple):
    """The numbers next to those that are allowed."""

    low: Any
    high: Any


PLAIN = (str, int, bool, Decimal, datetime, NoneType, Any)
KNOWN = (Ge, Gt, Lt, BeforeValidator, AfterValidator, Whole)
INT64 = 2**63 - 1


class Refused(Exception):
    """The body is not just what is declared: pydantic is to read it."""


class Underivable(TypeError):
    """A payload declares something that has no counterpart here."""


def decode(adapter: TypeAdapter[T], body: bytes) -> T:
    """The body as a struct that has the attributes of the adapter's payload. Raises `Refused`."""
    return cast("T", _decoded(_decoder(adapter), body))


def decode_list(adapter: TypeAdapter[T], body: bytes) -> list[T]:
    """The body as a list of them. Raises `Refused`."""
    return cast("list[T]", _decoded(_decoder(adapter, is_list=True), body))


def _decoded(decoder: msgspec.json.Decoder[Any] | None, body: bytes) -> Any:
    if decoder is None:
        raise Refused
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ArithmeticError, RecursionError, UnicodeDecodeError):
        raise Refused from None


@cache
def _decoder(adapter: TypeAdapter[Any], is_list: bool = False) -> msgspec.json.Decoder[Any] | None:
    """None where pydantic alone can read what the adapter reads."""
    model = model_of(adapter)
    try:
        one = struct(model) if model else None
    except Underivable:
        one = None
    return msgspec.json.Decoder(list[one] if is_list else one) if one else None  # type: ignore[valid-type]


@cache
def struct(model: type[BaseModel]) -> type[msgspec.Struct]:
    """The payload's counterpart. Raises `Underivable`."""
    if _has_code(model) or any(each.alias for each in model.model_fields.values()):
        raise Underivable(model.__name__)
    fields = [(name, _type(_declared(each)), _default(each)) for name, each in _fields(model)]
    checks = {name: check for name, each in _fields(model) if (check := _check(_declared(each)))}
    namespace = {"__post_init__": _checking(checks)} if checks else {}
    return msgspec.defstruct(model.__name__, fields, namespace=namespace, kw_only=True, gc=False)


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    return iter(model.model_fields.items())


def _has_code(model: type[BaseModel]) -> bool:
    """Whether it has properties or methods, which a struct would lack."""
    return any(
        isroutine(each) or isinstance(each, property)
        for base in model.__mro__[: model.__mro__.index(BaseModel)]
        for name, each in vars(base).items()
        if name[0] != "_"
    )


def _declared(field: FieldInfo) -> Any:
    """The annotation with the metadata that pydantic keeps beside it."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return msgspec.NODEFAULT
    made = field.default_factory
    if made is None:
        return field.default
    if isinstance(made, type) and issubclass(made, BaseModel):
        return msgspec.field(default_factory=struct(made))
    return msgspec.field(default_factory=cast("Callable[[], Any]", made))


def _type(declared: Any) -> Any:
    """What msgspec is to decode; limits of whole numbers are its own, other checks come after."""
    inner, rules = _parts(declared)
    members = get_args(inner)
    if get_origin(inner) in (Union, UnionType):
        return reduce(or_, (_type(each) for each in _decoded_of(members)))
    if get_origin(inner) is list and _check(members[0]) is None:
        return list[_type(members[0])]  # type: ignore[misc]
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return struct(inner)
    if inner is int and rules:
        low, high = _bounds(rules)
        return Annotated[int, msgspec.Meta(gt=low, le=min(high - 1, INT64))]
    if inner not in PLAIN:
        raise Underivable(str(inner))
    return inner


def _decoded_of(members: Sequence[Any]) -> list[Any]:
    """Those of a union: a fraction beside whole numbers is left to pydantic, both are numbers to
    msgspec."""
    kinds = {_parts(each)[0] for each in members}
    return [e for e in members if not (int in kinds and _parts(e)[0] is Decimal)]


def _parts(declared: Any) -> tuple[Any, list[Any]]:
    """The bare type, and what is annotated to it. Raises `Underivable` on what is not known."""
    if get_origin(declared) is not Annotated:
        return declared, []
    inner, *noted = get_args(declared)
    rules = []
    for each in noted:
        rules += each.metadata if isinstance(each, FieldInfo) else [each]
    if not all(isinstance(each, KNOWN) or _pattern(each) for each in rules):
        raise Underivable(str(declared))
    return inner, [each for each in rules if not isinstance(each, Whole)]


def _bounds(rules: list[Any]) -> Bounds:
    low = next(each for each in rules if isinstance(each, Ge | Gt))
    high = next(each.lt for each in rules if isinstance(each, Lt))
    return Bounds(cast("int", low.ge) - 1 if isinstance(low, Ge) else low.gt, high)


def _check(declared: Any) -> Check | Bounds | None:
    """What is to be done with a value that is there; None where decoding said all."""
    inner, rules = _parts(declared)
    if get_origin(inner) in (Union, UnionType):
        members = _decoded_of(get_args(inner))
        checks = [check for each in members if (check := _check(each))]
        return checks[-1] if checks else None
    if of := [each.func for each in rules if isinstance(each, AfterValidator)]:
        return cast("Check", of[0])
    before = [cast("Check", each.func) for each in rules if isinstance(each, BeforeValidator)]
    patterns = [pattern for each in rules if (pattern := _pattern(each))]
    if before or patterns:
        return _unchanged(before, patterns)
    return _bounds(rules) if inner is Decimal and rules else None


def _pattern(rule: Any) -> str | None:
    """What `Field(pattern=…)` asks; pydantic has no public name for what it keeps of that."""
    return getattr(rule, "pattern", None)


def _unchanged(before: Sequence[Check], patterns: Sequence[str]) -> Check:
    """Takes what pydantic would take as it stands. The few codes of a shop come again and again."""
    searches = [re.compile(each).search for each in patterns]

    @lru_cache(maxsize=100)
    def check(value: Any) -> Any:
        if all(each(value) == value for each in before) and all(each(value) for each in searches):
            return value
        raise ValueError

    return check


def _checking(checks: Mapping[str, Check | Bounds]) -> Callable[[msgspec.Struct], None]:
    """Most of a record's fields with a check are amounts, so those are looked at together."""
    bounded = [
        (bounds, _values_of([name for name, each in checks.items() if each == bounds]))
        for bounds in {each for each in checks.values() if isinstance(each, Bounds)}
    ]
    others = [
        (name, attrgetter(name), check)
        for name, check in checks.items()
        if not isinstance(check, Bounds)
    ]

    def check_all(made: msgspec.Struct) -> None:
        for (low, high), values_of in bounded:
            for value in values_of(made):
                if value is not None and not low < value < high:
                    raise ValueError
        for name, get, check in others:
            value = get(made)
            if value is not None and (kept := check(value)) is not value:
                setattr(made, name, kept)

    return check_all


def _values_of(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda made: (get(made),)

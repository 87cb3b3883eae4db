"""Reading a platform's JSON into typed payloads: only the fields that are used, checked once.

What Postgres cannot store in text (NUL, lone surrogates) is dropped here and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from backshop.commerce import MONEY_LIMIT, Event, clean_text, is_zone
from backshop.commerce import decimals as decimals
from backshop.plain_orders import PlainOrder
from backshop.platforms import decoding, repair, webhooks
from backshop.platforms.decoding import Refused
from backshop.platforms.errors import Ignored, PayloadError


class Identified(Protocol):
    @property
    def id(self) -> Any: ...


T = TypeVar("T")
R = TypeVar("R", bound=Identified)

_UNCLEAN = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""Escapes of NUL and of surrogates, paired or not: a body with one is read the slow way."""

_ZERO = Decimal(0)


Amount = Annotated[Decimal, Field(gt=-MONEY_LIMIT, lt=MONEY_LIMIT)]
"""Money in major units, with as many decimals as the platform gives it."""
Quantity = (
    Annotated[int, Field(gt=-(2**31), lt=2**31)] | Annotated[Decimal, Field(gt=-(2**31), lt=2**31)]
)
"""Pieces, or a fraction of one where plugins sell cloth by the metre."""


def _spelled(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


CurrencyCode = Annotated[str, BeforeValidator(_spelled), Field(pattern=r"^[A-Z]{3}$")]
"""An ISO 4217 code however a shop spells it: plugins write `eur` and ` EUR `."""


class Payload(BaseModel):
    """A part of a platform's JSON; unknown fields are skipped, numbers may stand for texts."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Rejected(NamedTuple):
    """A record of a page that could not be read: which one, and what is wrong with it."""

    id: str
    problem: str


class RecordPage(NamedTuple):
    """The records of one page: what they say, those set aside, and the ids of all in their order.

    `cleaned` is true where characters were dropped that Postgres cannot store.
    """

    events: list[Any]
    """Events, and orders in their short form where the reading takes them."""
    rejected: list[Rejected]
    ids: list[str]
    cleaned: bool = False
    prepared: Any = None
    """What the caller makes of the events while other pages are under way."""
    notes: tuple[str, ...] = ()
    """What the shop's owner should know of how it answers."""


def parse(adapter: TypeAdapter[T], body: bytes) -> T:
    """The body as the adapter's type. Raises `PayloadError`."""
    if not _UNCLEAN.search(body):
        with suppress(Refused):
            return decoding.decode(adapter, body)
        with suppress(ValidationError):
            return adapter.validate_json(body)
    return validate(adapter, load(body))


def parse_unmended(adapter: TypeAdapter[T], body: bytes) -> T:
    """The body as the adapter's type, just as it is: for what deletes, erases or ends, where a
    field that must not be there would otherwise be mended away. Raises `PayloadError`."""
    return validate_unmended(adapter, load(body))


def validate_unmended(adapter: TypeAdapter[T], value: object) -> T:
    """`parse_unmended` of decoded JSON."""
    try:
        return adapter.validate_python(value)
    except ValidationError as wrong:
        raise payload_error(wrong) from None


def validate(adapter: TypeAdapter[T], value: object) -> T:
    """Decoded JSON as the adapter's type, odd side fields mended. Raises `PayloadError`."""
    try:
        return adapter.validate_python(value)
    except ValidationError:
        pass
    try:
        mended: T = repair.mended(adapter, value)
    except ValidationError as wrong:
        raise payload_error(wrong) from None
    return mended


def load(body: bytes) -> Any:
    """Decoded JSON, cleaned. Raises `PayloadError`."""
    return _load(body)[0]


def _load(body: bytes) -> tuple[Any, bool]:
    """Decoded JSON, cleaned, and whether anything was dropped for it: a pair of surrogates, as an
    emoji is escaped, is kept. Raises `PayloadError`."""
    try:
        said = webhooks.loads(body)
        clean = _clean(said)
        return clean, clean != said
    except UnicodeDecodeError:
        raise PayloadError("", "not UTF-8") from None
    except RecursionError:
        raise PayloadError("", "nested too deeply") from None
    except ValueError as wrong:
        at = f" at character {wrong.pos}" if isinstance(wrong, json.JSONDecodeError) else ""
        raise PayloadError("", f"not JSON{at}") from None


def page(
    adapter: TypeAdapter[list[R]], one: TypeAdapter[R], body: bytes
) -> tuple[list[R], RecordPage]:
    """The readable records of a JSON list, and a page without events that lists the others.

    A list is read in one go; only when that fails are its records read one by one. Raises
    `PayloadError` where the body is not a list at all.
    """
    if not _UNCLEAN.search(body):
        with suppress(ValidationError):
            records = _in_one_go(adapter, one, body)
            return records, RecordPage([], [], [str(each.id) for each in records])
    return _one_by_one(one, *_load(body))


def _in_one_go(adapter: TypeAdapter[list[R]], one: TypeAdapter[R], body: bytes) -> list[R]:
    with suppress(Refused):
        return decoding.decode_list(one, body)
    return adapter.validate_json(body)


def _one_by_one(one: TypeAdapter[T], values: object, cleaned: bool) -> tuple[list[T], RecordPage]:
    if not isinstance(values, list):
        raise PayloadError("", "not a list of records")
    records, rejected = sort_out(one, values)
    return records, RecordPage([], rejected, ids_of(values), cleaned)


def sort_out(one: TypeAdapter[T], values: list[Any]) -> tuple[list[T], list[Rejected]]:
    """The decoded records that can be read, and those that cannot."""
    records: list[T] = []
    rejected: list[Rejected] = []
    for number, value in enumerate(values):
        try:
            records.append(validate(one, value))
        except PayloadError as wrong:
            named = value.get("id") if isinstance(value, dict) else None
            rejected.append(Rejected(str(named or f"record {number}")[:100], str(wrong)))
    return records, rejected


def ids_of(values: list[Any]) -> list[str]:
    """The ids of decoded records; one without an id stands under that of the one before."""
    ids: list[str] = []
    for value in values:
        id = value.get("id") if isinstance(value, dict) else None
        ids.append(str(id) if id else (ids[-1] if ids else "0"))
    return ids


def convert_each(
    records: list[T], convert: Callable[[T], Sequence[Event | PlainOrder]], read: RecordPage
) -> RecordPage:
    """The page with what its records say; one that cannot be told is set aside."""
    events: list[Event | PlainOrder] = []
    rejected = list(read.rejected)
    for record in records:
        try:
            events += convert(record)
        except Ignored:
            continue
        except Exception as wrong:
            rejected.append(Rejected(str(getattr(record, "id", "?"))[:100], str(unreadable(wrong))))
    return read._replace(events=events, rejected=rejected)


def unreadable(wrong: Exception) -> PayloadError:
    """Whatever reading one record raised, as what is wrong with it, without any of its values: a
    record that nobody foresaw never stops the others."""
    if isinstance(wrong, PayloadError):
        return wrong
    if isinstance(wrong, ValidationError):
        return payload_error(wrong)
    return PayloadError("", f"cannot be read ({type(wrong).__name__})")


def guarded(read: Callable[[], T]) -> T:
    """What `read` says. Raises `PayloadError` for whatever it raises but `Ignored`."""
    try:
        return read()
    except Ignored:
        raise
    except Exception as wrong:
        raise unreadable(wrong) from None


def payload_error(wrong: ValidationError) -> PayloadError:
    """The first of pydantic's findings, without any value of the body."""
    first = wrong.errors(include_url=False, include_input=False, include_context=False)[0]
    return PayloadError(".".join(str(part) for part in first["loc"]), first["msg"])


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value) or ""
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(each) for key, each in value.items()}
    return value


def utc(value: datetime) -> datetime:
    """A time in UTC; one without a zone is UTC already, and so is one of the first and the last
    hours that there are, which have no other."""
    if value.tzinfo is None:
        return _BEGINNING_UTC + (value - _BEGINNING)  # in a sixth of the time of `replace`
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return value.replace(tzinfo=UTC)


_BEGINNING = datetime(1970, 1, 1)  # noqa: DTZ001 - without a zone, as what it is subtracted from
_BEGINNING_UTC = _BEGINNING.replace(tzinfo=UTC)


def zone(value: object) -> str | None:
    """A time zone that there is; None for anything else that a shop tells for one, which would
    stop whoever reckons with it."""
    return value if isinstance(value, str) and is_zone(value) else None


def currency(value: object) -> str | None:
    """An ISO 4217 code by its looks; None for anything else that a shop tells for one."""
    return value if isinstance(value, str) and _CURRENCY.fullmatch(value) else None


_CURRENCY = re.compile("[A-Z]{3}")


def name(*parts: str | None) -> str | None:
    """First and last name, or whatever there is of them."""
    return " ".join([part for part in parts if part]) or None


def different(*texts: str | None) -> tuple[str, ...]:
    """Those that say something, each once, in their order."""
    return tuple(dict.fromkeys(filter(None, texts)))


def per_unit(amount: Decimal, quantity: int | Decimal) -> Decimal:
    """The price of one, rounded to four places where it does not come out even."""
    if quantity == 1:
        return amount
    if not quantity:
        return _ZERO
    unit = amount / quantity
    return unit if unit * quantity == amount else round(unit, 4)


def pieces(quantity: int | Decimal) -> int:
    """A quantity as the documents keep it: half up to a whole number, and at least one of what was
    bought or given back at all (0.3 m of cloth is 1)."""
    if isinstance(quantity, int):
        return quantity
    whole = int(quantity.to_integral_value(ROUND_HALF_UP))
    return whole or (1 if quantity > 0 else -1 if quantity < 0 else 0)


def exact(quantity: int | Decimal) -> Decimal | None:
    """The quantity itself where it is no whole number."""
    return quantity if isinstance(quantity, Decimal) and quantity % 1 else None

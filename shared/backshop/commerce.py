"""The one language: what a shop's records mean, whichever platform they came from.

Everything that comes in, by webhook or by sync, is translated to these models first, and every
projection reads only these. Money is a Decimal in major units (12.99, not 1299) with its currency
beside it; times are aware datetimes in UTC; ids are the platform's own, as strings.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache, cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal, NamedTuple, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backshop.times import Time as Time
from backshop.uses import Use, uses_of


class Platform(StrEnum):
    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    VENDURE = "vendure"


class Kind(StrEnum):
    """What a record is; with its external id it names the record within its store.

    The order of the members is the order in which records of one batch are saved, so that what is
    referred to is there first, and concurrent writers take their locks in one sequence.
    """

    CATEGORY = "category"
    PRODUCT = "product"
    COUPON = "coupon"
    CUSTOMER = "customer"
    ORDER = "order"
    REFUND = "refund"


class Version(NamedTuple):
    """Which state of a record is newer: the greater tuple wins.

    `rank` is 0 for what another record tells in passing (the customer inside an order) and 1 for
    the record itself, which always outweighs hearsay. `changed_at` is the platform's modified
    time, `observed_at` when the platform sent it or we asked for it.
    """

    rank: int
    changed_at: datetime
    observed_at: datetime


MONEY_LIMIT = Decimal(10) ** 15
"""What `numeric(19, 4)`, the columns of money, cannot hold."""


def plain(amount: Decimal) -> Decimal:
    """An amount as it is written: rounded to four places, and with no more zeros at its end than
    cents need (columns keep four places: 30.0000 is 30.00)."""
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -2:
        return amount
    rounded = round(amount, 4)
    cents = round(rounded, 2)
    return cents if cents == rounded else rounded.normalize()


Money = Annotated[Decimal, Field(gt=-MONEY_LIMIT, lt=MONEY_LIMIT), AfterValidator(plain)]
"""Rounded to four places: a net price of 21 % VAT comes with six (8.264463)."""
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Record(Model):
    """What every saved record has: who it is and which state of it this is."""

    id: str = Field(min_length=1, max_length=100)
    changed_at: Time
    observed_at: Time
    rank: Literal[0, 1] = 1

    @property
    def version(self) -> Version:
        """Never in the future: a product that is scheduled for March could not be changed
        before."""
        return Version(self.rank, min(self.changed_at, self.observed_at), self.observed_at)


class Address(Model):
    id: str | None = None
    kind: Literal["shipping", "billing", "both"] = "both"
    is_default: bool = False
    name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None


Channel = Literal["email", "sms"]


class Consent(Model):
    """Whether a customer agreed to marketing by this channel, as far as the shop tells: whatever it
    does not tell of is no refusal. `source` says where it is known from."""

    channel: Channel
    given: bool
    source: str | None = None
    at: Time | None = None
    """When it was given or taken back; None where the shop does not tell."""


def given_by(channel: Channel, consents: tuple[Consent, ...]) -> bool | None:
    """Whether consent was given for a channel; None where that is not told."""
    return next((each.given for each in consents if each.channel == channel), None)


def consents_by_channel(consents: tuple[Consent, ...]) -> dict[str, Any]:
    """As tables keep them."""
    return {
        each.channel: {
            "given": each.given,
            "source": each.source,
            "at": each.at.isoformat() if each.at else None,
        }
        for each in consents
    }


class Customer(Record):
    """A person with an account, or a guest as an order names them (`is_guest`, id = `guest:` +
    hash).

    Rank 0 is a customer as seen in an order; it fills in, and never overwrites, a rank-1 record.
    """

    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_guest: bool = False
    marketing_consent: bool | None = None
    """By e-mail."""
    consents: tuple[Consent, ...] = ()
    addresses: tuple[Address, ...] = ()
    created_at: Time | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    untold_fields: tuple[str, ...] = ()
    """Keys of `metadata` that the payload tells nothing of: they stay as they were."""


class OrderLine(Model):
    """One line. `unit_price` is before any discount, `subtotal` = quantity x that price,
    `total` after the discounts of the line and the order's share; all without tax."""

    id: str
    product_id: int | None = None
    variant_id: int | None = None
    sku: str | None
    """None for a line that was typed in by hand, with no product behind it."""
    name: str
    variant_name: str | None = None
    quantity: int
    exact_quantity: Decimal | None = None
    """Where it is no whole number, which `quantity` rounds half up, to 1 at least."""
    unit_price: Money
    subtotal: Money
    total: Money
    tax: Money = Decimal(0)
    unit_price_with_tax: Money | None = None
    """Before any discount, where the platform says it."""
    custom: dict[str, Any] = Field(default_factory=dict)
    """What the shopper had made of it: patch and print of a kit (`patch_enabled`, `patch_type`,
    `print_name`, `print_number`), line item properties."""
    product_type: str | None = None
    raw: dict[str, Any] = Field(default_factory=dict)


class CouponUse(Model):
    code: str
    discount: Money | None = None


class RefundLine(Model):
    line_id: str
    quantity: int
    exact_quantity: Decimal | None = None
    """As an order line's."""
    amount: Money
    tax: Money = Decimal(0)


class Refund(Record):
    """Money given back, positive. `amount` is all of it; `shipping` and `tax` are parts of it."""

    order_id: str
    amount: Money
    shipping: Money = Decimal(0)
    tax: Money = Decimal(0)
    currency: Currency | None = None
    """None where the platform does not tell it with the refund: that of its order."""
    created_at: Time
    is_dated: bool = True
    """False where an order tells of it without its date (WooCommerce)."""
    reason: str | None = None
    status: Literal["pending", "settled", "failed"] = "settled"
    lines: tuple[RefundLine, ...] = ()


class Refunded(NamedTuple):
    """All that was given back of an order, settled refunds only; quantities by line id."""

    order_id: str
    amount: Decimal
    shipping: Decimal
    quantities: dict[str, int]


class Fulfilment(StrEnum):
    NONE = "none"
    PARTIAL = "partial"
    FULFILLED = "fulfilled"
    DELIVERED = "delivered"


class Payment(Model):
    id: str
    amount: Money
    state: str


class Order(Record):
    """An order. `status` is the platform's own word (lower case); `is_counted` says whether it is a
    sale by the platform's default (paid or being handled, not cancelled, not a cart or draft)."""

    code: str
    status: str = Field(min_length=1, max_length=50)
    is_cancelled: bool = False
    is_counted: bool = True
    is_test: bool = False
    fulfilment: Fulfilment = Fulfilment.NONE
    fulfilled_at: Time | None = None
    delivered_at: Time | None = None
    currency: Currency
    subtotal: Money
    """Sum of the lines before discounts, without tax."""
    discount: Money = Decimal(0)
    shipping: Money = Decimal(0)
    shipping_tax: Money = Decimal(0)
    tax: Money = Decimal(0)
    """All tax, that of shipping included."""
    total: Money
    """What the shopper was asked to pay; refunds do not change it."""
    created_at: Time
    placed_at: Time | None = None
    paid_at: Time | None = None
    payment_method: str | None = None
    payments: tuple[Payment, ...] = ()
    channel: str | None = None
    customer_id: str | None = None
    """The customer's id; a guest's is that of the guest record made from the e-mail address."""
    is_guest: bool = False
    email: str | None = None
    phone: str | None = None
    """The phone that was given with this order, not the customer's current one."""
    other_phones: tuple[str, ...] = ()
    """Further ones that were given with it, where the first cannot be used."""
    customer_phone: str | None = None
    """The customer's phone, where nobody can have changed it since the order; less sure than
    those."""
    first_name: str | None = None
    last_name: str | None = None
    country: str | None = None
    shipping_address: Address | None = None
    lines: tuple[OrderLine, ...] = ()
    lines_known: bool = True
    """False where the payload does not tell of lines; those that are stored are kept then."""
    coupons: tuple[CouponUse, ...] = ()
    refunds: tuple[Refund, ...] | None = None
    """All refunds of the order as this state knows them; None where the payload does not tell."""
    delivery_stage: str | None = None
    tracking_number: str | None = None
    attributes: dict[str, str] = Field(default_factory=dict)
    """Cart attributes (Shopify's note attributes), e.g. the conversion mark of a survey."""
    tags: tuple[str, ...] = ()


class Variant(Model):
    """What can be bought: a product without variants has one, with the product's own id."""

    id: str
    sku: str
    title: str | None = None
    price: Money
    currency: Currency | None = None
    regular_price: Money | None = None
    sale_price: Money | None = None
    stock: int | None = None
    """None where nobody counts it."""
    is_counted: bool | None = True
    """Whether anybody does; None where the payload does not tell (Shopify's webhooks): what was
    told last holds then."""
    is_on_sale: bool = True
    """Published, with a price: can be bought as long as the stock does not speak against it."""
    available: bool = True
    """Whether a shopper can buy it now: published, with a price, and in stock or sold without."""
    stock_status: Literal["instock", "outofstock", "onbackorder"] | None = None
    """Of the stock alone; None where `available` says it all."""


class Product(Record):
    title: str
    description: str | None = None
    status: str = "publish"
    type: str = "simple"
    product_type: str | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[Category, ...] = ()
    categories_known: bool = True
    """False where the payload does not tell them (Shopify's webhooks); the stored one is kept
    then."""
    variants: tuple[Variant, ...] = ()
    variants_known: bool = True
    """False where the payload names variants without telling their SKUs and prices (WooCommerce's
    variable products); stored variants are kept then."""
    variation_ids: tuple[str, ...] | None = None
    """All variations that are records of their own, where the payload names them all; others are
    gone."""
    parent_id: str | None = None
    """Set on a variation that arrives alone (WooCommerce)."""
    created_at: Time | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class Category(Record):
    name: str
    parent_id: str | None = None
    product_count: int | None = None


class Coupon(Record):
    code: str
    type: str | None = None
    amount: Money | None = None
    usage_count: int = 0
    expires_at: Time | None = None
    status: str = "active"


class Deletion(Record):
    """The platform says that a record is gone: `changed_at` is the receipt of that word, and
    `observed_at` before it where the platform tells when that happened, by its own clock."""

    kind: Kind

    @property
    def version(self) -> Version:
        """Seen at its receipt. What it is newer than is settled when it is saved
        (`ledger.dated`)."""
        return Version(self.rank, *sorted((self.changed_at, self.observed_at)))


class Person(Model):
    """Who is asked about or to be erased. Any of the three may be what a table knows them by."""

    customer_id: str | None = None
    email: str | None = None
    phone: str | None = None
    order_ids: tuple[str, ...] = ()


class DataRequest(Model):
    """A person asks for their data (Shopify's customers/data_request)."""

    request_id: str
    person: Person
    received_at: Time


class ConsentChange(Model):
    """A customer gave or took back consent to marketing; says nothing else of them."""

    customer_id: str
    consents: tuple[Consent, ...]


class Erasure(Model):
    """A person is to be forgotten, in every context (Shopify's customers/redact)."""

    person: Person
    received_at: Time


class ShopErasure(Model):
    """A whole shop is to be forgotten, 48 hours after uninstalling (Shopify's shop/redact)."""

    received_at: Time


class Uninstall(Model):
    """The shop took the app away: stop syncing, forget its credentials."""

    received_at: Time


M = TypeVar("M", bound=Model)


def trusted(model: type[M], values: dict[str, Any]) -> M:
    """A model of values that were checked before, many times faster than checking them again.

    For the translators, whose payloads are validated and whose tests validate what they build.
    `values` becomes the model's own dict and needs all fields; start it from `defaults(model)`.
    """
    made: M = _new(model)
    _put_values(made, values)
    _put_fields_set(made, _NOTHING_SET)
    _put_extra(made, None)
    _put_private(made, None)
    return made


_new: Any = object.__new__
_put_values, _put_fields_set, _put_extra, _put_private = (
    # The slots of every model: setting them by name would cost as much as all the rest.
    vars(BaseModel)[slot].__set__
    for slot in (
        "__dict__",
        "__pydantic_fields_set__",
        "__pydantic_extra__",
        "__pydantic_private__",
    )
)
_NOTHING_SET: set[str] = set()


def defaults(model: type[Model]) -> dict[str, Any]:
    """The values of the fields that need none; their dicts are shared, so nobody may change
    them."""
    fields = model.model_fields
    return {
        name: field.get_default(call_default_factory=True, validated_data={})
        for name, field in fields.items()
        if not field.is_required()
    }


KIND_OF: dict[type[Record], Kind] = {
    Category: Kind.CATEGORY,
    Product: Kind.PRODUCT,
    Coupon: Kind.COUPON,
    Customer: Kind.CUSTOMER,
    Order: Kind.ORDER,
    Refund: Kind.REFUND,
}

Event = (
    Category
    | Product
    | Coupon
    | Customer
    | Order
    | Refund
    | Deletion
    | ConsentChange
    | DataRequest
    | Erasure
    | ShopErasure
    | Uninstall
)
"""Whatever a delivery or a sync page can hold."""


class Store(Model):
    """Whose records they are, and what translating and saving them needs to know."""

    id: UUID
    platform: Platform
    url: str
    currency: str | None = None
    time_zone: str = "UTC"
    settings: dict[str, Any] = Field(default_factory=dict)

    @cached_property
    def uses(self) -> frozenset[Use]:
        return uses_of(self.platform, self.settings)


def email_hash(email: str | None) -> str | None:
    """SHA-256 in hex of the trimmed, lower-cased address (insights.md, "Critical Rules")."""
    cleaned = (email or "").strip().lower()
    return sha256(cleaned.encode()).hexdigest() if cleaned else None


def guest_id(email: str) -> str:
    """The stable id of a guest: one per e-mail address."""
    return f"guest:{email_hash(email)}"


def stable_number(id: str) -> int:
    """A platform's id as a bigint: itself where it is one, else the first 63 bits of its SHA-256
    (a Vendure server can have UUID ids), negative for guests."""
    if id.isascii() and id.isdigit() and len(id) <= 18:
        return int(id)
    hashed = int.from_bytes(sha256(id.encode()).digest()[:8], "big") >> 1
    return -hashed if id.startswith("guest:") else hashed


_NO_DECIMALS = [
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
]
_THREE_DECIMALS = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
_DECIMALS = dict.fromkeys(_NO_DECIMALS, 0) | dict.fromkeys(_THREE_DECIMALS, 3)


def decimals(currency: str) -> int:
    """How many decimals a currency's minor unit has (ISO 4217)."""
    return _DECIMALS.get(currency, 2)


def in_currency(amount: Decimal, currency: str) -> Decimal:
    """The amount with the currency's decimals (`7.50`, of columns that keep four), and with more
    only where they are not zero."""
    written = amount.quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_UP)
    return written if written == amount else amount.normalize()


def share(total: Decimal, quantity: int, before: int, now: int, currency: str) -> Decimal:
    """What `now` of `quantity` pieces that cost `total` together are worth, when `before` of them
    went back already; major units, in the currency's decimals.

    The shares of a line add up to its total, whatever the steps: each is what has gone back by
    then, rounded down, less what had. Of three pieces for 1,000 yen the first two are worth 333,
    the last
    334.
    """
    step = Decimal(1).scaleb(-decimals(currency))
    whole = total.quantize(step, ROUND_HALF_UP)

    def gone(pieces: int) -> Decimal:
        return (whole * pieces / quantity).quantize(step, ROUND_DOWN)

    return gone(before + now) - gone(before)


def is_name(text: str) -> bool:
    """Letters, of any script, in up to four words, a full stop only where a word ends: nothing that
    a mail program makes a link of. Whoever fills in an order's form could else have a shop send
    their link or their words to anybody."""
    words = re.split("[ '’-]", text)
    return len(text) <= 40 and len(words) <= 4 and all(map(_is_word, words))


def _is_word(text: str) -> bool:
    letters = text.removesuffix(".")
    return letters != "" and all(unicodedata.category(each)[0] in "LM" for each in letters)


def is_zone(name: str) -> bool:
    """Whether a time zone is called so, for Postgres as well: `localtime` is the zone of whichever
    machine is asked, and `Factory` is none."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    """Every file of the machine's zones is opened for that."""
    from zoneinfo import available_timezones  # who saves records asks for none

    return frozenset(available_timezones()) - {"localtime", "Factory"}


def clean_text(value: str | None) -> str | None:
    """Drop what Postgres cannot store in text: NUL and lone surrogates; None where nothing is
    left."""
    if value is None:
        return None
    kept = value.replace("\x00", "").encode("utf-8", "ignore").decode()
    return kept or None


TRACKING_NUMBER = r"^[\w./ -]+$"
LONGEST_TRACKING_NUMBER = 100


def tracking_number(*told: object) -> str | None:
    """The first of these that staff could have sent for a courier's number, who are held to the
    same; a field of the shop's own may hold an integer."""
    for each in told:
        text = str(each) if isinstance(each, int) and not isinstance(each, bool) else each
        number = (clean_text(text) or "").strip() if isinstance(text, str) else ""
        is_usable = len(number) <= LONGEST_TRACKING_NUMBER and _tracking_number.fullmatch(number)
        if is_usable:
            return number
    return None


_tracking_number = re.compile(TRACKING_NUMBER)


def clean_input(value: Any) -> Any:
    """`clean_text` for a BeforeValidator, which meets what is no text as well."""
    return clean_text(value) if isinstance(value, str) else value


def kind_of(record: Record) -> Kind:
    """The kind a record is filed under; a deletion under that of what it deletes."""
    return record.kind if isinstance(record, Deletion) else KIND_OF[type(record)]

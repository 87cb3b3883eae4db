"""What a platform is to the rest of backshop.

A platform is one package, whose `ADAPTER` is an `Adapter`; mypy checks it against these protocols
where `backshop.platforms` lists it. Modules stand for ports that are one function, and parts are
imported when they are first needed: taking a webhook loads neither pydantic nor an HTTP client.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from backshop.commerce import Event, Kind, Platform, Store
    from backshop.plain_orders import PlainOrder
    from backshop.platforms.api import Deadline
    from backshop.platforms.discounts import NewDiscount
    from backshop.platforms.orders import AddressChange, RefundOrder, RefundResult
    from backshop.platforms.parsing import RecordPage
    from backshop.platforms.reading import Position, ReadContext, ReadScope, Step
    from backshop.platforms.webhooks import Headers, Webhook

Json = dict[str, Any]


class Credentials(NamedTuple):
    """What opens a shop's API; docs/syncing.md says what is what on each platform."""

    url: str
    api_key: str
    secret: str
    settings: Mapping[str, Any] = {}


class ShopFacts(NamedTuple):
    """What a shop tells of itself; None where it does not."""

    currency: str | None = None
    time_zone: str | None = None
    version: str | None = None
    domain: str | None = None
    """Its name at the platform, by which deliveries name it."""
    settings: Mapping[str, Any] = {}
    """What its records cannot be understood without, as keys of the store's settings."""
    problems: tuple[str, ...] = ()
    """What is missing for backshop to work there, as sentences with their remedy."""


class DeliveryFields(NamedTuple):
    """What an order's custom fields hold; the stage in whatever word the shop uses."""

    stage: str | None
    tracking_number: str | None


# ------------------------------------------------------------------------------- what comes in


class Signatures(Protocol):
    def verify(
        self, headers: Headers, body: bytes, secrets: Sequence[str], now: datetime, /
    ) -> bool:
        """Whether one of `secrets` signed exactly these bytes; False without a usable secret.

        Compares in constant time. Two secrets are in use while one replaces the other.
        """


class Webhooks(Protocol):
    def read(self, headers: Headers, body: bytes, /) -> Webhook:
        """Topic, key and times of a delivery. Never raises, whatever the bytes are."""


class Translator(Protocol):
    def translate(
        self,
        topic: str,
        body: bytes,
        store: Store,
        received_at: datetime,
        triggered_at: datetime | None = None,
        *,
        plainly: bool = False,
    ) -> Sequence[Event | PlainOrder]:
        """What a delivery says, in the one language; `plainly`: orders in their short form, where
        the platform has one and they are plain.

        Raises `Ignored` where it says nothing that is to be saved (an unknown topic, a cart, an
        error object in place of a record), and `PayloadError` where the body is not of the topic's
        form.
        """


# ------------------------------------------------------------------------------- a shop's API


class Reader(Protocol):
    """One resource of one shop. Whatever asks the shop raises `TransientOutage` and
    `PermanentRefusal`."""

    kinds: frozenset[Kind]
    """What is read here."""

    def whole(self) -> frozenset[Kind]:
        """What a complete reading lists all of: what it does not meet may be gone."""

    def mark(self) -> datetime | None:
        """The time of the shop's newest change, by the shop's own clock, before anything is read;
        None where the list is empty or has no such time."""

    def steps(self, scope: ReadScope, position: Position) -> Iterator[Step]:
        """The pages from `position` on."""

    def find(self, kind: Kind, ids: Collection[str], /) -> list[RecordPage]:
        """What the platform says now of these records: those that are still there. At most 100 at
        once. Whatever is named in no page's `ids` or `rejected` is gone: what a list leaves out
        was asked for alone."""

    def remember(self, scope: ReadScope, position: Position, /) -> Mapping[str, Any]:
        """What the next pass should know, once this one has come to its end at `position`."""


class Orders(Protocol):
    """Every function may be called again after an attempt whose end is unknown: it looks first for
    what that attempt may have done. Raises `PermanentDecline` where the order rules it out."""

    def find_refund(self, refund: RefundOrder, /) -> RefundResult | None:
        """The refund that an earlier attempt made; None where it made none, or not all of it."""

    def make_refund(self, refund: RefundOrder, /) -> RefundResult:
        """Give the money back, or what is missing of it."""

    def find_address(self, change: AddressChange, /) -> Json | None:
        """What the platform says where the order has this address already."""

    def change_address(self, change: AddressChange, /) -> Json:
        """Put the address on the order; what the platform says."""


class Discounts(Protocol):
    """Raises `PermanentDecline` where a code is somebody else's, or the platform refuses it."""

    def find(self, discount: NewDiscount, /) -> str | None:
        """The id of our discount with this code; None where the shop knows no such code."""

    def create(self, discount: NewDiscount, /) -> str:
        """Make it, if an earlier attempt did not; its id."""

    def end(self, discount: NewDiscount, /) -> None:
        """Let nobody use the code any more; nothing to do where the shop does not know it."""


class DeliveryStages(Protocol):
    """An order's delivery stage and tracking number, where the platform keeps them."""

    def read(self, order_id: str, /) -> DeliveryFields | None:
        """What the platform holds; None where it has no such order."""

    def write(self, order_id: str, fields: DeliveryFields, /) -> DeliveryFields | None:
        """Set both, and read back. Raises `TransientOutage` where the end of the write is
        unknown."""


class Shop(Protocol):
    """One shop's API, opened; it signs in when it is first asked. Raises `TransientOutage` and
    `PermanentRefusal`. Close it."""

    @property
    def platform(self) -> Platform: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def discounts(self) -> Discounts | None:
        """None where codes are not made at the platform."""

    @property
    def delivery_stages(self) -> DeliveryStages | None:
        """None where the platform keeps no deliveries of ours."""

    def facts(self) -> ShopFacts: ...

    def unreadable(self) -> tuple[str, ...]:
        """Sentences about what may not be read that `facts` did not learn by the way; for whoever
        connects the shop, as each job of a sync says it of its own list."""

    def subscribe(self, address: str, secret: str, is_new_secret: bool, /) -> list[str]:
        """Make the shop send its webhooks to `address`: what is missing is made, what was switched
        off is switched on again. What had to be done, in words."""

    def reader(self, store: Store, resource: str, context: ReadContext) -> Reader:
        """The reader of one of the adapter's resources."""

    def close(self) -> None: ...


class Adapter(Protocol):
    """A platform."""

    @property
    def resources(self) -> tuple[str, ...]:
        """What a sync reads, in the order in which it is announced."""

    @property
    def jobs_at_once(self) -> int:
        """How many jobs of a sync may read one shop at the same time."""

    @property
    def makes_discounts(self) -> bool:
        """Whether codes can be made there."""

    def cart_link(
        self,
        shop_url: str,
        items: Sequence[tuple[str, int]],
        marks: Mapping[str, str],
        code: str | None,
        /,
    ) -> str | None:
        """The address that puts `items` (variant's id, quantity) into the shop's own cart; None
        where the platform has none. `marks` come back with the order where it keeps them."""

    @property
    def signatures(self) -> Signatures: ...

    @property
    def webhooks(self) -> Webhooks: ...

    @property
    def translator(self) -> Translator: ...

    @property
    def open(self) -> Callable[[Credentials, Deadline], Shop]: ...

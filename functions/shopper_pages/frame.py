"""What the shoppers' pages share: the app, the store whose page it is, and how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie
from backshop import commerce, db
from backshop.aws import config, objects
from backshop.errors import NotFound, Problem
from backshop.stores import repository as stores
from backshop.stores import tenants
from backshop.stores.models import PageSettings
from backshop.uses import Use
from backshop.web import callers, http, pages
from backshop.web.pages import Policy, forms

NEUTRAL = "#0a5ea8"
"""The colour of a store that names none."""


class Look(NamedTuple):
    """How a store's pages look; `query` is what keeps its addresses its own."""

    name: str
    colour: str
    help: str | None
    query: str


PLAIN = Look(name="", colour=NEUTRAL, help=None, query="")
"""Of a page that is nobody's, such as one that does not exist."""

_render = pages.renderer(Path(__file__).with_name("templates"))


def render(template: str, **values: Any) -> Response[str]:
    """A page in the look of the store that this call turned out to be about, or of the one that its
    address names where there is nothing at it."""
    if "problem" in values and values["problem"].status == 404 and "look" not in app.context:
        with suppress(Problem):
            called_shop()
    return _render(template, **({"shop": app.context.get("look", PLAIN)} | values))


app = pages.app("Shoppers' pages", render)


class Shop(NamedTuple):
    """The store whose page it is."""

    store: commerce.Store
    look: Look

    @property
    def id(self) -> UUID:
        return self.store.id

    @property
    def zone(self) -> str:
        return self.store.time_zone

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        policy: Policy | None = None,
        cookies: Sequence[Cookie] = (),
        **values: Any,
    ) -> Response[str]:
        """A page in the store's look."""
        return render(
            template,
            status=status,
            policy=policy or Policy(),
            cookies=cookies,
            shop=self.look,
            zone=self.zone,
            **values,
        )


def event() -> http.Event:
    found: http.Event = app.current_event.raw_event
    return found


def query(name: str) -> str:
    """A parameter of the address; empty where it is missing."""
    return str((event().get("queryStringParameters") or {}).get(name, ""))


def called_shop(use: Use | None = None) -> Shop:
    """The store that the address names: by its host, by `?store_id=`, or the only one there is
    (that uses this). Raises NotFound, BadRequest."""
    by_host = tenants.of_host(forms.host(event()))
    if by_host:
        return shop_of(by_host, named=False)
    named = query("store_id")
    if named:
        return shop_of(http.uuid(named, _no_shop()), named=True)
    return shop_of(callers.only_store(use), named=False)


def shop_of(id: UUID, *, named: bool | None = None) -> Shop:
    """A store, whose addresses name it (`named`) where the one that was called did. Raises
    NotFound."""
    with db.transaction(store_id=id) as tx:
        store = stores.load(tx)
    if store is None:
        raise _no_shop()
    is_named = bool(query("store_id")) if named is None else named
    name = str(store.settings.get("name") or store.url.partition("://")[2])
    return Shop(store, look(name, store.settings, f"?store_id={id}" if is_named else ""))


def look(name: str, settings: dict[str, Any], address_query: str = "") -> Look:
    """The look of a store, which this call's pages have from now on."""
    chosen = PageSettings.model_validate(settings.get("pages") or {})
    made = Look(name, chosen.colour or NEUTRAL, chosen.help, address_query)
    app.context["look"] = made
    return made


def address(path: str, shop: Shop) -> str:
    """A page of the same store."""
    return path + shop.look.query


def bucket_origin() -> str:
    """Where pictures come from and go to."""
    link = urlsplit(objects.link(config.value("TRY_ON_BUCKET"), "x", timedelta(minutes=1)))
    return f"{link.scheme}://{link.netloc}"


def now() -> datetime:
    return datetime.now(UTC)


def _no_shop() -> NotFound:
    return NotFound("There is no shop at this address; open the link that the shop gave you.")

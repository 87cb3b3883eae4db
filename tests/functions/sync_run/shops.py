"""A connected shop: a local server of its platform, a store with sealed credentials, and sync_run's
work on it, without Lambda around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import current_thread, main_thread
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

from backshop import db, platforms
from backshop.aws import config
from backshop.commerce import Platform, Store
from backshop.connect import repository as connect
from backshop.insights import repository as insights
from backshop.stores import credentials
from backshop.stores import repository as stores
from backshop.sync import repository as store
from backshop.sync import rules, work
from backshop.sync.models import SHOP, JobKey, Run
from backshop.sync.rules import RunType

from shops.running import RunningShop, running


@dataclass
class Connected:
    """A shop's server and the store it is connected as."""

    shop: RunningShop
    id: UUID
    platform: Platform

    def load(self) -> Store:
        with db.transaction(store_id=self.id) as tx:
            found = stores.load(tx)
        assert found is not None
        return found

    def begin(self, type: str = "full", *resources: str) -> list[JobKey]:
        """Open a run of these resources, or of all."""
        from datetime import UTC, datetime

        named = resources or (SHOP, *platforms.load(self.platform).resources)
        with db.transaction(store_id=self.id) as tx:
            run_id = store.start(tx, RunType(type), named, datetime.now(UTC))
        assert run_id is not None, "a run is open already"
        return [JobKey(store_id=self.id, run_id=run_id, resource=each) for each in named]

    def sync(self, type: str = "full", *resources: str, seconds: float = 900) -> Run:
        """A whole run, each invocation of which may take so long; the run as it is shown."""
        for key in self.begin(type, *resources):
            self.work(key, seconds)
        return self.run()

    def work(
        self,
        key: JobKey,
        seconds: float = 900,
        most: int = 100,
        remaining: Callable[[], Callable[[], int]] | None = None,
    ) -> int:
        """Work a job off in as many invocations as it needs; how many those were. `remaining` makes
        what tells an invocation its milliseconds, in place of so many seconds."""

        def of_seconds() -> Callable[[], int]:
            ends_at = monotonic() + seconds
            return lambda: int((ends_at - monotonic()) * 1000)

        for count in range(1, most + 1):
            if not work.work(key, work.clock((remaining or of_seconds)())).announce:
                return count
        raise AssertionError(f"the job was not done in {most} invocations")

    def until_saved(self) -> Callable[[], int]:
        """What tells an invocation its milliseconds: a minute, until it has saved something; then
        its time is up. The threads that read ahead have all the time."""
        before = self._saved()

        def remaining() -> int:
            looks = current_thread() is main_thread()
            return 0 if looks and self._saved() > before else 60_000

        return remaining

    def _saved(self) -> int:
        """Records that jobs have saved, seen from beside their transactions."""
        with db.connect(config.database_url("owner")) as beside:
            row = beside.execute(
                "SELECT coalesce(sum(records), 0) AS n FROM backshop.sync_jobs WHERE store_id = %s",
                [self.id],
            ).fetchone()
        assert row is not None
        return int(row["n"])

    def run(self) -> Run:
        """The newest run."""
        with db.transaction(store_id=self.id) as tx:
            return store.runs(tx, 1)[0]

    def retry(self) -> list[JobKey]:
        """Open the failed jobs again, as if their time had come."""
        from datetime import UTC, datetime

        with db.transaction(store_id=self.id) as tx:
            return store.revive(tx, datetime.now(UTC) + rules.LONGEST_WAIT * 25)

    @contextmanager
    def twin(self) -> Iterator[Connected]:
        """The same shop, connected a second time, as another store."""
        with _store(self.shop, self.platform, "/") as id:
            yield Connected(self.shop, id, self.platform)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        with db.transaction(store_id=self.id) as tx:
            return tx.execute(sql.encode()).fetchall()


@contextmanager
def connected(platform: str, **options: Any) -> Iterator[Connected]:
    """A shop of the platform; options are those of its local server. Needs the `aws` fixture."""
    with running(platform, **options) as shop, _store(shop, Platform(platform)) as id:
        yield Connected(shop, id, Platform(platform))


@contextmanager
def _store(shop: RunningShop, platform: Platform, path: str = "") -> Iterator[UUID]:
    id, url = uuid4(), shop.url + path
    given = {"webhook_secret": "s3cr3t", **shop.credentials}
    if platform == Platform.VENDURE:
        given |= {"api_key": given["username"], "secret": given["password"]}
    sealed = {
        field: credentials.seal(given[field], id, field)
        for field in ("api_key", "secret", "webhook_secret")
    }
    with db.transaction(all_stores=True) as tx:  # an ended server's port may be this one's
        for table in ("backshop.stores", "insights.stores"):
            past = f"UPDATE {table} SET store_url = store_url || '/' || id WHERE store_url = %s"
            tx.execute(past.encode(), (url,))
    with db.transaction(store_id=id) as tx:
        stores.add(tx, platform, url, {"currency": "USD"})
        connect.add_connector(tx, platform, url, 300, sealed)
        insights.add_store(tx, url, "no key", {})
    yield id


GENERATED = {
    "synced_at",
    "id",
    "created_at",
    "order_id",
    "product_id",
    "customer_id",
    "category_id",
    "parent_id",
    "refund_id",
    "updated_at",
    "store_id",
    "refunds_listed_at",
}
TABLES = (
    "connect.platform_product",
    "connect.platform_customer",
    "connect.platform_order",
    "connect.order_item",
    "insights.categories",
    "insights.products",
    "insights.product_variants",
    "insights.customers",
    "insights.coupons",
    "insights.orders",
    "insights.order_items",
    "insights.order_coupons",
    "insights.refunds",
    "insights.refund_items",
    "insights.daily_sales",
    "insights.product_months",
    "insights.product_days",
    "insights.customer_months",
    "insights.monthly_customers",
)


def dump(connected: Connected) -> dict[str, list[str]]:
    """Every row of the store, without what is generated; references by what they point to."""
    return {table: sorted(map(_shown, connected.rows(_selection(table)))) for table in TABLES}


def _selection(table: str) -> str:
    name = table.split(".")[1]
    joined = {
        "order_items": ", (SELECT o.wc_order_id FROM insights.orders o WHERE o.id = t.order_id) AS of_order,"
        " (SELECT p.wc_product_id FROM insights.products p WHERE p.id = t.product_id) AS of_product",
        "order_coupons": ", (SELECT o.wc_order_id FROM insights.orders o WHERE o.id = t.order_id) AS of_order",
        "orders": ", (SELECT c.wc_customer_id FROM insights.customers c WHERE c.id = t.customer_id) AS of_customer",
        "products": ", (SELECT c.wc_category_id FROM insights.categories c WHERE c.id = t.category_id) AS of_category",
        "product_variants": ", (SELECT p.wc_product_id FROM insights.products p WHERE p.id = t.product_id) AS of_product",
        "refunds": ", (SELECT o.wc_order_id FROM insights.orders o WHERE o.id = t.order_id) AS of_order",
        "refund_items": ", (SELECT r.wc_refund_id FROM insights.refunds r WHERE r.id = t.refund_id) AS of_refund",
    }.get(name if table.startswith("insights") else "", "")
    return f"SELECT t.*{joined} FROM {table} AS t"


def _shown(row: dict[str, Any]) -> str:
    kept = {key: said for key, said in row.items() if key not in GENERATED or isinstance(said, str)}
    return repr(sorted(kept.items()))


def differences(connected: Connected) -> list[str]:
    """What differs between the tables and the shop's own state, in words; nothing if all is
    well."""
    state = connected.shop.state()
    found = _orders(connected, state) + _lines(connected, state) + _refunds(connected, state)
    return found + _customers(connected, state) + _products(connected, state)


def _compare(what: str, wanted: dict[Any, Any], held: dict[Any, Any]) -> list[str]:
    found = [f"{what} {key} is missing" for key in wanted.keys() - held.keys()]
    found += [f"{what} {key} should not be there" for key in held.keys() - wanted.keys()]
    found += [
        f"{what} {key}: {held[key]} instead of {wanted[key]}"
        for key in wanted.keys() & held.keys()
        if wanted[key] != held[key]
    ]
    return found


def _orders(connected: Connected, state: dict[str, Any]) -> list[str]:
    visible = [_as_told(connected, order) for order in state["orders"] if is_order(order)]
    wanted = {
        str(order["id"]): (order["total"], order["tax"], order["discount"], order["refunded"])
        for order in visible
    }
    held = {
        str(row["external_id"] or row["wc_order_id"]): tuple(
            round(row[name] * 100)
            for name in ("total", "tax_total", "discount_total", "refunded_total")
        )
        for row in connected.rows("SELECT * FROM insights.orders")
    }
    twins = {
        row["order_id"]: round(row["total_amount"] * 100)
        for row in connected.rows("SELECT * FROM connect.platform_order WHERE status <> 'deleted'")
    }
    totals = {key: amounts[0] for key, amounts in wanted.items()}
    return _compare("order", wanted, held) + _compare("connect order", totals, twins)


def _as_told(connected: Connected, order: dict[str, Any]) -> dict[str, Any]:
    """Vendure's totals read 0 once an order is cancelled, and so do the quantities of its lines."""
    if connected.platform != Platform.VENDURE or order["stage"] != "cancelled":
        return order
    lines = [line | {"quantity": 0} for line in order["lines"]]
    return order | {"total": 0, "tax": 0, "discount": 0, "lines": lines}


def is_order(order: dict[str, Any]) -> bool:
    return order["status"] != "trash" and order["placed_at"] is not None


def _lines(connected: Connected, state: dict[str, Any]) -> list[str]:
    wanted = {
        str(line["id"]): (line["quantity"], line["sku"] or None)
        for order in state["orders"]
        if is_order(order)
        for line in _as_told(connected, order)["lines"]
    }
    found = []
    for table in ("insights.order_items", "connect.order_item"):
        held = {
            row["line_id"]: (row["quantity"], _given_sku(row["sku"]))
            for row in connected.rows(f"SELECT * FROM {table}")
        }
        found += _compare(f"line in {table}", wanted, held)
    return found


def _given_sku(sku: str | None) -> str | None:
    return None if sku is None or ":" in sku else sku


def _refunds(connected: Connected, state: dict[str, Any]) -> list[str]:
    wanted = {
        str(refund["id"]): refund["amount"]
        for order in state["orders"]
        if is_order(order)
        for refund in order["refunds"]
    }
    held = {
        str(row["external_id"] or row["wc_refund_id"]): round(row["amount"] * 100)
        for row in connected.rows("SELECT * FROM insights.refunds WHERE order_id IS NOT NULL")
    }
    return _compare("refund", wanted, held)


def _customers(connected: Connected, state: dict[str, Any]) -> list[str]:
    buyers = [each for each in state["customers"] if each["role"] == "customer"]
    wanted = {str(each["id"]): each["email"] for each in buyers}
    # An account of staff that has ordered is known as the order names it, until the next full sync.
    staff = {str(each["id"]) for each in state["customers"]} - wanted.keys()
    held = {
        row["customer_id"]: row["email"]
        for row in connected.rows("SELECT * FROM connect.platform_customer")
        if row["customer_id"] not in staff
    }
    return _compare("customer", wanted, held)


def _products(connected: Connected, state: dict[str, Any]) -> list[str]:
    wanted = {str(each["id"]): each["title"] for each in state["products"]}
    held = {
        str(row["external_id"] or row["wc_product_id"]): row["name"]
        for row in connected.rows("SELECT * FROM insights.products")
    }
    return _compare("product", wanted, held)

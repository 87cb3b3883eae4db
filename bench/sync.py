"""A full and an incremental sync of 100,000 WooCommerce orders: backshop, dlt, and the limit.

Side by side in one run against one local server: each contender is a process of its own, timed
from its start to its end, with a database of its own in one Postgres. dlt comes with an environment
of its own, made when it is first needed. `ORDERS=20000 ROUNDS=1` makes it a short run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from uuid import uuid4

import psutil
import psycopg
from backshop import platforms
from backshop.db import migrations
from backshop.platforms.api import Deadline
from backshop.platforms.ports import Credentials
from backshop.sync.models import JobKey
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bench.syncing.given import Given
from local import postgres
from shops.running import RunningShop, running

ROOT = Path(__file__).parents[1]
HERE = ROOT / "bench" / "syncing"
DLT = ROOT / ".local" / "bench-dlt"
DLT_VERSION = "1.31.0"
PASSWORD = "for the bench alone"
ORDERS = int(os.environ.get("ORDERS", "100000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
GOALS = {"dlt": 7.0, "dlt, fastest": 1.6, "limit": 0.35}
MEGABYTES = 150


@dataclass
class Took:
    seconds: float
    cpu: float
    megabytes: float


def main() -> None:
    python = dlt_python()
    with tempfile.TemporaryDirectory(prefix="backshop-bench-") as folder:
        Path(folder).chmod(0o711)
        with postgres.running(Path(folder)) as server:
            print(f"filling a shop with {ORDERS:,} orders …", flush=True)
            with running("woocommerce", orders=ORDERS, seed=1) as shop:
                Bench(server, shop, python).run()


def dlt_python() -> Path:
    python = DLT / "bin" / "python"
    uv = ROOT / ".venv" / "bin" / "uv"
    if not python.exists():
        print(f"setting up dlt {DLT_VERSION} in {DLT.relative_to(ROOT)} …", flush=True)
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, DLT], check=True)
        wanted = [f"dlt[postgres]=={DLT_VERSION}", "orjson", "psycopg[binary]"]
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *wanted], check=True)
    return python


class Bench:
    def __init__(self, server: postgres.Server, shop: RunningShop, dlt: Path) -> None:
        self.server = server
        self.shop = shop
        self.dlt = dlt
        self.contenders: dict[str, Callable[[str, str], Took]] = {
            "limit": self.limit,
            "backshop": self.backshop,
            "dlt": lambda base, since: self.run_dlt(base, since, fast=False),
            "dlt, fastest": lambda base, since: self.run_dlt(base, since, fast=True),
        }

    def run(self) -> None:
        read(self.shop, "orders", pages=20)
        full: dict[str, list[Took]] = {name: [] for name in self.contenders}
        for number in range(ROUNDS):
            for name, contender in self.contenders.items():
                took = contender(f"bench_{number}", "")
                full[name].append(took)
                print(f"  {name:13} {ORDERS / took.seconds:9,.0f} orders/s", flush=True)
        show_full(full)
        mark = newest(self.shop)
        changed = len(self.shop.change(fraction=0.01))
        rows = {name: self.contenders[name]("bench_0", mark) for name in self.contenders}
        show_changes(rows, changed, full)
        self.show_rewritten()

    # -- contenders

    def limit(self, base: str, since: str) -> Took:
        self.make(f"limit_{base}")
        spec = self.given(f"limit_{base}", since)
        return timed([sys.executable, HERE / "limit_run.py"], spec)

    def run_dlt(self, base: str, since: str, *, fast: bool) -> Took:
        name = f"dlt_{'fast_' if fast else ''}{base}"
        self.make(name)
        spec = self.given(name, since)
        spec.fast = fast
        return timed([self.dlt, HERE / "dlt_run.py"], spec)

    def backshop(self, base: str, since: str) -> Took:
        name = f"backshop_{base}"
        if self.make(name):
            self.migrate(name)
        url = self.server.url("backshop_owner", PASSWORD, name)
        with psycopg.connect(url, autocommit=True, row_factory=dict_row) as owner:
            key = self.job(owner, "incremental" if since else "full")
        spec = self.given(name, "")
        spec.run = key.model_dump_json()
        spec.database_url = self.server.url("backshop_service", PASSWORD, name)
        return timed([sys.executable, HERE / "backshop_run.py"], spec)

    # -- their databases

    def make(self, name: str) -> bool:
        """Whether the database is new."""
        with psycopg.connect(self.superuser("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone():
                return False
            connection.execute(f'CREATE DATABASE "{name}"')
            return True

    def superuser(self, name: str) -> str:
        return self.server.url(postgres.SUPERUSER, self.server.password, name)

    def given(self, name: str, since: str) -> Given:
        credentials = self.shop.credentials
        return Given(
            shop_url=self.shop.url,
            key=credentials["api_key"],
            secret=credentials["secret"],
            database_url=self.superuser(name),
            schema="shop",
            since=since,
        )

    def migrate(self, name: str) -> None:
        with psycopg.connect(self.superuser("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}"')
        postgres.create_database(self.server, PASSWORD, name)
        migrations.migrate(
            self.server.url("backshop_owner", PASSWORD, name),
            passwords=dict.fromkeys(migrations.LOGINS, PASSWORD),
            capability_key=b"a key of forty bytes for the bench alone",
            say=lambda _line: None,
        )
        with psycopg.connect(
            self.server.url("backshop_owner", PASSWORD, name), autocommit=True
        ) as owner:
            add_store(owner, self.shop.url, said_by(self.shop))

    def job(self, owner: psycopg.Connection[dict[str, Any]], type: str) -> JobKey:
        """A run of the orders alone, as the others have it; its stores are the only one there
        is."""
        store = owner.execute("SELECT id FROM backshop.stores").fetchone()
        assert store is not None
        run = owner.execute(
            "INSERT INTO insights.sync_logs (store_id, sync_type) VALUES (%s, %s) RETURNING id",
            [store["id"], type],
        ).fetchone()
        assert run is not None
        owner.execute(
            "INSERT INTO backshop.sync_jobs (store_id, run_id, resource) VALUES (%s, %s, 'orders')",
            [store["id"], run["id"]],
        )
        return JobKey(store_id=store["id"], run_id=run["id"], resource="orders")

    def show_rewritten(self) -> None:
        """Rows that the incremental sync touched, of tables that hold orders."""
        url = self.superuser("backshop_bench_0")
        with psycopg.connect(url) as connection:
            rows = connection.execute(
                """SELECT relid::regclass::text, n_tup_ins, n_tup_upd FROM pg_stat_user_tables
                   WHERE relname IN ('orders', 'platform_order', 'order_items', 'order_item')
                     AND schemaname IN ('insights', 'connect') ORDER BY 1"""
            ).fetchall()
        for table, inserted, updated in rows:
            print(f"  {table:26} {inserted:9,} rows inserted in all, {updated:7,} updated")


def said_by(shop: RunningShop) -> dict[str, Any]:
    """What a run's first job, which is not measured here, notes of the shop."""
    os.environ["LOCAL_SHOPS"] = "yes"
    held = shop.credentials
    opened = Credentials(url=shop.url, api_key=held["api_key"], secret=held["secret"])
    with closing(platforms.load("woocommerce").open(opened, Deadline())) as asked:
        facts = asked.facts()
    return {"currency": facts.currency, **facts.settings}


def add_store(owner: psycopg.Connection[Any], url: str, settings: dict[str, Any]) -> None:
    id = uuid4()
    owner.execute(
        """INSERT INTO backshop.stores (id, platform, store_url, settings)
           VALUES (%s, 'woocommerce', %s, %s)""",
        [id, url, Jsonb(settings)],
    )
    owner.execute(
        "INSERT INTO insights.stores (id, store_id, store_url, api_key_hash)"
        " VALUES (%(id)s, %(id)s, %(url)s, 'none')",
        {"id": id, "url": url},
    )
    owner.execute(
        """INSERT INTO connect.connector_config
             (id, store_id, platform, store_url, api_key, secret, webhook_secret)
           VALUES (%(id)s, %(id)s, 'woocommerce', %(url)s, 'given', 'given', 'given')""",
        {"id": id, "url": url},
    )


def timed(command: list[Any], spec: Given) -> Took:
    """The whole process and those it starts: wall and processor time, and the most memory."""
    began = perf_counter()
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'shared'}:{HERE}"}
    child = subprocess.Popen([*map(str, command), json.dumps(asdict(spec))], cwd=ROOT, env=env)
    sizes = [0.0]
    looking = threading.Thread(target=look_at, args=(child.pid, sizes))
    looking.start()
    _, status, used = os.wait4(child.pid, 0)
    seconds = perf_counter() - began
    looking.join()
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{command[-1]} ended with {child.returncode}")
    return Took(seconds, used.ru_utime + used.ru_stime, max(sizes))


def look_at(pid: int, sizes: list[float]) -> None:
    """Note what the process and its children hold, in MB, until it ends; what they share counts
    once (PSS)."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        while process.status() != psutil.STATUS_ZOMBIE:
            family = [process, *process.children(recursive=True)]
            sizes.append(sum(map(megabytes, family)))
            sleep(0.2)


def megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 2**20
    except (psutil.Error, AttributeError):  # it ended, or a system without PSS
        return 0.0


def read(shop: RunningShop, path: str, pages: int) -> None:
    """Let the server render its orders, so that the first contender does not wait for it."""
    import httpx

    auth = (shop.credentials["api_key"], shop.credentials["secret"])
    with httpx.Client(base_url=f"{shop.url}/wp-json/wc/v3/", auth=auth, timeout=120) as client:
        for page in range(1, ORDERS // 100 + pages):
            client.get(path, params={"per_page": 100, "page": page, "orderby": "id"})


def newest(shop: RunningShop) -> str:
    moment = max(order["updated_at"] for order in shop.state()["orders"])
    return datetime.fromtimestamp(moment / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def show_full(full: dict[str, list[Took]]) -> None:
    speed = {
        name: statistics.median(ORDERS / took.seconds for took in rounds)
        for name, rounds in full.items()
    }
    print(f"\n  full sync of {ORDERS:,} orders, medians of {ROUNDS}")
    for name, rounds in full.items():
        cpu = statistics.median(took.cpu for took in rounds) / ORDERS * 1e6
        memory = max(took.megabytes for took in rounds)
        print(
            f"  {name:13} {speed[name]:9,.0f} orders/s  {cpu:6.0f} µs of client an order  {memory:6.0f} MB"
        )
    for name, goal in GOALS.items():
        ratio = speed["backshop"] / speed[name]
        print(
            f"  backshop is {ratio:.2f} × {name} (goal {goal}: {'met' if ratio >= goal else 'missed'})"
        )
    memory = max(took.megabytes for took in full["backshop"])
    print(
        f"  backshop's peak is {memory:.0f} MB (goal {MEGABYTES}: {'met' if memory < MEGABYTES else 'missed'})"
    )


def show_changes(rows: dict[str, Took], changed: int, full: dict[str, list[Took]]) -> None:
    print(f"\n  incremental sync, {changed:,} of {ORDERS:,} orders changed")
    for name, took in rows.items():
        whole = statistics.median(each.seconds for each in full[name])
        print(f"  {name:13} {took.seconds:7.2f} s, {took.seconds / whole:.1%} of its full sync")


if __name__ == "__main__":
    main()

"""`make load`: a realistic mix against the stack of `make run`, from this second process.

First each route alone, unloaded. Then deliveries at a rate that doubles until the stack's own
backlog begins to grow. Then half of that rate for some minutes, while a shop of many orders, which
is as slow as a real one, is synced. Calls are sent when they are due, whatever became of those
before, and their time counts from when they were due.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import json
import random
import statistics
import sys
import time
from base64 import b64encode
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import psycopg

from cli import places, queues
from shops import running as shops

ROOT = Path(__file__).resolve().parents[1]
RECORDINGS = ROOT / "shops" / "recordings"
STEP_SECONDS = 20.0
FIRST_RATE = 4.0
"""Deliveries a second."""
MOST_RATE = 512.0
OTHERS = 0.25
"""Other calls for each delivery."""
GROWS = 2.0
"""The backlog grows where, through the last quarter of a step, it is never shorter than so many
seconds' deliveries. A moment says nothing: a batch that is filling waits for a second anyway.
Calls that nobody has answered belong to it: where receiving is the slower part, no queue grows."""
LATENCY_SECONDS = 0.4
"""Of a page of a real shop, as WooCommerce on a small host answers."""
ALONE = 15
"""Calls of each route when nothing else happens; one more before them wakes it up."""
GOAL = 10.0
numbers = count(700_000_000 + int(time.time()) % 1_000_000 * 100)


@dataclass(frozen=True)
class Call:
    route: str
    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


Make = Callable[[], Call]


# ------------------------------------------------------------------ what is called


def deliveries(about: dict[str, Any], domain: str) -> list[Make]:
    """A new order of each platform, signed as its shop would."""
    shops_of = {each["platform"]: each for each in about["connectors"]}
    woo = json.loads(
        (RECORDINGS / "woocommerce-11.0.1/webhooks/019_order.created.body").read_text()
    )
    shopify = json.loads((RECORDINGS / "shopify-2026-07/orders_updated.json").read_text())
    vendure = json.loads((RECORDINGS / "vendure-3.7.3/order_final.json").read_text())
    vendure = vendure["body"]["data"]["order"]

    def mac(platform: str, body: bytes) -> bytes:
        return hmac.new(shops_of[platform]["webhook_secret"].encode(), body, sha256).digest()

    def of_woocommerce() -> Call:
        number = next(numbers)
        body = json.dumps(woo | {"id": number, "number": str(number)}).encode()
        headers = {
            "X-WC-Webhook-Topic": "order.updated",
            "X-WC-Webhook-Signature": b64encode(mac("woocommerce", body)).decode(),
            "X-WC-Webhook-Delivery-ID": str(number),
        }
        return _delivery(shops_of["woocommerce"], headers, body)

    def of_shopify() -> Call:
        number = next(numbers)
        body = json.dumps(shopify | {"id": number, "name": f"#{number}"}).encode()
        headers = {
            "X-Shopify-Topic": "orders/updated",
            "X-Shopify-Shop-Domain": domain,
            "X-Shopify-Api-Version": "2026-07",
            "X-Shopify-Webhook-Id": str(number),
            "X-Shopify-Triggered-At": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "X-Shopify-Hmac-Sha256": b64encode(mac("shopify", body)).decode(),
        }
        return _delivery(shops_of["shopify"], headers, body)

    def of_vendure() -> Call:
        number, at = next(numbers), time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        content = {
            "deliveryId": str(number),
            "event": "order.updated",
            "createdAt": at,
            "channel": "__default_channel__",
            "data": vendure | {"id": str(number), "code": f"L{number}", "updatedAt": at},
        }
        body, stamp = json.dumps(content).encode(), str(int(time.time()))
        headers = {
            "X-Vendure-Event": "order.updated",
            "X-Vendure-Delivery": str(number),
            "X-Vendure-Timestamp": stamp,
            "X-Vendure-Signature": "sha256=" + mac("vendure", f"{stamp}.".encode() + body).hex(),
        }
        return _delivery(shops_of["vendure"], headers, body)

    return [of_woocommerce, of_shopify, of_vendure]


def _delivery(shop: dict[str, Any], headers: dict[str, str], body: bytes) -> Call:
    kind = {"Content-Type": "application/json"}
    route = f"POST /webhooks ({shop['platform']})"
    return Call(route, "POST", shop["webhook_path"], headers | kind, body)


def others(about: dict[str, Any], desk: str, order: str) -> list[Make]:
    """What people do: shoppers track and calculate, staff look at lists and at the desk."""
    shop = next(each for each in about["connectors"] if each["platform"] == "woocommerce")
    store = shop["id"]
    staff = {"Authorization": f"Bearer {about['staff_key']}"}
    own = {"Authorization": f"Bearer {shop['store_key']}"}
    cookie = {"Cookie": desk}
    measures = json.loads((ROOT / "events/projects_api/quantities.json").read_text())["body"]
    kind = {"Content-Type": "application/json"}
    made = [
        Call("GET /track", "GET", "/track"),
        Call("POST /quantities", "POST", "/quantities", kind, measures.encode()),
        Call("GET /connectors", "GET", "/connectors", staff),
        Call("GET /connectors/{id}/orders", "GET", f"/connectors/{store}/orders", own),
        Call("GET /connectors/{id}/orders/{order_id}", "GET", f"/connectors/{store}/orders/{order}", own),
        Call("GET /connectors/{id}/webhooks", "GET", f"/connectors/{store}/webhooks", staff),
        Call("GET /today", "GET", f"/today?store_id={store}", staff),
        Call("GET /desk/{store}/orders", "GET", f"/desk/{store}/orders", cookie),
        Call("GET /insights/dashboard", "GET", "/insights/dashboard", own),
    ]  # fmt: skip
    return [lambda each=each: each for each in made]  # type: ignore[misc]


# ------------------------------------------------------------------ how it is called


class Driver:
    """Sends calls when they are due, and keeps how long each took and what it was answered."""

    def __init__(self, session: aiohttp.ClientSession, seed: int) -> None:
        self._session = session
        self._dice = random.Random(seed)
        self.taken: dict[str, list[float]] = defaultdict(list)
        self.failed: dict[str, int] = defaultdict(int)
        self.under_way = 0
        self.example: dict[str, str] = {}
        """Of each route, what a call that failed was answered."""

    async def call(self, call: Call, due: float) -> None:
        self.under_way += 1
        try:
            async with self._session.request(
                call.method, call.path, data=call.body, headers=call.headers, allow_redirects=False
            ) as answer:
                text = (await answer.read()).decode(errors="replace")
                is_fine = answer.status < 400
                if not is_fine:
                    self.example[call.route] = f"{answer.status} {text[:200]}"
        except (aiohttp.ClientError, TimeoutError):
            is_fine = False
        self.under_way -= 1
        self.taken[call.route].append(time.monotonic() - due)
        if not is_fine:
            self.failed[call.route] += 1

    async def alone(self, makes: list[Make]) -> dict[str, float]:
        """The median of each route when it is called by itself, one call after the other."""
        for make in makes:
            for _ in range(ALONE + 1):
                await self.call(make(), time.monotonic())
        medians = {route: statistics.median(each[1:]) for route, each in self.taken.items()}
        self.taken.clear()
        return medians

    async def at(self, rate: float, seconds: float, first: list[Make], second: list[Make]) -> None:
        """So many deliveries a second and a share of other calls."""
        begun, tasks, number = time.monotonic(), set(), 0
        while (due := begun + number / rate) < begun + seconds:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            makes = [first[number % len(first)]]
            if self._dice.random() < OTHERS:
                makes.append(self._dice.choice(second))
            for make in makes:
                task = asyncio.create_task(self.call(make(), due))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            number += 1
        if tasks:
            await asyncio.wait(tasks, timeout=60)


@dataclass
class Stack:
    """The running one, from outside."""

    place: places.Place
    about: dict[str, Any]
    pid: int

    def backlog(self) -> int:
        return sum(each.waiting + each.in_flight for each in queues.queues(self.place))

    async def until_empty(self, seconds: float) -> int:
        """Wait until nothing waits, or for so long; what is left."""
        ends = time.monotonic() + seconds
        while (left := await asyncio.to_thread(self.backlog)) and time.monotonic() < ends:
            await asyncio.sleep(1)
        return left

    def processor(self) -> dict[int, tuple[str, float]]:
        """Of each process that runs now, by its id: what it is, and processor seconds so far."""
        spent: dict[int, tuple[str, float]] = {}
        for process in [
            psutil.Process(self.pid),
            *psutil.Process(self.pid).children(recursive=True),
        ]:
            try:
                times = process.cpu_times()
                spent[process.pid] = (self._name(process), times.user + times.system)
            except psutil.Error:
                continue
        return spent

    def _name(self, process: psutil.Process) -> str:
        line = process.cmdline()
        if process.pid == self.pid:
            return "gateway and pollers"
        if "awslambdaric" in line:
            return f"function {line[-1].partition('.')[0]}"
        if "shops" in line:
            return "shops"
        return "Postgres" if "postgres" in process.name() else "queues and other AWS"

    def connections(self) -> int:
        with psycopg.connect(self.about["database_urls"]["owner"]) as owner:
            row = owner.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'backshop%'"
            ).fetchone()
        return int(row[0]) if row else 0


# ------------------------------------------------------------------ the run


async def run(stack: Stack, minutes: float, orders: int, seed: int) -> bool:
    timeout = aiohttp.ClientTimeout(total=60)
    connector = aiohttp.TCPConnector(limit=0)
    base = stack.about["base_url"]
    async with aiohttp.ClientSession(base, timeout=timeout, connector=connector) as session:
        driver = Driver(session, seed)
        while not (domain := await _domain(stack)) or not await _order(stack):
            say("waiting for the first sync of the demo shops")
            await asyncio.sleep(5)
        first = deliveries(stack.about, domain)
        second = others(stack.about, await _desk(session, stack), await _order(stack))
        await _widest_plan(session, stack)
        say("each route alone")
        alone = await driver.alone(first + second)
        await stack.until_empty(120)
        limit = await find_limit(stack, driver, first, second)
        say(f"the backlog begins to grow at {limit:g} deliveries a second")
        await stack.until_empty(600)
        driver.taken.clear()
        driver.failed.clear()
        async with big_sync(session, stack, orders) as progress:
            before, begun = stack.processor(), time.monotonic()
            seen = dict(before)
            say(
                f"{limit / 2:g} deliveries a second for {minutes:g} minutes, beside a sync of {orders:,}"
            )
            watching = asyncio.create_task(watch(stack, seen))
            await driver.at(limit / 2, minutes * 60, first, second)
            seconds = time.monotonic() - begun
            watching.cancel()
            seen.update(stack.processor())
            connections, read = stack.connections(), await progress()
        await asyncio.sleep(60)
        left = await asyncio.to_thread(stack.backlog)
    return tell(driver, alone, limit, seconds, spent(before, seen), connections, read, left)


async def find_limit(stack: Stack, driver: Driver, first: list[Make], second: list[Make]) -> float:
    """The first rate whose backlog grows, or at which calls fail: doubled until one does, and then
    tried half way back."""

    async def grows(rate: float) -> bool:
        await stack.until_empty(600)
        failed = sum(driver.failed.values())
        step = asyncio.create_task(driver.at(rate, STEP_SECONDS, first, second))
        await asyncio.sleep(0.75 * STEP_SECONDS)
        waiting = []
        for _ in range(10):
            waiting.append(await asyncio.to_thread(stack.backlog) + driver.under_way)
            await asyncio.sleep(STEP_SECONDS / 40)
        await step
        failed = sum(driver.failed.values()) - failed
        say(f"{rate:g} a second: {min(waiting)} to {max(waiting)} wait at its end, {failed} failed")
        return failed > 0 or min(waiting) > GROWS * rate

    rate = FIRST_RATE
    while rate < MOST_RATE and not await grows(rate):
        rate *= 2
    return rate * 0.75 if await grows(rate * 0.75) else rate


async def watch(stack: Stack, seen: dict[int, tuple[str, float]]) -> None:
    """Says what waits, and notes processes that may have ended before the run does."""
    while True:
        await asyncio.sleep(15)
        say(f"  {await asyncio.to_thread(stack.backlog)} messages wait")
        seen.update(await asyncio.to_thread(stack.processor))


def spent(
    before: dict[int, tuple[str, float]], seen: dict[int, tuple[str, float]]
) -> dict[str, float]:
    """Processor seconds by what ran."""
    total: dict[str, float] = defaultdict(float)
    for pid, (name, seconds) in seen.items():
        total[name] += seconds - before.get(pid, (name, 0.0))[1]
    return total


@asynccontextmanager
async def big_sync(session: aiohttp.ClientSession, stack: Stack, orders: int) -> AsyncIterator[Any]:
    """A WooCommerce shop of so many orders, slow, that is being read for the first time."""
    staff = {"Authorization": f"Bearer {stack.about['staff_key']}"}
    say(f"making a shop of {orders:,} orders")
    with shops.running("woocommerce", orders=orders, customers=orders // 10) as shop:
        shop.faults(latency=LATENCY_SECONDS)
        body = {
            "platform": "woocommerce",
            "store_url": shop.url,
            "api_key": shop.credentials["api_key"],
            "secret": shop.credentials["secret"],
            "settings": {"currency": "USD", "time_zone": "America/New_York"},
        }
        async with session.post("/connectors", json=body, headers=staff) as answer:
            made = await answer.json()
            if answer.status != 201:
                raise SystemExit(f"the shop was not connected: {made}")

        async def progress() -> int:
            with psycopg.connect(stack.about["database_urls"]["owner"]) as owner:
                row = owner.execute(
                    "SELECT sum(records) FROM backshop.sync_jobs WHERE store_id = %s", [made["id"]]
                ).fetchone()
            return int(row[0] or 0) if row else 0

        try:
            yield progress
        finally:
            async with session.delete(f"/connectors/{made['id']}", headers=staff):
                pass


async def _desk(session: aiohttp.ClientSession, stack: Stack) -> str:
    form = {"staff_key": stack.about["staff_key"]}
    headers = {"Sec-Fetch-Site": "same-origin"}
    async with session.post(
        "/desk/sign-in", data=form, headers=headers, allow_redirects=False
    ) as answer:
        return "; ".join(f"{name}={each.value}" for name, each in answer.cookies.items())


async def _widest_plan(session: aiohttp.ClientSession, stack: Stack) -> None:
    """For the shop whose dashboard is called: a smaller plan refuses what is measured here."""
    shop = next(each for each in stack.about["connectors"] if each["platform"] == "woocommerce")
    staff = {"Authorization": f"Bearer {stack.about['staff_key']}"}
    changed = {"plan": "agency"}
    async with session.patch(f"/connectors/{shop['id']}", json=changed, headers=staff) as answer:
        answer.raise_for_status()


async def _order(stack: Stack) -> str:
    """An order of the demo shop; empty before its first sync."""
    statement = "SELECT order_id FROM connect.platform_order WHERE store_id = %s LIMIT 1"
    return str(_one(stack, statement, "woocommerce") or "")


async def _domain(stack: Stack) -> str:
    found = _one(
        stack, "SELECT shop_domain FROM connect.connector_config WHERE store_id = %s", "shopify"
    )
    return str(found or "")


def _one(stack: Stack, statement: str, platform: str) -> Any:
    shop = next(each for each in stack.about["connectors"] if each["platform"] == platform)
    with psycopg.connect(stack.about["database_urls"]["owner"]) as owner:
        row = owner.execute(statement.encode(), [shop["id"]]).fetchone()
    return row[0] if row else None


def tell(
    driver: Driver,
    alone: dict[str, float],
    limit: float,
    seconds: float,
    spent: dict[str, float],
    connections: int,
    read: int,
    left: int,
) -> bool:
    """Print the tables; whether the goals were reached."""
    calls = sum(len(each) for each in driver.taken.values())
    print(f"limit {limit:g} deliveries a second; {calls:,} calls in {seconds:.0f} s at half of it")
    print("| route | calls | failed | alone | p50 | p95 | p99 | p99 / alone |")
    print("|---|---|---|---|---|---|---|---|")
    worst = 0.0
    for route, taken in sorted(driver.taken.items()):
        cuts = (
            statistics.quantiles(taken, n=100, method="inclusive") if len(taken) > 1 else taken * 99
        )
        ratio = cuts[98] / alone[route]
        worst = max(worst, ratio)
        times = " | ".join(
            f"{each * 1000:,.0f} ms" for each in (alone[route], cuts[49], cuts[94], cuts[98])
        )
        print(f"| `{route}` | {len(taken):,} | {driver.failed[route]:,} | {times} | {ratio:.1f} |")
    for route, example in driver.example.items():
        print(f"  {route}: {example}")
    print("\n| what runs | cores |\n|---|---|")
    for name, each in sorted(spent.items(), key=lambda item: -item[1])[:8]:
        print(f"| {name} | {each / seconds:.2f} |")
    print(
        f"\n{connections} connections, {read:,} records of the sync read, {left} messages a minute "
        f"after; p99 at most {worst:.1f} x alone (goal {GOAL:g})"
    )
    return worst <= GOAL and not left and not any(driver.failed.values())


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--state", type=Path, default=ROOT / ".local", help="of the running stack")
    parser.add_argument("--minutes", type=float, default=5.0, help="at half the rate (default: 5)")
    parser.add_argument("--orders", type=int, default=100_000, help="of the sync beside it")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    stack = Stack(
        places.local(arguments.state),
        json.loads((arguments.state / "stack.json").read_text()),
        json.loads((arguments.state / "host.json").read_text())["pid"],
    )
    return 0 if asyncio.run(run(stack, arguments.minutes, arguments.orders, arguments.seed)) else 1


if __name__ == "__main__":
    sys.exit(main())

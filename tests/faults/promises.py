"""What has to be true in the end, whatever went wrong: each promise and what breaks it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

import httpx

from tests.faults import load
from tests.faults.proxy import Accepted
from tests.faults.world import World
from tests.private_lines import PRIVATE

EXAMPLES = 5


@dataclass
class Checked:
    """A promise, how many things it was checked on, and which of them broke it."""

    promise: str
    number: int
    broken: list[str] = field(default_factory=list)
    note: str = ""

    @property
    def result(self) -> str:
        if not self.number:
            return "NOT TRIED"
        kept = f"{max(0, self.number - len(self.broken)):,} of {self.number:,}"
        return f"{kept}{self.note}" if not self.broken else f"BROKEN: {kept}{self.note}"

    @property
    def holds(self) -> bool:
        return bool(self.number) and not self.broken


# ------------------------------------------------------------------ nothing lost


@dataclass(frozen=True)
class State:
    """A state of an order, as a webhook told it."""

    platform: str
    id: str
    changed_at: datetime


def told(world: World) -> dict[tuple[str, str], datetime]:
    """When each order changed last, by the accepted webhooks: by platform and id."""
    platforms = {shop.id: platform for platform, shop in world.shops.items()}
    newest: dict[tuple[str, str], datetime] = {}
    for each in world.relay.accepted:
        state = _state(platforms.get(each.connector, ""), each)
        if state:
            key = (state.platform, state.id)
            newest[key] = max(state.changed_at, newest.get(key, state.changed_at))
    return newest


_TOPICS = {
    "shopify": ("x-shopify-topic", "orders/"),
    "woocommerce": ("x-wc-webhook-topic", "order."),
    "vendure": ("x-vendure-event", "order."),
}
_CHANGED = {"shopify": "updated_at", "woocommerce": "date_modified_gmt", "vendure": "updatedAt"}


def _state(platform: str, accepted: Accepted) -> State | None:
    header, topic = _TOPICS.get(platform, ("", " "))
    if not accepted.headers.get(header, "").startswith(topic):
        return None
    body = json.loads(accepted.body)
    order = body["data"] if platform == "vendure" else body
    changed = order.get(_CHANGED[platform])
    if not changed:
        return None
    at = datetime.fromisoformat(changed)
    return State(platform, str(order["id"]), at if at.tzinfo else at.replace(tzinfo=UTC))


def nothing_is_lost(world: World) -> Checked:
    """Each delivery that was accepted is saved: its mark is made in the transaction that does
    it."""
    rows = world.rows("SELECT store_id, body_sha256, status FROM backshop.received_webhooks")
    saved = {
        (str(row["store_id"]), row["body_sha256"]): row["status"]
        for row in sorted(rows, key=lambda row: row["status"] == "saved")
    }
    accepted = {
        (each.connector, sha256(each.body).hexdigest()): each for each in world.relay.accepted
    }
    lost = [
        f"{_topic(each)} is {saved.get(key, 'nowhere')}: {each.headers}"
        for key, each in accepted.items()
        if saved.get(key) != "saved"
    ]
    return Checked("every accepted webhook is saved", len(accepted), lost, " webhooks")


def _topic(accepted: Accepted) -> str:
    names = [header for header, _ in _TOPICS.values()]
    return next((accepted.headers[each] for each in names if each in accepted.headers), "")


def newest_wins(world: World) -> Checked:
    """Orders whose last state came by an accepted webhook are as their shop has them."""
    newest, broken, number = told(world), [], 0
    for platform, shop in world.shops.items():
        wanted, held = shop.wanted(), shop.held("connect")
        for order in shop.server.state()["orders"]:
            last = newest.get((platform, str(order["id"])))
            at = datetime.fromtimestamp(order["updated_at"] / 1e6, UTC)
            if last is None or order["id"] not in wanted or (at - last) > timedelta(seconds=1):
                continue
            number += 1
            if held.get(order["id"]) != wanted[order["id"]]:
                broken.append(f"{platform} {order['id']}: {held.get(order['id'])}")
    return Checked("an older state never replaces a newer one", number, broken, " orders")


def contexts_agree(world: World) -> Checked:
    """Every saved order is in the ledger and in both contexts, with one total."""
    rows = world.rows(
        """SELECT s.platform, v.external_id AS id, c.total_amount, i.total
           FROM backshop.record_versions AS v
           JOIN backshop.stores AS s ON s.id = v.store_id
           LEFT JOIN connect.platform_order AS c
             ON c.store_id = v.store_id AND c.order_id = v.external_id
           LEFT JOIN insights.orders AS i
             ON i.store_id = v.store_id AND i.wc_order_id::text = v.external_id
           WHERE v.kind = 'order' AND NOT v.deleted"""
    )
    unclaimed = world.rows(
        """SELECT store_id, order_id FROM connect.platform_order AS c
           WHERE NOT EXISTS (SELECT FROM backshop.record_versions AS v WHERE v.kind = 'order'
                             AND v.store_id = c.store_id AND v.external_id = c.order_id)"""
    )
    broken = [
        f"{row['platform']} {row['id']}: {row['total_amount']} and {row['total']}"
        for row in rows
        # A cart is in the ledger alone.
        if row["total_amount"] != row["total"]
    ]
    broken += [f"{row['order_id']} is saved without a version" for row in unclaimed]
    return Checked("a delivery is saved in all contexts or in none", len(rows), broken, " orders")


def no_orphans(world: World) -> Checked:
    found = world.rows("SELECT child, name, orphans FROM backshop.orphans()")
    [row] = world.rows("SELECT count(*) AS number FROM backshop.references_as_sets()")
    broken = [f"{each['child']} {each['name']}: {each['orphans']}" for each in found]
    return Checked("no row points nowhere", row["number"], broken, " references")


# ------------------------------------------------------------------ nothing doubled


def refunds_once(world: World) -> Checked:
    statuses = {
        str(row["id"]): row["status"]
        for row in world.rows("SELECT id, status FROM connect.refund_request")
    }
    made: Counter[str] = Counter()
    for platform, server in world.servers().items():
        own = {id for id, (at, _) in world.done.refunds.items() if at == platform}
        for order in server.state()["orders"]:
            for refund in order["refunds"]:
                made.update(id for id in own if id in refund["reason"])
    broken = []
    for id, (platform, order) in world.done.refunds.items():
        wanted = {"processed": 1, "failed": 0}.get(statuses.get(id, ""), -1)
        if made[id] != wanted:
            broken.append(f"{platform} order {order}: {statuses.get(id)}, made {made[id]} times")
    failed = sum(statuses.get(id) == "failed" for id in world.done.refunds)
    note = f" requests ({failed} failed)" if failed else " requests"
    return Checked("a refund is made once", len(world.done.refunds), broken, note)


def sms_once(world: World) -> Checked:
    """None twice; the last stage's may be missing only where staff are told that it is in doubt."""
    texts = Counter(each["text"] for each in load.sms(world) if "Your order" in each["text"])
    broken = [f"sent {number} times: {text}" for text, number in texts.items() if number > 1]
    doubtful = {
        row["code"]
        for row in world.rows(
            """SELECT payload->>'order_code' AS code FROM backshop.outbox
               WHERE kind = 'delivery_sms' AND (status = 'failed' OR response ? 'skipped')"""
        )
    }
    words = {"DISPATCHED": "is on its way", "DELIVERED": "has been delivered"}
    words |= {"SOURCING": "is being sourced", "ARRIVED": "has arrived"}
    for code, stage in world.done.stages.items():
        told_of = any(code in text and words[stage] in text for text in texts)
        if not told_of and code not in doubtful:
            broken.append(f"{code} {stage}: nobody was told")
    return Checked("an SMS is sent once", max(len(texts), len(broken)), broken, " texts")


def discounts_once(world: World) -> Checked:
    coupons = Counter(
        customer
        for each in world.servers()["shopify"].state()["coupons"]
        for customer in each["customers"]
    )
    customers = {
        each["email"]: each["id"] for each in world.servers()["shopify"].state()["customers"]
    }
    mailed = Counter(load.to(each) for each in load.mails(world) if "discount" in each["subject"])
    doubtful = len(
        world.rows(
            "SELECT id FROM backshop.outbox WHERE kind = 'discount_message' AND status = 'failed'"
        )
    )
    broken, missing = [], 0
    for email in world.done.surveys:
        if coupons[customers[email]] != 1:
            broken.append(f"{email}: {coupons[customers[email]]} discounts")
        if mailed[email] > 1:
            broken.append(f"{email}: {mailed[email]} mails")
        missing += mailed[email] == 0
    if missing > doubtful:
        broken.append(f"{missing} mails are missing, {doubtful} are in doubt")
    note = f" discounts ({missing} mails in doubt)" if missing else " discounts"
    return Checked("a discount is made and mailed once", len(world.done.surveys), broken, note)


def stages_arrive(world: World) -> Checked:
    held = {
        each["code"]: each["custom"].get("deliveryStage")
        for each in world.servers()["vendure"].state()["orders"]
    }
    broken = [
        f"{code}: {held.get(code)} at the shop, {stage} here"
        for code, stage in world.done.stages.items()
        if held.get(code) != stage
    ]
    return Checked("the shop has the last stage", len(world.done.stages), broken, " parcels")


def repeats_are_the_same(world: World) -> Checked:
    number = len(world.done.refunds) + len(world.done.surveys)
    return Checked(
        "a call that is sent again is answered as the first", number, world.done.doubled, " calls"
    )


# ------------------------------------------------------------------ nothing left, nothing leaked


def nothing_waits(world: World) -> Checked:
    waiting = [f"{number} in {name}" for name, number in world.waiting().items()]
    rows = [f"outbox row {row['id']} ({row['kind']})" for row in world.open_rows()]
    [done] = world.rows("SELECT count(*) AS number FROM backshop.outbox WHERE status <> 'pending'")
    return Checked(
        "queues and outbox are empty in the end",
        done["number"],
        waiting + rows,
        " outbox rows done",
    )


def nothing_of_another_store(world: World) -> Checked:
    tables = world.rows(
        """SELECT format('%%I.%%I', n.nspname, c.relname) AS name FROM pg_class AS c
           JOIN pg_namespace AS n ON n.oid = c.relnamespace
           JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'store_id'
           WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
             AND n.nspname IN ('backshop', 'connect', 'insights', 'kits', 'shade', 'projects')"""
    )
    broken, seen = [], 0
    for platform, shop in world.shops.items():
        for table in tables:
            name = table["name"]
            [row] = world.rows(
                f"""SELECT count(*) FILTER (WHERE store_id = %s) AS own,
                       count(*) FILTER (WHERE store_id <> %s) AS others
                    FROM {name} AS t WHERE to_jsonb(t)::text LIKE %s""",
                shop.id,
                shop.id,
                f"%planted-{platform}-%",
            )
            seen += row["own"]
            if row["others"]:
                broken.append(f"{row['others']} rows of {platform} in {name}")
    return Checked(
        f"no row under another store, in {len(tables)} tables", seen, broken, " rows with a mark"
    )


def nothing_private_is_logged(world: World) -> Checked:
    about = world.stack.about
    secrets = [about["staff_key"]]
    secrets += [
        each[key] for each in about["connectors"] for key in ("webhook_secret", "store_key")
    ]
    broken, number = [], 0
    for path in sorted((world.stack.state / "logs").glob("*.log")):
        for line in path.read_text(errors="replace").splitlines():
            number += 1
            kinds = [kind for kind, pattern in PRIVATE.items() if pattern.search(line)]
            if kinds or load.is_private(line) or any(each in line for each in secrets):
                broken.append(f"{path.stem} ({', '.join(kinds) or 'planted'}): {line[:200]}")
    return Checked("no phone, e-mail address or key is logged", number, broken, " lines")


# ------------------------------------------------------------------ a sync afterwards


def _begins(staff: httpx.Client, store: str) -> bool:
    """Whether a full sync begins; one may be at work."""
    answer = staff.post(f"/connectors/{store}/syncs", json={"type": "full"})
    return answer.status_code == 202


def whole_after_a_sync(world: World) -> Checked:
    """Whatever no webhook told, because a shop could not send it: a sync brings it."""
    with world.staff() as staff:
        for shop in world.shops.values():
            load.eventually(partial(_begins, staff, shop.id), "a sync")
    running = "SELECT FROM insights.sync_logs WHERE status = 'running'"
    load.eventually(lambda: not world.rows(running), "the end of the syncs", 240)
    broken, number = [], 0
    for platform, shop in world.shops.items():
        wanted = shop.wanted()
        number += len(wanted)
        for context in ("connect", "insights"):
            held = shop.held(context)
            different = {id for id in {*wanted, *held} if wanted.get(id) != held.get(id)}
            broken += [f"{platform} {id} in {context}" for id in sorted(different)]
    return Checked("after a sync all is as the shops have it", number, broken, " orders")


CHECKS: dict[str, list[Callable[[World], Checked]]] = {
    "Postgres killed": [nothing_is_lost],
    "connections cut": [contexts_agree],
    "answers lost": [repeats_are_the_same],
    "database slow": [nothing_waits],
    "disk full": [no_orphans],
    "workers killed": [refunds_once],
    "messages doubled": [sms_once],
    "messages out of order": [newest_wins],
    "clocks apart": [stages_arrive],
    "platforms failing": [discounts_once],
    "slow shop": [whole_after_a_sync],
    "all of them": [nothing_of_another_store, nothing_private_is_logged],
}
"""Each promise beside the fault that tries it the hardest; all faults try all of them."""


def checked(world: World) -> Iterator[tuple[str, Checked]]:
    """Every promise with its fault, the sync last: it mends what the others look for."""
    later: dict[str, list[Callable[[World], Checked]]] = defaultdict(list)
    for fault, checks in CHECKS.items():
        for check in checks:
            if check is whole_after_a_sync:
                # The control lost the messages of syncs, too.
                if not world.controls.acknowledge_first:
                    later[fault].append(check)
            else:
                yield fault, check(world)
    for fault, checks in later.items():
        for check in checks:
            yield fault, check(world)


def examples(found: Checked) -> list[Any]:
    return found.broken[:EXAMPLES]

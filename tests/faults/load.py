"""What customers, shoppers and staff do meanwhile. Each is a thread with dice of its own; whatever
was answered with a 2xx is written down in `World.done`."""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from shops.running import RunningShop
from tests.faults.world import PHONE, SENDER, World
from tests.functions.shade_world import token_in

KITS = 12
"""Kits that were delivered, so that so many surveys are asked for."""
TRACKED = 8
"""Orders that shoppers are told of by SMS."""
PATIENCE_SECONDS = 240.0
SHADES = ("Ivory", "Sand", "Honey", "Amber", "Cocoa", "Espresso")
STAGES = ("SOURCING", "ARRIVED", "DISPATCHED", "DELIVERED")
ADDRESS = {
    "first_name": "Kumari", "last_name": "Silva", "address1": "1 Galle Road", "city": "Colombo",
    "zip": "00300", "country_code": "LK", "phone": f"0{PHONE[2:]}",
}  # fmt: skip


class Impatient(AssertionError):
    """Something that comes within seconds on a calm stack did not come in minutes."""


def eventually(found: Callable[[], Any], what: str, seconds: float = 300) -> Any:
    ends = time.monotonic() + seconds
    while not (value := found()):
        if time.monotonic() > ends:
            raise Impatient(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.2)
    return value


def planted(platform: str, number: int) -> str:
    """An e-mail address that belongs to one store and no log."""
    return f"planted-{platform}-{number}@example.com"


# ------------------------------------------------------------------ before the faults


def tracked_orders(world: World) -> list[str]:
    """Orders of a shopper who agreed to be told by SMS; their codes."""
    shop = world.shops["vendure"]
    placed = [
        shop.server.place_order(
            paid=True, phone=PHONE, address=ADDRESS, email=planted("vendure", number)
        )
        for number in range(TRACKED)
    ]
    codes = [str(each["code"]) for each in placed]
    known = "SELECT FROM kits.order_delivery_status WHERE store_id = %s AND order_code = ANY (%s)"
    eventually(lambda: len(world.rows(known, shop.id, codes)) == TRACKED, "tracked orders")
    with world.stack.http(headers={"X-Store-Id": shop.id}) as anybody:
        sent = anybody.post("/otp/send", json={"phone": f"+{PHONE}"}).raise_for_status().json()

        def code() -> str | None:
            texts = [each["text"] for each in sms(world)]
            found = [each for each in texts if "@kits.example.com #" in each]
            return found[0].rsplit("#", 1)[1] if found else None

        proof = {"session_id": sent["session_id"], "code": eventually(code, "the code")}
        token = anybody.post("/otp/verify", json=proof).raise_for_status().json()["token"]
        for each in codes:
            anybody.put(
                f"/orders/{each}/sms",
                json={"agreed": True},
                headers={"Authorization": f"Bearer {token}"},
            ).raise_for_status()
    return codes


def sms(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{world.stack.base_url}/local/sms", timeout=30).json()
    return found


def mails(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{world.stack.base_url}/local/mail", timeout=30).json()
    return found


def invited(world: World) -> dict[str, str]:
    """Customers who are asked how their shade fits: their links' tokens, by e-mail address."""
    shop = world.shops["shopify"]
    world.stack.aws("ses").verify_email_identity(EmailAddress=SENDER)
    state = shop.server.state()
    variants = {
        "Kit" if each["sku"] == "KIT-SHADES" else each["title"]: each["id"]
        for product in state["products"]
        for each in product["variants"]
    }
    with world.staff("shopify") as staff:
        settings = {
            "sender": SENDER,
            "invite_ground": "Buyers of kits are asked once.",
            "discount_amounts": {"USD": "5"},
        }
        staff.put("/shade/settings", json=settings).raise_for_status()
        shades = [
            {"name": name, "depth": depth, "undertone": "warm", "variant_ids": [variants[name]]}
            for depth, name in enumerate(SHADES, 1)
        ]
        staff.put("/shade/shades", json={"shades": shades}).raise_for_status()
    shop.server.clock(now=(datetime.now(UTC) - timedelta(days=8)).isoformat())
    customers = [
        shop.server.control("add_customer", email=planted("shopify", number), first_name="Planted")
        for number in range(KITS)
    ]
    for customer in customers:
        kit = shop.server.place_order(
            customer=customer["id"], lines=[{"variant": variants["Kit"], "quantity": 1}]
        )
        shop.server.deliver(kit["id"])
    shop.server.clock(now=datetime.now(UTC).isoformat())
    asked = "How does your shade fit?"

    def tokens() -> dict[str, str] | None:
        world.invoke("survey_invite")
        found = {
            to(each): token_in(each["text"])
            for each in mails(world)
            if asked in each["subject"] and to(each).startswith("planted")
        }
        return found if len(found) == KITS else None

    found: dict[str, str] = eventually(tokens, "invitations")
    return found


def to(mail: dict[str, Any]) -> str:
    """Its one recipient."""
    [address] = mail["to"]
    return str(address)


# ------------------------------------------------------------------ meanwhile


class Load:
    """Everybody at once, until it is stopped."""

    def __init__(self, world: World, seed: int, codes: list[str], tokens: dict[str, str]) -> None:
        self.world = world
        self.changes = 0
        """What customers did in the shops."""
        self._stop = threading.Event()
        self.failures: list[BaseException] = []
        work: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        for platform in world.shops:
            work += [(self._customers, (platform,)), (self._refunds, (platform,))]
        work += [(self._deliveries, (codes,)), (self._surveys, (tokens,)), (self._readers, ())]
        self._threads = [
            threading.Thread(
                target=self._run,
                args=(each, random.Random(f"{seed} {number}"), *given),
                daemon=True,
            )
            for number, (each, given) in enumerate(work)
        ]

    def start(self) -> None:
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """Nothing new is begun from now on; what was begun is brought to its end."""
        self._stop.set()

    @property
    def works(self) -> bool:
        return any(each.is_alive() for each in self._threads)

    def _run(self, work: Callable[..., None], dice: random.Random, *given: Any) -> None:
        try:
            work(dice, *given)
        except BaseException as error:
            self.failures.append(error)

    def _patiently(
        self, client: httpx.Client, method: str, path: str, **request: Any
    ) -> httpx.Response:
        """As a client should: again after a 5xx or no answer."""
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = None
            with suppress(httpx.TransportError):
                answer = client.request(method, path, **request)
            self.world.done.calls += 1
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                return answer
            self.world.done.refused += 1
            if time.monotonic() > ends:
                said = f"{answer.status_code} {answer.text}" if answer is not None else "nothing"
                raise Impatient(f"{method} {path} was answered with {said} to the last")
            time.sleep(0.3)

    def _customers(self, dice: random.Random, platform: str) -> None:
        """Orders are placed, changed and sent; the shop tells of each by webhook."""
        server = self.world.shops[platform].server
        placed: list[int] = []
        number = 1000
        while not self._stop.wait(dice.uniform(0.3, 0.9)):
            self.changes += 1
            if not placed or dice.random() < 0.4:
                number += 1
                order = place(server, planted(platform, number))
                placed.append(order["id"])
            elif dice.random() < 0.8:
                server.edit_order(dice.choice(placed), note=f"changed {self.changes}")
            else:
                with suppress(ValueError):  # it is sent already
                    server.ship(dice.choice(placed))

    def _refunds(self, dice: random.Random, platform: str) -> None:
        """Staff refund a part of each order that was there before; some press the button twice."""
        shop = self.world.shops[platform]
        paid = [each["id"] for each in shop.server.state()["orders"] if is_refundable(each)]
        dice.shuffle(paid)
        with self.world.staff() as staff:
            for order in itertools.cycle(paid):
                if self._stop.wait(dice.uniform(0.5, 1.5)):
                    return
                key = {"Idempotency-Key": f"{platform} {dice.getrandbits(64)}"}
                path = f"/connectors/{shop.id}/orders/{order}/refunds"
                ids = set()
                for _ in range(1 + (dice.random() < 0.3)):
                    body = {"amount": "0.50", "reason": "late"}
                    answer = self._patiently(staff, "POST", path, json=body, headers=key)
                    assert answer.status_code == 202, answer.text
                    ids.add(str(answer.json()["id"]))
                if len(ids) > 1:
                    self.world.done.doubled.append(f"refund of order {order}")
                for id in ids:
                    self.world.done.refunds[id] = (platform, order)

    def _deliveries(self, dice: random.Random, codes: list[str]) -> None:
        """Staff move parcels on; their shoppers are told by SMS."""
        left = {code: list(STAGES) for code in codes}
        with self.world.staff("vendure") as staff:
            while left and not self._stop.wait(dice.uniform(0.3, 1.5)):
                code = dice.choice(list(left))
                stage = left[code].pop(0)
                change = {"stage": stage, "tracking_number": f"TE-{codes.index(code):06d}"}
                answer = self._patiently(staff, "PUT", f"/orders/{code}/delivery", json=change)
                assert answer.status_code == 200, answer.text
                self.world.done.stages[code] = stage
                if not left[code]:
                    del left[code]

    def _surveys(self, dice: random.Random, tokens: dict[str, str]) -> None:
        """Shoppers answer their survey, twice now and then, and get a discount."""
        waiting = list(tokens.items())
        dice.shuffle(waiting)
        with self.world.stack.http() as anybody:
            for email, token in waiting:
                if self._stop.wait(dice.uniform(0.5, 3.0)):
                    return
                answers = {"token": token, "shade_selected": "Honey", "shade_fit_rating": 4}
                ids = set()
                for _ in range(1 + (dice.random() < 0.5)):
                    answer = self._patiently(anybody, "POST", "/surveys", json=answers)
                    assert answer.status_code in (200, 201), answer.text
                    ids.add(str(answer.json()["survey_id"]))
                if len(ids) > 1:
                    self.world.done.doubled.append(f"survey of {email}")
                self.world.done.surveys[email] = ids.pop()

    def _readers(self, dice: random.Random) -> None:
        """Staff look at lists meanwhile."""
        with self.world.staff() as staff:
            while not self._stop.wait(0.3):
                store = self.world.store(dice.choice(list(self.world.shops)))
                path = dice.choice(
                    ("/connectors", f"/connectors/{store}/webhooks", f"/connectors/{store}/refunds")
                )
                self._patiently(staff, "GET", path)


def is_refundable(order: dict[str, Any]) -> bool:
    """Whether an order is paid and whole, so that many small refunds of it are fine."""
    is_whole = not order["refunds"] and order["cancelled_at"] is None
    is_paid = order["paid_at"] is not None and order["status"] not in ("trash", "cancelled")
    return is_whole and is_paid and order["total"] > 2000


def place(server: RunningShop, email: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"email": email, "phone": PHONE}
    if server.platform == "vendure":
        spec["address"] = ADDRESS
    return server.place_order(**spec)


def is_private(text: str) -> bool:
    """Whether a text has what was planted."""
    return bool(re.search(rf"planted-\w+-\d+@|{PHONE[2:]}|{re.escape(SENDER)}", text))

"""Which fault comes when, by a seed, and what begins and ends each."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.faults.world import World

DATABASE = ("Postgres killed", "connections cut", "answers lost", "database slow", "disk full")
OTHERS = (
    "workers killed", "messages doubled", "messages out of order", "platforms failing", "slow shop",
)  # fmt: skip
CLOCKS = "clocks apart"
"""All the time, not in windows."""
KILLED = 0.006
"""Before and after each statement; a batch of webhooks has some fifty."""
APART_SECONDS = 2.0
SHOPS_APART = {"shopify": 90, "woocommerce": -60, "vendure": 45}
PLATFORM = {
    "500": 0.08, "503": 0.05, "429": 0.05, "timeout": 0.03, "cut": 0.05, "truncated": 0.05,
    "html": 0.05, "before": 0.1, "during": 0.05, "after": 0.1,
}  # fmt: skip


@dataclass(frozen=True)
class Window:
    """A fault that begins so many seconds after the load did, and lasts."""

    at: float
    fault: str
    seconds: float


def tracks(seed: int, seconds: float, without: frozenset[str] = frozenset()) -> list[deque[Window]]:
    """One fault of the database and one other at any time, each as often as any; always the same
    for the same seed."""
    dice = random.Random(seed)
    return [
        deque(_track([each for each in faults if each not in without], seconds, dice))
        for faults in (DATABASE, OTHERS)
    ]


def _track(faults: list[str], seconds: float, dice: random.Random) -> Iterator[Window]:
    at, left = 1.0, list[str]()
    while at < seconds - 1:
        left = left or dice.sample(faults, len(faults))
        lasts = min(dice.uniform(1.5, 4.0), seconds - at)
        yield Window(at, left.pop(), lasts)
        at += lasts + dice.uniform(0.5, 2.0)


@dataclass
class Faults:
    """What is wrong now. Call it from the main thread, which starts Postgres."""

    world: World
    loop: asyncio.AbstractEventLoop
    seed: int
    times: Counter[str] = field(default_factory=Counter)
    now: set[str] = field(default_factory=set)
    _shops: dict[str, dict[str, Any]] = field(default_factory=dict)
    _met: Counter[str] = field(default_factory=Counter)

    def begin(self, fault: str) -> None:
        self.times[fault] += 1
        self.now.add(fault)
        _BEGIN[fault](self)

    def end(self, fault: str) -> None:
        self.now.discard(fault)
        _END[fault](self)

    def tick(self) -> None:
        """Called all the time: what has to be done anew meanwhile."""
        if "disk full" in self.now:
            self.world.database.fill()
        if "connections cut" in self.now:
            self.world.proxy.cut(self.loop)

    def set_clocks_apart(self) -> None:
        for platform, server in self.world.servers().items():
            server.clock(advance=SHOPS_APART[platform])
        self._control(apart=APART_SECONDS)

    def counted(self) -> dict[str, str]:
        """What each fault did, in words."""
        functions, relayed = self.world.controls.counted(), self.world.relay.counts
        proxied = self.world.proxy.counts
        met = sum(self._met[kind] for kind in PLATFORM)
        return {
            "Postgres killed": "",
            "connections cut": f"{proxied['cut']:,} connections",
            "answers lost": f"{proxied['dropped']:,} answers",
            "database slow": f"{proxied['slowed']:,} pieces",
            "disk full": f"{self.world.database.met_full:,} errors",
            "workers killed": f"{functions['killed']:,} processes",
            "messages doubled": f"{functions['doubled']:,} messages, "
            f"{relayed['doubled']:,} webhooks",
            "messages out of order": f"{functions['held']:,} messages, {relayed['held']:,} webhooks",
            "platforms failing": f"{met:,} answers",
            "slow shop": f"{self._met['slow']:,} answers",
            CLOCKS: f"{functions['clocks']:,} processes, {len(SHOPS_APART)} shops",
        }

    # ------------------------------------------------------------------ each fault

    def _control(self, **values: float) -> None:
        for name, value in values.items():
            setattr(self.world.controls, name, value)
        self.world.controls.write()

    def _kill(self) -> None:
        self.world.database.kill()

    def _start(self) -> None:
        self.world.database.start()

    def _relay(self, doubled: float, held: float) -> None:
        self.world.relay.doubled, self.world.relay.held = doubled, held

    def _double(self, chance: float) -> None:
        self._control(doubled=chance)
        self._relay(chance, self.world.relay.held)

    def _hold(self, chance: float) -> None:
        self._control(held=chance)
        self._relay(self.world.relay.doubled, chance)

    def _proxy(self, *, delay: float = 0.0, drop: float = 0.0) -> None:
        self.world.proxy.delay, self.world.proxy.drop = delay, drop

    def _platforms(self, platforms: list[str], **faults: Any) -> None:
        servers = self.world.servers()
        for each in platforms:
            self._met.update(servers[each].faults(seed=self.seed, **faults)["counts"])

    def _slow(self, **faults: Any) -> None:
        chosen = sorted(SHOPS_APART)[self.times["slow shop"] % len(SHOPS_APART)]
        self._platforms([chosen], **faults)


_BEGIN: dict[str, Callable[[Faults], None]] = {
    "Postgres killed": Faults._kill,
    "connections cut": lambda faults: None,
    "answers lost": lambda faults: faults._proxy(drop=0.05),
    "database slow": lambda faults: faults._proxy(delay=0.1),
    "disk full": lambda faults: faults.world.database.fill(),
    "workers killed": lambda faults: faults._control(killed=KILLED),
    "messages doubled": lambda faults: faults._double(0.3),
    "messages out of order": lambda faults: faults._hold(0.3),
    "platforms failing": lambda faults: faults._platforms(
        list(SHOPS_APART), rates=PLATFORM, timeout_seconds=3, late_seconds=0.1
    ),
    "slow shop": lambda faults: faults._slow(slow=1.0, slow_seconds=2.5),
}
_END: dict[str, Callable[[Faults], None]] = {
    "Postgres killed": Faults._start,
    "connections cut": lambda faults: None,
    "answers lost": Faults._proxy,
    "database slow": Faults._proxy,
    "disk full": lambda faults: faults.world.database.free(),
    "workers killed": lambda faults: faults._control(killed=0.0),
    "messages doubled": lambda faults: faults._double(0.0),
    "messages out of order": lambda faults: faults._hold(0.0),
    "platforms failing": lambda faults: faults._platforms(list(SHOPS_APART)),
    "slow shop": Faults._slow,
}

"""The whole stack under load while everything around it fails; then every promise is checked.

Postgres is killed and comes back, its connections are cut and slowed and its answers lost, its disk
is full; functions die between statements; messages come twice and out of order; platforms fail; a
shop is slow; clocks stand apart. A seed says what comes when. Everything is on this machine, and
what is started here ends here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from tests.faults import plan, promises
from tests.faults.controls import Controls
from tests.faults.database import Database, is_private, small_disk
from tests.faults.load import Load, invited, tracked_orders
from tests.faults.proxy import Proxy, Relay, loop_in_thread, wait_for
from tests.faults.world import World, connected, free_port, serving

ORDERS = 60
"""Of each demo shop, before the load."""
CALM_SECONDS = 8.0
"""So long nothing may have moved before waits are ended: what is under way then is stuck."""
DRAIN_SECONDS = 400.0
CONTROL_SECONDS = 60.0
"""The control leaves things undone, so nobody waits long for them."""
NEVER_FULL = "disk full"
said = Console(stderr=True, highlight=False)


def main() -> int:
    arguments = _parser().parse_args()
    _with_private_mounts()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="backshop-faults-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o711)
        rows = run(folder, arguments.minutes * 60, arguments.seed, arguments.acknowledge_first)
        if arguments.keep:
            shutil.copytree(folder / "state" / "logs", arguments.keep, dirs_exist_ok=True)
    minutes = (time.monotonic() - begun) / 60
    print(f"seed {arguments.seed}, {arguments.minutes:g} minutes of faults, {minutes:.1f} in all")
    held = all(result.holds for _, _, result in rows)
    if not arguments.acknowledge_first:
        return 0 if held else 1
    lost = [
        each for _, _, each in rows if each.promise.startswith("every accepted") and each.broken
    ]
    print("the control lost some, as it must" if lost else "the control lost NOTHING: no proof")
    return 0 if lost else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of faults (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the plan (default: 1)")
    parser.add_argument("--keep", type=Path, help="a folder to copy the functions' logs to")
    parser.add_argument(
        "--acknowledge-first",
        action="store_true",
        help="the control: messages are deleted before they are worked off, and some have to be lost",
    )
    return parser


def _with_private_mounts() -> None:
    """Begin again where mounts are seen by this process alone; root may, others go on without."""
    if os.geteuid() or is_private() or not shutil.which("unshare"):
        return
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        return
    os.environ["FAULTS_PRIVATE_MOUNTS"] = "yes"
    command = ["unshare", "-m", sys.executable, "-m", "tests.faults", *sys.argv[1:]]
    os.execvp("unshare", command)


def run(
    folder: Path, seconds: float, seed: int, acknowledge_first: bool
) -> list[tuple[str, str, promises.Checked]]:
    """The whole run; each fault with how often it came, a promise and what became of it."""
    with ExitStack() as opened:
        can_be_full = opened.enter_context(small_disk(folder / "disk"))
        _say("starting Postgres, the stack and its shops")
        database = Database(folder / "disk" / "postgres")
        opened.callback(database.stop)
        loop = opened.enter_context(loop_in_thread())
        proxy, relay = Proxy(database.port, seed), Relay(seed, f"http://127.0.0.1:{free_port()}")
        wait_for(loop, proxy.start())
        wait_for(loop, relay.start())
        opened.callback(lambda: wait_for(loop, relay.stop()))
        controls = Controls(folder / "controls.json", seed)
        controls.write()
        stack = opened.enter_context(serving(folder, database, proxy, relay, controls, ORDERS))
        world = connected(stack, database, proxy, relay, controls)
        _say("setting up parcels and surveys")
        codes, tokens = tracked_orders(world), invited(world)
        without = frozenset() if can_be_full else frozenset({NEVER_FULL})
        faults = plan.Faults(world, loop, seed)
        controls.acknowledge_first = acknowledge_first
        faults.set_clocks_apart()
        load = Load(world, seed, codes, tokens)
        load.start()
        try:
            _play(world, faults, plan.tracks(seed, seconds, without))
        finally:
            load.stop()
        _drain(world, load, CONTROL_SECONDS if acknowledge_first else DRAIN_SECONDS)
        for failure in load.failures:
            _say(f"gave up: {type(failure).__name__}: {failure}")
        table = list(_rows(world, faults, can_be_full))
        _show(world, load, table)
        return table


def _play(world: World, faults: plan.Faults, tracks: list[deque[plan.Window]]) -> None:
    """Faults of one track follow one another: one that ends late has the next begin later."""
    begun = told = time.monotonic()
    ends: list[tuple[float, str] | None] = [None for _ in tracks]
    while any(tracks) or any(ends):
        at = time.monotonic() - begun
        for number, track in enumerate(tracks):
            current = ends[number]
            if current and current[0] <= at:
                faults.end(current[1])
                ends[number] = None
            elif not current and track and track[0].at <= at:
                window = track.popleft()
                faults.begin(window.fault)
                ends[number] = (at + window.seconds, window.fault)
        faults.tick()
        if time.monotonic() - told > 5:
            told = time.monotonic()
            now = ", ".join(sorted(faults.now)) or "calm"
            accepted, refunds = len(world.relay.accepted), len(world.done.refunds)
            _say(f"{at:4.0f} s  {accepted:,} webhooks accepted, {refunds:,} refunds asked; {now}")
        time.sleep(0.05)


def _drain(world: World, load: Load, seconds: float) -> None:
    """Wait until nothing is left to do. Once nothing moves, dead letters go back into their queues
    (here they fill within seconds, because a failed message comes again after two), and leases and
    waits of the outbox, which are minutes, are ended."""
    ends = time.monotonic() + seconds
    before: object = None
    moved = time.monotonic()
    told = 0.0
    for server in world.servers().values():
        server.idle(60)
    while time.monotonic() < ends:
        waiting, rows = world.waiting(), world.open_rows()
        if not waiting and not rows and not load.works:
            return
        if time.monotonic() - told > 5:
            told = time.monotonic()
            _say(f"calm: {sum(waiting.values())} messages and {len(rows)} outbox rows are left")
        now = (waiting, rows)
        if now != before:
            before, moved = now, time.monotonic()
        if time.monotonic() - moved > CALM_SECONDS:
            world.redrive()
            if not load.works:
                world.end_waits()
                world.invoke("outbox_sweep")
            moved = time.monotonic()
        time.sleep(0.5)


def _rows(
    world: World, faults: plan.Faults, can_be_full: bool
) -> Iterator[tuple[str, str, promises.Checked]]:
    counted = faults.counted()
    for fault, result in promises.checked(world):
        times = f"{faults.times[fault]}" if faults.times[fault] else ""
        if fault == NEVER_FULL and not can_be_full:
            times = "not tried: only root mounts a disk that can be filled"
        words = ": ".join(each for each in (times, counted.get(fault, "")) if each)
        yield fault, words, result


def _show(world: World, load: Load, rows: list[tuple[str, str, promises.Checked]]) -> None:
    print(
        f"{load.changes:,} changes in shops, {len(world.relay.accepted):,} webhooks accepted, "
        f"{world.done.calls:,} calls, of which {world.done.refused:,} had to be sent again"
    )
    print("| fault | times | promise | result |")
    print("|---|---|---|---|")
    for fault, times, result in rows:
        print(f"| {fault} | {times} | {result.promise} | {result.result} |")
    for _, _, result in rows:
        for each in promises.examples(result):
            print(f"  {result.promise}: {each}")


def _say(line: str) -> None:
    said.print(line, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())

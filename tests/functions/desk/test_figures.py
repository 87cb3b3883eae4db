"""What pages cost: cold beside what they import, libraries and the layer, warm beside the JSON of
the same data. Runs take turns; the median of what each round says is printed with `-s`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
ORDERS = 100_000
ROUNDS = 40
COLD = """
import json, os, sys, time
import {name} as function
if "frame" in sys.modules and hasattr(sys.modules["frame"], "called_shop"):
    sys.modules["frame"].called_shop = lambda: None  # a page of no store, read from no database
event = json.loads(os.environ["EVENT"])
answer = function.handler(event, None)
assert answer["statusCode"] == {status}, answer
spent = time.process_time()
ours = ("__main__", *{parts!r})
print(json.dumps([spent, [each for each in sys.modules if each.partition(".")[0] not in ours]]))
"""
LIMIT = """
import importlib, json, os, sys, time
for each in json.load(open(os.environ["MODULES"])):
    try:
        importlib.import_module(each)
    except ImportError:
        pass
print(json.dumps([time.process_time(), []]))
"""


def turns(sides: dict[str, Callable[[], float]], rounds: int) -> list[dict[str, float]]:
    """What each side took, by rounds: in one round they run right after each other, every other
    time in the other order, so that a machine that slows down slows all of them alike."""
    taken = []
    for number in range(rounds):
        names = list(sides) if number % 2 == 0 else list(reversed(sides))
        taken.append({name: sides[name]() for name in names})
    return taken


def ratio(taken: list[dict[str, float]], one: str, other: str) -> float:
    """The median of what each round says of itself."""
    return median(each[one] / each[other] for each in taken)


def timed(run: Callable[[], Any]) -> Callable[[], float]:
    def once() -> float:
        begun = perf_counter()
        run()
        return perf_counter() - begun

    return once


def test_a_page_costs_at_most_twice_its_json_and_the_day_five_lists(
    alice: Any, load: Any, event: Any, context: Any, store: Any, owner: Any
) -> None:
    owner.execute(
        """INSERT INTO connect.platform_order (store_id, order_id, platform, status, total_amount,
             currency, line_items, code, created_at, shipping_address)
           SELECT %s, number::text, 'woocommerce', 'processing', 5, 'USD', '[]', 'W-' || number,
             now() - make_interval(mins => number), '{"name": "Jane Doe"}'
           FROM generate_series(1, %s) AS number""",
        [store, ORDERS],
    )
    owner.execute("ANALYZE connect.platform_order")
    records = load("shop_records")
    asked = event("shop_records/orders")
    path = asked["rawPath"].replace("0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11", str(store))
    asked["rawPath"] = asked["requestContext"]["http"]["path"] = path
    asked["queryStringParameters"] = {}

    def as_json() -> None:
        assert len(json.loads(records.handler(asked, context)["body"])["items"]) == 50

    def as_page() -> None:
        assert alice.get(f"/desk/{store}/orders").status == 200

    def day() -> None:
        assert alice.get("/desk").status == 200

    for warm in (as_json, as_page, day):
        warm()
    sides = {"json": timed(as_json), "page": timed(as_page), "day": timed(day)}
    taken = turns(sides, ROUNDS)
    page, today = ratio(taken, "page", "json"), ratio(taken, "day", "page")
    print(f"\npage {page:.2f} x its JSON at {ORDERS:,} orders, the day {today:.2f} x one list")
    assert page <= 2
    assert today <= 5


@pytest.mark.parametrize(
    ("name", "path", "status"), [("desk", "/desk/sign-in", 200), ("shopper_pages", "/none", 404)]
)
def test_a_cold_page_costs_little_more_than_its_imports(
    name: str, path: str, status: int, tmp_path: Path
) -> None:
    asked = json.loads((ROOT / "events/desk/sign_in.json").read_text())
    asked |= {"rawPath": path, "routeKey": f"GET {path}", "cookies": [], "body": None}
    asked["requestContext"]["http"] |= {"path": path, "method": "GET"}
    asked["queryStringParameters"] = {}
    asked["headers"]["accept"] = "text/html"
    folder = ROOT / "functions" / name
    modules = tmp_path / "modules.json"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{folder}:{ROOT / 'shared'}",
        "EVENT": json.dumps(asked),
        "MODULES": str(modules),
        "POWERTOOLS_METRICS_DISABLED": "true",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "TRY_ON_BUCKET": "bucket",
    }
    parts = [each.stem for each in folder.glob("*.py")]
    cold = COLD.format(name=name, status=status, parts=parts)

    def run(code: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    modules.write_text(json.dumps(run(cold)[1]))
    taken = turns({"ours": lambda: run(cold)[0], "limit": lambda: run(LIMIT)[0]}, 9)
    times = ratio(taken, "ours", "limit")
    print(f"\n{name}: cold {times:.2f} x what it imports")
    assert times <= 1.25

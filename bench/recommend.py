"""The recommender beside its peers: hit rate and NDCG of ten, calibration, time, memory, serving.

Data: `../shared/data/online_retail.csv.gz`, or a shop made up here where that is not there (then
the goals, which belong to that data, are not checked). docs/recommendations.md states the protocol.
Each contestant runs in a process of its own, one BLAS thread, and is tuned on the last order but
one; every figure is of the last order, which none of them has seen.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from uuid import UUID, uuid4

import numpy as np
from backshop.connect.recommend import rules, training
from backshop.connect.recommend.models import Baskets, Quality
from scipy import sparse

ROOT = Path(__file__).parents[1]
RETAIL = ROOT.parent / "shared/data/online_retail.csv.gz"
PEERS_PYTHON = ROOT / ".venv-bench-recommend/bin/python"
DAY = 86_400
GOALS = {"new_hr": 0.395, "new_ndcg": 0.085, "any_hr": 0.72, "any_ndcg": 0.27}
ECE_GOAL, LOG_LOSS_GOAL, SECONDS_GOAL, MB_GOAL, SERVE_MS_GOAL = 0.02, 0.97, 10.0, 300.0, 5.0
LARGE_MB, LARGE_SECONDS = 1769.0, 300.0  # what train_recommender has
CUTS = (21, 30, 45, 60, 75, 90)
"""Days before the end of the data from which each customer's next order is predicted."""

Scorer = Callable[[training.Moment], np.ndarray]


def read_retail() -> Baskets:
    """Orders = invoices of a known customer, no cancellations, products only (codes of five digits
    and letters, so no postage, discounts or fees)."""
    with gzip.open(RETAIL, "rt", encoding="utf-8") as file:
        lines = [
            (row["CustomerID"], row["InvoiceNo"], row["InvoiceDate"], row["StockCode"])
            for row in csv.DictReader(file)
            if row["CustomerID"]
            and not row["InvoiceNo"].startswith("C")
            and float(row["Quantity"]) > 0
            and row["StockCode"][:5].isdigit()
        ]
    at = {
        text: datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() / DAY
        for text in {line[2] for line in lines}
    }
    return rules.baskets(
        [line[0] for line in lines],
        [line[1] for line in lines],
        [line[3] for line in lines],
        [at[line[2]] for line in lines],
    )[0]


def make_shop(customers: int = 1500, items: int = 400, seed: int = 7) -> Baskets:
    """A made-up shop: customers with a taste for one of twenty groups of items, seasons,
    regulars."""
    random = np.random.default_rng(seed)
    group = random.integers(0, 20, items)
    season = random.uniform(0, 300, items)
    rows: list[tuple[int, str, int, float]] = []
    for customer in range(customers):
        taste = random.integers(0, 20)
        regulars = random.choice(items, 3)
        for number in range(random.geometric(0.25)):
            day = random.uniform(0, 300)
            liking = np.where(group == taste, 12.0, 1.0) * np.exp(-np.abs(season - day) / 40)
            fresh = random.choice(items, 6, replace=False, p=liking / liking.sum())
            again = regulars[random.random(3) < 0.4]
            for item in {*fresh.tolist(), *again.tolist()}:
                rows += [(customer, f"{customer}-{number}", item, day)]
    return rules.baskets(*map(list, zip(*rows, strict=True)))[0]


def make_large_shop(items: int = 50_000, customers: int = 40_000, seed: int = 1) -> Baskets:
    """A made-up shop with a catalogue too large for EASE: tastes, best sellers, regulars."""
    random = np.random.default_rng(seed)
    orders = random.geometric(0.25, customers)
    number = int(orders.sum())
    order = np.repeat(np.arange(number), random.geometric(0.2, number))
    customer = np.repeat(np.arange(customers), orders)[order]
    fame = (random.pareto(1.1, len(order)) * 20).astype(int)
    taste = random.integers(0, 200, customers)[customer]
    item = np.where(random.random(len(order)) < 0.6, taste * 250 + fame % 250, fame * 37)
    regulars = random.integers(0, items, (customers, 3))
    again = random.random(len(order)) < 0.2
    item = np.where(again, regulars[customer, random.integers(0, 3, len(order))], item) % items
    return rules.baskets(customer, order, item, random.uniform(0, 600, number)[order])[0]


# ------------------------------------------------------------------------------ contestants


def ours(baskets: Baskets) -> dict[str, Any]:
    trained = training.train(baskets, float(np.floor(baskets.day.max())) + 1)
    scores = trained.scores
    return {
        "new_hr": scores.new.hr,
        "new_ndcg": scores.new.ndcg,
        "any_hr": scores.any.hr,
        "any_ndcg": scores.any.ndcg,
        "customers": [scores.new.customers, scores.any.customers],
        "calibration": {
            name: [quality.ece, quality.log_loss_ratio]
            for name, quality in (
                ("both lists", scores.any),
                ("new for you", scores.new),
                ("buy again", scores.again),
            )
        },
    }


def ours_with_cosine(baskets: Baskets) -> dict[str, Any]:
    """What a shop whose catalogue is too large for EASE gets."""
    training.EASE_ITEMS = 0
    return ours(baskets)


def by_date(baskets: Baskets) -> dict[str, list[list[float | None]]]:
    """Calibration error and log-loss ratio of each list where everything after a day is unknown:
    each customer's next order, predicted from what there was before, from several days on."""
    found: dict[str, list[list[float | None]]] = {"new": [], "again": [], "any": []}
    for days in CUTS:
        kept, held = rules.split(baskets, float(np.floor(baskets.day.max())) - days)
        scores = training.evaluate(kept, held, *training.fit(kept))
        for name, quality in found.items():
            of: Quality = getattr(scores, name)
            quality.append([of.ece, of.log_loss_ratio])
    return found


def own_purchases(kept: Baskets) -> Iterator[Scorer]:
    """How often the customer bought the item; then popularity."""
    ones = np.ones(len(kept.item))
    shape = (kept.customers, kept.items)
    counts = sparse.csr_matrix((ones, (kept.customer, kept.item)), shape=shape)
    sales = np.bincount(kept.item, minlength=kept.items) / (len(kept.item) + 1)
    yield lambda moment: counts[moment.customers].toarray() + sales


def popularity(kept: Baskets) -> Iterator[Scorer]:
    sales = np.bincount(kept.item, minlength=kept.items).astype(float)
    yield lambda moment: np.broadcast_to(sales, moment.owned.shape)


def popularity_30_days(kept: Baskets) -> Iterator[Scorer]:
    def score(moment: training.Moment) -> np.ndarray:
        day = np.floor(moment.now[0])
        recent = (kept.day >= day - 30) & (kept.day < day)
        sales = np.bincount(kept.item[recent], minlength=kept.items).astype(float)
        return np.broadcast_to(sales, moment.owned.shape)

    yield score


def co_occurrence(kept: Baskets) -> Iterator[Scorer]:
    matrix = training.bought(kept)
    common = (matrix.T @ matrix).toarray()
    np.fill_diagonal(common, 0)
    yield lambda moment: matrix[moment.customers] @ common


def item_cosine(kept: Baskets) -> Iterator[Scorer]:
    from implicit.nearest_neighbours import CosineRecommender

    for neighbours in (10, 20, 50, 100):
        yield from _implicit(CosineRecommender(K=neighbours), kept)


def bm25(kept: Baskets) -> Iterator[Scorer]:
    from implicit.nearest_neighbours import BM25Recommender

    for neighbours, (k1, b) in product((10, 20, 50), ((0.5, 0.4), (1.2, 0.2), (1.2, 0.75))):
        yield from _implicit(BM25Recommender(K=neighbours, K1=k1, B=b), kept)


def als(kept: Baskets) -> Iterator[Scorer]:
    from implicit.als import AlternatingLeastSquares

    for factors, alpha in product((32, 64, 128), (1.0, 5.0)):
        model = AlternatingLeastSquares(
            factors=factors, alpha=alpha, regularization=1.0, iterations=15, random_state=1
        )
        yield from _implicit(model, kept, factorized=True)


def _implicit(model: Any, kept: Baskets, *, factorized: bool = False) -> Iterator[Scorer]:
    matrix = training.bought(kept)
    model.fit(matrix, show_progress=False)
    if factorized:
        items = np.asarray(model.item_factors)
        people = np.asarray(model.user_factors)
        yield lambda moment: people[moment.customers] @ items.T
    else:
        similar = model.similarity
        yield lambda moment: (matrix[moment.customers] @ similar).toarray()


def _weighted(matrix: Any, weights: np.ndarray, moment: training.Moment) -> np.ndarray:
    scores: np.ndarray = matrix[moment.customers] @ weights
    return scores


def ease(kept: Baskets) -> Iterator[Scorer]:
    """All weights, negative ones too, of every item."""
    matrix = training.bought(kept)
    for ridge in (100, 200, 400, 800):
        gram = (matrix.T @ matrix).toarray().astype(np.float64)
        gram[np.diag_indices(kept.items)] += ridge
        inverse = np.linalg.inv(gram)
        weights = -inverse / np.diag(inverse)
        np.fill_diagonal(weights, 0)
        yield partial(_weighted, matrix, weights)


PEERS: dict[str, Callable[[Baskets], Iterator[Scorer]]] = {
    "popularity": popularity,
    "popularity, 30 days before": popularity_30_days,
    "own purchases": own_purchases,
    "co-occurrence": co_occurrence,
    "item cosine (implicit)": item_cosine,
    "BM25 (implicit)": bm25,
    "ALS (implicit)": als,
    "EASE": ease,
}
OURS = {"backshop": ours, "backshop, cosine neighbours": ours_with_cosine}


def peer(baskets: Baskets, settings: Callable[[Baskets], Iterator[Scorer]]) -> dict[str, Any]:
    """The held-out figures of the setting that is best on the order before; time of one fit."""
    kept, held = rules.hold_out(baskets)
    tried = [_figures(score, *rules.hold_out(kept)) for score in settings(rules.hold_out(kept)[0])]
    wanted = max(range(len(tried)), key=lambda at: tried[at]["new_ndcg"])
    start = perf_counter(), process_time()
    for at, score in enumerate(settings(kept)):
        if at == wanted:
            taken = perf_counter() - start[0], process_time() - start[1]
            return _figures(score, kept, held) | {"seconds": taken[0], "cpu": taken[1]}
        start = perf_counter(), process_time()
    raise AssertionError("the best setting was among them a moment ago")


def _figures(score: Scorer, kept: Baskets, held: Baskets) -> dict[str, Any]:
    new, every = training.Tally(), training.Tally()
    nothing = training.no_neighbours(kept.items)
    for moment in training.replay(kept, held, nothing):
        scores = np.asarray(score(moment), dtype=float)
        unbought = np.where(moment.owned, -np.inf, scores)
        new.add(training.Lists(rules.best(unbought, 10)), moment.wanted & ~moment.owned)
        every.add(training.Lists(rules.best(scores, 10)), moment.wanted)
    found, found_any = new.quality([]), every.quality([])
    return {
        "new_hr": found.hr,
        "new_ndcg": found.ndcg,
        "any_hr": found_any.hr,
        "any_ndcg": found_any.ndcg,
    }


def _loaded(path: str) -> Baskets:
    with np.load(path) as file:
        columns = [file[key] for key in ("customer", "order", "item", "day")]
        return Baskets(*columns, *map(int, file["sizes"]))


def dated(path: str) -> None:
    """`by_date`, in its own process, as JSON."""
    print(json.dumps(by_date(_loaded(path))))


def large() -> None:
    """One night of a large shop, in its own process, as JSON."""
    baskets = make_large_shop()
    start = process_time()
    training.train(baskets, 601.0)
    taken = {"cpu": process_time() - start, "mb": _peak_mb()}
    print(json.dumps(taken | {"items": baskets.items, "customers": baskets.customers}))


def contestant(name: str, path: str) -> None:
    """One contestant, in its own process: figures as JSON."""
    baskets = _loaded(path)
    start = perf_counter(), process_time()
    if name in OURS:
        figures = OURS[name](baskets)
        figures |= {"seconds": perf_counter() - start[0], "cpu": process_time() - start[1]}
    else:
        figures = peer(baskets, PEERS[name])
    print(json.dumps(figures | {"mb": _peak_mb()}))


def _peak_mb() -> float:
    """The most memory of this process. Linux tells it apart from that of the parent's image,
    which `getrusage` counts in."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS: bytes


def fallback(baskets: Baskets) -> None:
    """What a customer without orders is shown: the best sellers of the month, judged by every
    customer's first order."""
    ranks = rules.histories(baskets)
    first = baskets.day == ranks.first_order[baskets.customer]
    tally = training.Tally()
    for day in np.unique(np.floor(baskets.day[first])):
        today = first & (np.floor(baskets.day) == day)
        customers, place = np.unique(baskets.customer[today], return_inverse=True)
        trend, orders = training.trends(baskets, day)
        ranked = rules.popular(trend[1], orders[1], 10)
        if len(ranked.items) < 10:
            continue
        wanted = np.zeros((len(customers), baskets.items), dtype=bool)
        wanted[place, baskets.item[today]] = True
        shape = (len(customers), 10)
        shown = np.broadcast_to(ranked.items, shape)
        tally.add(training.Lists(shown, np.broadcast_to(ranked.probabilities, shape)), wanted)
    found = tally.quality(tally.shown)
    print(
        f"\nbest sellers for customers without orders, {found.customers:,} first orders: HR@10 ",
        end="",
    )
    print(f"{found.hr:.3f}, NDCG@10 {found.ndcg:.3f}, calibration error {found.ece:.4f}")


def serving(path: str) -> None:
    """Times the served list, from the request to the log, with everything in a real Postgres."""
    from local import postgres

    baskets = _loaded(path)
    sys.path.insert(0, str(ROOT / "functions/recommendations"))
    with tempfile.TemporaryDirectory(prefix="backshop-bench-") as folder:
        Path(folder).chmod(0o711)
        with postgres.running(Path(folder) / "postgres", settings=postgres.THROWAWAY) as server:
            print(json.dumps(_serve(server, baskets)))


def _serve(server: Any, baskets: Baskets) -> dict[str, float]:
    import recommendations
    from backshop import db
    from backshop.connect.recommend import repository as store
    from backshop.db import migrations

    from local import postgres

    password = "for the bench alone"
    postgres.create_database(server, password)
    owner_url = server.url("backshop_owner", password)
    migrations.migrate(
        owner_url,
        passwords=dict.fromkeys(migrations.LOGINS, password),
        capability_key=b"a key for the bench",
        say=lambda _line: None,
    )
    with db.connect(owner_url) as owner:
        id = _fill(owner, baskets)
    now = store.EPOCH + timedelta(days=float(baskets.day.max()) + 1)
    begin = f"BEGIN; SET LOCAL backshop.store_id = '{id}'".encode()
    with db.connect(server.url("backshop_service", password)) as tx:
        tx.execute(begin)
        read, skus = store.read_baskets(tx, now - timedelta(days=730))
        tx.execute("COMMIT")
        trained = training.train(read, float(np.floor(store.days(now))))
        tx.execute(begin)
        store.save_model(tx, trained, skus)
        tx.execute("COMMIT")
        random = np.random.default_rng(1)
        taken = []
        for customer in random.choice(baskets.customers, 1000):
            start = perf_counter()
            tx.execute(begin)
            found = recommendations.suggest(tx, str(customer), 10, now)
            recommendations._log(tx, found)
            tx.execute("COMMIT")
            taken.append(perf_counter() - start)
            assert found.basis == "customer"
    return {
        "median": float(np.median(taken)) * 1000,
        "p95": float(np.percentile(taken, 95)) * 1000,
        "longest": float(np.max(taken)) * 1000,
    }


def _fill(owner: Any, baskets: Baskets) -> UUID:
    """The baskets as orders of a store, whose every item can be bought."""
    id = uuid4()
    owner.execute("INSERT INTO backshop.stores (id, platform) VALUES (%s, 'woocommerce')", (id,))
    owner.execute(
        """INSERT INTO connect.platform_product
             (store_id, sku, platform, title, price, product_id, variant_id)
           SELECT %s, n::text, 'woocommerce', 'Item ' || n, 1, n::text, n::text
           FROM generate_series(0, %s) AS n""",
        (id, baskets.items - 1),
    )
    owner.execute(
        """INSERT INTO connect.platform_customer (store_id, customer_id, platform, email)
           SELECT %s, n::text, 'woocommerce', '' FROM generate_series(0, %s) AS n""",
        (id, baskets.customers - 1),
    )
    first = np.unique(baskets.order, return_index=True)[1]
    owner.execute(
        """INSERT INTO connect.platform_order
             (store_id, order_id, platform, customer_id, status, total_amount, currency, line_items,
              created_at)
           SELECT %s, o.id::text, 'woocommerce', o.customer::text, 'completed', 1, 'GBP', '[]',
                  to_timestamp(o.day * 86400)
           FROM unnest(%s::int[], %s::int[], %s::float8[]) AS o (id, customer, day)""",
        (
            id,
            baskets.order[first].tolist(),
            baskets.customer[first].tolist(),
            baskets.day[first].tolist(),
        ),
    )
    owner.execute(
        """INSERT INTO connect.order_item
             (store_id, order_id, platform, sku, quantity, price, line_id)
           SELECT %s, i.id::text, 'woocommerce', i.sku::text, 1, 1, i.sku::text
           FROM unnest(%s::int[], %s::int[]) AS i (id, sku)""",
        (id, baskets.order.tolist(), baskets.item.tolist()),
    )
    owner.execute("ANALYZE")
    return id


# ------------------------------------------------------------------------------ the run


def main() -> None:
    real = RETAIL.is_file()
    if not real:
        print(f"{RETAIL} is not there (it is optional): the figures are of a made-up shop")
    baskets = read_retail() if real else make_shop()
    print(
        f"data: {'Online Retail' if real else 'a made-up shop'}, {len(baskets.item):,} lines, ",
        end="",
    )
    print(f"{baskets.customers:,} customers, {baskets.items:,} items")
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/baskets.npz"
        sizes = [baskets.customers, baskets.items]
        columns = {key: getattr(baskets, key) for key in ("customer", "order", "item", "day")}
        np.savez(path, sizes=sizes, **columns)
        results = {name: _run(name, "contestant", name, path) for name in (*PEERS, *OURS)}
        served = _run("serving", "serving", path)
        strict = _run("by date", "dated", path)
    large = _run("a large shop", "large")
    _table(results)
    fallback(baskets)
    print(
        f"served list, 1,000 customers, Postgres and log included: median {served['median']:.2f} ms, ",
        end="",
    )
    print(f"95 % {served['p95']:.2f} ms, longest {served['longest']:.1f} ms")
    print(
        f"{large['items']:,} products, {large['customers']:,} customers: {large['cpu']:.0f} s of CPU, ",
        end="",
    )
    print(f"{large['mb']:.0f} MB (the function has {LARGE_SECONDS:.0f} s and {LARGE_MB:.0f} MB)")
    if real:
        _goals(results["backshop"], served, strict, large)


def _run(name: str, *arguments: str) -> dict[str, Any]:
    python = str(PEERS_PYTHON) if name in PEERS else sys.executable
    command = [python, "-m", "bench.recommend", *arguments]
    surroundings = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": "shared:."}
    done = subprocess.run(
        command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed:\n{done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _table(results: dict[str, dict[str, Any]]) -> None:
    base = results["popularity"]
    print(f"\n{'':30}{'new items':>24}{'repeats allowed':>20}{'x popularity':>14}", end="")
    print(f"{'fit':>9}{'CPU':>8}{'peak':>8}")
    print(f"{'':30}{'HR@10':>12}{'NDCG@10':>12}{'HR@10':>10}{'NDCG@10':>10}{'NDCG, new':>14}")
    for name, row in results.items():
        ratio = row["new_ndcg"] / base["new_ndcg"]
        print(f"{name:30}{row['new_hr']:12.3f}{row['new_ndcg']:12.3f}", end="")
        print(f"{row['any_hr']:10.3f}{row['any_ndcg']:10.3f}{ratio:14.2f}", end="")
        print(f"{row['seconds']:7.1f} s{row['cpu']:6.1f} s{row['mb']:5.0f} MB")
    print("\nfit: of ours the whole nightly run, five fits and the held-out comparison; of the")
    print("others one fit. peak: of the whole process.")


def _goals(
    row: dict[str, Any], served: dict[str, Any], strict: dict[str, Any], large: dict[str, Any]
) -> None:
    print("\nprobabilities of backshop: expected calibration error, log-loss by the base rate's")
    for name, (ece, ratio) in row["calibration"].items():
        print(f"  last orders, {name:14}{ece:8.4f}{ratio:8.3f}")
    for name, cuts in strict.items():
        errors = " ".join(f"{ece:.4f}" for ece, _ in cuts)
        print(f"  split by date {CUTS} days before the end, {name:5}: {errors}")
    ece, ratio = np.mean(strict["any"], axis=0)
    again = float(np.mean(strict["again"], axis=0)[0])
    checks = {f"{key} >= {goal}": row[key] >= goal for key, goal in GOALS.items()}
    checks |= {
        f"calibration error by date <= {ECE_GOAL}": ece <= ECE_GOAL,
        f"calibration error by date, buy again <= {ECE_GOAL}": again <= ECE_GOAL,
        f"log-loss ratio <= {LOG_LOSS_GOAL}": ratio <= LOG_LOSS_GOAL,
        f"training < {SECONDS_GOAL:.0f} s of CPU": row["cpu"] < SECONDS_GOAL,
        f"peak < {MB_GOAL:.0f} MB": row["mb"] < MB_GOAL,
        f"50,000 products: peak < {LARGE_MB:.0f} MB": large["mb"] < LARGE_MB,
        f"50,000 products: training < {LARGE_SECONDS:.0f} s of CPU": large["cpu"] < LARGE_SECONDS,
        f"served list < {SERVE_MS_GOAL:.0f} ms (median)": served["median"] < SERVE_MS_GOAL,
    }
    for name, held in checks.items():
        print(f"  {'reached' if held else 'MISSED ':8} {name}")


if __name__ == "__main__":
    {"contestant": contestant, "serving": serving, "dated": dated, "large": large}[sys.argv[1]](
        *sys.argv[2:]
    )

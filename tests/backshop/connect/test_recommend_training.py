"""The recommender on a shop made up here: what it learns, what it may not see, what it promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from backshop.connect.recommend import rules, training
from backshop.connect.recommend.models import Baskets, Neighbours, Quality, Scores, Trained


def make_shop(customers: int = 300, items: int = 60, seed: int = 3) -> Baskets:
    """Customers who like one of six groups of items, come back, and have three regular items."""
    random = np.random.default_rng(seed)
    group = np.arange(items) % 6
    rows = []
    for customer in range(customers):
        liking = np.where(group == customer % 6, 10.0, 1.0)
        regulars = random.choice(items, 3, replace=False, p=liking / liking.sum())
        for number in range(2 + random.poisson(3)):
            day = random.uniform(0, 300)
            fresh = random.choice(items, 3, replace=False, p=liking / liking.sum())
            again = regulars[random.random(3) < 0.5]
            rows += [
                (customer, f"{customer}-{number}", item, day)
                for item in {*fresh.tolist(), *again.tolist()}
            ]
    return rules.baskets(*map(list, zip(*rows, strict=True)))[0]


@pytest.fixture(scope="module")
def shop() -> Baskets:
    return make_shop()


@pytest.fixture(scope="module")
def trained(shop: Baskets) -> Trained:
    return training.train(shop, 301.0)


def some() -> Baskets:
    """Customer a: x and y on day 1, x on day 5; customer b: z on day 2."""
    lines = [
        ("a", "o2", "x", 5.0),
        ("a", "o1", "y", 1.0),
        ("a", "o1", "x", 1.0),
        ("b", "o3", "z", 2.0),
    ]
    return rules.baskets(*map(list, zip(*lines, strict=True)))[0]


def test_lines_become_orders_in_time_and_an_item_counts_once_an_order():
    lines = [("a", "o2", "x", 5.0), ("a", "o1", "x", 1.2), ("a", "o1", "x", 1.1)]
    made, names = rules.baskets(*map(list, zip(*lines, strict=True)))
    assert names == ["x"]
    assert made.order.tolist() == [0, 1]
    assert made.day.tolist() == [1.1, 5.0], "an order happens when its first line does"


def test_only_the_last_order_of_those_who_came_back_is_held_out():
    kept, held = rules.hold_out(some())
    assert held.day.tolist() == [5.0]
    assert sorted(kept.day.tolist()) == [1.0, 1.0, 2.0], "who ordered once stays in"


def test_nothing_held_out_is_in_what_is_learnt_from(shop):
    kept, held = rules.hold_out(shop)
    assert not set(kept.order.tolist()) & set(held.order.tolist())
    last = dict(zip(shop.customer, shop.day, strict=True))
    assert all(last[c] == day for c, day in zip(held.customer, held.day, strict=True))


def test_history_counts_orders_not_lines():
    summed = rules.histories(some())
    assert summed.orders.tolist() == [2, 1]
    assert summed.item[:2].tolist() == [0, 1]
    assert summed.count[:2].tolist() == [2, 1]
    assert summed.since[:2].tolist() == [0, 1], "y was not in the last order"
    assert summed.last[:2].tolist() == [5.0, 1.0]
    assert summed.size.tolist() == [1.5, 1.0]
    assert summed.variety.tolist() == [2, 1]


def test_trend_knows_only_days_before():
    shop = some()
    of_day_2, orders = training.trends(shop, 2.0)
    assert of_day_2[0, 2] == 0, "z was sold on day 2 itself"
    assert of_day_2[0, 0] == pytest.approx(0.5 ** (1 / 7))
    assert orders[0] == pytest.approx(0.5 ** (1 / 7))
    later, orders = training.trends(shop, 8.0)
    assert later[1, 0] == pytest.approx(0.5 ** (7 / 30) + 0.5 ** (3 / 30), rel=1e-6)
    assert orders[1] == pytest.approx(sum(0.5 ** (age / 30) for age in (7, 6, 3)))


def test_replay_never_sees_the_day_it_predicts(shop):
    kept, held = rules.hold_out(shop)
    for moment in training.replay(kept, held, training.no_neighbours(shop.items)):
        day = np.floor(moment.now).max()
        sold_before = np.unique(kept.item[np.floor(kept.day) < day])
        assert set(np.flatnonzero(moment.trend[2] > 0)) <= set(sold_before.tolist())
        assert not (moment.wanted.sum(axis=1) == 0).any()


@pytest.mark.parametrize("method", [training.ease, training.cosine])
def test_neighbours_are_of_the_same_taste(shop, method):
    found = method(training.bought(shop), keep=5)
    same = (found.item % 6) == (np.arange(60) % 6)[:, None]
    assert same[found.weight > 0].mean() > 0.95
    assert not (found.item == np.arange(60)[:, None])[found.weight > 0].any()


def test_ease_is_the_closed_form(shop):
    matrix = training.bought(shop)
    gram = (matrix.T @ matrix).toarray() + 50.0 * np.eye(60)
    inverse = np.linalg.inv(gram)
    exact = -inverse / np.diag(inverse)
    found = training.ease(matrix, ridge=50.0, keep=60)
    for item in (0, 31):
        positive = found.weight[item] > 0
        ours = found.weight[item][positive]
        assert ours == pytest.approx(exact[item, found.item[item][positive]], abs=1e-4)


def test_rarely_bought_items_have_no_neighbours():
    found = training.find_neighbours(some())
    assert not found.weight.any()


def test_model_beats_popularity_and_keeps_its_promises(trained):
    scores = trained.scores
    assert scores.beats_popularity
    assert scores.new.ndcg > 1.5 * scores.popularity_new.ndcg
    assert scores.any.ece < 0.05
    assert scores.any.log_loss_ratio < 0.97


def test_the_gate_refuses_a_model_of_noise():
    random = np.random.default_rng(1)
    number = 4000
    lines = (
        random.integers(0, 300, number), random.integers(0, 1200, number),
        random.integers(0, 50, number), random.uniform(0, 300, number),
    )  # fmt: skip
    # Every order of one customer, so that orders are whole.
    made = rules.baskets(lines[1] % 300, lines[1], lines[2], lines[3])[0]
    better = training.train(made, 301.0).scores.any.ndcg
    assert better < 0.25, "there is nothing to learn from noise"
    good = Quality(customers=9, hr=0.3, ndcg=0.2)
    bad = Quality(customers=9, hr=0.2, ndcg=0.1)
    mixed = Quality(customers=9, hr=0.2, ndcg=0.3)
    for ours, wins in ((good, True), (bad, False), (mixed, False)):
        scores = Scores(new=ours, again=good, any=good, popularity_new=bad, popularity_any=bad)
        assert scores.beats_popularity is wins


def test_too_few_returning_customers_are_said_so():
    with pytest.raises(training.TooLittle, match="three orders"):
        training.train(some(), 9.0)


def flat(orders: int, items: list[int]) -> Baskets:
    """100 customers who each buy all of the items in each of their orders."""
    random = np.random.default_rng(0)
    number = 100 * orders
    order = np.repeat(np.arange(number), len(items))
    days = random.uniform(0, 300, number)[order]
    return rules.baskets(order // orders, order, np.tile(items, number), days)[0]


@pytest.mark.parametrize("items", [[0], [0, 1], list(range(12))])
def test_a_shop_whose_buyers_own_everything_is_too_little_to_learn_from(items):
    with pytest.raises(training.TooLittle, match="new"):
        training.train(flat(4, items), 301.0)


def test_a_shop_where_nobody_buys_anything_again_is_too_little():
    order = np.arange(400)
    once = rules.baskets(order // 4, order, order, order * 0.5)[0]
    with pytest.raises(training.TooLittle, match="again"):
        training.train(once, 301.0)


def test_a_shop_whose_orders_are_all_of_one_day_can_be_learnt_from():
    order = np.arange(400)
    random = np.random.default_rng(0)
    shop = rules.baskets(order // 4, order, random.integers(0, 9, 400), np.ones(400))[0]
    assert training.train(shop, 2.0).scores.any.customers == 100


def test_figures_of_lists_that_are_all_empty_are_unknown():
    tally = training.Tally()
    nothing = np.zeros((3, 2))
    tally.add(training.Lists(np.full((3, 2), -1), nothing), np.zeros((3, 4), dtype=bool))
    assert tally.quality(tally.shown).ece is None


def test_a_split_by_date_knows_nothing_of_what_came_later(shop):
    kept, held = rules.split(shop, 200.0)
    assert kept.day.max() < 200 <= held.day.min()
    known = set(kept.customer.tolist())
    whole = rules.histories(shop)
    for customer in set(held.customer.tolist()):
        mine = shop.day[(shop.customer == customer) & (shop.day >= 200)]
        assert customer in known
        assert held.day[held.customer == customer].tolist() == mine[mine == mine.min()].tolist()
    assert (whole.last_order[list(known - set(held.customer.tolist()))] < 200).all()


def test_a_sample_is_of_whole_customers_and_always_the_same(shop):
    part = rules.sample(shop, 40)
    chosen = np.unique(part.customer)
    assert len(chosen) == 40
    assert len(part.item) == np.isin(shop.customer, chosen).sum()
    assert part.order.tolist() == rules.sample(shop, 40).order.tolist()
    assert rules.sample(shop, 300) is shop


def test_probabilities_hold_for_the_next_order_after_a_day(shop):
    errors: list[float] = []
    for day in (180.0, 210.0, 240.0):
        kept, held = rules.split(shop, day)
        ece = training.evaluate(kept, held, *training.fit(kept)).again.ece
        assert ece is not None
        errors.append(ece)
    assert np.mean(errors) < 0.05, "300 customers: their chance alone is about .03"


def test_lists_are_ranked_disjoint_and_probable(trained, shop):
    model = trained.model
    history = rules.histories(shop)
    owned = slice(history.start[4], history.start[5])
    of_four = shop.customer == 4
    mine = rules.histories(
        Baskets(
            shop.customer[of_four] * 0,
            shop.order[of_four],
            shop.item[of_four],
            shop.day[of_four],
            customers=1,
            items=shop.items,
        )
    )
    rows = Neighbours(model.neighbours.item[mine.item], model.neighbours.weight[mine.item])
    affinity = rules.affinities(rows, shop.items)
    again = rules.buy_again(model.again, model.trend, mine, affinity, 301.5, 10)
    new = rules.new_for_you(model.new, model.trend, mine, affinity, 301.5, 10)
    assert set(again.items) <= set(history.item[owned])
    assert not set(new.items) & set(history.item[owned])
    assert len(new.items) == 10
    for ranked in (again, new):
        assert (np.diff(ranked.probabilities) <= 0).all()
        assert ((ranked.probabilities > 0) & (ranked.probabilities < 1)).all()


def test_serving_says_what_was_measured(shop):
    """One customer scored alone gets the list that the held-out comparison counted."""
    kept, held = rules.hold_out(shop)
    new, _ = training.fit(kept)
    neighbours = training.find_neighbours(kept)
    summed = rules.histories(kept)
    moment = next(iter(training.replay(kept, held, neighbours)))
    measured = training._top_new(moment, summed, new)
    who = int(moment.customers[0])
    entries = slice(summed.start[who], summed.start[who + 1])
    theirs = kept.customer == who
    alone = rules.histories(
        Baskets(
            kept.customer[theirs] * 0,
            kept.order[theirs],
            kept.item[theirs],
            kept.day[theirs],
            customers=1,
            items=kept.items,
        )
    )
    rows = Neighbours(
        neighbours.item[summed.item[entries]], neighbours.weight[summed.item[entries]]
    )
    affinity = rules.affinities(rows, kept.items)
    served = rules.new_for_you(new, moment.trend, alone, affinity, float(moment.now[0]), 10)
    assert served.items.tolist() == measured.items[0].tolist()
    assert served.probabilities == pytest.approx(measured.probabilities[0], rel=1e-4)


def test_best_is_a_stable_sort():
    random = np.random.default_rng(0)
    for _ in range(50):
        scores = random.integers(0, 5, 30).astype(float)
        expected = np.argsort(-scores, kind="stable")[:7]
        assert scores[rules.best(scores, 7)].tolist() == scores[expected].tolist()
    assert rules.best(np.array([1.0, 3.0]), 5).tolist() == [1, 0]


def test_popular_is_the_share_of_orders():
    ranked = rules.popular(np.array([3.0, 0.0, 9.0]), np.array(17.0), 10)
    assert ranked.items.tolist() == [2, 0]
    assert ranked.probabilities.tolist() == [0.5, pytest.approx(1 / 6)]


def test_calibration_error_and_log_loss_by_hand():
    likely = np.array([0.1] * 10 + [0.6] * 10)
    hit = np.array([True] + [False] * 9 + [True] * 6 + [False] * 4)
    assert training.calibration_error(likely, hit, groups=2) == pytest.approx(0)
    assert training.calibration_error(likely + 0.2, hit, groups=2) == pytest.approx(0.2)
    always = np.full(20, 0.35)
    assert training.log_loss_ratio(always, hit) == pytest.approx(1)
    assert training.log_loss_ratio(likely, hit) < 0.85


def test_the_layer_keeps_of_scipy_what_is_imported():
    """layers/science leaves out the rest, so that a function's layers fit into 250 MB."""
    root = Path(__file__).parents[3]
    makefile = (root / "layers/Makefile").read_text().replace("\\\n", " ")
    found = re.search(r"^UNUSED := (.*)$", makefile, re.MULTILINE)
    assert found
    code = (
        "import sys, backshop.connect.recommend.training as t; t.no_neighbours(1)\n"
        "print(*{name.split('.')[1] for name in sys.modules if name.startswith('scipy.')})"
    )
    used = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(root / "shared")},
    ).stdout.split()  # fmt: skip
    assert {"linalg", "sparse", "special"} <= set(used)
    assert not set(used) & set(found[1].split())

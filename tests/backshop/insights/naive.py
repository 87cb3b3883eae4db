"""The metrics once more, the plain way: lists, loops and sets over a shop's orders as they came,
written from the definitions alone. It knows nothing of SQL, rollups or the catalogue's formulas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations, pairwise
from typing import Any
from zoneinfo import ZoneInfo

Answer = dict[Any, Any]
"""Numbers (None where there is none) by group."""
ZERO = Fraction(0)


@dataclass
class Line:
    id: str
    product: int | None
    sku: str | None
    name: str
    quantity: Decimal
    subtotal: Decimal
    total: Decimal


@dataclass
class Refund:
    at: datetime
    number: int
    amount: Decimal
    tax: Decimal
    shipping: Decimal
    lines: list[tuple[str, Decimal, Decimal, Decimal]]
    """Line id, quantity, amount, tax."""
    status: str = "settled"


@dataclass
class Order:
    number: int
    placed: datetime
    paid: datetime | None
    status: str
    counted: bool
    cancelled: bool
    test: bool
    guest: bool
    customer: str | None
    country: str | None
    currency: str
    payment: str | None
    channel: str | None
    discount: Decimal
    tax: Decimal
    shipping: Decimal
    total: Decimal
    lines: list[Line]
    coupons: list[tuple[str, Decimal | None]] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)

    @property
    def subtotal(self) -> Decimal:
        return sum((line.subtotal for line in self.lines), Decimal(0))


@dataclass
class Product:
    number: int
    name: str
    sku: str
    category: int | None
    stock: int | None
    price: Decimal
    status: str = "publish"


@dataclass
class Shop:
    zone: str
    currency: str
    orders: list[Order]
    products: dict[int, Product]
    categories: dict[int, tuple[str, int | None]]
    """Name and parent by number."""
    statuses: set[str] | None = None
    by_paid: bool = False
    week_start: int = 0


@dataclass
class Event:
    """A sale or a refund, or a line of one, on its local day."""

    order: Order
    at: datetime
    line: Line | None = None
    refund: Refund | None = None


@dataclass
class Question:
    metric: str
    dimension: str | None
    grain: str | None
    first: date | None
    last: date | None
    as_of: datetime


class Naive:
    """Of one currency, where `only` names it; whose first order it was is asked of all of them."""

    def __init__(self, shop: Shop, only: str | None = None) -> None:
        self.shop = shop
        self.only = only
        self.zone = ZoneInfo(shop.zone)
        self.mine = [o for o in shop.orders if only is None or o.currency == only]

    # ------------------------------------------------------------------ what counts, and when

    def counts(self, order: Order) -> bool:
        if order.test or (self.shop.by_paid and order.paid is None):
            return False
        if self.shop.statuses is not None:
            return order.status in self.shop.statuses
        return order.counted

    def moment(self, order: Order) -> datetime:
        return order.paid if self.shop.by_paid and order.paid else order.placed

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def sold(self, q: Question) -> list[Order]:
        """All orders that count and were known then."""
        return [o for o in self.mine if self.counts(o) and self.moment(o) < q.as_of]

    def inside(self, q: Question, at: datetime) -> bool:
        if at >= q.as_of:
            return False
        return q.first is None or q.last is None or q.first <= self.day(at) <= q.last

    def sales(self, q: Question) -> list[Event]:
        return [Event(o, self.moment(o)) for o in self.sold(q) if self.inside(q, self.moment(o))]

    def everything(self, q: Question) -> list[Event]:
        return [
            Event(o, self.moment(o))
            for o in self.mine
            if not o.test and self.inside(q, self.moment(o))
        ]

    def given_back(self, q: Question, *, ever: bool = False) -> list[Event]:
        return [
            Event(o, r.at, refund=r)
            for o in self.mine
            if self.counts(o)
            for r in o.refunds
            if r.status == "settled" and (r.at < q.as_of if ever else self.inside(q, r.at))
        ]

    def lines(self, q: Question) -> list[Event]:
        return [Event(e.order, e.at, line) for e in self.sales(q) for line in e.order.lines]

    def lines_back(self, q: Question) -> list[tuple[Event, Decimal, Decimal]]:
        found = []
        for e in self.given_back(q):
            by_id = {line.id: line for line in e.order.lines}
            assert e.refund is not None
            for id, quantity, amount, _ in e.refund.lines:
                if id in by_id:
                    found.append((Event(e.order, e.at, by_id[id], e.refund), quantity, amount))
        return found

    # ------------------------------------------------------------------ parts of refunds

    def parts(self, order: Order) -> dict[int, tuple[Fraction, Fraction, Fraction]]:
        """Goods, tax and shipping of each settled refund; in full they are the order's own."""
        settled = sorted(
            (r for r in order.refunds if r.status == "settled"), key=lambda r: (r.at, r.number)
        )
        found = {}
        for r in settled:
            amount = Fraction(r.amount)
            tax = max(Fraction(r.tax), sum((Fraction(line[3]) for line in r.lines), ZERO))
            shipping = Fraction(r.shipping)
            if amount <= 0:
                tax = shipping = ZERO
            found[r.number] = (amount - tax - shipping, tax, shipping)
        if settled and order.total > 0 and sum(r.amount for r in settled) >= order.total:
            wholes = (
                Fraction(order.subtotal - order.discount),
                Fraction(order.tax),
                Fraction(order.shipping),
            )
            others = [found[r.number] for r in settled[:-1]]
            left = [whole - sum((o[n] for o in others), ZERO) for n, whole in enumerate(wholes)]
            found[settled[-1].number] = (left[0], left[1], left[2])
        return found

    def back(self, e: Event, part: int) -> Fraction:
        assert e.refund is not None
        return self.parts(e.order)[e.refund.number][part]

    # ------------------------------------------------------------------ keys

    def first_orders(self, q: Question) -> dict[str, Order]:
        firsts: dict[str, Order] = {}
        everywhere = Naive(self.shop).sold(q)
        for o in sorted(everywhere, key=lambda o: (self.moment(o), o.number)):
            if o.customer is not None:
                firsts.setdefault(o.customer, o)
        return firsts

    def keys(self, q: Question, e: Event) -> list[tuple[Any, ...]]:
        """The groups that an event belongs to."""
        times = [self.bucket(q, self.day(e.at))] if q.grain else []
        if q.dimension is None:
            return [tuple(times)]
        return [(*times, value) for value in self.values(q, e)]

    def bucket(self, q: Question, day: date) -> date:
        match q.grain:
            case "day":
                return day
            case "week":
                return day - timedelta(days=(day.weekday() - self.shop.week_start) % 7)
            case "month":
                return day.replace(day=1)
            case "quarter":
                return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return day.replace(month=1, day=1)

    def values(self, q: Question, e: Event) -> list[Any]:  # noqa: C901
        o, local = e.order, e.at.astimezone(self.zone)
        match q.dimension:
            case "country":
                return [o.country]
            case "status":
                return [o.status]
            case "payment_method":
                return [o.payment]
            case "channel":
                return [o.channel]
            case "currency":
                return [o.currency]
            case "has_coupon":
                return [bool(o.coupons)]
            case "coupon":
                return sorted({code.lower() for code, _ in o.coupons})
            case "day_of_week":
                return [local.isoweekday()]
            case "hour_of_day":
                return [local.hour]
            case "is_weekend":
                return [local.isoweekday() > 5]
            case "month":
                return [local.month]
            case "customer_type":
                return [self.customer_type(q, o)]
            case "order_value_bucket":
                return [self.value_bucket(o)]
            case "product":
                return [self.product_name(e.line)] if e.line else []
            case "sku":
                return [e.line.sku] if e.line and e.line.sku else []
            case "category":
                return self.top_category(e.line)
        raise AssertionError(q.dimension)

    def customer_type(self, q: Question, o: Order) -> str:
        if o.guest or o.customer is None:
            return "guest"
        first = self.first_orders(q).get(o.customer)
        placed = self.moment(o)
        if first and (self.moment(first), first.number) < (placed, o.number):
            return "returning"
        return "new"

    @staticmethod
    def value_bucket(o: Order) -> str:
        factor = 100 if o.currency in ("JPY", "KRW") else 1
        edges = [each * factor for each in (25, 50, 100, 200, 500)]
        low = 0
        for edge in edges:
            if o.total < edge:
                return f"{low}-{edge}"
            low = edge
        return f"{low}+"

    def product_name(self, line: Line) -> str:
        held = self.shop.products.get(line.product) if line.product else None
        return held.name if held else line.name

    def top_category(self, line: Line | None) -> list[str]:
        held = self.shop.products.get(line.product) if line and line.product else None
        number = held.category if held else None
        if number is None:
            return []
        while (parent := self.shop.categories[number][1]) is not None:
            number = parent
        return [self.shop.categories[number][0]]

    # ------------------------------------------------------------------ answers

    def answer(self, q: Question) -> Answer:
        """The metric by group; currencies are the caller's to keep apart."""
        return getattr(self, f"m_{q.metric}")(q)

    def summed(self, q: Question, events: list[tuple[Event, Fraction]]) -> Answer:
        sums: dict[tuple[Any, ...], Fraction] = defaultdict(Fraction)
        for e, amount in events:
            for key in self.keys(q, e):
                sums[key] += amount
        if q.dimension is None and q.grain is None and not sums:
            return {(): ZERO}
        return dict(sums)

    def of_sales(self, q: Question, amount: Callable[[Order], Any]) -> Answer:
        return self.summed(q, [(e, Fraction(amount(e.order))) for e in self.sales(q)])

    @staticmethod
    def joined(*signed: tuple[int, Answer]) -> Answer:
        found: Answer = defaultdict(Fraction)
        for sign, values in signed:
            for key, value in values.items():
                found[key] += sign * (value or ZERO)
        return dict(found)

    @staticmethod
    def divided(above: Answer, below: Answer) -> Answer:
        return {
            key: (above.get(key) or ZERO) / below[key] if below.get(key) else None
            for key in above.keys() | below.keys()
        }

    def by_products(self, q: Question) -> bool:
        return q.dimension in ("product", "sku", "category")

    def m_gross_sales(self, q: Question) -> Answer:
        return self.summed(
            q, [(e, Fraction(e.line.subtotal)) for e in self.lines(q) if e.line is not None]
        )

    def whole_discounts(self, q: Question) -> Answer:
        return self.of_sales(q, lambda o: o.discount)

    def m_discounts(self, q: Question) -> Answer:
        if q.dimension != "coupon":
            return self.whole_discounts(q)
        sums: Answer = defaultdict(Fraction)
        for e in self.sales(q):
            time = [self.bucket(q, self.day(e.at))] if q.grain else []
            own: dict[str, list[Decimal | None]] = defaultdict(list)
            for code, discount in e.order.coupons:
                own[code.lower()].append(discount)
            for code, amounts in own.items():
                known = [each for each in amounts if each is not None]
                sums[(*time, code)] += Fraction(
                    sum(known, Decimal(0)) if known else e.order.discount
                )
        return dict(sums)

    def m_refunds(self, q: Question) -> Answer:
        if self.by_products(q):
            return self.summed(q, [(e, Fraction(amount)) for e, _, amount in self.lines_back(q)])
        return self.summed(q, [(e, self.back(e, 0)) for e in self.given_back(q)])

    def m_net_sales(self, q: Question) -> Answer:
        return self.joined(
            (1, self.of_sales(q, lambda o: o.subtotal)),
            (-1, self.whole_discounts(q)),
            (-1, self.m_refunds(q)),
        )

    def m_product_net_sales(self, q: Question) -> Answer:
        sold = [(e, Fraction(e.line.total)) for e in self.lines(q) if e.line is not None]
        back = [(e, Fraction(amount)) for e, _, amount in self.lines_back(q)]
        return self.joined((1, self.summed(q, sold)), (-1, self.summed(q, back)))

    def m_taxes(self, q: Question) -> Answer:
        back = self.summed(q, [(e, self.back(e, 1)) for e in self.given_back(q)])
        return self.joined((1, self.of_sales(q, lambda o: o.tax)), (-1, back))

    def m_shipping(self, q: Question) -> Answer:
        back = self.summed(q, [(e, self.back(e, 2)) for e in self.given_back(q)])
        return self.joined((1, self.of_sales(q, lambda o: o.shipping)), (-1, back))

    def m_total_sales(self, q: Question) -> Answer:
        return self.joined((1, self.m_net_sales(q)), (1, self.m_taxes(q)), (1, self.m_shipping(q)))

    def m_orders(self, q: Question) -> Answer:
        return self.of_sales(q, lambda o: 1)

    def m_orders_all_status(self, q: Question) -> Answer:
        return self.summed(q, [(e, Fraction(1)) for e in self.everything(q)])

    def m_gross_sales_all_status(self, q: Question) -> Answer:
        return self.summed(q, [(e, Fraction(e.order.total)) for e in self.everything(q)])

    def m_aov(self, q: Question) -> Answer:
        return self.divided(self.m_net_sales(q), self.m_orders(q))

    def m_median_order_value(self, q: Question) -> Answer:
        groups: dict[Any, list[Fraction]] = defaultdict(list)
        for e in self.sales(q):
            back = sum(
                (
                    self.parts(e.order)[r.number][0]
                    for r in e.order.refunds
                    if r.status == "settled" and r.at < q.as_of
                ),
                ZERO,
            )
            for key in self.keys(q, e):
                groups[key].append(Fraction(e.order.subtotal - e.order.discount) - back)
        return {key: median(values) for key, values in groups.items()}

    def m_items_sold(self, q: Question) -> Answer:
        sold = [(e, Fraction(e.line.quantity)) for e in self.lines(q) if e.line is not None]
        back = [(e, Fraction(quantity)) for e, quantity, _ in self.lines_back(q)]
        return self.joined((1, self.summed(q, sold)), (-1, self.summed(q, back)))

    def m_items_per_order(self, q: Question) -> Answer:
        return self.divided(self.m_items_sold(q), self.m_orders(q))

    def m_avg_item_price(self, q: Question) -> Answer:
        return self.divided(self.m_product_net_sales(q), self.m_items_sold(q))

    def m_refund_rate(self, q: Question) -> Answer:
        gross = self.m_gross_sales(q)
        rates = self.divided(self.m_refunds(q), gross)
        if q.dimension != "product":
            return rates
        sold = self.summed(
            q, [(e, Fraction(e.line.quantity)) for e in self.lines(q) if e.line is not None]
        )
        return {key: rate for key, rate in rates.items() if (sold.get(key) or 0) >= 5}

    def m_refunded_orders(self, q: Question) -> Answer:
        def is_refunded(o: Order) -> int:
            return any(r.status == "settled" and r.amount > 0 and r.at < q.as_of for r in o.refunds)

        return self.of_sales(q, is_refunded)

    def m_cancel_rate(self, q: Question) -> Answer:
        gone = [(e, Fraction(int(e.order.cancelled))) for e in self.everything(q)]
        return self.divided(self.summed(q, gone), self.m_orders_all_status(q))

    def m_discounted_orders(self, q: Question) -> Answer:
        return self.of_sales(q, lambda o: int(bool(o.coupons)))

    def m_coupon_uses(self, q: Question) -> Answer:
        return self.m_discounted_orders(q)

    def m_coupon_order_share(self, q: Question) -> Answer:
        return self.divided(self.m_discounted_orders(q), self.m_orders(q))

    def m_coupon_net_sales(self, q: Question) -> Answer:
        sold = self.of_sales(q, lambda o: o.subtotal - o.discount if o.coupons else 0)
        back = [(e, self.back(e, 0)) for e in self.given_back(q) if e.order.coupons]
        return self.joined((1, sold), (-1, self.summed(q, back)))

    def m_discount_rate(self, q: Question) -> Answer:
        return self.divided(self.m_discounts(q), self.of_sales(q, lambda o: o.subtotal))

    # ------------------------------------------------------------------ customers

    def distinct(self, q: Question, events: list[Event]) -> dict[Any, set[str]]:
        groups: dict[Any, set[str]] = defaultdict(set)
        if q.dimension is None and q.grain is None:
            groups[()] = set()
        for e in events:
            for key in self.keys(q, e):
                held = groups[key]
                if e.order.customer is not None:
                    held.add(e.order.customer)
        return groups

    def m_customers(self, q: Question) -> Answer:
        return {key: Fraction(len(who)) for key, who in self.distinct(q, self.sales(q)).items()}

    def m_new_customers(self, q: Question) -> Answer:
        firsts = [Event(o, self.moment(o)) for o in self.first_orders(q).values()]
        inside = [
            e for e in firsts if self.inside(q, e.at) and self.only in (None, e.order.currency)
        ]
        return self.summed(q, [(e, Fraction(1)) for e in inside])

    def m_returning_customers(self, q: Question) -> Answer:
        firsts = self.first_orders(q)
        found: Answer = {}
        for key, who in self.distinct(q, self.sales(q)).items():
            begins: Any = key[0] if q.grain else q.first
            if q.grain and q.first:
                begins = max(begins, q.first)
            found[key] = Fraction(
                sum(
                    1
                    for each in who
                    if begins is not None and self.day(self.moment(firsts[each])) < begins
                )
            )
        return found

    def orders_of(self, q: Question) -> dict[Any, dict[str, int]]:
        numbers: dict[Any, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for e in self.sales(q):
            if e.order.customer is not None:
                for key in self.keys(q, e):
                    numbers[key][e.order.customer] += 1
        return numbers

    def m_repeat_customer_rate(self, q: Question) -> Answer:
        again = {
            key: Fraction(sum(n >= 2 for n in held.values()))
            for key, held in self.orders_of(q).items()
        }
        return self.divided(again, self.m_customers(q))

    def m_one_time_customers(self, q: Question) -> Answer:
        if q.dimension == "cohort_month":
            firsts = self.first_orders(q)
            plain = self.orders_of(Question(**{**q.__dict__, "dimension": None}))
            counts: Answer = defaultdict(Fraction)
            for key, held in plain.items():
                for who, number in held.items():
                    cohort = self.day(self.moment(firsts[who])).strftime("%Y-%m")
                    counts[(*key, cohort)] += int(number == 1)
            return dict(counts)
        found = {
            key: Fraction(sum(n == 1 for n in held.values()))
            for key, held in self.orders_of(q).items()
        }
        return found or ({(): ZERO} if not q.dimension and not q.grain else {})

    def m_orders_per_customer(self, q: Question) -> Answer:
        return self.divided(self.m_orders(q), self.m_customers(q))

    def m_revenue_per_customer(self, q: Question) -> Answer:
        return self.divided(self.m_net_sales(q), self.m_customers(q))

    def life(self, q: Question, customer: str, country: Any = ...) -> Fraction:
        """All that a customer ever brought; in one country where that is given."""
        whole = ZERO
        for o in self.sold(q):
            if o.customer == customer and (country is ... or o.country == country):
                whole += Fraction(o.subtotal - o.discount)
        for e in self.given_back(q, ever=True):
            if e.order.customer == customer and (country is ... or e.order.country == country):
                whole -= self.back(e, 0)
        return whole

    def m_ltv_historic(self, q: Question) -> Answer:
        if q.dimension == "cohort_month":
            firsts = self.first_orders(q)
            plain = self.distinct(Question(**{**q.__dict__, "dimension": None}), self.sales(q))
            groups: dict[Any, set[str]] = defaultdict(set)
            for key, everyone in plain.items():
                for each in everyone:
                    cohort = self.day(self.moment(firsts[each])).strftime("%Y-%m")
                    groups[(*key, cohort)].add(each)
        else:
            groups = self.distinct(q, self.sales(q))
        found: Answer = {}
        for key, everyone in groups.items():
            country = key[-1] if q.dimension == "country" else ...
            lives = [self.life(q, each, country) for each in everyone]
            if lives:
                found[key] = sum(lives, ZERO) / len(lives)
            elif q.dimension is None and q.grain is None:
                found[key] = None
        return found

    def m_lifetime_revenue(self, q: Question) -> Answer:
        """By customer, or of all of them together."""
        plain = self.distinct(Question(**{**q.__dict__, "dimension": None}), self.sales(q))
        if q.dimension == "customer":
            return {(*key, each): self.life(q, each) for key, who in plain.items() for each in who}
        return {key: sum((self.life(q, each) for each in who), ZERO) for key, who in plain.items()}

    def m_median_days_between_orders(self, q: Question) -> Answer:
        by_customer: dict[str, list[Order]] = defaultdict(list)
        for o in sorted(self.sold(q), key=lambda o: (self.moment(o), o.number)):
            if o.customer is not None:
                by_customer[o.customer].append(o)
        groups: dict[Any, list[Fraction]] = defaultdict(list)
        for orders in by_customer.values():
            for before, after in pairwise(orders):
                at = self.moment(after)
                if self.inside(q, at):
                    gap = (at - self.moment(before)) / timedelta(microseconds=1)
                    for key in self.keys(q, Event(after, at)):
                        groups[key].append(Fraction(int(gap), 86_400_000_000))
        return {key: median(gaps) for key, gaps in groups.items()}

    def net_of(self, q: Question) -> dict[Any, dict[str, Fraction]]:
        """Net sales of the period by group and customer, of those with an order in it."""
        nets: dict[Any, dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
        buyers = self.distinct(q, self.sales(q))
        for e in self.sales(q):
            for key in self.keys(q, e):
                if e.order.customer:
                    nets[key][e.order.customer] += Fraction(e.order.subtotal - e.order.discount)
        for e in self.given_back(q):
            for key in self.keys(q, e):
                if e.order.customer and e.order.customer in buyers.get(key, ()):
                    nets[key][e.order.customer] -= self.back(e, 0)
        return nets

    def m_top_customer_share(self, q: Question) -> Answer:
        tops: Answer = {}
        for key, held in self.net_of(q).items():
            ranked = sorted(held.values(), reverse=True)
            tops[key] = sum(ranked[: -(-len(ranked) // 5)], ZERO)
        return self.divided(tops, self.m_net_sales(q))

    def m_customers_at_risk(self, q: Question) -> Answer:
        held: dict[str, list[datetime]] = defaultdict(list)
        for e in self.sales(q):
            if e.order.customer is not None:
                held[e.order.customer].append(e.at)
        today = self.day(q.as_of)
        risky = {
            who: max(times)
            for who, times in held.items()
            if len(times) >= 3 and (today - self.day(max(times))).days >= 180
        }
        found: Answer = defaultdict(Fraction)
        if q.dimension is None and q.grain is None:
            found[()] = ZERO
        for who, last in risky.items():
            key = (self.bucket(q, self.day(last)),) if q.grain else ()
            found[(*key, who) if q.dimension else key] += 1
        return dict(found)

    def m_rfm_segment_size(self, q: Question) -> Answer:
        events: dict[str, list[Event]] = defaultdict(list)
        for e in self.sales(q):
            if e.order.customer is not None:
                events[e.order.customer].append(e)
        plain = Question(**{**q.__dict__, "dimension": None, "grain": None})
        net = self.net_of(plain).get((), {})
        last = {who: max(e.at for e in held) for who, held in events.items()}
        number = {who: len(held) for who, held in events.items()}

        def score(values: dict[str, Any], who: str) -> int:
            below = sum(1 for each in values.values() if each < values[who])
            return 1 + 5 * below // len(values)

        found: Answer = defaultdict(Fraction)
        if q.dimension is None:
            found[()] = ZERO
        for who in events:
            r = score(last, who)
            fm = Fraction(score(number, who) + score(net, who), 2)
            found[(segment(r, fm),) if q.dimension else ()] += 1
        return dict(found)

    # ------------------------------------------------------------------ cohorts

    def cohorts(self, q: Question) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for who, o in self.first_orders(q).items():
            if self.inside(q, self.moment(o)) and self.only in (None, o.currency):
                found[self.day(self.moment(o)).strftime("%Y-%m")].append(who)
        return found

    def months_since(self, cohort: str, day: date) -> int:
        year, month = map(int, cohort.split("-"))
        return 12 * (day.year - year) + day.month - month

    def m_cohort_retention(self, q: Question) -> Answer:
        sizes: dict[Any, int] = defaultdict(int)
        active: dict[Any, int] = defaultdict(int)
        for cohort, members in self.cohorts(q).items():
            months = {
                (o.customer, self.months_since(cohort, self.day(self.moment(o))))
                for o in self.sold(q)
                if o.customer in members
            }
            if q.dimension == "months_since_first":
                for k in range(self.months_since(cohort, self.day(q.as_of)) + 1):
                    sizes[(k,)] += len(members)
                    active[(k,)] += sum(1 for _, month in months if month == k)
            else:
                key = (cohort,) if q.dimension else ()
                sizes[key] += len(members)
                active[key] += len({who for who, month in months if month >= 1})
        if not sizes and q.dimension is None:
            return {(): None}
        return {key: Fraction(active[key], size) for key, size in sizes.items()}

    def m_cohort_revenue(self, q: Question) -> Answer:
        sizes: dict[Any, int] = defaultdict(int)
        net: Answer = defaultdict(Fraction)
        for cohort, members in self.cohorts(q).items():
            brought: dict[int, Fraction] = defaultdict(Fraction)
            for o in self.sold(q):
                if o.customer in members:
                    k = self.months_since(cohort, self.day(self.moment(o)))
                    brought[k] += Fraction(o.subtotal - o.discount)
            for e in self.given_back(q, ever=True):
                if e.order.customer in members:
                    brought[self.months_since(cohort, self.day(e.at))] -= self.back(e, 0)
            if q.dimension == "months_since_first":
                for k in range(self.months_since(cohort, self.day(q.as_of)) + 1):
                    sizes[(k,)] += len(members)
                    net[(k,)] += sum((each for j, each in brought.items() if j <= k), ZERO)
            else:
                key = (cohort,) if q.dimension else ()
                sizes[key] += len(members)
                net[key] += sum(brought.values(), ZERO)
        if not sizes and q.dimension is None:
            return {(): None}
        return {key: net[key] / size for key, size in sizes.items()}

    # ------------------------------------------------------------------ products

    def product_key(self, q: Question, p: Product) -> list[tuple[Any, ...]]:
        match q.dimension:
            case "product":
                return [(p.name,)]
            case "sku":
                return [(p.sku,)]
            case "category":
                line = Line("", p.number, p.sku, p.name, Decimal(0), Decimal(0), Decimal(0))
                return [(each,) for each in self.top_category(line)]
        return [()]

    def m_stock_quantity(self, q: Question) -> Answer:
        found: Answer = {}
        for p in self.shop.products.values():
            if p.stock is not None:
                for key in self.product_key(q, p):
                    found[key] = (found.get(key) or ZERO) + p.stock
        return found or ({(): None} if q.dimension is None else {})

    def m_inventory_value(self, q: Question) -> Answer:
        found: Answer = {(): ZERO} if q.dimension is None else {}
        for p in self.shop.products.values():
            for key in self.product_key(q, p):
                worth = Fraction(p.price) * (p.stock or 0)
                found[key] = (found.get(key) or ZERO) + worth
        return found

    def all_days(self, q: Question) -> list[date]:
        assert q.first is not None
        assert q.last is not None
        return [q.first + timedelta(n) for n in range((q.last - q.first).days + 1)]

    def length(self, q: Question, key: tuple[Any, ...]) -> int:
        """Days of the period, or of those that the key's bucket has."""
        days = self.all_days(q)
        return len([day for day in days if not q.grain or self.bucket(q, day) == key[0]])

    def m_sales_velocity(self, q: Question) -> Answer:
        sold = self.m_items_sold(q)
        return {key: (n or ZERO) / self.length(q, key) for key, n in sold.items()}

    def stock_in_buckets(self, q: Question) -> Answer:
        stock = self.m_stock_quantity(q)
        if not q.grain:
            return stock
        starts = {self.bucket(q, day) for day in self.all_days(q)}
        return {(start, *key): n for start in starts for key, n in stock.items()}

    def m_days_of_stock(self, q: Question) -> Answer:
        stock, speed = self.stock_in_buckets(q), self.m_sales_velocity(q)
        return {
            key: stock[key] / v
            if stock.get(key) is not None and (v := speed.get(key)) and v > 0
            else None
            for key in stock.keys() | speed.keys()
        }

    def m_sell_through(self, q: Question) -> Answer:
        sold, stock = self.m_items_sold(q), self.stock_in_buckets(q)
        found: Answer = {}
        for key in sold.keys() | stock.keys():
            held, n = stock.get(key), sold.get(key) or ZERO
            found[key] = n / (n + held) if held is not None and n + held else None
        return found

    def m_products_without_sales(self, q: Question) -> Answer:
        found: Answer = defaultdict(Fraction)
        lines = self.lines(q)
        starts = {self.bucket(q, day) for day in self.all_days(q)} if q.grain else {None}
        for start in starts:
            time = () if start is None else (start,)
            if q.dimension is None:
                found[time] = ZERO
            sold = {
                e.line.product
                for e in lines
                if e.line and (start is None or self.bucket(q, self.day(e.at)) == start)
            }
            for p in self.shop.products.values():
                if p.status in ("publish", "active") and p.number not in sold:
                    for key in self.product_key(q, p):
                        found[(*time, *key)] += 1
        return dict(found)

    def m_co_purchase_count(self, q: Question) -> Answer:
        found: Answer = defaultdict(Fraction)
        for e in self.sales(q):
            names = {self.product_name(line) for line in e.order.lines}
            for pair in combinations(sorted(names), 2):
                found[pair] += 1
        return dict(found)

    # ------------------------------------------------------------------ made of others

    def m_avg_daily_sales(self, q: Question) -> Answer:
        net = self.m_net_sales(q)
        return {key: (n or ZERO) / self.length(q, key) for key, n in net.items()}

    def m_tax_rate_effective(self, q: Question) -> Answer:
        return self.divided(self.m_taxes(q), self.m_net_sales(q))

    def share(self, q: Question, of: Callable[[Question], Answer]) -> Answer:
        """Of the bucket where there are classes, else of the period."""
        grain = q.grain if q.dimension else None
        wholes = of(Question(**{**q.__dict__, "dimension": None, "grain": grain}))
        found: Answer = {}
        for key, n in of(q).items():
            whole = wholes.get((key[0],) if grain else ())
            found[key] = n / whole if whole and n is not None else None
        return found

    def m_net_sales_share(self, q: Question) -> Answer:
        if self.by_products(q):
            return self.share(q, self.m_product_net_sales)
        return self.share(q, self.m_net_sales)

    def m_product_net_sales_share(self, q: Question) -> Answer:
        return self.share(q, self.m_product_net_sales)

    def m_net_sales_yoy_pct(self, q: Question) -> Answer:
        """Of whole days between two dates, none of them 29 February."""
        assert q.first is not None
        assert q.last is not None
        before = Question(
            **{
                **q.__dict__,
                "first": q.first.replace(year=q.first.year - 1),
                "last": q.last.replace(year=q.last.year - 1),
            }
        )
        new = self.m_net_sales(q)
        old = {
            (key[0].replace(year=key[0].year + 1), *key[1:]) if q.grain else key: n
            for key, n in self.m_net_sales(before).items()
            if not q.grain or (key[0].month, key[0].day) != (2, 29)
        }
        return {
            key: ((new.get(key) or ZERO) - old[key]) / abs(old[key]) if old.get(key) else None
            for key in new.keys() | old.keys()
        }

    def m_net_sales_cumulative(self, q: Question) -> Answer:
        net = self.m_net_sales(q)
        if not q.grain:
            return net
        found: Answer = {}
        starts = sorted({self.bucket(q, day) for day in self.all_days(q)})
        for rest in {key[1:] for key in net} or ({()} if q.dimension is None else set()):
            whole = ZERO
            for start in starts:
                whole += net.get((start, *rest)) or ZERO
                found[(start, *rest)] = whole
        return found


def segment(r: int, fm: Fraction) -> str:
    if r >= 3 and fm >= 3:
        return "champions" if r >= 4 and fm >= 4 else "loyal"
    if r >= 3:
        return "recent" if r >= 4 else "promising"
    if fm >= 3:
        return "cannot_lose" if fm >= 4 else "at_risk"
    return "hibernating" if r == 2 else "lost"


def median(values: list[Fraction]) -> Fraction:
    held = sorted(values)
    middle = len(held) // 2
    return held[middle] if len(held) % 2 else (held[middle - 1] + held[middle]) / 2

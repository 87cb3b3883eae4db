"""Results to draw: a chart of every kind, with names that are no friends of pictures."""

from typing import Any

from backshop.insights.charts.models import ChartSpec, Drawn
from backshop.insights.semantic.models import Column

MONTHS = [f"{2024 + each // 12}-{each % 12 + 1:02d}-01" for each in range(14)]
NAMES = [
    *("Soy candle, amber & fig", "Lamp <b>bold</b> <script>alert(1)</script>", "مصباح يدوي"),
    *("[click](http://evil.example.com)", "javascript:alert(1)", "a\x00b\x1b\u202egnp.exe"),
    *("Vase", "Bowl", "Cup", "Plate", "Mug", "Spoon", "Fork", "{{7*7}} ${7*7}", "\ud800"),
]
NAMES += ['"><image href="http://evil.example.com/a.png"/>', "datum.y + 1", "line\nbreak", ""]


def column(name: str, format: str | None = None, type: str = "number") -> Column:
    return Column.model_validate({"name": name, "type": type, "format": format})


TIME = column("time", type="date")
SALES = column("net_sales", "money")
BEFORE = column("net_sales_previous", "money")
ORDERS = column("orders", "count")
RATE = column("refund_rate", "percent")
PRODUCT = column("product", type="text")
CLASS = column("customer_type", type="text")

BY_MONTH = Drawn(
    [TIME, SALES, BEFORE, ORDERS, RATE],
    [
        [month, f"{9000 + 700 * place}.50", f"{8000 + 500 * place}.00", 90 + place, place / 200]
        for place, month in enumerate(MONTHS)
    ],
    "USD",
    True,
)
BY_PRODUCT = Drawn(
    [PRODUCT, SALES, ORDERS],
    [[name, f"{9000 / (place + 1):.2f}", place] for place, name in enumerate(NAMES)],
    "EUR",
)
BY_CLASS = Drawn(
    [TIME, CLASS, SALES],
    [
        [month, name, f"{100 * place + 10}.00"]
        for month in MONTHS
        for place, name in enumerate(("new", "returning", "guest"))
    ],
    "GBP",
    True,
)

_SPECS: dict[str, tuple[dict[str, Any], Drawn]] = {
    "number": ({"kind": "number", "y": ["net_sales"]}, BY_MONTH),
    "number_delta": (
        {"kind": "number_delta", "y": ["net_sales", "net_sales_previous"]},
        BY_MONTH,
    ),
    "line": ({"kind": "line", "x": "time", "y": ["net_sales"]}, BY_MONTH),
    "line_series": (
        {"kind": "line", "x": "time", "y": ["net_sales"], "series": "customer_type"},
        BY_CLASS,
    ),
    "line_compare": (
        {"kind": "line_compare", "x": "time", "y": ["net_sales", "net_sales_previous"]},
        BY_MONTH,
    ),
    "line_dual": ({"kind": "line_dual", "x": "time", "y": ["net_sales", "orders"]}, BY_MONTH),
    "area": ({"kind": "area", "x": "time", "y": ["net_sales"]}, BY_MONTH),
    "bar": ({"kind": "bar", "x": "product", "y": ["orders"]}, BY_PRODUCT),
    "bar_time": ({"kind": "bar", "x": "time", "y": ["refund_rate"]}, BY_MONTH),
    "bar_h": (
        {"kind": "bar_h", "x": "product", "y": ["net_sales"], "adds_up": True},
        BY_PRODUCT,
    ),
    "bar_stacked": (
        {"kind": "bar_stacked", "x": "time", "y": ["net_sales"], "series": "customer_type"},
        BY_CLASS,
    ),
    "heatmap": (
        {"kind": "heatmap", "x": "customer_type", "y": ["net_sales"], "series": "time"},
        BY_CLASS,
    ),
    "histogram": ({"kind": "histogram", "x": "product", "y": ["orders"]}, BY_PRODUCT),
    "scatter": ({"kind": "scatter", "x": "orders", "y": ["net_sales"]}, BY_PRODUCT),
    "table": ({"kind": "table"}, BY_PRODUCT),
}
CHARTS: dict[str, tuple[ChartSpec, Drawn]] = {
    name: (ChartSpec.model_validate({"title": 'A chart <of> & "all"', **spec}), drawn)
    for name, (spec, drawn) in _SPECS.items()
}

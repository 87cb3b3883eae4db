"""What charts show, and what they never do."""

import json
import socket
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
import vl_convert
from backshop.insights.charts import drawing, rules, vega
from backshop.insights.charts.models import ChartKind, ChartSpec, Drawn, Misfit
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.backshop.insights.charts import results
from tests.backshop.insights.charts.results import BY_MONTH, BY_PRODUCT, CHARTS, column

PHONE, FULL = 360, 800


def texts(svg: str) -> list[str]:
    return [
        each.text or "" for each in ElementTree.fromstring(svg).iter() if each.tag.endswith("text")
    ]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a chart asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_every_kind_is_drawn_here() -> None:
    assert {spec.kind for spec, _ in CHARTS.values()} == set(get_args(ChartKind))


@pytest.mark.parametrize("width", [PHONE, FULL])
@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_a_picture_of_its_width(name: str, width: int) -> None:
    spec, drawn = CHARTS[name]
    svg = drawing.svg(spec, drawn, width=width)
    root = ElementTree.fromstring(svg)
    assert abs(float(root.get("width", "0")) - width) <= 2, "fits the screen"
    png = drawing.png(spec, drawn, width=width)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert abs(int.from_bytes(png[16:20], "big") - 2 * width) <= 4


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_of_the_data_becomes_markup(name: str) -> None:
    root = ElementTree.fromstring(drawing.svg(*CHARTS[name], width=FULL))
    tags = {each.tag.rsplit("}", 1)[-1] for each in root.iter()}
    assert tags <= {
        "svg",
        "g",
        "rect",
        "path",
        "line",
        "text",
        "defs",
        "linearGradient",
        "stop",
        "clipPath",
        "tspan",
    }
    attributes = {key.rsplit("}", 1)[-1] for each in root.iter() for key in each.attrib}
    assert not {
        key for key in attributes if key in ("href", "src", "style") or key.startswith("on")
    }


def test_hostile_names_are_shown_as_what_they_are() -> None:
    shown = " ".join(texts(drawing.svg(*CHARTS["table"], width=FULL)))
    assert "<script>" in shown
    assert "[click](http://evil" in shown
    assert "\u202e" not in shown


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5), st.text(max_size=40))
@settings(max_examples=12)
def test_any_text_can_be_a_label(names: list[str], title: str) -> None:
    drawn = Drawn([results.PRODUCT, results.SALES], [[name, "1.00"] for name in names], "EUR")
    for kind in ("bar_h", "bar", "table"):
        along = {} if kind == "table" else {"x": "product", "y": ("net_sales",)}
        svg = drawing.svg(ChartSpec(kind=kind, title=title, **along), drawn)
        ElementTree.fromstring(svg)


def test_no_address_stands_in_what_is_compiled() -> None:
    for spec, drawn in CHARTS.values():
        made = vega.compile(spec, drawn)
        schema = made.pop("$schema")
        assert schema.startswith("https://vega.github.io/schema/")
        assert not [
            key for key in keys(made) if key in ("url", "href", "format_type", "signal", "params")
        ]


def keys(made: Any) -> Iterator[str]:
    if isinstance(made, dict):
        yield from made
        for each in made.values():
            yield from keys(each)
    elif isinstance(made, list):
        for each in made:
            yield from keys(each)


def test_an_active_picture_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for made in (
        '<svg xmlns:xlink="http://www.w3.org/1999/xlink"><a xlink:href="x"><text/></a></svg>',
        "<svg onload='x()'></svg>",
        '<svg><image href="http://x.example.com"/></svg>',
        "<svg><rect fill='url(http://x.example.com)'/></svg>",
        "<svg><script>1</script></svg>",
        "<svg><foreignObject/></svg>",
    ):
        monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda *_, made=made, **__: made)
        with pytest.raises(RuntimeError):
            drawing.svg(*CHARTS["line"])


# ------------------------------------------------------------------------------- the spec


@pytest.mark.parametrize(
    "more",
    [
        {"data": {"url": "http://169.254.169.254/latest/meta-data/"}},
        {"url": "http://169.254.169.254/"},
        {"kind": "vega"},
        {"mark": {"href": "javascript:alert(1)"}},
        {"transform": []},
        {"y": ["a"] * 13},
        {"title": "x" * 256},
        {"x": {"signal": "1"}},
    ],
)
def test_a_spec_holds_nothing_else(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ChartSpec.model_validate({"kind": "line", "x": "time", "y": ["net_sales"]} | more)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"kind": "line", "x": "time", "y": ["visits"]}, "no column visits; it has time"),
        ({"kind": "line", "y": ["net_sales"]}, "needs an x"),
        ({"kind": "number", "x": "time", "y": ["net_sales"]}, "has no x"),
        ({"kind": "line_dual", "x": "time", "y": ["net_sales"]}, "shows 2 columns"),
        ({"kind": "heatmap", "x": "time", "y": ["net_sales"]}, "needs a series"),
        ({"kind": "bar", "x": "time", "y": ["orders"], "series": "time"}, "has no series"),
        ({"kind": "bar", "x": "orders", "y": ["time"]}, "is no number"),
        ({"kind": "scatter", "x": "time", "y": ["orders"]}, "is no number"),
    ],
)
def test_a_spec_fits_its_result(spec: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Misfit, match=sentence):
        vega.compile(ChartSpec.model_validate(spec), BY_MONTH)


# ------------------------------------------------------------------------------- what is shown


@pytest.mark.parametrize(
    ("value", "format", "currency", "shown"),
    [
        ("1234.5", "money", "USD", "$1,234.50"),
        ("1234.5", "money", "JPY", "¥1,235"),
        ("-1234.567", "money", "KWD", "−1,234.567 KWD"),
        ("-0.001", "money", "EUR", "€0.00"),
        ("12", "money", "CHF", "12.00 CHF"),
        ("12.345", "money", None, "12.35"),
        (0.0812, "percent", None, "8.1 %"),
        (1200, "count", None, "1,200"),
        (2.5, "count", None, "2.5"),
        (1, "days", None, "1 day"),
        ("3.25", "days", None, "3.3 days"),
        ("2.345", "ratio", None, "2.35"),
        (None, "money", "USD", "–"),
    ],
)
def test_numbers_have_their_unit(value: Any, format: str, currency: str | None, shown: str) -> None:
    assert rules.shown(value, column("n", format), currency) == shown


@pytest.mark.parametrize("kind", ["line", "bar", "area", "line_dual", "line_compare"])
def test_yen_have_no_decimals_anywhere(kind: str) -> None:
    y = (
        ["net_sales", "net_sales_previous"]
        if kind in ("line_dual", "line_compare")
        else ["net_sales"]
    )
    few: list[list[Any]] = [
        [month, f"{place}.00", f"{place}.00", place, 0]
        for place, month in enumerate(results.MONTHS[:4])
    ]
    drawn = BY_MONTH._replace(rows=few, currency="JPY")
    shown = texts(drawing.svg(ChartSpec(kind=kind, x="time", y=tuple(y)), drawn, width=FULL))
    assert "Net sales (JPY)" in " ".join(shown)
    assert not [each for each in shown if "." in each]


def test_axes_say_what_their_numbers_are_in() -> None:
    for name, unit in (
        ("line", "Net sales (USD)"),
        ("bar_time", "Refund rate (%)"),
        ("bar", "Orders"),
        ("bar_h", "Net sales (EUR)"),
        ("line_dual", "■ Orders"),
        ("scatter", "Net sales (EUR)"),
        ("heatmap", "Net sales (GBP)"),
    ):
        assert unit in texts(drawing.svg(*CHARTS[name], width=FULL)), name


def test_the_unfinished_bucket_is_marked() -> None:
    for name in (
        "line",
        "line_series",
        "line_compare",
        "line_dual",
        "area",
        "bar_time",
        "bar_stacked",
    ):
        spec, drawn = CHARTS[name]
        for width in (PHONE, FULL):
            marked = " ".join(texts(drawing.svg(spec, drawn, width=width)))
            assert "so far" in marked, name
            done = drawn._replace(is_unfinished=False)
            assert "so far" not in " ".join(texts(drawing.svg(spec, done, width=width))), name


def test_many_names_are_twelve_with_the_rest() -> None:
    spec, drawn = CHARTS["bar_h"]
    values = vega.compile(spec, drawn)["data"]["values"]
    assert len(values) == rules.MOST_CATEGORIES
    assert values[-1]["x"] == f"Other ({len(results.NAMES) - 11})"
    assert sum(each["y"] for each in values) == pytest.approx(
        sum(float(str(row[1])) for row in BY_PRODUCT.rows)
    )
    # What cannot be added up is left out, and that is said.
    alone = spec.model_copy(update={"adds_up": False})
    assert len(vega.compile(alone, drawn)["data"]["values"]) == rules.MOST_CATEGORIES
    shown = " ".join(texts(drawing.svg(alone, drawn, width=FULL)))
    assert f"first 12 of {len(results.NAMES)}" in shown


def test_no_point_is_lost_to_its_class() -> None:
    """Of more classes than can be told apart, the others are one."""
    spec, drawn = CHARTS["scatter"]
    made = vega.compile(spec.model_copy(update={"series": "product"}), drawn)
    assert len(made["data"]["values"]) == len(drawn.rows)
    shown = made["encoding"]["color"]["scale"]["domain"]
    assert {each["s"] for each in made["data"]["values"]} == set(shown)
    assert (len(shown), shown[-1]) == (rules.MOST_SERIES, rules.OTHER)


def test_series_differ_without_colour() -> None:
    made = vega.compile(*CHARTS["line_series"])
    lines = [each["mark"] for each in made["layer"] if each["mark"]["type"] == "line"]
    assert len({json.dumps(each["strokeDash"]) for each in lines}) == 3
    shapes = made["layer"][-2]["encoding"]["shape"]["scale"]["range"]
    assert len(set(shapes)) == 3


def test_the_shades_differ_in_grey() -> None:
    """A print without colour: neighbours of a stack differ by a tenth of full brightness at
    least."""

    def brightness(colour: str) -> float:
        red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
        return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255

    shades = [brightness(each) for each in vega.SHADES]
    assert all(abs(a - b) > 0.1 for a, b in pairwise(shades)), shades


@pytest.mark.parametrize("name", CHARTS)
def test_a_result_without_rows_is_drawn(name: str) -> None:
    spec, drawn = CHARTS[name]
    ElementTree.fromstring(drawing.svg(spec, drawn._replace(rows=[])))


@pytest.mark.parametrize("name", CHARTS)
def test_a_single_row_and_empty_cells_are_drawn(name: str) -> None:
    spec, drawn = CHARTS[name]
    empty = [
        None if each.type == "number" else drawn.rows[0][at]
        for at, each in enumerate(drawn.columns)
    ]
    for rows in ([drawn.rows[0]], [empty], [drawn.rows[0], empty]):
        ElementTree.fromstring(drawing.svg(spec, drawn._replace(rows=rows)))


def test_names_that_are_cut_alike_stay_apart() -> None:
    long = "A very long name of a product that goes on and on, in "
    drawn = Drawn(
        [results.PRODUCT, results.SALES], [[long + "red", "1"], [long + "blue", "2"]], "EUR"
    )
    spec = ChartSpec(kind="bar_h", x="product", y=("net_sales",))
    names = [each["x"] for each in vega.compile(spec, drawn, width=PHONE)["data"]["values"]]
    assert len(set(names)) == 2
    assert all(len(each) < 26 for each in names)


def test_letters_of_two_halves_are_not_cut_in_half() -> None:
    drawn = Drawn([results.PRODUCT, results.SALES], [["🕯️🎁" * 30, "1"], ["蝋燭" * 30, "2"]], "EUR")
    for kind in ("bar_h", "bar", "histogram"):
        spec = ChartSpec(kind=kind, x="product", y=("net_sales",))
        ElementTree.fromstring(drawing.svg(spec, drawn, width=PHONE))


def test_negative_bars_are_drawn() -> None:
    drawn = Drawn([results.PRODUCT, results.SALES], [["a", "-5.00"], ["b", "7.00"]], "EUR")
    for kind in ("bar", "bar_h"):
        svg = drawing.svg(ChartSpec(kind=kind, x="product", y=("net_sales",)), drawn)
        assert "−€5.00" in texts(svg)


def test_letters_of_other_scripts_have_fonts_of_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no fonts but those that the layer brings."""
    folders: list[str] = []
    monkeypatch.setattr(vl_convert, "register_font_directory", folders.append)
    drawing._fonts.cache_clear()
    drawing.svg(*next(iter(CHARTS.values())))
    drawing._fonts.cache_clear()
    files = [file.name for folder in folders for file in Path(folder).rglob("*.?tf")]
    assert [any(name in each for each in files) for name in ("CJK", "Arabic", "Devanagari")] == [
        True
    ] * 3


@pytest.mark.parametrize(
    ("title", "weight"),
    [("Top products №1", "bold"), ("畅销产品", "normal"), ("أفضل المنتجات", "normal")],
)
def test_a_title_is_bold_where_its_letters_can_be(title: str, weight: str) -> None:
    spec, drawn = next(iter(CHARTS.values()))
    made = vega.compile(spec.model_copy(update={"title": title}), drawn)
    assert made["title"]["fontWeight"] == weight


def test_bars_below_nothing_stand_inside_the_picture_with_their_numbers_beside() -> None:
    rows: list[list[Any]] = [[f"Product {n}", f"{-50 - 150 * n}.00", n] for n in range(4)]
    spec = ChartSpec(kind="bar_h", x="product", y=("net_sales",))
    made = vega.compile(spec, Drawn(BY_PRODUCT.columns, rows, "EUR"), width=PHONE)
    least, largest = made["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert (least < -500, largest) == (True, 0)
    aligned = {
        each["transform"][0]["filter"]: each["mark"]["align"]
        for each in made["layer"]
        if each["mark"]["type"] == "text"
    }
    assert aligned == {"!(datum.y < 0)": "left", "datum.y < 0": "right"}


@pytest.mark.parametrize("name", [each for each in CHARTS if not each.startswith("number")])
def test_a_chart_of_nothing_says_so(name: str) -> None:
    spec, drawn = CHARTS[name]
    shown = texts(drawing.svg(spec, drawn._replace(rows=[]), width=PHONE))
    assert "Nothing in this period" in shown


def test_a_heatmap_has_no_more_fields_than_can_be_seen() -> None:
    days = [(date(2025, 1, 1) + timedelta(days=n)).isoformat() for n in range(400)]
    drawn = Drawn(results.BY_CLASS.columns, [[each, "new", "1.00"] for each in days], "GBP")
    spec = ChartSpec(kind="heatmap", x="time", y=("net_sales",), series="customer_type")
    made = vega.compile(spec, drawn, width=PHONE)
    kept = [each["x"] for each in made["data"]["values"]]
    assert kept == days[-vega.MOST_COLUMNS :]
    title = made["layer"][0]["encoding"]["x"]["axis"]["title"]
    assert title == f"Time, the last {vega.MOST_COLUMNS} of 400"


def test_letters_that_no_font_has_are_left_out() -> None:
    assert rules.text("🎁 Gift set 🇩🇪 1️⃣") == "Gift set   1"
    assert rules.text("👨‍👩‍👧") == rules.NONE

"""A chart as Vega-Lite. Texts of the data stand in data alone, under names of ours; what is in the
spec itself (titles, formats) is a plain string, which Vega neither evaluates nor follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from backshop.insights.charts import rules
from backshop.insights.charts.models import ChartSpec, Drawn
from backshop.insights.charts.rules import Point
from backshop.insights.semantic.models import Column

Spec = dict[str, Any]

FONT: Final = "DejaVu Sans, Helvetica, Arial, sans-serif"
INK, MUTED, LINES = "#1b1f24", "#57606a", "#d8dee4"
MAIN, SECOND = "#0b5394", "#b45f06"
SHADES: Final = ["#08306b", "#a63603", "#2a7f62", "#8a8f98", "#c2a5cf", "#f0d78c"]
"""From dark to light, so that they differ without colour too."""
INKS: Final = ["#08306b", "#a63603", "#2a7f62", "#6a51a3", "#b8860b", "#5f6670"]
"""Of points, which are thin: none is pale, and shapes tell them apart without colour."""
DASHES: Final = [[1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4], [1, 3]]
SHAPES: Final = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]


def compile(spec: ChartSpec, drawn: Drawn, *, width: int = 640) -> Spec:
    """The Vega-Lite of a chart `width` pixels wide. Raises Misfit."""
    rules.check(spec, drawn.columns)
    small = width < 480
    height = _height(spec, drawn, small)
    made = _MAKERS[spec.kind](spec, drawn, width) if drawn.rows else _nothing(width)
    title = rules.text(spec.title, 42 if small else 90) if spec.title else None
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "padding": 12,
        "background": "white",
        **({"title": {"text": title, "fontWeight": _weight(title)}} if title else {}),
        "config": _config(small),
        **made,
    }


def _nothing(width: int) -> Spec:
    """In place of axes without a scale."""
    return _texts([("Nothing in this period", 15, MUTED, 36)], width)


def _weight(text: str) -> str:
    """Only what is Latin, Greek or Cyrillic has bold letters among the fonts."""
    return "bold" if all(each <= "\u052f" or not each.isalnum() for each in text) else "normal"


def _height(spec: ChartSpec, drawn: Drawn, small: bool) -> int:
    if not drawn.rows:
        return 110
    if spec.kind in ("number", "number_delta"):
        return 165 if spec.kind == "number" else 180
    if spec.kind == "table":
        return 70 + 24 * min(len(drawn.rows), rules.MOST_TABLE_ROWS + 1)
    if spec.kind == "heatmap":
        place = [each.name for each in drawn.columns].index(spec.series or "")
        rows = len({row[place] for row in drawn.rows})
        return max(300 if small else 400, 130 + 18 * min(rows, MOST_ROWS))
    if spec.kind == "bar_h":
        return 90 + 30 * min(len(drawn.rows), rules.MOST_CATEGORIES)
    return 300 if small else 400


def _config(small: bool) -> Spec:
    size = 11 if small else 13
    return {
        "font": FONT,
        "view": {"stroke": None},
        "title": {"anchor": "start", "fontSize": size + 4, "color": INK, "offset": 12},
        "axis": {
            "labelFontSize": size,
            "titleFontSize": size,
            "titleFontWeight": "normal",
            "labelColor": INK,
            "titleColor": MUTED,
            "gridColor": LINES,
            "domainColor": MUTED,
            "tickColor": MUTED,
            # Names are cut before: Vega would cut a letter of two halves in half, and fail.
            "labelLimit": 0,
        },
        "legend": {
            "labelFontSize": size,
            "title": None,
            "orient": "top",
            "columns": 2 if small else 6,
            "labelLimit": 0,
            "symbolSize": 120,
            "symbolStrokeWidth": 2,
        },
        "text": {"fontSize": size, "color": INK, "font": FONT},
    }


def _values(found: Sequence[Point], drawn: Drawn) -> list[Spec]:
    """The points as rows; `o` is their order, `u` whether theirs is the unfinished bucket."""
    last = found[-1][0] if found and drawn.is_unfinished else None
    return [
        {"x": x, "s": series, "y": value, "t": shown, "o": place, "u": x == last}
        for place, (x, series, value, shown) in enumerate(found)
    ]


def _short(width: int) -> int:
    """The letters of a name below an axis or in a legend."""
    return 12 if width < 480 else 20


def _column(drawn: Drawn, name: str | None) -> Column:
    return next(each for each in drawn.columns if each.name == name)


def _number_axis(column: Column, drawn: Drawn, values: Sequence[float | None], **more: Any) -> Spec:
    made = rules.axis_format(values, column, drawn.currency)
    axis: Spec = {"format": made, "tickCount": 5, "title": rules.unit(column, drawn.currency)}
    if made == "~s":
        # d3's giga is a merchant's billion.
        axis["labelExpr"] = "datum.value == 0 ? '0' : replace(datum.label, 'G', 'B')"
    if column.format == "count":
        axis["tickMinStep"] = 1
    return axis | more


def _time_axis(found: Sequence[date], drawn: Drawn, width: int) -> Spec:
    shown = [f"{each.isoformat()}T00:00:00Z" for each in rules.ticks(found, width)]
    return {
        "values": shown,
        "format": rules.date_format(found, drawn.grain),
        "formatType": "utc",
        "title": None,
        "grid": False,
        "labelOverlap": True,
        "labelFlush": True,
    }


def _along(found: Sequence[Point], drawn: Drawn, width: int, title: str, padding: int = 0) -> Spec:
    """The x of points: time where all of them are days, with `padding` pixels at both ends, else
    names in the result's order."""
    days = rules.days([each[0] for each in found])
    if days:
        axis = {**_time_axis(days, drawn, width), "formatType": "time"}
        scale = {"type": "utc", "padding": padding}
        return {"field": "x", "type": "temporal", "scale": scale, "axis": axis}
    names = list(dict.fromkeys(each[0] for each in found))
    count = len(names)
    return {
        "field": "x",
        "type": "ordinal",
        "sort": names,
        "axis": {"title": title, "labelAngle": _angle(found, width, count)},
    }


def _angle(found: Sequence[Point], width: int, count: int) -> int:
    longest = max((len(each[0]) for each in found), default=0)
    return 0 if longest * 7 * count < width - 80 else -40


# ------------------------------------------------------------------------------- numbers


def _number(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    column = _column(drawn, spec.y[0])
    found = rules.points(spec, drawn, spec.y[0])
    text = found[0][3] if found else "–"
    return _texts([(text, 44, INK, 64), (rules.name_of(column), 14, MUTED, 104)], width)


def _number_delta(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    now, before = (rules.points(spec, drawn, name)[:1] for name in spec.y)
    column = _column(drawn, spec.y[0])
    text, was = (each[0][3] if each else "–" for each in (now, before))
    change = _change(now[0][2] if now else None, before[0][2] if before else None)
    lines = [(text, 44, INK, 58), (f"{change} {was} before".strip(), 15, INK, 94)]
    return _texts([*lines, (rules.name_of(column), 14, MUTED, 122)], width)


def _change(now: float | None, before: float | None) -> str:
    """With an arrow and a word, which colour need not tell."""
    if now is None or not before:
        return "new, nothing" if now and before == 0 else "from"
    share = (now - before) / abs(before)
    if round(share, 3) == 0:
        return "unchanged from"
    arrow = "▲ up" if share > 0 else "▼ down"
    return f"{arrow} {abs(share):.1%} from".replace("%", " %")


def _texts(lines: Sequence[tuple[str, int, str, int]], width: int) -> Spec:
    """Lines of text one below the other: what, size, colour and height of the base line."""
    return {
        "layer": [
            {
                "data": {"values": [{"t": text}]},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "baseline": "alphabetic",
                    "fontSize": min(size, int((width - 40) / max(1, len(text)) / 0.62)),
                    "color": colour,
                    "x": 4,
                    "y": top,
                },
                "encoding": {"text": {"field": "t", "type": "nominal"}},
            }
            for text, size, colour, top in lines
        ]
    }


# ------------------------------------------------------------------------------- lines


def _line(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    if spec.series:
        return _lines_by_series(spec, drawn, width)
    found = rules.points(spec, drawn, spec.y[0])
    column = _column(drawn, spec.y[0])
    y = _y(column, drawn, [each[2] for each in found])
    return {"layer": _one_line(found, drawn, _along(found, drawn, width, _title(spec)), y, MAIN, 0)}


def _title(spec: ChartSpec) -> str:
    return rules.text((spec.x or "").replace("_", " ").capitalize())


def _y(column: Column, drawn: Drawn, values: Sequence[float | None], **axis: Any) -> Spec:
    made = _number_axis(column, drawn, values, **axis)
    scale: Spec = {"zero": True, "nice": True}
    if not any(values):  # Zeros stand on the ground, and have no scale.
        made["values"], scale = [0], {"domain": [0, 1]}
    return {
        "field": "y",
        "type": "quantitative",
        "axis": made,
        "scale": scale,
    }


def _one_line(
    found: Sequence[Point], drawn: Drawn, x: Spec, y: Spec, colour: str, place: int
) -> list[Spec]:
    """A line with its points; the way to an unfinished bucket is dashed, its point hollow and
    named."""
    values = _values(found, drawn)
    done = [each for each in values if not each["u"]]
    encoding = {"x": x, "y": y}
    few = len(values) <= 40
    line = {"type": "line", "color": colour, "strokeWidth": 2.5, "strokeDash": DASHES[place]}
    layers: list[Spec] = [{"data": {"values": done}, "mark": line, "encoding": encoding}]
    if few:
        point = {"type": "point", "filled": True, "color": colour, "size": 55, "opacity": 1}
        mark = point | {"shape": SHAPES[place]}
        layers.append({"data": {"values": done}, "mark": mark, "encoding": encoding})
    if drawn.is_unfinished and values and values[-1]["y"] is not None:
        layers += _unfinished(values[-2:], encoding, colour)
    return layers


def _unfinished(values: Sequence[Spec], encoding: Spec, colour: str) -> list[Spec]:
    last = [values[-1]]
    hollow = {"type": "point", "filled": False, "fill": "white", "color": colour, "size": 75}
    way = {"type": "line", "color": colour, "strokeWidth": 2, "strokeDash": [3, 4]}
    return [
        {"data": {"values": list(values)}, "mark": way, "encoding": encoding},
        {
            "data": {"values": last},
            "mark": hollow | {"opacity": 1, "strokeWidth": 2},
            "encoding": encoding,
        },
        _so_far(last[0], encoding),
    ]


def _so_far(last: Spec, encoding: Spec, label: str = "○ so far") -> Spec:
    """Above the plot, where no line and no bar is."""
    mark = {"type": "text", "align": "right", "baseline": "bottom", "y": -4, "color": MUTED}
    return {
        "data": {"values": [last | {"l": label}]},
        "mark": mark,
        "encoding": {"x": encoding["x"], "text": {"field": "l", "type": "nominal"}},
    }


def _lines_by_series(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    column = _column(drawn, spec.y[0])
    found = rules.fewer_series(
        rules.points(spec, drawn, spec.y[0], _short(width)),
        column,
        drawn.currency,
        adds_up=spec.adds_up,
    )
    return _several(found, drawn, column, width, _title(spec))


def _several(found: Sequence[Point], drawn: Drawn, column: Column, width: int, title: str) -> Spec:
    names = list(dict.fromkeys(each[1] for each in found))
    base = {
        "x": _along(found, drawn, width, title),
        "y": _y(column, drawn, [each[2] for each in found]),
    }
    values = _values(found, drawn)
    # A line of its own for each: legends of dashes and of shapes would be drawn over each other.
    layers: list[Spec] = [
        {
            "mark": {"type": "line", "strokeWidth": 2.5, "color": colour, "strokeDash": dash},
            "data": {"values": [each for each in values if each["s"] == name]},
            "encoding": base,
        }
        for name, colour, dash in zip(names, SHADES, DASHES, strict=False)
    ]
    by_series = {
        "color": _scale("s", names, SHADES),
        "shape": _scale("s", names, SHAPES),
    }
    points = {"type": "point", "size": 60, "opacity": 1}
    layers += [
        {
            "mark": points | {"filled": True},
            "transform": [{"filter": "!datum.u"}],
            "encoding": base | by_series,
        },
        {
            "mark": points | {"filled": False, "fill": "white"},
            "transform": [{"filter": "datum.u"}],
            "encoding": base | by_series,
        },
    ]
    if drawn.is_unfinished and values:
        layers.append(_so_far(values[-1], base))
    return {"data": {"values": values}, "layer": layers}


def _scale(field: str, names: list[str], wanted: list[str]) -> Spec:
    return {
        "field": field,
        "type": "nominal",
        "scale": {"domain": names, "range": wanted[: len(names)]},
    }


def _line_compare(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    column = _column(drawn, spec.y[0])
    found = []
    for name, label in zip(spec.y, ("This period", "Before"), strict=True):
        found += [(x, label, value, text) for x, _s, value, text in rules.points(spec, drawn, name)]
    return _several(found, drawn, column, width, _title(spec))


def _line_dual(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    """Two numbers of two units, each with its axis, named at the axis in its line's colour."""
    layers = []
    for place, name in enumerate(spec.y):
        found = rules.points(spec, drawn, name)
        column = _column(drawn, name)
        colour = (MAIN, SECOND)[place]
        title = f"{'●' if place == 0 else '■'} {rules.unit(column, drawn.currency)}"
        side = {"orient": ("left", "right")[place], "titleColor": colour, "grid": place == 0}
        y = _y(column, drawn, [each[2] for each in found], **side)
        y["axis"]["title"] = title
        x = _along(found, drawn, width, _title(spec))
        layers.append({"layer": _one_line(found, drawn, x, y, colour, place)})
    return {"layer": layers, "resolve": {"scale": {"y": "independent"}}}


def _area(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    if spec.series:
        return _stacked(spec, drawn, width)
    made = _line(spec, drawn, width)
    found = rules.points(spec, drawn, spec.y[0])
    first = made["layer"][0]
    fill = {
        "data": {"values": _values(found, drawn)},
        "mark": {"type": "area", "color": MAIN, "opacity": 0.18},
        "encoding": first["encoding"],
    }
    return {"layer": [fill, *made["layer"]]}


# ------------------------------------------------------------------------------- bars


def _bar(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    column = _column(drawn, spec.y[0])
    found = rules.points(spec, drawn, spec.y[0], _short(width))
    days = rules.days([each[0] for each in found])
    if not days:
        found = rules.within(found, column, drawn.currency, adds_up=spec.adds_up)
    broad = _broad(width, len(found))
    x = _along(found, drawn, width, _title(spec), padding=broad // 2 + 6)
    bars: Spec = {"type": "bar", "color": MAIN} | ({"width": broad} if days else {})
    encoding = {"x": x, "y": _y(column, drawn, [each[2] for each in found])}
    values = _values(found, drawn)
    room = (width - 80) / max(1, len(found))
    layers: list[Spec] = [
        {"mark": bars, "transform": [{"filter": "!datum.u"}], "encoding": encoding},
        {
            "mark": bars | {"color": "white", "stroke": MAIN, "strokeDash": [4, 3]},
            "transform": [{"filter": "datum.u"}],
            "encoding": encoding,
        },
    ]
    if max((len(each[3]) for each in found), default=0) * 7.5 <= room:
        layers += _at_the_ends(encoding, "y")
    if drawn.is_unfinished and values:
        layers.append(_so_far(values[-1], encoding, "so far"))
    return {"data": {"values": values}, "layer": layers}


def _broad(width: int, count: int) -> int:
    """The pixels of one of `count` bars along time."""
    return max(2, int((width - 110) / max(1, count) * 0.7))


def _at_the_ends(encoding: Spec, along: str) -> list[Spec]:
    """The number of each bar behind its end, which is below or to the left of what is less than
    nothing. `along` is the axis that bars stand up to."""
    more: Spec
    less: Spec
    if along == "y":
        more = {"baseline": "bottom", "dy": -2}
        less = {"baseline": "top", "dy": 3}
    else:
        more = {"align": "left", "dx": 5}
        less = {"align": "right", "dx": -5}
    return [
        {
            "mark": {"type": "text"} | side,
            "transform": [{"filter": test}],
            "encoding": {**encoding, "text": {"field": "t", "type": "nominal"}},
        }
        for side, test in ((more, "!(datum.y < 0)"), (less, "datum.y < 0"))
    ]


def _bar_h(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    column = _column(drawn, spec.y[0])
    found = rules.points(spec, drawn, spec.y[0], 18 if width < 480 else 36)
    shown = rules.within(found, column, drawn.currency, adds_up=spec.adds_up)
    values = [each[2] for each in shown]
    largest = max(0.0, *(each or 0.0 for each in values))
    least = min(0.0, *(each or 0.0 for each in values))
    longest = max(len(each[3]) for each in shown)
    # Room behind the longest bars for their numbers.
    ends = (largest > 0) + (least < 0)
    taken = longest * 8
    room = (largest - least) * taken / max(60, width * 0.55 - ends * taken)
    x = {
        "field": "y",
        "type": "quantitative",
        "axis": _number_axis(column, drawn, values, tickCount=4),
        "scale": {"domain": _with_room(least, largest, room), "nice": False},
    }
    title = _title(spec)
    if len(found) > len(shown) and not spec.adds_up:
        title += f", first {len(shown)} of {len(found)}"
    y: Spec = {
        "field": "x",
        "type": "nominal",
        "sort": [each[0] for each in shown],
        "axis": {"title": title, "titleAngle": 0, "titleAlign": "left", "titleAnchor": "start"}
        | {"titleX": 0, "titleY": -8, "ticks": False, "domain": False},
        "scale": {"paddingInner": 0.25},
    }
    encoding = {"x": x, "y": y}
    return {
        "data": {"values": _values(shown, drawn._replace(is_unfinished=False))},
        "layer": [
            {"mark": {"type": "bar", "color": MAIN}, "encoding": encoding},
            *_at_the_ends(encoding, "x"),
        ],
    }


def _with_room(least: float, largest: float, room: float) -> list[float]:
    if not least and not largest:
        return [0.0, 1.0]
    return [least - room if least else 0.0, largest + room if largest else 0.0]


def _stacked(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    column = _column(drawn, spec.y[0])
    found = rules.fewer_series(
        rules.points(spec, drawn, spec.y[0], _short(width)),
        column,
        drawn.currency,
        adds_up=spec.adds_up,
    )
    names = list(dict.fromkeys(each[1] for each in found))
    sums: dict[str, float] = {}
    for bucket, _series, value, _shown in found:
        sums[bucket] = sums.get(bucket, 0.0) + (value or 0.0)
    kept = (
        list(sums)[-MOST_BUCKETS:]
        if rules.days(list(sums))
        else list(sums)[: rules.MOST_CATEGORIES]
    )
    found = [each for each in found if each[0] in kept]
    broad = _broad(width, len(kept))
    x = _along(found, drawn, width, _title(spec), padding=broad // 2 + 6)
    mark: Spec = {"type": "bar", "stroke": "white", "strokeWidth": 1 if broad > 4 else 0}
    if x["type"] == "temporal":
        mark["width"] = broad
    y = _y(column, drawn, list(sums.values()))
    style = {
        "field": "s",
        "type": "nominal",
        "scale": {"domain": names, "range": SHADES[: len(names)]},
    }
    values = _values(found, drawn)
    for each in values:
        each["u"] = drawn.is_unfinished and each["x"] == kept[-1]
        each["n"] = names.index(each["s"])
    encoding = {"x": x, "y": y, "color": style, "order": {"field": "n"}}
    layers: list[Spec] = [
        {
            "mark": mark,
            "encoding": encoding
            | {"opacity": {"condition": {"test": "datum.u", "value": 0.55}, "value": 1}},
        }
    ]
    if drawn.is_unfinished and kept:
        layers.append(_so_far({"x": kept[-1]}, encoding, "pale: so far"))
    return {"data": {"values": values}, "layer": layers}


MOST_BUCKETS: Final = 60


def _histogram(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    """Bars of classes that touch; the classes are the result's."""
    made = _bar(spec, drawn._replace(is_unfinished=False), width)
    for layer in made["layer"]:
        x = layer["encoding"]["x"]
        if x["type"] == "ordinal":
            x["scale"] = {"paddingInner": 0.04}
    return made


# ------------------------------------------------------------------------------- two ways


def _heatmap(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    """Darker is more; each field has its number where there is room, so that shades need not be
    read."""
    column = _column(drawn, spec.y[0])
    found = rules.points(spec, drawn, spec.y[0], _short(width))
    title, rows = _kept([each[1] for each in found], spec.series, MOST_ROWS)
    across, columns = _kept([each[0] for each in found], spec.x, MOST_COLUMNS)
    found = [each for each in found if each[0] in columns and each[1] in rows]
    days = rules.days(columns)
    values = [each[2] for each in found]
    largest = max(0.0, *(each or 0.0 for each in values))
    least = min(0.0, *(each or 0.0 for each in values))
    axis: Spec = {"title": across, "labelAngle": 0, "labelOverlap": True}
    x: Spec = {"field": "x", "type": "ordinal", "sort": columns, "axis": axis}
    if days:
        axis["labelExpr"] = _date_label(days, drawn)
    y: Spec = {"field": "s", "type": "ordinal", "sort": rows, "axis": {"title": title}}
    if months := rules.days(rows):
        y["axis"]["labelExpr"] = _date_label(months, drawn)
    shade = {
        "field": "y",
        "type": "quantitative",
        "scale": {
            "range": ["#eef3f9", "#08306b"],
            "domain": [least, largest or (0 if least else 1)],
        },
        "legend": {
            "title": rules.unit(column, drawn.currency),
            "format": rules.axis_format(values, column, drawn.currency),
            "gradientLength": min(200, width // 3),
        },
    }
    layers: list[Spec] = [
        {
            "mark": {
                "type": "rect",
                "stroke": "white",
                "strokeWidth": 1 if len(columns) < 40 else 0,
            },
            "encoding": {"x": x, "y": y, "color": shade},
        }
    ]
    longest = max((len(each[3]) for each in found), default=0)
    if longest * 7.2 <= (width - 130) / max(1, len(columns)):
        layers.append(
            {
                "mark": {"type": "text", "fontSize": 11},
                "encoding": {
                    "x": x,
                    "y": y,
                    "text": {"field": "t", "type": "nominal"},
                    "color": {
                        "condition": {
                            "test": f"datum.y > {(largest + least) * 0.5}",
                            "value": "white",
                        },
                        "value": INK,
                    },
                },
            }
        )
    return {"data": {"values": _values(found, drawn)}, "layer": layers}


MOST_ROWS: Final = 24
MOST_COLUMNS: Final = 62
"""Of a heatmap, of whose narrower fields nothing could be seen."""


def _kept(names: Sequence[str], name: str | None, most: int) -> tuple[str, list[str]]:
    """The title of an axis, and which of its names are shown: the latest days, or the first."""
    every = list(dict.fromkeys(names))
    title = rules.text((name or "").replace("_", " ").capitalize())
    if len(every) <= most:
        return title, every
    if rules.days(every):
        return f"{title}, the last {most} of {len(every)}", every[-most:]
    return f"{title}, the first {most} of {len(every)}", every[:most]


def _date_label(days: Sequence[date], drawn: Drawn) -> str:
    return f"utcFormat(toDate(datum.value), '{rules.date_format(days, drawn.grain)}')"


def _scatter(spec: ChartSpec, drawn: Drawn, _width: int) -> Spec:
    place = [each.name for each in drawn.columns].index(spec.x or "")
    across = _column(drawn, spec.x)
    column = _column(drawn, spec.y[0])
    found = rules.points(spec, drawn, spec.y[0])
    values = _values(found, drawn._replace(is_unfinished=False))
    for row, each in zip(drawn.rows, values, strict=False):
        each["x"] = rules.number(row[place])
    encoding: Spec = {
        "x": _y(across, drawn, [each["x"] for each in values]) | {"field": "x"},
        "y": _y(column, drawn, [each["y"] for each in values]),
    }
    if spec.series:
        names = list(dict.fromkeys(each[1] for each in found))
        if len(names) > rules.MOST_SERIES:
            names = [*names[: rules.MOST_SERIES - 1], rules.OTHER]
        for each in values:
            each["s"] = each["s"] if each["s"] in names else rules.OTHER
        scale = {"field": "s", "type": "nominal"}
        encoding["color"] = scale | {"scale": {"domain": names, "range": INKS[: len(names)]}}
        encoding["shape"] = scale | {"scale": {"domain": names, "range": SHAPES[: len(names)]}}
    mark = {"type": "point", "size": 60, "strokeWidth": 2, "color": MAIN, "opacity": 0.8}
    return {"data": {"values": values}, "mark": mark, "encoding": encoding}


# ------------------------------------------------------------------------------- table


def _table(spec: ChartSpec, drawn: Drawn, width: int) -> Spec:
    """The first rows as text, numbers to the right; one line says how many there are."""
    names = spec.y or tuple(each.name for each in drawn.columns)
    columns = [(place, each) for place, each in enumerate(drawn.columns) if each.name in names]
    columns = columns[: 3 if width < 480 else 8]
    rows = drawn.rows[: rules.MOST_TABLE_ROWS]
    # The first text has names; the other columns are as wide as each other.
    shares = [
        2.0 if at == 0 and each.type == "text" else 1.0 for at, (_, each) in enumerate(columns)
    ]
    steps = [(width - 30) * share / sum(shares) for share in shares]
    left: list[Spec] = []
    right: list[Spec] = []
    for at, (place, column) in enumerate(columns):
        is_number = column.type == "number"
        most = max(4, int(steps[at] / 8))
        edge = sum(steps[: at + 1]) - 10 if is_number else sum(steps[:at])
        side = right if is_number else left
        side.append({"px": edge, "r": 0, "t": rules.text(rules.name_of(column), most), "h": 1})
        for index, row in enumerate(rows, 1):
            cell = rules.text(rules.shown(row[place], column, drawn.currency, drawn.grain), most)
            side.append({"px": edge, "r": index, "t": cell, "h": 0})
    more = len(drawn.rows) - len(rows)
    if more > 0:
        left.append({"px": 0, "r": len(rows) + 1, "t": f"and {more} more", "h": 0})
    depth = len(rows) + (2 if more > 0 else 1)
    x = {
        "field": "px",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, width - 30], "nice": False, "zero": False},
    }
    y = {
        "field": "r",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [depth - 0.5, -0.5], "nice": False, "zero": False},
    }
    lines = [{"r": index + 0.5} for index in range(len(rows))]
    weight = {"condition": {"test": "datum.h == 1", "value": "bold"}, "value": "normal"}
    return {
        "layer": [
            {
                "data": {"values": lines},
                "mark": {"type": "rule", "color": LINES},
                "encoding": {"y": y},
            },
            *(
                {
                    "data": {"values": side},
                    "mark": {"type": "text", "align": align, "fontSize": 12},
                    "encoding": {"x": x, "y": y, "text": {"field": "t", "type": "nominal"}}
                    | {"fontWeight": weight},
                }
                for side, align in ((left, "left"), (right, "right"))
            ),
        ]
    }


_MAKERS: dict[str, Callable[[ChartSpec, Drawn, int], Spec]] = {
    "number": _number,
    "number_delta": _number_delta,
    "line": _line,
    "line_compare": _line_compare,
    "line_dual": _line_dual,
    "area": _area,
    "bar": _bar,
    "bar_h": _bar_h,
    "bar_stacked": _stacked,
    "heatmap": _heatmap,
    "histogram": _histogram,
    "scatter": _scatter,
    "table": _table,
}

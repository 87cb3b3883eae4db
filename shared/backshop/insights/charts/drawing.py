"""Pictures of charts, by vl-convert: Vega-Lite, Vega and a renderer in one library, without a
browser. Importing it takes its 84 MB from disk, so that only the function that draws does."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import vl_convert

from backshop.insights.charts import vega
from backshop.insights.charts.models import ChartSpec, Drawn

TAGS: Final = frozenset(
    {"svg", "g", "rect", "path", "line", "text", "tspan", "defs", "linearGradient", "stop"}
    | {"clipPath", "title", "desc"}
)
"""All that a chart consists of. What could run, be followed or be fetched is not among it."""
REFERRING: Final = frozenset({"href", "src", "style"})
FONTS: Final = (
    "cvttf_NotoSansCJK_Regular",
    "fontpkg_noto_sans_arabic",
    "fontpkg_noto_sans_devanagari",
)
"""Packages of fonts; an SVG is written in those of who looks at it."""
SCALE: Final = 2.0
"""Pixels of a PNG to one of the chart, for screens of today."""


def svg(spec: ChartSpec, drawn: Drawn, *, width: int = 640) -> str:
    """The chart as SVG, in which nothing can be followed. Raises Misfit."""
    _fonts()  # Texts are measured by them, too.
    made = str(
        vl_convert.vegalite_to_svg(vega.compile(spec, drawn, width=width), allowed_base_urls=[])
    )
    if _is_active(made):
        raise RuntimeError("a chart holds something active")
    return made


def png(spec: ChartSpec, drawn: Drawn, *, width: int = 640) -> bytes:
    return bytes(vl_convert.svg_to_png(svg(spec, drawn, width=width), scale=SCALE))


@cache
def _fonts() -> None:
    """Fonts for what the renderer's own have no letters of; it takes them letter by letter. There
    are no others on a Lambda."""
    for name in FONTS:
        spec = find_spec(name)
        if spec and spec.origin:
            vl_convert.register_font_directory(str(Path(spec.origin).parent))


def _is_active(made: str) -> bool:
    # Vega's own output, whose texts it has escaped; nobody else's XML is read.
    return any(
        each.tag.rsplit("}", 1)[-1] not in TAGS
        or any(_refers(name.rsplit("}", 1)[-1], value) for name, value in each.items())
        for each in ElementTree.fromstring(made).iter()  # noqa: S314
    )


def _refers(name: str, value: str) -> bool:
    if name.startswith("aria-"):
        return False
    outside = "url(" in value.replace("url(#", "") or "javascript:" in value.lower()
    return name in REFERRING or name.lower().startswith("on") or outside

"""Writes the table of metrics in docs/insights.md from the catalogue: `python -m
local.insights_page`."""

from __future__ import annotations

from pathlib import Path

from backshop.insights.semantic.measures import measures_in
from backshop.insights.semantic.metrics import METRICS, Metric

PAGE = Path(__file__).resolve().parents[1] / "docs" / "insights.md"
BEGIN, END = "## Metrics\n", "\n## Rollups\n"


def table() -> str:
    """A row a metric: what it is, its formula over measures, what it comes by, what merchants
    say."""
    rows = [
        "| metric | is | formula | comes by | merchants say |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| `{each.name}` | {each.definition} | {_formula(each)} | {_by(each)} | {', '.join(each.words[:4])} |"
        for each in METRICS.values()
    ]
    return "\n".join(rows) + "\n"


def _formula(metric: Metric) -> str:
    if metric.after is not None:
        return f"{str(metric.after).replace('_', ' ')} of `{metric.of}`"
    shown = metric.formula
    for name in measures_in(metric.formula) | {"days"}:
        shown = shown.replace("{" + name + "}", name)
    return f"`{shown}`".replace("|", "\\|")


def _by(metric: Metric) -> str:
    named = [*(["time"] if metric.has_time else []), *metric.dimensions]
    return ", ".join(named) or "nothing"


def written(page: str) -> str:
    """The page with the table of now."""
    begin = page.index(BEGIN) + len(BEGIN)
    return f"{page[:begin]}\n{table()}{page[page.index(END) :]}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))

"""The catalogue of metrics against the contract."""

import json
from pathlib import Path

from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import SemanticQuery

from local import insights_page

CONTRACT = json.loads((Path(__file__).parent / "contract.json").read_text())
"""Name, label, format and dimensions of each metric, as merchants were promised them."""


def test_every_promised_metric_is_there_with_its_dimensions() -> None:
    for promised in CONTRACT:
        metric = METRICS[promised["name"]]
        named = {each for each in promised["dimensions"].split(",") if each != "-"}
        assert metric.has_time is ("time" in named), metric.name
        assert {str(each) for each in metric.dimensions} == named - {"time"}, metric.name
        assert (metric.label, metric.format) == (promised["label"], promised["format"])
    assert len(METRICS) == len(CONTRACT)


def test_words_name_metrics_apart() -> None:
    claimed: dict[str, str] = {}
    for metric in METRICS.values():
        assert metric.words, metric.name
        for word in metric.words:
            assert word == word.lower()
            assert claimed.setdefault(word, metric.name) == metric.name


def test_the_contracts_example_comes_back_as_it_was() -> None:
    example = {
        "metrics": ["product_net_sales"],
        "dimensions": ["category"],
        "grain": "month",
        "period": {
            "type": "calendar",
            "unit": "quarter",
            "offset": -1,
            "compare": "previous_year",
        },
        "filters": [{"field": "country", "op": "=", "value": "DE"}],
        "top_n": 5,
    }
    assert SemanticQuery.model_validate(example).as_json() == example


def test_the_page_tells_every_metric_as_it_is_declared() -> None:
    assert insights_page.written(page := insights_page.PAGE.read_text()) == page

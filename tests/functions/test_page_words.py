"""The check of pages' words finds what it is for, and not what people say."""

from __future__ import annotations

import pytest

from tests.functions.page_words import machine_talk


@pytest.mark.parametrize(
    "html",
    [
        "<p>2026-02-01T10:00:00Z</p>",
        "<p>from 2026-02-01 on</p>",
        "<td>None</td>",
        "<td>delivery_stage</td>",
        "<td>ORDER_CONFIRMED</td>",
        "<td>orderedFromSupplier</td>",
        "<td>staff:7c9e6679-7425-40de-944b-e07fc1f90ae7</td>",
        "<p>1 orders</p>",
        "<p>10.0 points</p>",
        "<p>in the month of 1 February 2026</p>",
        '<table aria-label="Sync of 2026-02-01T10:00:00Z"></table>',
    ],
)
def test_what_a_machine_says_is_found(html: str) -> None:
    assert machine_talk(html)


@pytest.mark.parametrize(
    "html",
    [
        '<time datetime="2026-02-01T10:00:00Z">Sun 1 Feb, 10:00</time>',
        "<p>In UTC, as 2026-11-20 14:05.</p>",
        "<p>1 order, 21 orders, 0.05 points, USD 10.00</p>",
        '<input name="tracking_number" value="2026-02-01">',
        "<p>in February 2026, in the week of 2 February 2026</p>",
        "<pre>{&quot;order_id&quot;: None}</pre>",
    ],
)
def test_what_people_say_is_not(html: str) -> None:
    assert machine_talk(html) == {}

"""The schema of `platform_product.metadata.try_on`, and the rules of sessions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import yaml
from backshop.connect.try_on import looks, models, rules
from pydantic import ValidationError

DOCS = Path(__file__).parents[3] / "docs" / "try-on.md"


def documented() -> list[dict]:
    """Every look that docs/try-on.md gives as an example."""
    blocks = re.findall(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
    found = [yaml.safe_load(block) for block in blocks]
    return [each["try_on"] for each in found if "try_on" in each]


def test_every_documented_look_is_valid_and_every_kind_is_documented():
    kinds = set()
    for look in documented():
        parsed = looks.look_of({"try_on": look})
        assert parsed is not None
        kinds.add(parsed.kind)
    assert kinds == {
        "foundation", "lip", "blush", "highlighter", "contour", "concealer", "eyewear", "headwear",
        "earrings", "shirt",
    }  # fmt: skip


WRONG = [
    {},
    {"kind": "hat"},
    {"kind": "foundation"},
    {"kind": "foundation", "shade": "beige"},
    {"kind": "foundation", "shade": "#c68642", "coverage": 1.2},
    {"kind": "foundation", "shade": [50, 10, 300]},
    {"kind": "foundation", "shade": "#c68642", "glitter": True},
    {"kind": "lip"},
    {"kind": "eyewear", "image": "../../secret.png", "width_mm": 140},
    {"kind": "eyewear", "image": "https://example.com/a.png", "width_mm": 140},
    {"kind": "eyewear", "image": "a.png", "width_mm": 14},
    {"kind": "shirt", "image": "a.png", "lettering": [{"text": "slogan", "box": [0, 0, 1, 1], "color": "#ffffff"}]},
    {"kind": "shirt", "image": "a.png", "patches": [{"image": "b.png", "box": [0, 0, 0, 1]}]},
    {"kind": ["lip"], "color": "#a8142a"},
    {"kind": "lip", "color": [50, 10]},
    {"kind": "lip", "color": "#a8142a", "coverage": None},
    {"kind": "earrings", "image": "a.png", "height_mm": 42, "hook": [0.5, 1.5]},
    {"kind": "shirt", "image": "a.png", "patches": 9 * [{"image": "b.png", "box": [0, 0, 1, 1]}]},
    {"kind": "shirt", "image": "a.png", "patches": [{"image": "b.png", "box": [0, 0, 1, 1], "z": 1}]},
    "lip",
]  # fmt: skip


@pytest.mark.parametrize("look", WRONG)
def test_wrong_looks_are_not_worn(look):
    with pytest.raises(ValueError):
        looks.look_of({"try_on": look})
    assert rules.look({"try_on": look}) == rules.NOT_WEARABLE


@pytest.mark.parametrize("look", [*documented(), *WRONG])
def test_drawing_reads_the_looks_that_routes_take_and_reads_them_alike(look):
    try:
        taken = models.ProductLook.model_validate({"sku": "A", "look": look}).look
    except ValidationError:
        taken = None
    assert rules.look({"try_on": look}) == (taken or rules.NOT_WEARABLE)


def test_without_a_look_a_product_is_not_worn():
    for metadata in (None, {}, {"try_on": None}):
        assert looks.look_of(metadata) is None
        assert rules.look(metadata) == rules.NOT_WEARABLE


def test_looks_name_their_files():
    shirt = looks.look_of(
        {
            "try_on": {
                "kind": "shirt",
                "image": "home.png",
                "lettering": [
                    {"text": "name", "box": [0, 0, 1, 0.1], "color": "#ffffff", "font": "club.ttf"}
                ],
                "patches": [{"image": "league.png", "box": [0, 0, 0.1, 0.1]}],
            }
        }
    )
    assert shirt is not None
    assert looks.assets_of(shirt) == {"home.png", "club.ttf", "league.png"}


def test_keys_tell_store_and_session_and_come_back():
    store, session = uuid4(), uuid4()
    assert rules.parse_selfie_key(rules.selfie_key(store, session)) == (store, session)
    for other in ("selfies/x/y", f"overlays/{store}/{session}", f"selfies/{store}"):
        with pytest.raises(ValueError):
            rules.parse_selfie_key(other)
    assert rules.overlay_key(store, session, "a/../b") != rules.overlay_key(store, session, "a")
    assert "/../" not in rules.overlay_key(store, session, "a/../b")


def test_addresses_are_hashed_with_their_store_and_ipv6_by_network():
    store = uuid4()
    one = rules.address_hash(store, "2001:db8:1:2::1")
    assert one == rules.address_hash(store, "2001:db8:1:2:ffff::9")
    assert one != rules.address_hash(store, "2001:db8:1:3::1")
    assert one != rules.address_hash(uuid4(), "2001:db8:1:2::1")
    assert rules.address_hash(store, "192.0.2.1") != rules.address_hash(store, "192.0.2.2")
    assert len(rules.address_hash(store, "not an address")) == 64


def test_a_session_is_complete_when_one_product_can_be_seen():
    good = looks.Result(status="complete")
    bad = looks.Result(status="failed", code="x", reason="y")
    assert rules.outcome({"a": bad, "b": good}) == "complete"
    assert rules.outcome({"a": bad}) == "failed"
    assert rules.open_skus(["a", "b", "c"], {"b": {}}) == ["a", "c"]


def test_only_open_sessions_get_stuck():
    at = datetime(2026, 11, 20, tzinfo=UTC)
    old = at - timedelta(minutes=15, seconds=1)
    assert rules.is_stuck(looks.SessionStatus.CREATED, old, at)
    assert rules.is_stuck(looks.SessionStatus.IN_PROGRESS, old, at)
    assert not rules.is_stuck(looks.SessionStatus.COMPLETE, old, at)
    assert not rules.is_stuck(looks.SessionStatus.CREATED, at - timedelta(minutes=15), at)

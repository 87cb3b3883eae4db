"""Names of products are found however they are written, and among thousands as among few."""

from __future__ import annotations

import pytest
from backshop.insights.planning.models import Known
from backshop.insights.planning.names import Index, key_of, of_parts
from backshop.insights.planning.text import folded
from hypothesis import given
from hypothesis import strategies as st

ODD = (
    "Honey 250g",
    "Honey 1 kg",
    "Organic T-Shirt",
    "Salt & Pepper Set",
    "Men's Razor",
    "O'Neill Cap",
    "Set of Three Bowls",
    "Cat Toy",
    "100% Wool Socks",
    "4K Monitor",
    "Lamp, Large (Blue)",
    "Grüner Tee – Sencha",
    "Cherries/Berries Mix",
    "2x Battery Pack",
    "Deluxe Edition No. 5",
    "Candles",
    "香薰蜡烛",
)
MANY = tuple(f"Model {n} Common Thing" for n in range(3000))


@pytest.mark.parametrize("others", [(), MANY], ids=["few", "many"])
@pytest.mark.parametrize("name", ODD)
def test_a_name_is_found_whole(name: str, others: tuple[str, ...]) -> None:
    held = Index(Known(products=(*others, *ODD)))
    assert [each.value for each in held.whole(key_of(name))] == [name]


def test_a_name_of_words_that_thousands_have_is_found() -> None:
    held = Index(Known(products=(*MANY, "Common Model", "Common Things")))
    assert [each.value for each in held.whole(("common", "model"))] == ["Common Model"]
    assert [each.value for each in held.whole(("common", "thing"))] == ["Common Things"]
    assert held.whole(("thing", "model")) == ()
    assert held.places("model") is None
    assert held.holding(["model", "2999"]) == ["Model 2999 Common Thing"]


def test_a_word_of_some_names_stands_for_them() -> None:
    held = Index(Known(products=(*MANY, *ODD)))
    assert held.holding(["honey"]) == ["Honey 1 kg", "Honey 250g"]
    named = of_parts(["tshirt"], held)
    assert named is not None
    assert named.value == "Organic T-Shirt"
    assert not held.has("unicorn")
    assert held.has("toy")


@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    "red",
                    "blue",
                    "250g",
                    "kg",
                    "t-shirt",
                    "mugs",
                    "box",
                    "boxes",
                    "&",
                    "two",
                    "2",
                    "berries",
                    "men's",
                ]
            ),
            min_size=1,
            max_size=4,
        ).map(" ".join),
        max_size=12,
    )
)
def test_it_finds_what_looking_at_each_name_finds(names: list[str]) -> None:
    held = Index(Known(products=tuple(names)))
    for name in names:
        key = key_of(name)
        if not key:
            continue
        assert [each.value for each in held.whole(key)] == [
            next(each for each in names if key_of(each) == key)
        ]
    for word in ("red", "box", "mug", "berry", "shirt", "tshirt", "2", "250", "none"):
        wanted = folded(word)
        glued = [
            each
            for each in names
            if wanted in key_of(each)
            or wanted in [folded(part.replace("-", "")) for part in each.split() if "-" in part]
        ]
        assert held.has(wanted) == bool(glued)
        assert held.holding([wanted]) == sorted(glued)

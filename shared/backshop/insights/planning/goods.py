"""What a shop that sells one kind of thing calls all it sells (`which toys are out of stock`)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from backshop.insights.planning.models import Known
from backshop.insights.planning.text import folded

_PART = 0.25
"""Of the products, that must be of the kind."""
_LOOKED_AT = 500
"""Products; they say enough."""
_KINDS = {
    "toy toys": "toy plush puzzle kite doll dollhouse teddy bear bunny block lego ball game train car truck robot rattle paint"
    " crayon dinosaur dino stacker whistle puppet xylophone scooter tricycle marble slime bubble playset stamp memory",
    "clothes clothing garment garments outfit outfits apparel": "shirt tee hoodie dress skirt trouser jean jacket coat sweater"
    " jumper cardigan blouse sock legging short pant scarf beanie hat cap belt kurta vest romper onesie pyjama",
    "plant plants flower flowers": "monstera fern cactus succulent lily orchid palm ficus pothos philodendron olive lavender"
    " rose bulb seed bonsai ivy aloe calathea tree bouquet",
    "jewelry jewellery jewels": "ring necklace earring bracelet pendant brooch anklet chain cuff hoop stud charm locket bangle",
    "book books title titles novel novels": "novel cookbook atlas guide stories poems tales hardcover paperback handbook diary",
    "furniture": "chair table desk shelf sofa stool bench lamp cabinet bed dresser bookcase sideboard",
    "skincare cosmetics": "cream serum balm lotion soap shampoo cleanser toner mask lipstick mascara scrub oil",
    "food foods groceries snacks treats sweets": "cookie brownie cake bread jam honey chutney pickle chocolate truffle caramel"
    " fudge granola cheese sauce salsa pasta kibble biscuit nut",
    "drink drinks brews beverages": "tea coffee beer wine juice cola lemonade gin whisky espresso matcha kombucha roast cider",
    "tool tools hardware": "hammer saw drill screwdriver plane chisel wrench plier clamp blade bit knife file",
    "stationery": "notebook pen pencil planner card envelope sticker stamp washi journal eraser ink",
    "shoes footwear": "sneaker boot sandal loafer trainer clog slipper heel",
    "gear equipment": "tent backpack stove lantern rope harness helmet bike kettlebell mat dumbbell paddle racket glove",
    "instrument instruments": "guitar ukulele violin drum flute piano keyboard harmonica string pick capo amp",
}
"""What things of a kind are called together, and words of their names."""


@lru_cache(maxsize=64)
def _own(known: Known) -> frozenset[str]:
    """What this shop's goods are called, where a good part of them is of one kind; not what only
    some are, by their names."""
    names = known.products[:_LOOKED_AT]
    with_word = _by_word(names)
    alone = [words for each in known.categories if len(words := _by_word([each])) == 1]
    said = set(with_word).union(*alone)
    return frozenset(
        noun
        for nouns, words in _KINDS.items()
        if names and _number_with(words.split(), with_word) >= _PART * len(names)
        for noun in nouns.split()
        if folded(noun) not in said
    )


def _number_with(words: Sequence[str], with_word: Mapping[str, set[int]]) -> int:
    return len(set[int]().union(*(with_word.get(each, ()) for each in words)))


def _by_word(names: Sequence[str]) -> dict[str, set[int]]:
    """Places of the names that have a word, by the folded words; each spelling is folded once."""
    spelled: defaultdict[str, set[int]] = defaultdict(set)
    for place, name in enumerate(names):
        for word in re.findall(r"[a-z]+", name.lower()):
            spelled[word].add(place)
    found: defaultdict[str, set[int]] = defaultdict(set)
    for word, places in spelled.items():
        found[folded(word)] |= places
    return found


def as_products(line: str, known: Known) -> str:
    """The line with what the shop calls its goods as plain `products`."""
    own = _own(known)
    return " ".join(
        ("products" if each.endswith("s") else "product") if each in own else each
        for each in line.split()
    )

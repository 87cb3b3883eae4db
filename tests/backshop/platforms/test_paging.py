"""Walking a list that changes under the walker: nothing that stays in it is missed."""

import random
import threading
from typing import Any

import pytest
from backshop.platforms import parsing
from backshop.platforms.paging import START, Fetched, walk
from backshop.platforms.parsing import RecordPage
from pydantic import BaseModel, TypeAdapter


class List:
    """A platform's list, sorted by id. Before each answer `change` may alter it."""

    def __init__(self, ids, size=10, change=None, knows_offsets=True):
        self.ids = sorted(ids)
        self.size = size
        self.change = change or (lambda ids: None)
        self.knows_offsets = knows_offsets
        self.lock = threading.Lock()
        self.asked = []

    def fetch(self, offset, number):
        with self.lock:
            self.change(self.ids)
            self.asked.append(offset)
            if not self.knows_offsets:
                offset = (number - 1) * self.size
            ids = [str(each) for each in self.ids[offset : offset + self.size]]
            return Fetched(RecordPage([], [], ids), ids, len(self.ids))

    def walk(self, start=START, at_once=4):
        return [got.ids for got, _ in walk(self.fetch, start, self.size, at_once)]


def seen(pages):
    return [int(id) for page in pages for id in page]


@pytest.mark.parametrize("length", [0, 1, 9, 10, 11, 18, 19, 20, 100, 101])
@pytest.mark.parametrize("knows_offsets", [True, False])
def test_every_record_is_seen_in_order(length, knows_offsets):
    shop = List(range(1, length + 1), knows_offsets=knows_offsets)
    assert sorted(set(seen(shop.walk()))) == list(range(1, length + 1))


def test_a_list_costs_one_page_in_a_hundred_more():
    shop = List(range(10_000), size=100)
    shop.walk()
    assert len(shop.asked) <= 103


def test_a_server_without_offsets_is_walked_page_by_page():
    shop = List(range(1, 101), knows_offsets=False)
    pages = shop.walk(at_once=1)
    assert seen(pages) == list(range(1, 101))


@pytest.mark.parametrize("seed", range(60))
def test_what_leaves_and_enters_meanwhile_hides_nothing_that_stays(seed):
    """A removal moves the rest up by one; page numbers alone would miss a record at each seam."""
    rng = random.Random(seed)
    stays = set(range(1, 301))
    gone = []

    def change(ids):
        if rng.random() < 0.5 and len(ids) > 150:
            gone.append(ids.pop(rng.randrange(len(ids) // 2)))
        if rng.random() < 0.3:
            ids.append(1000 + len(gone) + rng.randrange(10_000))
            ids.sort()

    shop = List(stays, change=change)
    found = set(seen(shop.walk(at_once=rng.choice([1, 3, 8]))))
    assert stays - set(gone) <= found


def test_without_overlap_the_same_changes_would_hide_records():
    """The control: a walk by plain page numbers does miss some."""
    missed = 0
    for seed in range(20):
        rng = random.Random(seed)
        ids = list(range(1, 301))
        gone, found, page = set(), set(), 0
        while True:
            if rng.random() < 0.5:
                gone.add(ids.pop(rng.randrange(len(ids) // 2)))
            part = ids[page * 10 : page * 10 + 10]
            if not part:
                break
            found |= set(part)
            page += 1
        missed += len(set(range(1, 301)) - gone - found)
    assert missed > 0


def test_a_walk_goes_on_where_another_stopped():
    shop = List(range(1, 101))
    pages: Any = walk(shop.fetch, START, 10, 2)
    first = [next(pages) for _ in range(4)]
    pages.close()
    place = first[-1][1]
    del shop.ids[:30]
    rest = shop.walk(place)
    assert {int(each) for got, _ in first for each in got.ids} | set(seen(rest)) == set(
        range(1, 101)
    )


def test_uuids_are_sorted_by_their_text():
    ids = [f"{number:08x}-0000" for number in range(0, 500, 3)]
    shop = List(ids)
    assert set(seen_text(shop.walk())) == set(ids)


def seen_text(pages):
    return [id for page in pages for id in page]


def test_a_failed_page_fails_the_walk():
    def fetch(offset, number):
        if offset > 20:
            raise RuntimeError("no such luck")
        return Fetched(RecordPage([], [], []), [str(offset + n) for n in range(10)], 100)

    with pytest.raises(RuntimeError, match="luck"):
        list(walk(fetch, START, 10, 4))


class Named(BaseModel):
    id: int
    name: str


@pytest.mark.parametrize(
    "written, name, dropped",
    [
        ("Sun \\ud83d\\ude0e", "Sun \N{SMILING FACE WITH SUNGLASSES}", False),
        ("Sun \\u0000", "Sun ", True),
        ("Sun \\ud83d", "Sun ", True),
    ],
)
def test_a_page_says_that_characters_were_dropped_where_some_were(
    written: str, name: str, dropped: bool
) -> None:
    body = f'[{{"id": 1, "name": "{written}"}}]'.encode()
    records, read = parsing.page(TypeAdapter(list[Named]), TypeAdapter(Named), body)
    assert ([each.name for each in records], read.cleaned) == ([name], dropped)

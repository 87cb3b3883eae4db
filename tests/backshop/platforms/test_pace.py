"""How many requests at once, and for how many records, by what a shop's answers took."""

import threading
from contextlib import suppress

import pytest
from backshop.platforms.errors import TransientFailure
from backshop.platforms.pace import MOST, START, Pace, PageSize


def after(*seconds: float, is_well: bool = True) -> Pace:
    pace = Pace()
    for each in seconds:
        pace.learn(each, is_well)
    return pace


def test_it_begins_with_two_and_stays_there_where_pages_take_their_time() -> None:
    assert Pace().limit == START == 2
    assert after(*[0.6] * 50).limit == 2


def test_it_grows_where_answers_stay_quick() -> None:
    assert after(*[0.05] * 60).limit == MOST


def test_it_goes_back_where_more_at_once_make_answers_slower() -> None:
    pace = after(*[0.1] * 20)
    grown = pace.limit
    for _ in range(60):
        pace.learn(0.2, True)
    assert grown > pace.limit == 2


def test_it_asks_for_one_thing_at_a_time_where_the_shop_is_slow_or_fails() -> None:
    assert after(*[0.05] * 60, *[5.0] * 3).limit == 1
    assert after(*[0.1] * 3, is_well=False).limit == 1
    assert after(*[5.0] * 3, *[0.6] * 3).limit == 2, "and goes on as before when it is over"


def test_pages_become_smaller_where_they_take_long_and_grow_again() -> None:
    size = PageSize(100)
    size.took(22.0, 100)
    assert size.now == 50
    size.took(11.0, 50)
    assert size.now == 25
    size.took(5.5, 25)
    assert size.now == 25
    for _ in range(3):
        size.took(0.5, 25 * 4)
    assert size.now == 100


def test_one_record_is_the_least() -> None:
    size = PageSize(100)
    for _ in range(60):
        size.took(30.0, size.now)
    assert size.now == 1


def test_what_one_request_was_asked_to_wait_all_wait() -> None:
    """And the others say for how long, without asking the shop."""
    pace = Pace()
    with pytest.raises(TransientFailure, match="429"), pace.request():
        raise TransientFailure("it answered 429", 30.0)
    with pytest.raises(TransientFailure, match="asked us to wait") as told, pace.request():
        raise AssertionError("the shop was asked")
    assert told.value.after is not None
    assert 25 < told.value.after <= 30
    assert pace.limit == 1


@pytest.mark.parametrize("failed", [TransientFailure("cut short"), TransientFailure("503", 0.0)])
def test_a_failure_without_a_time_keeps_nobody_waiting(failed: TransientFailure) -> None:
    pace = Pace()
    with pytest.raises(TransientFailure), pace.request():
        raise failed
    with pace.request():
        pass


def test_whoever_waits_for_a_place_learns_of_the_rest() -> None:
    pace, told = Pace(), []
    held = threading.Event()
    all_ask = threading.Barrier(START + 1)

    def ask() -> None:
        try:
            with pace.request():
                told.append("asked")
        except TransientFailure as failed:
            told.append(str(failed))

    def meets_a_limit() -> None:
        with suppress(TransientFailure), pace.request():
            all_ask.wait()
            held.wait()
            raise TransientFailure("it answered 429", 30.0)

    first = [threading.Thread(target=meets_a_limit) for _ in range(START)]
    for each in first:
        each.start()
    all_ask.wait()
    waiting = [threading.Thread(target=ask) for _ in range(3)]
    for each in waiting:
        each.start()
    held.set()
    for each in [*first, *waiting]:
        each.join(10)
    assert told == ["it asked us to wait"] * 3

"""How many requests at once, and for how many records, by what a shop's answers took."""

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

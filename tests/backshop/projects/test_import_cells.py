"""Prices and sizes as price lists write them: what is written one way is read back, whatever the
way; and whatever is written, is read or refused with a sentence."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from backshop.projects.imports import cells, rules
from hypothesis import assume, given
from hypothesis import strategies as st

CENTS = st.integers(0, 9_999_999_999)
SIGNS = st.sampled_from([".", ","])
GROUPS = {".": [",", "", " ", "'", "\u00a0", "\u202f", "’"], ",": [".", "", " ", "'", "\u00a0"]}
AROUND = ["{}", "${}", "$ {}", "{} $", "US${}", "{} USD", "USD {}", "usd {}"]


def tried(read):
    """What is read, or the sentence of why nothing is."""
    try:
        return read(), None
    except ValueError as refused:
        return None, str(refused)


def grouped(whole: int, mark: str) -> str:
    return f"{whole:,}".replace(",", mark)


@given(cents=CENTS, sign=SIGNS, data=st.data(), around=st.sampled_from(AROUND))
def test_a_price_is_read_as_it_was_written(cents, sign, data, around) -> None:
    mark = data.draw(st.sampled_from(GROUPS[sign]))
    text = around.format(f"{grouped(cents // 100, mark)}{sign}{cents % 100:02}")
    assert cells.price(cells.tidied(text), sign, "USD") == f"{Decimal(cents) / 100:.2f}"


@given(cents=CENTS, sign=SIGNS, data=st.data())
def test_two_decimals_tell_which_sign_they_stand_behind(cents, sign, data) -> None:
    """Even where the rest of the list writes the other one."""
    mark = data.draw(st.sampled_from(GROUPS[sign]))
    text = cells.tidied(f"{grouped(cents // 100, mark)}{sign}{cents % 100:02}")
    other: cells.Sign = "," if sign == "." else "."
    assert cells.price(text, other, None) == f"{Decimal(cents) / 100:.2f}"


@given(whole=st.integers(1, 999), part=st.integers(1, 999))
def test_what_may_be_thousands_or_decimals_is_never_guessed(whole, part) -> None:
    assume(part % 10)
    text = f"{whole}.{part:03}"
    assert cells.price(text, ",", None) == f"{whole * 1000 + part}.00", "points are thousands there"
    with pytest.raises(ValueError, match="without a sign for thousands"):
        cells.price(text, ".", None)


@given(st.text(max_size=40) | st.from_regex(r"[-$€ .,'0-9()]{1,20}", fullmatch=True), SIGNS)
def test_whatever_stands_there_is_a_price_of_two_decimals_or_a_sentence(text, sign) -> None:
    read, refused = tried(lambda: cells.price(text, sign, "USD"))
    if refused is not None:
        assert len(refused) > 15
        return
    assert 0 <= Decimal(read) <= cells.MOST_PRICE
    assert read == f"{Decimal(read):.2f}"
    assert [each for each in text if each.isdigit()][:1], "a price has a digit"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("-4.29", "not negative"),
        ("$ -4.29", "not negative"),
        ("(4.29)", "not negative"),
        ("−4.29", "not negative"),
        ("4.295", "without a sign for thousands"),
        ("4.2999", "two decimals"),
        ("€4.29", "sells in USD"),
        ("4.29 CAD", "sells in USD"),
        ("4.29/sf", "without “/sf”"),
        ("call us", "as a number"),
        ("1,2,3", "two decimals"),
        ("24-Dec", "date"),
        ("12/24/2026", "date"),
        ("#REF!", "Excel's error"),
        ("=A1*2", "formula"),
        ("999999999999", "at most"),
        ("1e5", "number"),
        (f"{cells.DATED}24 Dec", "date"),
    ],
)
def test_a_price_that_is_none_says_why(text, says) -> None:
    with pytest.raises(ValueError, match=says):
        cells.price(text, ".", "USD")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("12,-", "12.00"), ("12.–", "12.00"), ("CHF 1'234.50", "1234.50"), ("Rs. 1,23,456.50", "123456.50"),
        (".50", "0.50"), ("5.", "5.00"), ("4.2900", "4.29"), ("0", "0.00"), ("kr 12,50", "12.50"),
        ("1,234", "1234.00"), ("1.234.567,80", "1234567.80"),
    ],
)  # fmt: skip
def test_prices_of_many_countries(text, read) -> None:
    assert cells.price(text, ".", None) == read


def test_the_list_itself_tells_what_stands_before_decimals() -> None:
    assert cells.sign_of(["1.234", "4,29 €", "12"], ".") == ","
    assert cells.sign_of(["1,234", "$4.29"], ",") == "."
    assert cells.sign_of(["1.234", "12"], ",") == ","


# ---------------------------------------------------------------- sizes

PARTS = st.sampled_from(
    [(1, 2), (1, 4), (3, 4), (1, 8), (3, 8), (5, 8), (7, 8), (13, 16), (29, 32)]
)
SIGNED = {(1, 2): "½", (1, 4): "¼", (3, 4): "¾", (1, 8): "⅛", (3, 8): "⅜", (5, 8): "⅝", (7, 8): "⅞"}


def hundredths(inches: Fraction) -> str:
    return f"{Decimal((inches * 200 + 1) // 2) / 100:.2f}"


@given(whole=st.integers(0, 999), part=PARTS, data=st.data())
def test_a_fraction_is_read_as_it_was_written(whole, part, data) -> None:
    top, bottom = part
    ways = [f"{whole}-{top}/{bottom}", f"{whole} {top}/{bottom}", f"{whole} - {top}/{bottom}"]
    ways += [f"{whole}{SIGNED[part]}", f"{whole} {SIGNED[part]}"] if part in SIGNED else []
    ways += [f"{top}/{bottom}"] if not whole else []
    text = data.draw(st.sampled_from(ways)) + data.draw(
        st.sampled_from(["", '"', " in", "″", "”", " inch"])
    )
    assert cells.length(text, ".") == hundredths(whole + Fraction(top, bottom))


@given(mm=st.integers(1, 9_000), unit=st.sampled_from(["mm", "cm", "m"]), sign=SIGNS)
def test_metric_sizes_are_inches_to_the_hundredth(mm, unit, sign) -> None:
    scale = {"mm": 1, "cm": 10, "m": 1000}[unit]
    number = str(Decimal(mm) / scale).replace(".", sign)
    assume(hundredths(Fraction(mm * 10, 254)) != "0.00")
    assert cells.length(f"{number} {unit}", sign) == hundredths(Fraction(mm * 10, 254))
    assert cells.length(number, sign, unit) == hundredths(Fraction(mm * 10, 254))


SIDES = st.integers(1, 900)
CROSSES = st.sampled_from([" x ", "x", " X ", "×", " × ", " by ", "*"])


@given(one=SIDES, two=SIDES, cross=CROSSES, end=st.sampled_from(["", '"', " in", "in.", "”"]))
def test_two_sides_in_one_cell(one, two, cross, end) -> None:
    assert cells.sizes(f"{one}{cross}{two}{end}", ".")[:2] == (f"{one}.00", f"{two}.00")
    assert cells.sizes(f"{one}{end}{cross}{two}{end}", ".")[:2] == (f"{one}.00", f"{two}.00")


@given(one=SIDES, two=SIDES, cross=CROSSES)
def test_a_unit_at_the_end_is_that_of_all_sides(one, two, cross) -> None:
    read = cells.sizes(f"{one}{cross}{two} mm", ".")
    assert read[:2] == (cells.length(f"{one} mm", "."), cells.length(f"{two} mm", "."))


@given(top=st.integers(1, 60), bottom=st.integers(1, 60))
def test_a_fraction_that_may_be_two_sides_is_refused(top, bottom) -> None:
    plain = (
        bottom in (2, 3, 4, 8, 16, 32, 64)
        and Fraction(top, bottom).denominator == bottom
        and top < bottom
    )
    if plain:
        assert cells.length(f"{top}/{bottom}", ".") == hundredths(Fraction(top, bottom))
    else:
        with pytest.raises(ValueError, match=f"{top} x {bottom}"):
            cells.length(f"{top}/{bottom}", ".")


DAYS = [
    "24-Dec",
    "Dec-24",
    "24-Dec-26",
    "24. Dez",
    "12/24/2026",
    "2026-12-24 00:00:00",
    "24 Dec 2026",
]


@pytest.mark.parametrize("text", [*DAYS, f"{cells.DATED}24 Dec 2026"])
@pytest.mark.parametrize(
    "read", [cells.length, cells.sizes, cells.coverage, lambda text, _: cells.pieces(text)]
)
def test_what_excel_made_a_date_of_is_refused_with_what_to_type(text, read) -> None:
    with pytest.raises(ValueError, match="format the column as text"):
        read(text, ".")


@given(st.text(max_size=40) | st.from_regex(r"[-x×/\"' .,0-9a-z½]{1,20}", fullmatch=True), SIGNS)
def test_whatever_stands_there_is_a_size_that_fits_its_column_or_a_sentence(text, sign) -> None:
    for read in (cells.length, cells.sizes, cells.coverage):
        told, refused = tried(lambda read=read: read(cells.tidied(text), sign))
        assert refused is None or len(refused) > 15
        for each in told if isinstance(told, tuple) else (told,):
            assert not each or Decimal(0) < Decimal(each) <= cells.MOST_COVERAGE


def test_three_sides_of_two_units_say_each() -> None:
    assert cells.sizes("12 in x 24 in x 10 mm", ".") == ("12.00", "24.00", "0.39")
    assert cells.sizes("300 x 600 x 10 mm", ".") == ("11.81", "23.62", "0.39")
    with pytest.raises(ValueError, match="unit of each side"):
        cells.sizes("12 x 24 x 10 mm", ".")


# ---------------------------------------------------------------- the rest of a line


@pytest.mark.parametrize(
    ("name", "column", "detail"),
    [
        ("SKU", "sku", ""), ("  Item # ", "sku", ""), ("Length (mm)", "size_length", "mm"),
        ("Thickness mm", "size_thickness", "mm"), ("Retail Price USD", "price_retail", "usd"),
        ("Preis (€)", "price_retail", "€"), ("SQM / Box", "coverage_per_box", "m2"),
        ("Größe", "size", ""), ("COLOUR", "color", ""), ("U/M", "unit_of_measure", ""),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(name, column, detail) -> None:
    heading = rules.understood(name)
    assert (heading.column, heading.detail.lower()) == (column, detail)


@pytest.mark.parametrize(
    "name", ["", "Buyer", "Price of freight", "Old SKU", "x" * 500, "()", "\x00"]
)
def test_other_names_are_nothing(name) -> None:
    assert rules.understood(name) is None


@pytest.mark.parametrize("text", ["1.23E+11", "1,2346E+15"])
def test_what_excel_made_of_a_long_sku_is_refused(text) -> None:
    with pytest.raises(ValueError, match="type the SKU again"):
        cells.sku(text)


def test_zeros_that_excel_was_made_to_keep_are_kept() -> None:
    assert cells.tidied('="00123"') == "00123"


@given(st.lists(st.text(max_size=30), max_size=30))
def test_any_line_is_a_product_or_a_problem(texts) -> None:
    heads = rules.heads_of(
        rules.Line(1, ["SKU", "Name", "Size", "Price", "Pcs", "Currency", "Stock"])
    )
    assert heads is not None
    read = rules.Lines(heads, ".", "USD").read([rules.Line(2, texts)])
    assert len(read.rows) + len(read.problems) == 1
    for row in read.rows:
        assert len(row) == len(rules.STORED) + 1
        assert row[0]

"""Quotes on paper: nothing is cut or left alone, and every figure that is kept is printed."""

from __future__ import annotations

from decimal import Decimal

import pypdfium2
import pytest
from backshop.projects.quotes import paper
from backshop.projects.quotes.models import Content

from tests.backshop.projects import big_project

MARGIN = 16 / 25.4 * 72
"""Points; the template's."""


def pages(quote, **more):
    made = paper.pdf(quote, big_project.SHOP, more.get("logo"), is_draft=False)
    return list(pypdfium2.PdfDocument(made))


def texts(quote):
    return [page.get_textpage().get_text_bounded() for page in pages(quote)]


@pytest.fixture(scope="module")
def big():
    return big_project.quote()


def test_twelve_rooms_and_sixty_lines_are_all_there(big):
    content = Content.model_validate(big["content"])
    assert (len(content.rooms), len(content.lines)) == (12, 60)
    whole = "\n".join(texts(big))
    for line in content.lines:
        assert paper.money(line.amount) in whole
        assert (line.sku or line.description) in whole
    for room in content.rooms:
        assert room.name.split(maxsplit=1)[0] in whole
        for surface in room.surfaces:
            assert f"{surface.net_sf:,.2f} sf" in whole
    for words in ("Šťastná-Nguyễn", "王小明", "Žulová šedá", "雪花白", "猛犬注意", "l’Église"):
        assert words in whole
    assert paper.money(content.figures.total_amount) in whole


def test_no_text_leaves_the_margins(big):
    for page in pages(big):
        text = page.get_textpage()
        width, height = page.get_size()
        for number in range(text.count_rects()):
            left, bottom, right, top = text.get_rect(number)
            assert left >= MARGIN - 1, text.get_text_bounded(left, bottom, right, top)
            assert right <= width - MARGIN + 1, text.get_text_bounded(left, bottom, right, top)
            assert bottom > 20
            assert top < height - MARGIN + 2


@pytest.mark.parametrize("lines", [1, 2, 3, *range(5, 58, 4)])
def test_the_total_never_stands_alone_on_its_page(lines):
    asked = big_project.ASKED.model_copy(update={"charges": []})
    quote = big_project.quote(lines=lines, asked=asked)
    content = Content.model_validate(quote["content"])
    total = paper.money(content.figures.total_amount)
    [page] = [each for each in texts(quote) if f"Total {total}" in each.replace("\r\n", " ")]
    before = page[: page.index("Subtotal")]
    printed = [line for line in content.lines if line.sku and line.sku in before]
    assert len(printed) >= min(2, lines)
    assert "Amount" in before  # the columns have their heads


@pytest.mark.parametrize("lines", range(20, 58, 3))
def test_a_title_never_ends_a_page(lines):
    for page in texts(big_project.quote(lines=lines)):
        rows = [each.strip() for each in page.replace("\r\n", "\n").split("\n") if each.strip()]
        assert rows[-1].startswith("Tile & Stone Gallery · Quote")  # the page's foot
        assert rows[-2] not in {title for title, _ in paper.SECTIONS}
        assert rows[-2] not in {"Rooms and measures", "What we quote", "Payments", "Terms"}


def test_figures_of_a_column_end_at_one_line(big):
    """To the point, on each page: of amounts and of net areas."""
    content = Content.model_validate(big["content"])
    for page in pages(big)[1:3]:
        text = page.get_textpage()
        ends = set()
        for line in content.lines:
            search = text.search(f"{line.net:,.2f} sf" if line.net else "none such")
            if found := search.get_next():
                ends.add(round(text.get_charbox(found[0] + found[1] - 1)[2]))
        assert len(ends) <= 2, ends  # net areas and, of tile sold by the foot, quantities


def test_the_same_quote_is_printed_as_the_same_bytes(big):
    made = [paper.pdf(big, big_project.SHOP, None, is_draft=False) for _ in range(2)]
    assert made[0] == made[1]


def test_black_is_all_that_is_printed_with(big):
    """Whatever is drawn is grey, so that a printer without colours loses nothing."""
    for page in pages(big):
        picture = page.render(scale=1).to_pil().convert("RGB")
        for _, (red, green, blue) in picture.getcolors(1 << 24):
            assert max(red, green, blue) - min(red, green, blue) <= 2


@pytest.mark.parametrize(
    ("feet", "printed"),
    [("10.5", "10′ 6″"), ("8.21", "8′ 2½″"), ("0.25", "0′ 3″"), ("6.01", "6′ 0 1/8″"), ("12", "12′ 0″")],
)  # fmt: skip
def test_measures_are_printed_as_a_tape_shows_them(feet, printed):
    assert paper.feet(Decimal(feet)) == printed


def test_a_surface_with_words_that_never_end_breaks_them():
    quote = big_project.quote(rooms=2, lines=4)
    content = quote["content"]
    content["lines"][0]["description"] = "x" * 200
    content["rooms"][0]["name"] = "y" * 100
    quote["recipient"]["name"] = "z" * 150
    width = pages(quote)[0].get_size()[0]
    for page in pages(quote):
        text = page.get_textpage()
        for number in range(text.count_rects()):
            assert text.get_rect(number)[2] <= width - MARGIN + 1


def test_paper_is_cut_as_where_the_money_is_from(big):
    assert round(pages(big)[0].get_size()[0]) == 612
    assert round(pages(big | {"currency": "EUR"})[0].get_size()[0]) == 595


def test_lot_shade_and_caliber_are_printed():
    quote = big_project.quote(rooms=1, lines=2)
    quote["content"]["lines"][0]["parts"][0] |= {"lot": "A12", "shade": "V3", "caliber": "4"}
    assert "Lot A12, shade V3, caliber 4" in "\n".join(texts(quote))

"""Which column of a file is what, and what becomes of each of its lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import zip_longest
from typing import Any, NamedTuple
from uuid import UUID

from backshop.projects.imports import cells
from backshop.projects.imports.models import LineProblem

TEXT_LENGTH = 100
"""Of a cell that holds no name, as far as it is read."""
LEAST_LENGTH = 50
"""Of a text that fits every column of texts."""
MESSAGE_LENGTH = 500
KEPT = 20_000
"""Texts of a column whose meaning is kept, because most of them come again."""

STORED = {
    "sku": "varchar(50)",
    "product_name": "varchar(255)",
    "product_type": "varchar(100)",
    "brand": "varchar(100)",
    "material": "varchar(100)",
    "color": "varchar(100)",
    "size_length": "numeric(6, 2)",
    "size_width": "numeric(6, 2)",
    "size_thickness": "numeric(6, 2)",
    "coverage_per_box": "numeric(8, 2)",
    "pieces_per_box": "integer",
    "price_retail": "numeric(10, 2)",
    "price_pro": "numeric(10, 2)",
    "unit_of_measure": "projects.unit_of_measure",
    "in_stock": "boolean",
    "discontinued": "boolean",
    "special_order": "boolean",
}
"""The columns of the catalogue that a file may fill, and their types."""
SLOTS = {column: slot for slot, column in enumerate(STORED)}

NAMES = {
    "sku": "sku, product sku, item sku, variant sku, item number, item no, item code, item id, item, "
    "product code, product number, article number, article no, article, art no, style number, "
    "style no, part number, part no, model number, artikelnummer, artikel nr, référence, code",
    "product_name": "product name, name, product title, title, item name, product, description, "
    "product description, item description, bezeichnung, artikel, désignation",
    "product_type": "product type, type, category, product category, kind",
    "brand": "brand, manufacturer, vendor, maker, mfr, mfg, marke, hersteller, marque",
    "material": "material, body, matériau",
    "color": "color, colour, farbe, couleur",
    "size": "size, dimensions, dimension, nominal size, tile size, product size, format, size l x w, "
    "l x w, l x w x t, größe",
    "size_length": "size length, length, tile length, länge, longueur, l",
    "size_width": "size width, width, tile width, breite, largeur, w",
    "size_thickness": "size thickness, thickness, thick, tile thickness, stärke, dicke, épaisseur",
    "coverage_per_box": "coverage per box, box coverage, coverage, sf per box, sqft per box, "
    "sq ft per box, square feet per box, sf box, sqft box, sq ft box, sf per carton, sf carton, "
    "sf ctn, sqft per carton, sqft carton, sq ft carton, sf per case, coverage box, "
    "m2 per box, sqm per box, m2 box, sqm box, m2 per carton, sqm per carton, m2 carton",
    "pieces_per_box": "pieces per box, pcs per box, tiles per box, qty per box, pieces box, pcs box, "
    "pcs ctn, pcs carton, pieces per carton, pcs per carton, pieces per case, pieces, pcs",
    "price_retail": "price retail, retail price, retail, list price, msrp, rrp, price, unit price, "
    "selling price, sell price, price per sf, price sf, price per unit, list, preis, vk preis, prix",
    "price_pro": "price pro, pro price, pro, trade price, contractor price, trade, contractor, "
    "dealer price, wholesale price, wholesale, pro pricing",
    "currency": "currency, currency code, währung, devise",
    "unit_of_measure": "unit of measure, uom, u m, unit, selling unit, unit of sale, price unit, "
    "sold by, einheit, unité",
    "in_stock": "in stock, stock, stock status, availability, available, qty on hand, "
    "quantity on hand, on hand, inventory, stock qty, qty available, bestand",
    "discontinued": "discontinued, is discontinued, disc",
    "special_order": "special order, is special order, special order item, special",
}
"""What columns are usually called, the likeliest first: of two of a kind the earlier one counts."""

_UNITS = {
    "mm": "mm", "cm": "cm", "in": "in", "inch": "in", "inches": "in", "ft": "ft", "feet": "ft",
    "m2": "m2", "sqm": "m2", "sf": "sf", "sqft": "sf", "sq ft": "sf",
}  # fmt: skip


def _plain(text: str) -> str:
    """A heading without case, marks and signs."""
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(each for each in text if not unicodedata.combining(each))
    return " ".join(re.sub(r"[^a-z0-9ß]+", " ", text).split())


_RANKS = {
    _plain(name): (column, rank)
    for column, names in NAMES.items()
    for rank, name in enumerate(names.split(", "))
}


class Heading(NamedTuple):
    """What a heading was understood as; `rank` is lower the surer it is, `detail` a unit or a
    currency that it names."""

    column: str
    rank: int
    detail: str


def understood(heading: str) -> Heading | None:
    """What a column of this name holds: `Length (mm)`, `Retail price USD`, `Item #`."""
    heading = cells.tidied(heading)
    inside = re.search(r"[(\[](.+?)[)\]]", heading)
    outside = _plain(re.sub(r"[(\[].+?[)\]]", " ", heading))
    detail = inside[1] if inside else ""
    if sign := re.search(r"[$€£¥₹]", heading):
        detail = detail or sign[0]
    words = outside.split()
    if outside in _RANKS:
        return Heading(*_RANKS[outside], detail or _unit_in(outside))
    if _plain(heading) in _RANKS:
        return Heading(*_RANKS[_plain(heading)], _unit_in(_plain(heading)))
    first, last = " ".join(words[:-1]), words[-1] if words else ""
    if first in _RANKS and (last in _UNITS or last.upper() in _CODES):
        return Heading(*_RANKS[first], last)
    return None


def _unit_in(name: str) -> str:
    """Square metres, where they are named; square feet are understood."""
    return "m2" if re.search(r"\b(m2|sqm)\b", name) else ""


def _is_currency(word: str) -> bool:
    return word in "$€£¥₹" or word.upper() in _CODES


_CODES = {"USD", "EUR", "GBP", "CAD", "AUD", "NZD", "CHF", "LKR", "INR"}


class Line(NamedTuple):
    """A line of a file that has anything in it, by its number as a spreadsheet shows it."""

    number: int
    cells: Sequence[str]


class Heads(NamedTuple):
    """The line with the columns' names, and what each is."""

    line: Line
    columns: dict[int, Heading]
    ignored: list[str]
    """Names that nothing is known of, or that name a second time what another column does."""


def heads_of(line: Line) -> Heads | None:
    """None where the line does not name the column of SKUs and another one."""
    line = line._replace(cells=[shown(name)[:TEXT_LENGTH] for name in line.cells])
    found = {
        place: heading
        for place, name in enumerate(line.cells)
        if name and (heading := understood(name)) is not None
    }
    best: dict[str, int] = {}
    for place, heading in sorted(found.items(), key=lambda each: (each[1].rank, each[0])):
        best.setdefault(heading.column, place)
    if "size" in best and {"size_length", "size_width"} <= best.keys():
        del best["size"]
    if "sku" not in best or len(best) < 2:
        return None
    columns = {place: found[place] for place in sorted(best.values())}
    ignored = [name for place, name in enumerate(line.cells) if name and place not in columns]
    return Heads(line, columns, ignored)


class _Known(dict[str, Any]):
    """What the cells of a column mean, by their text: what they store, and in `wrong` what is wrong
    with them. Most texts come again, and are looked up."""

    def __init__(
        self,
        name: str,
        width: int,
        read: Callable[[str], str | tuple[str, ...]],
        *,
        is_text: bool,
    ) -> None:
        super().__init__()
        self.name = name
        self.wrong: dict[str, str] = {}
        self._read = read
        self._is_text = is_text
        self._nothing = "" if width == 1 else ("",) * width
        self[""] = self._nothing

    def __missing__(self, text: str) -> Any:
        if self._is_text and len(text) <= LEAST_LENGTH and cells.is_plain(text):
            return text
        meant = self._meant(text)
        if not self._is_text:
            if len(self) >= KEPT:
                self.clear()
            self[text] = meant
        return meant

    def _meant(self, text: str) -> Any:
        tidied = cells.tidied(text)
        if not tidied or (cells.is_empty(tidied) and not self._is_text):
            return self._nothing
        try:
            if len(tidied) > TEXT_LENGTH and not self._is_text:
                raise ValueError("the cell is too long to be what its column says")
            return self._read(tidied)
        except ValueError as wrong:
            self.wrong[text] = f"{self.name}: {wrong}"
            return self._nothing


class _Reader(NamedTuple):
    """A column of the file: which columns of the catalogue its cells fill, from `slot` on."""

    place: int
    slot: int
    width: int
    known: _Known


Row = tuple[str, ...]
"""A product: a value for each of `STORED`, and the number of its line."""


class Read(NamedTuple):
    """What some lines say. `last` is the last of them."""

    rows: list[Row]
    problems: list[LineProblem]
    last: int
    lines: int


def problem(line: int, sku: str | None, message: str) -> LineProblem:
    """What is wrong with a line, as it can be stored and shown."""
    return LineProblem(line=line, sku=sku or None, message=shown(message)[:MESSAGE_LENGTH])


def shown(text: str) -> str:
    """The text without what cannot be printed."""
    return "".join(each if each.isprintable() else " " for each in text).strip()


class Lines:
    """Reads the lines of one file; remembers the SKUs that were read."""

    def __init__(self, heads: Heads, sign: cells.Sign, currency: str | None) -> None:
        self.first_lines: dict[str, int] = {}
        """Each SKU of the file, and the line that it stands in first."""
        self.all_named = True
        """Whether each line that was refused told its SKU."""
        self._readers = [
            _reader(place, heads.line.cells[place], heading, sign, currency)
            for place, heading in heads.columns.items()
        ]
        # A thickness of its own counts before the third side of a size.
        self._readers.sort(key=lambda each: -each.width)
        [self._sku_name] = [each.known.name for each in self._readers if each.slot == 0]

    def read(self, lines: Iterable[Line]) -> Read:
        """What these lines say, which are read column by column."""
        chunk = list(lines)
        columns = list(zip_longest(*[line.cells for line in chunk], fillvalue=""))
        wrong: dict[int, list[str]] = {}
        values: list[Sequence[str]] = [[""] * len(chunk)] * len(STORED)
        for reader in self._readers:
            if reader.place < len(columns):
                self._read_column(reader, columns[reader.place], values, wrong)
        for place, (sku, line) in enumerate(zip(values[0], chunk, strict=True)):
            if sku in self.first_lines or not sku:
                wrong.setdefault(place, []).append(self._wrong_sku(sku))
                self.all_named = self.all_named and bool(sku)
            else:
                self.first_lines[sku] = line.number
        rows = list(zip(*values, [str(line.number) for line in chunk], strict=True))
        problems = [
            problem(chunk[place].number, rows[place][0], "; ".join(reasons))
            for place, reasons in sorted(wrong.items())
        ]
        if wrong:
            rows = [row for place, row in enumerate(rows) if place not in wrong]
        return Read(rows, problems, chunk[-1].number if chunk else 0, len(chunk))

    @staticmethod
    def _read_column(
        reader: _Reader,
        texts: Sequence[str],
        values: list[Sequence[str]],
        wrong: dict[int, list[str]],
    ) -> None:
        known = reader.known
        meant = list(map(known.__getitem__, texts))
        if known.wrong:
            for place, text in enumerate(texts):
                if text in known.wrong:
                    wrong.setdefault(place, []).append(known.wrong[text])
        columns = [meant] if reader.width == 1 else list(zip(*meant, strict=True))
        for slot, column in enumerate(columns, reader.slot):
            before = values[slot]
            values[slot] = [new or old for new, old in zip(column, before, strict=True)]

    def _wrong_sku(self, sku: str) -> str:
        if not sku:
            return f"{self._sku_name}: the SKU is missing: give each product one, in its own cell"
        return (
            f"{self._sku_name}: this SKU stands in line {self.first_lines[sku]} already: keep one"
            " of the two lines"
        )


def _reader(
    place: int, name: str, heading: Heading, sign: cells.Sign, currency: str | None
) -> _Reader:
    column, unit = heading.column, _UNITS.get(_plain(heading.detail), "")
    slot, width = SLOTS.get("size_length" if column == "size" else column, -1), 1
    read: Callable[[str], str | tuple[str, ...]]
    if column == "size":
        read, width = partial(cells.sizes, sign=sign, unit=unit or "in"), 3
    elif column in ("size_length", "size_width", "size_thickness"):
        read = partial(cells.length, sign=sign, unit=unit or "in")
    elif column == "coverage_per_box":
        read = partial(cells.coverage, sign=sign, unit=_unit_in(_plain(heading.detail)) or "sf")
    elif column in ("price_retail", "price_pro"):
        heading_currency = heading.detail if _is_currency(heading.detail) else None
        read = partial(cells.price, sign=sign, currency=currency, said_above=heading_currency)
    elif column == "currency":
        read, width = partial(cells.currency, expected=currency), 0
    else:
        read = _OTHERS[column]
    return _Reader(place, slot, width, _Known(name, width, read, is_text=column in _TEXTS))


_TEXTS = {"sku", "product_name"}
_IN = frozenset({"in stock", "in", "available", "instock", "stocked", "stock"})
_OUT = frozenset({"out of stock", "out", "unavailable", "outofstock", "backorder", "sold out"})
_OTHERS: dict[str, Callable[[str], str]] = {
    "sku": cells.sku,
    "product_name": partial(cells.short, length=255),
    "product_type": cells.product_type,
    "brand": partial(cells.short, length=100),
    "material": partial(cells.short, length=100),
    "color": partial(cells.short, length=100),
    "pieces_per_box": cells.pieces,
    "unit_of_measure": cells.unit_of_measure,
    "in_stock": partial(cells.flag, yes=_IN, no=_OUT),
    "discontinued": partial(cells.flag, yes=frozenset({"discontinued"}), no=frozenset({"active"})),
    "special_order": partial(cells.flag, yes=frozenset({"special order"})),
}


# ---------------------------------------------------------------- where files lie

PREFIX = "catalogue-imports/"


def object_key(store_id: UUID, import_id: UUID) -> str:
    """Where in the bucket the file of an import is uploaded to."""
    return f"{PREFIX}{store_id}/{import_id}"


def parse_object_key(key: str) -> tuple[UUID, UUID]:
    """Store and import of an `object_key`. Raises ValueError."""
    store_id, import_id = key.removeprefix(PREFIX).split("/")
    return UUID(store_id), UUID(import_id)

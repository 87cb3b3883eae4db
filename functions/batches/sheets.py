"""The purchase list as files that a supplier opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from backshop.kits.batches.models import PurchaseItem
from backshop.spreadsheets import harmless

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

A4 = 9
"""XLSX's number of the paper."""

COLUMNS = {
    "product_name": ("Product", 32),
    "variant_name": ("Variant", 26),
    "product_sku": ("Product SKU", 18),
    "variant_sku": ("Variant SKU", 18),
    "quantity": ("Quantity", 10),
    "patch_enabled": ("Patch", 8),
    "patch_type": ("Patch type", 18),
    "print_name": ("Print name", 18),
    "print_number": ("Print number", 13),
}
"""Heading and width in characters of each column."""


def as_csv(items: Sequence[PurchaseItem]) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes it for Latin-1. A text that a
    spreadsheet would run as a formula gets an apostrophe before it: shoppers choose print names."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([heading for heading, _ in COLUMNS.values()])
    for item in items:
        cells = [_cell(getattr(item, name)) for name in COLUMNS]
        writer.writerow([harmless(each) if isinstance(each, str) else each for each in cells])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(items: Sequence[PurchaseItem], batch_number: str) -> bytes:
    """A workbook with one sheet: headings that stay in view and filter, the total below."""
    from xlsxwriter import Workbook

    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as book:
        sheet = book.add_worksheet(f"Batch {batch_number}")
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF4", "bottom": 1})
        total = book.add_format({"bold": True, "top": 1})
        centred = book.add_format({"align": "center"})
        for column, (name, (heading, width)) in enumerate(COLUMNS.items()):
            sheet.set_column(column, column, width, centred if name == "patch_enabled" else None)
            sheet.write_string(0, column, heading, bold)
        for line, item in enumerate(items, start=1):
            _write(sheet, line, item)
        last = len(items) + 1
        for column, name in enumerate(COLUMNS):
            sheet.write_blank(last, column, None, total)
            if name == "quantity":
                sheet.write_number(last, column, sum(item.quantity for item in items), total)
        sheet.write_string(last, 0, "Total", total)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(items), 1), len(COLUMNS) - 1)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_header(f"&L&BPurchase list {batch_number}&RPage &P of &N")
    return content.getvalue()


def _write(sheet: Any, line: int, item: PurchaseItem) -> None:
    """Texts as texts, never as formulas or links, whatever they begin with."""
    for column, name in enumerate(COLUMNS):
        value = _cell(getattr(item, name))
        if isinstance(value, int):
            sheet.write_number(line, column, value)
        else:
            sheet.write_string(line, column, value)


def _cell(value: Any) -> int | str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return value if isinstance(value, int) else str(value or "")

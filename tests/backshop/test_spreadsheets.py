"""A CSV file runs nothing, whichever separator the program that opens it takes."""

from __future__ import annotations

import csv
import io
import random

import pytest
from backshop.spreadsheets import harmless

SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
UNSEEN = "\u200b\ufeff\u00ad\u2060\u202e\u00a0\x0b\x0c\x85\u2028"
"""Signs that a program may leave out, or end a line at."""
SEPARATORS = ",;\t|"


def cells(text: str, separator: str) -> list[str]:
    return [
        cell
        for row in csv.reader(io.StringIO(text, newline=None), delimiter=separator)
        for cell in row
    ]


def runs(cell: str) -> bool:
    """For a program that ends lines wherever Unicode does, and reads nothing that is not seen."""
    seen = (line.strip(UNSEEN + " \t\r\n")[:1] for line in cell.splitlines())
    return any(each in tuple(SIGNS) for each in seen)


def file_of(*texts: str) -> str:
    made = io.StringIO()
    csv.writer(made).writerow([harmless(each) for each in texts])
    return made.getvalue()


HOSTILE = [
    "=1+1",
    " =1+1",
    "\t=1+1",
    "x;=1+1",
    "x; =1+1",
    'x;"=1+1"',
    "x;'=1+1",
    "x\t=1+1",
    "x|@SUM(A1)",
    "x,=1+1",
    "x\n=1+1",
    "x\r\n=1+1",
    ";;;-1+cmd|' /C calc'!A0",
    "\uff1d1+1",
    "x;\uff1d1+1",
    '";=1+1',
    '"";"=1+1',
    "\ufeff=1+1",
    "\u200b=1+1",
    "x;\u200e=1+1",
    "x,\u2060 =1+1",
    "x\u2028=1+1",
    "x\x0b=1+1",
    "x\x85\u00ad=1+1",
    "\u22121+1",
    "\ufe661+1",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_cell_begins_as_a_formula_behind_any_separator(text, separator):
    written = file_of("first", text, "last")
    assert [each for each in cells(written, separator) if runs(each)] == []


@pytest.mark.parametrize("separator", ";\t|")
def test_the_control_without_it_runs(separator):
    assert any(runs(each) for each in cells(f"first,x{separator}=1+1,last", separator))


def test_made_up_texts_run_nothing_either():
    chance = random.Random(11)
    for _ in range(20_000):
        text = "".join(
            chance.choices(SIGNS + SEPARATORS + UNSEEN + "\"' \n\rab1", k=chance.randrange(1, 9))
        )
        written = file_of("first", text, "last")
        for separator in SEPARATORS:
            ran = [each for each in cells(written, separator) if runs(each)]
            assert ran == [], (text, separator)


@pytest.mark.parametrize("text", ["Ann", "O'Neill", "Size 4-5", "a@example.com", "1+1", "", "A; B"])
def test_what_runs_nothing_stays_as_it_is(text):
    assert harmless(text) == text

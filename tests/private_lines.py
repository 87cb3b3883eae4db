"""Whether a logged line holds what nobody may read there: phones, e-mail addresses, codes, keys.

The whole suite is watched: each test that logs such a line fails, whatever it was about.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from backshop import logs

PRIVATE = {
    "e-mail": re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    "phone": re.compile(
        r"(?<![\w.-])(?:\+?1[ .-]?)?\(?555\)?[ .-]?(?:555[ .-]?)?01\d\d(?![\w-])"
        r"|(?<![\w.-])(?:\+?94|0)[ ]?7\d[ ]?\d{3}[ ]?\d{4}(?![\w-])"
    ),
    "key": re.compile(r"bs_(?:staff|store)_\w{20,}|shp(?:at|ss|ca)_\w{8,}|\bc[ks]_\w{20,}"),
    "token": re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}"),
}
CODES = 1_000_000
"""So many codes of a phone check there are."""


@dataclass
class Watch:
    """What was logged that should not have been, and the codes that the test made."""

    codes: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    def see(self, line: str) -> None:
        self.found += [f"{what} in: {line[:500]}" for what in private(line, self.codes)]


def private(line: str, codes: set[str]) -> list[str]:
    """The kinds of what is private in a line."""
    kinds = [kind for kind, pattern in PRIVATE.items() if pattern.search(line)]
    told = codes and codes & set(re.findall(r"(?<![\w.:,-])\d{6}(?![\w.:-])", line))
    return [*kinds, *(["code"] if told else [])]


@contextmanager
def watched() -> Iterator[Watch]:
    """Every line that backshop logs meanwhile, in the form that CloudWatch gets."""
    logs.logger()  # what it adds to a line is looked at, too
    log = logging.getLogger("backshop")
    watch = Watch()
    draw = secrets.randbelow

    class Seeing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            watch.see(self.format(record))

    def drawn(most: int) -> int:
        number = draw(most)
        if most == CODES:
            watch.codes.add(f"{number:06d}")
        return number

    seeing = Seeing()
    if log.handlers:
        seeing.setFormatter(log.handlers[0].formatter)
    log.addHandler(seeing)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "randbelow", drawn)
        yield watch
    log.removeHandler(seeing)

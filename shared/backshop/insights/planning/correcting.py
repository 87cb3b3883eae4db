"""Questions that correct themselves (`last month, no, last quarter`): what is said last is meant,
and what it stands for goes."""

from __future__ import annotations

import re

from backshop.insights.planning import metrics, times
from backshop.insights.planning.names import MARK, Named
from backshop.insights.planning.patterns import compiled
from backshop.insights.planning.text import Line

_TURN = (
    r"(?:(?: ,)? (?:no|nope|oops|sorry|wait|actually|rather|hang on|hold on))*(?: ,)?"
    r" (?:i mean(?:t)?|or rather|scratch that|make (?:that|it)|correction|no wait|no sorry|wait no|sorry no|sorry i meant|just kidding|only joking|never ?mind|forget (?:that|it)|scrap that)"
    r"(?: (?:to say|just|only))?(?: ,)? | , say (?:from )?(?=\w+ (?:to|until|till|-) )|(?<=@x\d) sorry (?=(?:i mean |the )?@x)| , (?:no|nope|sorry|oops|wait|rather)(?: (?:not that|wait))?(?: ,)+ "
)
_TAKEN_BACK = r"\b(?:kidding|joking|never ?mind|forget|scrap)\b"
"""All that was said before is taken back."""
_ALL_OF_THEM = (
    r"^(?:(?:just|only|for) )*@x\d+ ?,?(?: (?:no|nope|wait|actually|sorry|hang on|hold on|ok|,))+(?: (?:give|show|get|tell) me| (?:make|do) (?:it|that))?"
    r" (?:all of (?:them|those)|(?:all|every(?:thing| 1| one)(?: of them)?|the (?:whole )?lot)(?= ?,| (?:by|per|number|how))) ?,? ?"
)
"""A name that is taken back for all there are (`paypal, no, all of them`)."""
_LEADING = r"^ (?:(?:in|for|from|of|on|the|only|just|show|me|by|but) )*"
_RANK = r"\b(?:top|best|bottom|worst|first) \d{1,3}\b"
_MOST = 6
"""Words of a period that is corrected."""


def corrected(line: str, named: list[tuple[Named, ...]], now: times.Now) -> str:
    """The line without what its writer took back."""
    line = compiled(_ALL_OF_THEM).sub("", line)
    found = compiled(_TURN).search(f" {line} ")
    if found is None:
        return line
    padded = f" {line} "
    left, right = f"{padded[: found.start()]} ", f" {padded[found.end() :]}"
    if compiled(_TAKEN_BACK).search(found[0]) and metrics.begins(
        compiled(_LEADING).sub(" ", right)
    ):
        return corrected(" ".join(right.split()), named, now)
    kept = _without(left, right, named, now)
    if kept is None:
        return line
    return corrected(" ".join(f"{kept} {right}".split()), named, now)


def _without(left: str, right: str, named: list[tuple[Named, ...]], now: times.Now) -> str | None:
    """What was said before, less the part that is said anew; None where that is no part."""
    head = compiled(_LEADING).sub(" ", right)
    if said := re.match(rf" {MARK}(\d+)\b", head):
        return _without_name(left, named[int(said[1])][0].field, named)
    if compiled(rf"^ {_RANK[2:]}").search(head):
        return compiled(_RANK).sub(" ", left)
    if metrics.begins(head):
        return metrics.without_words(left)
    words = head.split()
    for number in range(min(_MOST, len(words)), 0, -1):
        rest = Line(" ".join(words[:number]))
        if times.period(rest, now) is not None and rest.text.strip().startswith("~"):
            return _without_period(left, now)
    return None


def _without_name(left: str, field: str, named: list[tuple[Named, ...]]) -> str | None:
    for mark in reversed(re.findall(rf"{MARK}(\d+)", left)):
        if named[int(mark)][0].field == field:
            return re.sub(rf"(?:\b(?:in|from|for|of|to) )?(?:the )?{MARK}{mark}\b", " ", left)
    return None


def _without_period(left: str, now: times.Now) -> str | None:
    rest = Line(left)
    return rest.text.replace("~", " ") if times.period(rest, now) is not None else None

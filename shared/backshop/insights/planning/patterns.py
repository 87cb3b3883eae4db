"""Patterns are looked for only in texts that have their words.

A planner has some thousand patterns and a question a dozen words, so nearly every search would be
in vain. Which words a text must have is read off each pattern itself, once: where a pattern says
whole words, or how words begin, one of its alternatives must be there. It is compiled when a text
has them for the first time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import pairwise, product
from re import Match
from typing import NamedTuple

Needs = tuple[frozenset[str], ...]

_END = "\0"
"""An end of a word, in texts that a pattern spells out."""
_ANY = "\1"
"""Whatever may stand there."""
_DIGIT = "\2"
_SIGNS = "@%~¤,"
"""Signs that stand for themselves, as words do."""
_STEMS = (2, 3)
"""Letters by which words are known whose ends a pattern leaves open."""
_MOST = 60
"""Alternatives that are spelled out."""
_CHARACTERS = 12
"""Of a set, that are spelled out."""
_KEPT = 2
"""Groups of words that are looked up of a pattern, the rarest."""


class Pattern:
    def __init__(self, source: str) -> None:
        self.source = source

    @cached_property
    def needs(self) -> Needs:
        return needs(self.source)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.source)

    def may_be_in(self, text: str) -> bool:
        held = words_of(text)
        # A loop, for this is asked thousands of times.
        for each in self.needs:  # noqa: SIM110
            if held.isdisjoint(each):
                return False
        return True

    def search(self, text: str) -> Match[str] | None:
        return self.compiled.search(text) if self.may_be_in(text) else None

    def match(self, text: str) -> Match[str] | None:
        return self.compiled.match(text) if self.may_be_in(text) else None

    def fullmatch(self, text: str) -> Match[str] | None:
        return self.compiled.fullmatch(text) if self.may_be_in(text) else None

    def finditer(self, text: str) -> Iterator[Match[str]]:
        return self.compiled.finditer(text) if self.may_be_in(text) else iter(())

    def sub(self, instead: str | Callable[[Match[str]], str], text: str) -> str:
        return self.compiled.sub(instead, text) if self.may_be_in(text) else text


@lru_cache(maxsize=8192)
def compiled(pattern: str) -> Pattern:
    """Some are of words of the question."""
    return Pattern(pattern)


_WORD = re.compile(rf"\w+|[{_SIGNS}]")
_HAS_DIGIT = re.compile(r"\d")


@lru_cache(maxsize=512)
def words_of(text: str) -> frozenset[str]:
    """The words of a text, how they begin, its signs, and whether there are digits."""
    found = _WORD.findall(text)
    short, stem = _STEMS
    found += [each[:stem] for each in found] + [each[:short] for each in found]
    if _HAS_DIGIT.search(text):
        found.append(_DIGIT)
    return frozenset(found)


class Patterns:
    """Many of them, in the order in which they are tried, by the words that they need: what a look
    for them costs are the words of the text."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._sources = tuple(sources)

    @cached_property
    def _places(self) -> tuple[dict[str, list[int]], list[int]]:
        by_word: dict[str, list[int]] = {}
        without: list[int] = []
        for place, source in enumerate(self._sources):
            groups = compiled(source).needs
            for word in groups[0] if groups else ():
                by_word.setdefault(word, []).append(place)
            if not groups:
                without.append(place)
        return by_word, without

    def places(self, text: str) -> list[int]:
        """Of those that may be in the text."""
        by_word, without = self._places
        found = set(without)
        for word in by_word.keys() & words_of(text):
            found.update(by_word[word])
        return sorted(found)


Rule = tuple[str, str | Callable[[Match[str]], str]]


class Rewriting:
    """Patterns, and what stands for what they find; each rewrites what those before it left."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._patterns = Patterns(pattern for pattern, _ in self._rules)

    def __call__(self, text: str) -> str:
        last, places = -1, self._patterns.places(text)
        while places:
            last = places.pop(0)
            pattern, instead = self._rules[last]
            made = compiled(pattern).sub(instead, text)
            if made != text:
                text = made
                places = [each for each in self._patterns.places(text) if each > last]
        return text


# ------------------------------------------------------------------------------- what is needed


def needs(pattern: str) -> Needs:
    """Groups of words; every text in which the pattern is found has one of each."""
    reader = _Reader(_ANY, is_outermost=True)
    reader.read_either(_parsed(pattern), is_end=False)
    reader.settle(_ANY)
    return tuple(sorted(dict.fromkeys(reader.needs), key=_likeliness)[:_KEPT])


def _likeliness(group: Iterable[str]) -> float:
    """Short words are everywhere."""
    return sum(4.0 ** -min(len(each), 6) for each in group)


class _Node(NamedTuple):
    """A part of a pattern. `texts` are what it can be, where it is no group."""

    texts: frozenset[str] = frozenset()
    group: tuple[tuple[_Node, ...], ...] = ()
    opened: str = ""
    is_word: bool = False
    """Whether it is any letter of a word."""
    least: int = 1
    most: int = 1


_TOKEN = re.compile(
    r"(?P<unknown>\(\?P=\w+\)|\.)|(?P<open>\((?:\?(?:P<\w+>|:|<?[=!]))?)|(?P<close>\))|(?P<bar>\|)"
    r"|(?P<set>\[\^?(?:\\.|[^\]\\])+\])|(?P<escape>\\.)|(?P<end>[\^$])"
    r"|(?P<repeat>[?*+]\??|\{\d*,?\d*\}\??)|(?P<text>[^\\()\[\]|?*+{}.^$]+)",
    re.DOTALL,
)
_ESCAPED = {"b": _END, "s": _END, "d": _DIGIT}
_UNKNOWN = _Node()
_LETTER = _Node(is_word=True)


def _parsed(pattern: str) -> tuple[tuple[_Node, ...], ...]:
    """Alternatives, each a sequence of parts."""
    opened, held = [""], [[list[_Node]()]]
    for token in _TOKEN.finditer(pattern):
        said, parts = token[0], held[-1][-1]
        match token.lastgroup:
            case "open":
                opened.append(said)
                held.append([[]])
            case "close":
                group = tuple(map(tuple, held.pop()))
                held[-1][-1].append(_Node(group=group, opened=opened.pop()))
            case "bar":
                held[-1].append([])
            case "repeat":
                parts.extend(_repeated(parts.pop(), said))
            case "set":
                parts.append(_set(said[1:-1]))
            case "escape":
                parts.append(_escaped(said[1]))
            case "end":
                parts.append(_Node(frozenset([_END])))
            case "text":
                parts.append(_Node(frozenset([said])))
            case _:
                parts.append(_UNKNOWN)
    return tuple(map(tuple, held[0]))


def _repeated(node: _Node, said: str) -> Iterator[_Node]:
    """Of a text, its last letter."""
    text = next(iter(node.texts)) if len(node.texts) == 1 else ""
    if len(text) > 1:
        yield _Node(frozenset([text[:-1]]))
        node = _Node(frozenset([text[-1]]))
    is_optional = said[0] in "?*" or said.startswith(("{0", "{,"))
    yield node._replace(least=0 if is_optional else 1, most=1 if said[0] == "?" else 2)


def _escaped(letter: str) -> _Node:
    if letter == "w":
        return _LETTER
    if letter in _ESCAPED:
        return _Node(frozenset([_ESCAPED[letter]]))
    return _UNKNOWN if letter.isalnum() else _Node(frozenset([letter]))


def _set(said: str) -> _Node:
    if said.startswith("^"):
        return _UNKNOWN
    found: set[str] = set()
    for each in re.findall(r"\\.|.-.|.", said, re.DOTALL):
        if each == "0-9":
            found.add(_DIGIT)
        elif each[0] == "\\":
            one = _escaped(each[1])
            if not one.texts:
                return one
            found |= one.texts
        elif len(each) == 3 and ord(each[2]) - ord(each[0]) >= _CHARACTERS:
            return _UNKNOWN
        else:
            found.update(map(chr, range(ord(each[0]), ord(each[-1]) + 1)))
    return _Node(frozenset(found))


class _Reader:
    """Reads a parsed pattern from left to right. `run` are the texts that can stand between what is
    settled and here, spelled out."""

    def __init__(self, left: str, *, is_outermost: bool = False) -> None:
        self.run = {left}
        self.needs: list[frozenset[str]] = []
        self.is_whole = True
        """Whether nothing is settled: the run is all that was read."""
        self._is_outermost = is_outermost

    @property
    def left(self) -> str:
        return _END if all(_ends(each[-1]) for each in self.run) else _ANY

    @property
    def texts(self) -> set[str]:
        return {each[1:] for each in self.run}

    def read(self, parts: tuple[_Node, ...], *, is_end: bool) -> None:
        """`is_end`: whether a word ends behind the parts."""
        for node, then in pairwise((*parts, None)):
            if self._is_outermost and self.left == _END:
                self.settle(_END)
            assert node is not None
            self._read(node, is_end=is_end if then is None else _begins_with_end(then))

    def _read(self, node: _Node, *, is_end: bool) -> None:
        if node.most > 1:
            self._read_many(node)
        elif not node.least:
            self._read_optional(node, is_end=is_end)
        else:
            self._read_once(node, is_end=is_end)

    def _read_once(self, node: _Node, *, is_end: bool) -> None:
        if node.texts:
            self.add(node.texts)
        elif node.opened.endswith(("=", "!")):
            self._read_beside(node)
        elif node.group:
            self.read_either(node.group, is_end=is_end)
        else:
            self.settle(_ANY)

    def _inside(self, node: _Node, *, is_end: bool = False) -> _Reader:
        reader = _Reader(self.left)
        reader._read_once(node, is_end=is_end)
        return reader

    def add(self, texts: Iterable[str]) -> None:
        texts = set(texts)
        if len(self.run) > 1 and len(self.run) * len(texts) > _MOST:
            self.settle(self.left)
        self.run = {first + then for first, then in product(self.run, texts)}

    def settle(self, right: str) -> None:
        """What was read so far is done with; `right` stands behind it."""
        found = [_rarest_word(each + right) for each in self.run]
        if all(found):
            self.needs.append(frozenset(each for each in found if each))
        self.run, self.is_whole = {right}, False

    def read_either(self, group: tuple[tuple[_Node, ...], ...], *, is_end: bool) -> None:
        if len(group) == 1:
            self.read(group[0], is_end=is_end)
            return
        parts = [_Reader(self.left) for _ in group]
        for part, nodes in zip(parts, group, strict=True):
            part.read(nodes, is_end=is_end)
        if all(each.is_whole for each in parts):
            self.add(text for each in parts for text in each.texts)
            return
        right = _END if is_end or all(each.left == _END for each in parts) else _ANY
        self.settle(_ANY)
        for each in parts:
            each.settle(right)
        if all(each.needs for each in parts):
            best = (min(each.needs, key=_likeliness) for each in parts)
            self.needs.append(frozenset[str]().union(*best))
        self.run = {right}

    def _read_many(self, node: _Node) -> None:
        if node.least:
            self._read_once(node, is_end=False)
        more = self._inside(node)
        self.settle(_END if self.left == more.left == _END else _ANY)

    def _read_optional(self, node: _Node, *, is_end: bool) -> None:
        part = self._inside(node, is_end=is_end)
        if part.is_whole:
            self.add({"", *part.texts})
        else:
            self.settle(_END if self.left == part.left == _END else _ANY)

    def _read_beside(self, node: _Node) -> None:
        """What stands around is in the text, too. That no letter does is an end."""
        if node.opened.endswith("!"):
            if len(node.group) == 1 and [each.is_word for each in node.group[0]] == [True]:
                self.add({_END})
            return
        is_ahead = node.opened == "(?="
        part = _Reader(self.left if is_ahead else _ANY)
        part.read_either(node.group, is_end=False)
        is_end = part.is_whole and all(
            each and _ends(each[0] if is_ahead else each[-1]) for each in part.texts
        )
        part.settle(_ANY)
        self.needs += part.needs
        if is_end:
            self.add({_END})


def _begins_with_end(node: _Node) -> bool:
    return node.least > 0 and bool(node.texts) and all(_ends(each[0]) for each in node.texts)


def _ends(character: str) -> bool:
    return character not in (_ANY, _DIGIT, "_") and not character.isalnum()


_SPELLED = re.compile(rf"[\w{_ANY}{_DIGIT}]+|[{_SIGNS}]")


def _rarest_word(text: str) -> str | None:
    found = []
    for word in _SPELLED.findall(text):
        if _DIGIT in word:
            found.append(_DIGIT)
        elif word[0] == _ANY:
            continue
        elif word[-1] != _ANY:
            found.append(word)
        elif len(word) > _STEMS[0]:
            found.append(word[:-1][: _STEMS[1]])
    return max(found, key=len, default=None)

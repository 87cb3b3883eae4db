"""How large numbers become, by what a statement does with them.

Postgres multiplies numbers of 65,000 digits for some 50 ms, and eight kilobytes hold hundreds of
products, between which nothing asks whether it should stop: no timeout does. So each expression has
a size, in numbers as tables and constants have them, multiplied with each other; what would become
larger than MOST_SIZE is computed with double precision.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import orjson

from backshop.insights.guard import allowed
from backshop.insights.guard.models import Refused
from backshop.insights.guard.tree import Tree

_DIGITS = 40
"""Of one number."""
_OF_FLOAT = 8
"""Numbers, in the 309 digits of the largest one of double precision."""
_OF_TEXT = allowed.MOST_CHARACTERS // _DIGITS
"""Of what was a text; one like 1e65000 is more, and too much for double precision."""
_SCALE = 100
"""Decimals that rounding may ask for without making a number longer."""
_OF_SCALE = 1000 // _DIGITS
"""What a division makes of more: Postgres gives it a thousand at most."""
_REMAINDERS = frozenset({"mod", "div"})
_SQUARING = frozenset(
    {"stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp", "width_bucket"}
)
"""Functions that multiply what they are given."""
_GROWING = re.compile(
    rb'"sval":"(?:[*/%]|' + "|".join(sorted(_REMAINDERS | _SQUARING)).encode() + rb')"'
)
_ROUNDS = frozenset({"round", "trunc"})
_NUMERIC = frozenset(
    {"count", "sum", "avg", "abs", "ceil", "ceiling", "floor", "extract", "date_part", "sign"}
    | {"length", "char_length", "percentile_cont", "row_number", "rank", "dense_rank", "ntile"}
    | _ROUNDS | _REMAINDERS | _SQUARING | allowed.AS_FLOAT
)  # fmt: skip
"""Functions that return numbers, or no text."""
_APART = frozenset({"withClause", "larg", "rarg"})
"""What of a SELECT was measured before it."""


class _Inside(NamedTuple):
    """What a SELECT reads: the size of its columns, and the names that the statement gives to
    columns itself."""

    size: int
    defined: Collection[str]
    large: set[int]


def measure(select: Tree, size: int, defined: Collection[str], large: set[int]) -> int:
    """The size of a SELECT's columns, where those that it reads have `size`; puts the identity of
    each product that is too large into `large`. `defined` are the names that the statement gives to
    columns. Raises Refused where double precision would not do."""
    own = {name: each for name, each in select.items() if name not in _APART}
    return max(_size(own, _Inside(size, defined, large)), size)


def multiplies(parsed: bytes) -> bool:
    """Whether a statement, by its tree as JSON, holds what makes numbers longer at all."""
    return _GROWING.search(parsed) is not None


def grows(query: Any) -> bool:
    """Whether numbers may grow with every step of a recursion that reads itself."""
    if isinstance(query, list):
        return any(map(grows, query))
    if not isinstance(query, dict):
        return False
    expression = query.get("A_Expr")
    if expression and _is_growing(expression):
        return True
    return any(map(grows, query.values()))


def _is_growing(expression: Tree) -> bool:
    operator = _name(expression["name"])
    read = [b'"ColumnRef"' in orjson.dumps(expression.get(side)) for side in ("lexpr", "rexpr")]
    return operator in ("*", "/", "%") or (operator in ("+", "-") and all(read))


def _size(tree: Any, inside: _Inside) -> int:
    most = 1
    if type(tree) is list:
        for each in tree:
            most = max(most, _size(each, inside))
    elif type(tree) is dict:
        for kind, each in tree.items():
            if type(each) is dict or type(each) is list:
                most = max(most, _KINDS.get(kind, _size)(each, inside))
    return most


def _of_column(_node: Tree, inside: _Inside) -> int:
    return inside.size


def _of_constant(node: Tree, _inside: _Inside) -> int:
    text = node.get("fval", {}).get("fval") or node.get("sval", {}).get("sval") or ""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return 1
    if not number.is_finite():
        return 1
    return (abs(number.adjusted()) + len(number.as_tuple().digits)) // _DIGITS + 1


def _of_expression(node: Tree, inside: _Inside) -> int:
    operator = _name(node["name"])
    left, right = (_size(node.get(side), inside) for side in ("lexpr", "rexpr"))
    if operator == "^":
        return _OF_FLOAT
    if operator == "%":
        return _of_exact(left + right)
    if operator not in ("*", "/"):
        return max(left, right)
    if left + right <= allowed.MOST_SIZE:
        return left + right
    inside.large.add(id(node))
    return _OF_FLOAT


def _of_call(node: Tree, inside: _Inside) -> int:
    name, args = _name(node["funcname"]), node.get("args", ())
    sizes = [_size(each, inside) for each in args]
    _size([node.get(each) for each in ("agg_order", "agg_filter", "over")], inside)
    if name in _REMAINDERS | _SQUARING:
        return _of_exact(sum(sizes))
    if name in allowed.AS_FLOAT:
        return _OF_FLOAT
    size = max(sizes, default=1)
    return size if name not in _ROUNDS or _is_short(args) else size + _OF_SCALE


def _is_short(args: Any) -> bool:
    """Whether rounding asks for no decimals, or few."""
    if len(args) < 2:
        return True
    constant = args[1].get("A_Const", {})
    return "ival" in constant and abs(constant["ival"].get("ival", 0)) <= _SCALE


def _of_cast(node: Tree, inside: _Inside) -> int:
    size = _size(node["arg"], inside)
    if _name(node["typeName"]["names"]) != "numeric" or _is_number(node["arg"], inside.defined):
        return size
    return max(size, _OF_TEXT)


def _is_number(node: Tree, defined: Collection[str]) -> bool:
    """Whether what is cast is no text, which could be any number."""
    if "A_Const" in node or "A_Expr" in node:
        return b'"||"' not in orjson.dumps(node)
    if call := node.get("FuncCall"):
        return _name(call["funcname"]) in _NUMERIC
    if column := node.get("ColumnRef"):
        name = _name(column["fields"])
        return name in allowed.NUMBERS and name not in defined
    return False


def _of_exact(size: int) -> int:
    """Of what double precision has nothing for. Raises Refused where it is too large."""
    if size > allowed.MOST_SIZE:
        raise Refused("The numbers become too long: compute with fewer of them at once.")
    return size


def _name(names: Any) -> str:
    return str(names[-1].get("String", {}).get("sval", "")) if names else ""


_KINDS: dict[str, Callable[[Any, _Inside], int]] = {
    "ColumnRef": _of_column,
    "SelectStmt": _of_column,
    "A_Const": _of_constant,
    "A_Expr": _of_expression,
    "FuncCall": _of_call,
    "TypeCast": _of_cast,
}

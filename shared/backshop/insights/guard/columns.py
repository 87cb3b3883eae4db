"""Which columns each source of a SELECT has, by the names that Postgres gives them.

`alias.name` is a column where the source has one of that name; elsewhere Postgres calls the
function `name` with the whole row. So names are known exactly, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from backshop.insights.guard import allowed
from backshop.insights.guard.tree import Tree

Names = frozenset[str]
NONE: Names = frozenset()


class Cte(NamedTuple):
    """A CommonTableExpr with the CTEs that it sees."""

    node: Tree
    sees: Mapping[str, Cte]


Ctes = Mapping[str, Cte]
Known = dict[int, Names]
"""By identity, the columns of the SELECTs that were looked at: a CTE may be read many times."""


def with_own(select: Tree, ctes: Ctes) -> Ctes:
    """The CTEs that are seen inside a SELECT, its own among them."""
    clause = select.get("withClause")
    if clause is None:
        return ctes
    made = dict(ctes)
    for each in clause["ctes"]:
        node = each["CommonTableExpr"]
        made[node["ctename"]] = Cte(node, made if clause.get("recursive") else dict(made))
    return made


def by_alias(select: Tree, ctes: Ctes, known: Known) -> dict[str, Names]:
    """Of what a SELECT reads, the columns of each by the name that FROM gives it."""
    found = {}
    waiting = list(select.get("fromClause", ()))
    while waiting:
        ((kind, node),) = waiting.pop().items()
        if kind == "JoinExpr":
            waiting += [node["larg"], node["rarg"]]
        else:
            found[_alias(kind, node)] = _of_source(kind, node, ctes, known)
    return found


def _alias(kind: str, node: Tree) -> str:
    name = node.get("relname", "") if kind != "RangeFunction" else _function(node)
    return str(node.get("alias", {}).get("aliasname", name))


def _function(node: Tree) -> str:
    call = node["functions"][0]["List"]["items"][0].get("FuncCall")
    return _last(call["funcname"]) if call else ""


def _of_source(kind: str, node: Tree, ctes: Ctes, known: Known) -> Names:
    if names := node.get("alias", {}).get("colnames"):
        return _strings(names)
    if kind == "RangeFunction":
        return frozenset({_alias(kind, node)})
    if kind == "RangeSubselect":
        return of_select(node["subquery"]["SelectStmt"], ctes, known)
    name = node["relname"]
    if name in ctes and "schemaname" not in node:
        return _of_cte(ctes[name], known)
    return frozenset({*allowed.TABLES.get(name, ()), *allowed.SYNONYMS.get(name, ())})


def _of_cte(cte: Cte, known: Known) -> Names:
    if names := cte.node.get("aliascolnames"):
        return _strings(names)
    return of_select(cte.node["ctequery"]["SelectStmt"], cte.sees, known)


def of_select(select: Tree, ctes: Ctes, known: Known) -> Names:
    """The names of a SELECT's columns."""
    if id(select) not in known:
        known[id(select)] = NONE  # For one that reads itself, until it is known.
        known[id(select)] = _of_select(select, with_own(select, ctes), known)
    return known[id(select)]


def _of_select(select: Tree, ctes: Ctes, known: Known) -> Names:
    if "larg" in select:
        return of_select(select["larg"], ctes, known)
    if values := select.get("valuesLists"):
        number = len(values[0]["List"]["items"])
        return frozenset(f"column{place + 1}" for place in range(number))
    found: set[str] = set()
    for each in select.get("targetList", ()):
        target = each["ResTarget"]
        fields = target["val"].get("ColumnRef", {}).get("fields", [{}])
        if "A_Star" in fields[-1]:
            found |= _of_star(fields, by_alias(select, ctes, known))
        elif name := target.get("name") or name_of(target["val"]):
            found.add(name)
    return frozenset(found)


def _of_star(fields: Any, sources: Mapping[str, Names]) -> Names:
    """Synonyms are columns of a table that is named, and not of all."""
    wanted = [sources.get(fields[0]["String"]["sval"], NONE)] if fields[1:] else sources.values()
    return NONE.union(*wanted)


# ------------------------------------------------------------------------------- one column


def name_of(value: Tree) -> str | None:
    """What Postgres calls a column that is given no name; None where that is "?column?"."""
    return _named(value)[0]


def _named(value: Tree) -> tuple[str | None, bool]:
    """The name, and whether what is around the expression keeps it."""
    ((kind, node),) = value.items()
    if kind == "ColumnRef":
        return _last(node["fields"]), True
    if kind == "FuncCall":
        return _last(node["funcname"]), True
    if kind == "TypeCast":
        return _or_else(node["arg"], _last(node["typeName"]["names"]))
    if kind == "CaseExpr":
        return _or_else(node.get("defresult"), "case")
    if kind == "A_Indirection":
        return _named(node["arg"])
    if kind == "A_Expr":
        return ("nullif", True) if node["kind"] == "AEXPR_NULLIF" else (None, False)
    if kind == "MinMaxExpr":
        return "greatest" if node["op"] == "IS_GREATEST" else "least", True
    if kind == "SQLValueFunction":
        return node["op"].removeprefix("SVFOP_").removesuffix("_N").lower(), True
    if kind == "SubLink":
        return _of_sub_link(node)
    return _PLAIN.get(kind), kind in _PLAIN


def _of_sub_link(node: Tree) -> tuple[str | None, bool]:
    """A sub-select for one value has the name of its column."""
    if node["subLinkType"] == "EXISTS_SUBLINK":
        return "exists", True
    if node["subLinkType"] != "EXPR_SUBLINK":
        return None, False
    select = node["subselect"]["SelectStmt"]
    while "larg" in select:
        select = select["larg"]
    for each in select.get("targetList", ()):
        return each["ResTarget"].get("name") or name_of(each["ResTarget"]["val"]), True
    return None, True


def _or_else(value: Tree | None, name: str) -> tuple[str | None, bool]:
    found, is_kept = _named(value) if value else (None, False)
    return (found, True) if is_kept else (name, False)


_PLAIN = {
    "CoalesceExpr": "coalesce",
    "GroupingFunc": "grouping",
    "A_ArrayExpr": "array",
    "RowExpr": "row",
}


def _last(names: Any) -> str:
    return str(names[-1].get("String", {}).get("sval", ""))


def _strings(listed: Any) -> Names:
    return frozenset(each["String"].get("sval", "") for each in listed)

"""Checks SQL that a model wrote or a chart stored, and rewrites it so that it sees one store.

The text is parsed as Postgres itself does. Every node, field, function, type, operator and table
has to be on a list (allowed.py); then each table becomes a sub-select of allowed columns of the
store,
what could grow without bound gets a bound, and texts become parameters, because what a statement's
text says is seen by others (pg_stat_activity, the server's log). Only what is written from the
changed tree is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import orjson
from google.protobuf.message import Message
from postgast import pg_query_pb2 as nodes

from backshop.insights.guard import allowed, columns, sizes, tree
from backshop.insights.guard.columns import Ctes, Names
from backshop.insights.guard.models import Guarded, Refused
from backshop.insights.guard.tree import Path, Tree, below


def check(sql: str) -> Guarded:
    """The statement to run in place of `sql`; raises Refused."""
    if len(sql) > allowed.MOST_BYTES or len(sql.encode(errors="replace")) > allowed.MOST_BYTES:
        raise Refused(f"The SQL is longer than {allowed.MOST_BYTES} bytes: ask for less at once.")
    if "\0" in sql:
        raise Refused("The SQL holds a NUL character.")
    try:
        return _checked(sql)
    except Refused:
        raise
    except Exception:
        # Depth that Python or protobuf do not follow, text that is no Unicode, what Postgres could
        # not read: whatever it is, it does not run, and its text stays out of the answer.
        raise Refused("This cannot be read as one SELECT statement of PostgreSQL.") from None


def _checked(sql: str) -> Guarded:
    parsed = tree.read(sql)
    statements = orjson.loads(parsed).get("stmts", [])
    if len(statements) != 1 or list(statements[0].get("stmt", {})) != ["SelectStmt"]:
        raise Refused("Write exactly one SELECT statement.")
    found = _Found(multiplies=sizes.multiplies(parsed))
    select = statements[0]["stmt"]["SelectStmt"]
    path = below(below(None, "stmts", 0), "stmt", kind="SelectStmt")
    _walk("SelectStmt", select, path, {}, _Scope(), found)
    _refuse_unknown_names(found)
    _refuse_whole_rows(found)
    changed = tree.parse(sql)
    # What is inside is changed before what is around it, which may move it.
    places: tree.Places = {}
    for path, change in reversed(found.changes):
        change(tree.at(changed, path, places))
    text = _with_tables(tree.deparse(changed), found.narrowed)
    return Guarded(text, tuple(found.texts), found.subtracts)


Change = Callable[[Any], None]


@dataclass(slots=True)
class _Found:
    """What a walk has met so far."""

    multiplies: bool = True
    """Whether the statement makes numbers longer, so that they have to be measured."""
    changes: list[tuple[Path, Change]] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    mentioned: dict[str, None] = field(default_factory=dict)
    """Names that columns are read by."""
    defined: set[str] = field(default_factory=set)
    """Names that the statement itself gives to columns."""
    alone: set[str] = field(default_factory=set)
    """Those of `mentioned` that stand without their table, and may mean a table's whole row."""
    ranges: list[tuple[str, Tree]] = field(default_factory=list)
    """By the name that FROM gives it, what rows come from: a table, CTE or sub-select."""
    expressions: list[tuple[str, Tree]] = field(default_factory=list)
    """The CTEs."""
    levels: dict[int, tuple[Tree, Path, int]] = field(default_factory=dict)
    """By identity, the SELECTs that were walked, with what their own sub-selects multiply."""
    size: int = 1
    """Of the columns of the SELECTs that were walked (sizes.py)."""
    large: set[int] = field(default_factory=set)
    """By identity, the products whose numbers would become too large."""
    all_columns: bool = False
    subtracts: bool = False
    narrowed: list[str] = field(default_factory=list)
    """The sub-selects that stand in place of tables."""
    texts: list[str] = field(default_factory=list)
    numbers: dict[object, int] = field(default_factory=dict)
    named: dict[int, Names] = field(default_factory=dict)
    """By identity, the names of SELECTs' columns (columns.py)."""
    read: dict[int, Mapping[str, Names]] = field(default_factory=dict)
    """By identity, what SELECTs read, by its alias."""


class _Level(NamedTuple):
    """A SELECT around a node, and whether the node sees all that it reads."""

    select: Tree
    ctes: Ctes
    is_seen: bool = True


_NO_CTES: Ctes = {}


class _Scope(NamedTuple):
    """The CTEs that a node sees, which of them read themselves, a number that tells the SELECTs
    apart in which equal expressions have to stay equal, and the SELECTs around the node."""

    ctes: Ctes = _NO_CTES
    recursive: frozenset[str] = frozenset()
    grouped: int = 0
    levels: tuple[_Level, ...] = ()


Check = Callable[[Tree, Path, Tree, _Scope, _Found], "_Scope | None"]
"""Looks at a node, given where it is, the node around it and what it sees; may narrow or widen what
is seen below. Raises Refused."""


def _walk(kind: str, node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    known = KINDS.get(kind)
    if known is None or not node.keys() <= known[1]:
        raise _unknown(kind, node)
    fields, _keys, check, has_inner = known
    if check is not None:
        scope = check(node, path, around, scope, found) or scope
    if not has_inner:
        return
    if kind != "List":
        around = node
    for name, value in node.items():
        how = fields[name]
        if how is None:
            continue
        if how == "*":
            _walk_each(value, path, name, around, scope, found)
        else:
            _walk(how, value, (path, name, None, None), around, scope, found)
    if kind == "SelectStmt":
        _keep_apart(node, path, scope, found)
        if found.multiplies:
            found.size = sizes.measure(node, found.size, found.defined, found.large)


def _walk_each(
    value: Any, path: Path, name: str, around: Tree, scope: _Scope, found: _Found
) -> None:
    """Walk the node, or the nodes of the list, that the field `name` holds."""
    if type(value) is dict:
        for kind, node in value.items():
            _walk(kind, node, (path, name, None, kind), around, scope, found)
        return
    for index, each in enumerate(value):
        for kind, node in each.items():
            _walk(kind, node, (path, name, index, kind), around, scope, found)


def _unknown(kind: str, node: Tree) -> Refused:
    fields = allowed.NODES.get(kind)
    if fields is None:
        return Refused(f"{_spoken(kind)} cannot be used here: a plain SELECT over the tables can.")
    unknown = min(node.keys() - fields.keys())
    return Refused(f"{_spoken(unknown)} of {_spoken(kind)} cannot be used here.")


def _spoken(name: str) -> str:
    """`RangeTableSample` as "range table sample"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace("_", " ").strip().lower()


# ------------------------------------------------------------------------------- SELECT


def _select(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> _Scope:
    found.subtracts |= node["op"] in ("SETOP_EXCEPT", "SETOP_INTERSECT")
    if clause := node.get("withClause"):
        scope = _with(clause, below(path, "withClause"), scope, found)
    for each in node.get("targetList", ()):
        call = _uncast(each["ResTarget"].get("val", {})).get("FuncCall")
        if call and call["funcname"][-1]["String"]["sval"] in allowed.SERIES:
            _series(call)
            _bound_select(node, path, found)
    grouped = id(node) if "groupClause" in node or "distinctClause" in node else 0
    levels = (*scope.levels, _Level(node, scope.ctes))
    return _Scope(scope.ctes, scope.recursive, grouped, levels)


def _uncast(node: Tree) -> Tree:
    while cast := node.get("TypeCast"):
        node = cast["arg"]
    return node


def _with(clause: Tree, path: Path, scope: _Scope, found: _Found) -> _Scope:
    if not clause.keys() <= {"ctes", "recursive", "location"}:
        raise Refused("This WITH clause cannot be used here.")
    expressions = [each["CommonTableExpr"] for each in clause["ctes"]]
    for each in expressions:
        if list(each["ctequery"]) != ["SelectStmt"]:
            raise Refused("A WITH clause holds SELECT statements alone.")
    own = columns.with_own({"withClause": clause}, scope.ctes)
    if clause.get("recursive"):
        scope = scope._replace(
            ctes=own,
            recursive=scope.recursive | {each["ctename"] for each in expressions if _recurs(each)},
        )
    for index, each in enumerate(expressions):
        name = each["ctename"]
        found.defined.update(_strings(each.get("aliascolnames", ())))
        found.expressions.append((name, each))
        here = below(path, "ctes", index, "CommonTableExpr")
        if each["ctematerialized"] == "CTEMaterializeNever":
            # One that is read twice would be planned twice, in each of those that read it again.
            found.changes.append((here, _by_default))
        if name in scope.recursive and sizes.grows(each["ctequery"]):
            found.size = max(found.size, allowed.MOST_SIZE)
        itself = scope._replace(recursive=scope.recursive - {name})
        _walk("CommonTableExpr", each, here, clause, itself, found)
        if not clause.get("recursive"):
            scope = itself._replace(ctes={**scope.ctes, name: own[name]})
    return scope


def _recurs(expression: Tree) -> bool:
    named = orjson.dumps({"relname": expression["ctename"]})[1:-1]
    return named in orjson.dumps(expression["ctequery"])


def _bound_select(node: Tree, path: Path, found: _Found) -> None:
    """A SELECT whose column makes rows: it stops at MOST_MADE, which it can only while it makes
    them."""
    if node.keys() & {"sortClause", "groupClause", "distinctClause", "havingClause", "limitCount"}:
        raise Refused("Write generate_series in FROM.")
    found.changes.append((path, _limit))


def _limit(place: Any) -> None:
    select = place.select_stmt
    select.limit_count.a_const.ival.ival = allowed.MOST_MADE
    select.limit_option = nodes.LIMIT_OPTION_COUNT


def _by_default(place: Any) -> None:
    place.common_table_expr.ctematerialized = nodes.CTEMaterializeDefault


def _keep_apart(node: Tree, path: Path, scope: _Scope, found: _Found) -> None:
    """Put a fence before the sub-selects of a SELECT where Postgres, which writes their expressions
    in place of their names, would write more than MOST_EXPANDED: eight names in eight levels are
    sixteen million, planned in gigabytes."""
    factor = 1
    sources = [found.levels[id(each)] for each in _sources(node, scope) if id(each) in found.levels]
    if sources:
        factor = max(_weight(select, inside) for select, _path, inside in sources)
        own = {name: value for name, value in node.items() if name != "withClause"}
        if factor > 1 and _columns_in(own) * factor > allowed.MOST_EXPANDED:
            found.changes += [(place, _fence) for _select, place, _inside in sources]
            factor = 1
    found.levels[id(node)] = (node, path, factor)


def _sources(node: Tree, scope: _Scope) -> Iterator[Tree]:
    """The sub-selects and CTEs that a SELECT reads."""
    waiting = list(node.get("fromClause", ()))
    while waiting:
        item = waiting.pop()
        if join := item.get("JoinExpr"):
            waiting += [join["larg"], join["rarg"]]
        elif inner := item.get("RangeSubselect"):
            yield inner["subquery"]["SelectStmt"]
        else:
            table = item.get("RangeVar", {})
            expression = scope.ctes.get(table.get("relname", ""))
            if expression and "schemaname" not in table:
                yield expression.node["ctequery"]["SelectStmt"]


_WHOLE = frozenset({"limitCount", "limitOffset", "groupClause", "havingClause", "distinctClause"})
"""With one of these, a sub-select stays one."""


def _weight(select: Tree, factor: int) -> int:
    """How many columns one of its columns stands for."""
    if select.keys() & _WHOLE:
        return 1
    arms, targets = [select], []
    while arms:
        arm = arms.pop()
        arms += [arm[side] for side in ("larg", "rarg") if side in arm]
        targets += arm.get("targetList", ())
    return max((_columns_in(each) for each in targets), default=1) * factor or 1


def _columns_in(node: Tree) -> int:
    return orjson.dumps(node).count(b'"ColumnRef"')


def _fence(place: Any) -> None:
    select = place.select_stmt
    if not select.HasField("limit_offset"):
        select.limit_offset.a_const.ival.SetInParent()
        select.limit_option = nodes.LIMIT_OPTION_COUNT


def _target(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    if "name" in node:
        found.defined.add(node["name"])
    elif _is_cut(node["val"]):
        # What is written around the expression would give the column another name.
        name = columns.name_of(node["val"]) or "?column?"
        found.changes.append((path, lambda place: _call_column(place, name)))


def _is_cut(value: Tree) -> bool:
    """Whether a column may be of a text that is cut, or of something that was made of one."""
    if call := value.get("FuncCall"):
        return call["funcname"][-1]["String"]["sval"] in allowed.GROWING
    if expression := value.get("A_Expr"):
        return _strings(expression["name"]) == ["||"]
    return bool(value.keys() & {"TypeCast", "CaseExpr", "A_Indirection"})


def _call_column(place: Any, name: str) -> None:
    place.res_target.name = name


def _alias(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    if names := node.get("colnames"):
        found.defined.update(_strings(names))
        found.all_columns = True


def _sub_select(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> _Scope:
    found.ranges.append((node.get("alias", {}).get("aliasname", ""), node))
    return _beside(scope) if node.get("lateral") else scope._replace(levels=scope.levels[:-1])


def _beside(scope: _Scope) -> _Scope:
    """What is seen within FROM: some of what it reads, or what is around the SELECT."""
    *outer, level = scope.levels
    return scope._replace(levels=(*outer, level._replace(is_seen=False)))


def _table(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    name, schema = node["relname"], node.get("schemaname")
    if schema is None and name in scope.ctes:
        found.ranges.append((node.get("alias", {}).get("aliasname", name), node))
        if name in scope.recursive:
            found.changes.append((path, lambda place: _bound_recursion(place, name)))
        return
    if name not in allowed.TABLES or schema not in (None, "insights"):
        raise Refused(f"There are the tables {', '.join(allowed.TABLES)}, and no others.")
    found.ranges.append((node.get("alias", {}).get("aliasname", name), node))
    found.tables.append(name)
    if len(found.tables) > allowed.MOST_TABLES:
        raise Refused(f"At most {allowed.MOST_TABLES} tables at once.")
    found.changes.append((path, lambda place: _replace_table(place, name, found)))


def _replace_table(place: Any, name: str, found: _Found) -> None:
    """The table gives way to a sub-select of those of its columns that the statement names, or of
    all.

    Its place in the tree gets a name of ours; the sub-select is put there once the tree is text,
    because writing it from a tree each time takes as long as all the rest.
    """
    columns: Iterable[str] = allowed.TABLES[name]
    if not found.all_columns:
        columns = [each for each in found.mentioned if each in columns] or ["store_id"]
    synonyms = allowed.SYNONYMS.get(name, {})
    renamed = [f"{synonyms[each]} AS {each}" for each in synonyms if each in found.mentioned]
    named = ", ".join([*columns, *renamed])
    table = place.range_var
    table.ClearField("schemaname")
    table.inh = True
    table.relname = f"{_MARK}{len(found.narrowed)}"
    if not table.alias.aliasname:
        table.alias.aliasname = name
    found.narrowed.append(f"(SELECT {named} FROM insights.{name} WHERE store_id = $1)")


_MARK = "narrowed_table_"
_MARKED = re.compile(rf"\b{_MARK}(\d+)\b")


def _with_tables(text: str, narrowed: list[str]) -> str:
    """The statement with its sub-selects. A statement that says the mark itself, which none has to,
    has more of them than tables."""
    if text.count(_MARK) != len(narrowed):
        raise Refused(f"Use no name that has {_MARK} in it.")
    return _MARKED.sub(lambda marked: narrowed[int(marked[1])], text)


def _bound_recursion(place: Any, name: str) -> None:
    """Postgres recurses no further than its rows are read."""
    alias = nodes.Alias(aliasname=name)
    alias.MergeFrom(place.range_var.alias)
    made = nodes.RangeSubselect()
    made.CopyFrom(_bounded_read())
    made.subquery.select_stmt.from_clause[0].range_var.relname = name
    made.alias.CopyFrom(alias)
    place.range_subselect.CopyFrom(made)


@cache
def _bounded_read() -> Message:
    made = tree.parse(f"SELECT 1 FROM (SELECT * FROM name LIMIT {allowed.MOST_MADE}) AS x")
    return made.stmts[0].stmt.select_stmt.from_clause[0].range_subselect


def _function_in_from(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    functions = node["functions"]
    call = functions[0]["List"]["items"][0].get("FuncCall") if len(functions) == 1 else None
    name = call["funcname"][-1]["String"]["sval"] if call else None
    if call is None or name is None or name not in allowed.SERIES:
        raise Refused("FROM takes tables, sub-selects, generate_series and unnest.")
    _series(call)
    alias = node.get("alias", {})
    named = _strings(alias.get("colnames", ()))
    column = named[0] if named else alias.get("aliasname", name)
    found.defined.add(column)
    found.ranges.append((alias.get("aliasname", name), {"aliascolnames": [_string(column)]}))
    found.changes.append((path, lambda place: _bound_function(place, name, column)))
    here = below(below(path, "functions", 0, "List"), "items", 0, "FuncCall")
    _walk("FuncCall", call, here, node, _beside(scope), found)


def _string(text: str) -> Tree:
    return {"String": {"sval": text}}


def _series(call: Tree) -> None:
    """Look at a call of a function that makes rows."""
    args = call.get("args", ())
    if call["funcname"][-1]["String"]["sval"] == "unnest":
        if len(args) != 1:
            raise Refused("unnest takes one array.")
        return
    numbers = [_integer(each) for each in args]
    if len(numbers) >= 2 and all(each is not None for each in numbers):
        first, last, step = [*numbers, 1][:3]
        if abs(last - first) > allowed.MOST_MADE * abs(step or 1):  # type: ignore[operator]
            raise Refused(f"generate_series makes at most {allowed.MOST_MADE} rows.")


def _bound_function(place: Any, name: str, column: str) -> None:
    made = nodes.RangeSubselect(lateral=True)
    select = made.subquery.select_stmt
    target = select.target_list.add().res_target
    target.name = column
    target.val.CopyFrom(place.range_function.functions[0].list.items[0])
    _limit(made.subquery)
    select.op = nodes.SETOP_NONE
    made.alias.CopyFrom(place.range_function.alias)
    made.alias.aliasname = made.alias.aliasname or name
    place.range_subselect.CopyFrom(made)


def _join(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> _Scope:
    found.all_columns |= node.get("isNatural", False)
    found.mentioned.update(dict.fromkeys(_strings(node.get("usingClause", ()))))
    return _beside(scope)


def _sub_link(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    if node["subLinkType"] not in allowed.SUBLINKS:
        raise Refused("ARRAY (SELECT …) cannot be used here: IN (SELECT …) can.")
    _operator(node.get("operName", ()))


# ------------------------------------------------------------------------------- names


def _column(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    fields = node["fields"]
    if len(fields) > 2:
        raise Refused("Name columns as column or alias.column.")
    last = fields[-1]
    if "A_Star" in last:
        above = path[0]
        if above is None or above[3] != "ResTarget":
            raise Refused("All columns at once are for SELECT itself: name one of them.")
        found.all_columns = True
    else:
        name = last["String"]["sval"]
        found.mentioned[name] = None
        if len(fields) == 1:
            found.alone.add(name)
        else:
            _refuse_call(fields[0]["String"]["sval"], name, scope, found)


def _refuse_call(alias: str, name: str, scope: _Scope, found: _Found) -> None:
    """Of what has no such column, Postgres calls a function with the row: `orders.max`."""
    for level in reversed(scope.levels):
        names = _read_by(level, found).get(alias)
        if names is None:
            continue
        if name not in names:
            raise Refused(f"{_quoted(alias)} has no column {_quoted(name)}.")
        if level.is_seen:
            return


def _read_by(level: _Level, found: _Found) -> Mapping[str, Names]:
    key = id(level.select)
    if key not in found.read:
        found.read[key] = columns.by_alias(level.select, level.ctes, found.named)
    return found.read[key]


def _refuse_unknown_names(found: _Found) -> None:
    """A name that is no column may be a table's whole row, or call a function
    (`orders.to_jsonb`)."""
    unknown = found.mentioned.keys() - found.defined - allowed.OUTPUT_NAMES
    for name in found.tables:
        unknown.difference_update(allowed.TABLES[name])
        unknown.difference_update(allowed.SYNONYMS.get(name, ()))
    if unknown:
        columns = "; ".join(
            f"{name} has {', '.join(allowed.TABLES[name])}" for name in dict.fromkeys(found.tables)
        )
        raise Refused(
            f"There is no column {_quoted(min(unknown))}. {columns or 'No table is read'}."
        )


def _refuse_whole_rows(found: _Found) -> None:
    """A row in a row in a row doubles what it takes each time."""
    for alias, source in found.ranges:
        if alias in found.alone and alias not in _columns_of(source, found):
            raise Refused(f"{_quoted(alias)} is a table: name one of its columns.")


def _columns_of(source: Tree, found: _Found) -> set[str]:
    """The names of its columns, as far as the statement tells them."""
    if names := source.get("alias", {}).get("colnames") or source.get("aliascolnames"):
        return set(_strings(names))
    if "relname" not in source:
        query = source.get("subquery") or source["ctequery"]
        return _output_names(query["SelectStmt"])
    same = [
        _columns_of(made, found) for name, made in found.expressions if name == source["relname"]
    ]
    table = allowed.TABLES.get(source["relname"])
    return set.intersection(*same, *([set(table)] if table else [])) if same or table else set()


def _output_names(select: Tree) -> set[str]:
    while "larg" in select:
        select = select["larg"]
    targets = [each["ResTarget"] for each in select.get("targetList", ())]
    fields = [each["val"].get("ColumnRef", {}).get("fields", [{}])[-1] for each in targets]
    return {
        each.get("name") or last.get("String", {}).get("sval", "")
        for each, last in zip(targets, fields, strict=True)
    }


def _quoted(name: str) -> str:
    """A name of the statement's as an answer may repeat it."""
    return '"' + re.sub(r"[^\w .-]", "", name)[:60] + '"'


def _strings(listed: Any) -> list[str]:
    return [each["String"].get("sval", "") for each in listed]


# ------------------------------------------------------------------------------- expressions


def _constant(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    if "sval" not in node or _is_written_out(around):
        return
    text = node["sval"].get("sval", "")
    key: object = path
    if scope.grouped:
        # Where a query groups by an expression, the same one in its columns has the same parameter.
        key = (scope.grouped, path[1], path[2], text, _shape(around))
    number = found.numbers.setdefault(key, len(found.texts) + 2)
    if number == len(found.texts) + 2:
        found.texts.append(text)
    change = _typed_number if _takes_any(around) else _number
    found.changes.append((path, lambda place: change(place, number)))


def _is_written_out(around: Tree) -> bool:
    """Whether a text says how to compute, not about what: 'month', '30 days', and what EXTRACT
    (year FROM …) and its like are written with."""
    if call := around.get("funcname"):
        return (
            around["funcformat"] == "COERCE_SQL_SYNTAX"
            or call[-1]["String"]["sval"] in allowed.MEASURES
        )
    if cast := around.get("typeName"):
        return bool(cast["names"][-1]["String"]["sval"] == "interval")
    return False


def _takes_any(around: Tree) -> bool:
    """Whether a text stands where nothing says of which type it is, which Postgres asks of
    parameters."""
    if call := around.get("funcname"):
        return call[-1]["String"]["sval"] in allowed.TAKE_ANY
    return "nulltesttype" in around


def _number(place: Any, number: int) -> None:
    place.param_ref.number = number


def _typed_number(place: Any, number: int) -> None:
    _number(place, number)
    _cast(place, "text")


_LOCATION = re.compile(rb'"(location|list_start|list_end|rexpr_list_start|rexpr_list_end)":-?\d+,?')


def _shape(node: Tree) -> bytes:
    return _LOCATION.sub(b"", orjson.dumps(node))


def _call(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    names = node["funcname"]
    name = names[-1]["String"]["sval"]
    if len(names) > 1 and _strings(names[:-1]) != ["pg_catalog"]:
        raise Refused("Functions are called without a schema.")
    if name in allowed.SERIES:
        _refuse_misplaced_series(name, path)
    elif name not in allowed.FUNCTIONS:
        raise Refused(f"The function {_quoted(name)} cannot be used here.")
    if special := CALLS.get(name):
        special(name, node.get("args", ()), path, found)
    if name in allowed.BOUNDED:
        found.changes.append((path, lambda place: _rename(place.func_call, name)))
    elif name in allowed.AS_FLOAT:
        found.changes.append((path, _as_float))
    elif name in allowed.GROWING:
        found.changes.append((path, _cut))


def _refuse_misplaced_series(name: str, path: Path) -> None:
    above, field, _index, _kind = path
    while above is not None and above[3] == "TypeCast":
        above = above[0]
    if field != "items" and (above is None or above[3] != "ResTarget"):
        raise Refused(f"Write {name} in FROM.")


def _rename(call: Any, name: str) -> None:
    del call.funcname[:]
    call.funcname.add().string.sval = "insights"
    call.funcname.add().string.sval = name


def _cut(place: Any) -> None:
    """`place` becomes left(place, MOST_CHARACTERS)."""
    call = nodes.FuncCall(funcformat=nodes.COERCE_EXPLICIT_CALL)
    call.funcname.add().string.sval = "left"
    call.args.add().CopyFrom(place)
    call.args.add().a_const.ival.ival = allowed.MOST_CHARACTERS
    place.func_call.CopyFrom(call)


def _product(place: Any, is_large: bool) -> None:
    if is_large:
        _as_float(place)


def _as_float(place: Any) -> None:
    """The operands become double precision, and the outcome numeric again."""
    operands = (
        place.func_call.args
        if place.HasField("func_call")
        else [place.a_expr.lexpr, place.a_expr.rexpr]
    )
    for each in operands:
        _cast(each, "float8")
    _cast(place, "numeric")


def _cast(place: Any, name: str) -> None:
    cast = nodes.TypeCast()
    cast.arg.CopyFrom(place)
    cast.type_name.names.add().string.sval = "pg_catalog"
    cast.type_name.names.add().string.sval = name
    cast.type_name.typemod = -1
    place.type_cast.CopyFrom(cast)


def _operator(names: Any) -> str:
    operator = _strings(names)
    if operator and (len(operator) > 1 or operator[0] not in allowed.OPERATORS):
        raise Refused(f"The operator {' '.join(operator)[:20]} cannot be used here.")
    return operator[0] if operator else ""


def _expression(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    operator = _operator(node["name"])
    right = node.get("rexpr", {})
    if operator in allowed.REGEXES and node["kind"] != "AEXPR_SIMILAR":
        _refuse_pattern(right)
    elif node["kind"] == "AEXPR_SIMILAR" and "FuncCall" not in right:
        raise Refused("SIMILAR TO takes a text.")
    elif operator == "||" and not _is_joined_on(path, around):
        found.changes.append((path, _cut))
    elif "BETWEEN" in operator and b'"AEXPR_BETWEEN' in orjson.dumps(node["lexpr"]):
        # Postgres writes the left side twice, and twice again what that holds.
        raise Refused("Write a BETWEEN on the left of another as two comparisons.")
    elif operator == "^":
        found.changes.append((path, _as_float))
    elif operator in ("*", "/"):
        found.changes.append((path, lambda place: _product(place, id(node) in found.large)))


def _is_joined_on(path: Path, around: Tree) -> bool:
    """Whether this is the left side of another `||`, which is cut as a whole."""
    return path[1] == "lexpr" and _strings(around.get("name", ())) == ["||"]


def _type_cast(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    kind = _strings(node["typeName"]["names"])[-1]
    if kind in ("text", "varchar", "bpchar") and "A_Const" not in node["arg"]:
        # A row of rows doubles its quotes with every cast.
        found.changes.append((path, _cut))


def _type(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    names = _strings(node["names"])
    if (len(names) > 1 and names[:-1] != ["pg_catalog"]) or names[-1] not in allowed.TYPES:
        raise Refused(f"The type {_quoted(names[-1])} cannot be used here.")
    for each in node.get("typmods", ()):
        number = _integer(each)
        if number is None or number > allowed.MOST_PAD:
            raise Refused(f"A type's length is a number up to {allowed.MOST_PAD}.")


def _clock(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    if node["op"] not in allowed.CLOCKS:
        raise Refused("Who is logged in cannot be asked here.")


def _array(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    for each in node.get("elements", ()):
        inner = each.get("TypeCast", {}).get("arg", each)
        if "A_Const" not in inner:
            raise Refused("An array holds constants here.")


COMPARED = frozenset({"lexpr", "rexpr", "testexpr", "items", "groupClause", "content"})


def _row(node: Tree, path: Path, around: Tree, scope: _Scope, found: _Found) -> None:
    counted = path[1] == "args" and _strings(around.get("funcname", ())) == ["count"]
    if not counted and path[1] not in COMPARED:
        raise Refused("A row in brackets is for comparing and grouping alone.")


# ------------------------------------------------------------------------------- single functions


def _refuse_pattern(node: Tree) -> None:
    """A regular expression is a short text without what takes Postgres' engine long to follow."""
    pattern = node.get("A_Const", {}).get("sval", {}).get("sval")
    if (
        pattern is None
        or len(pattern) > allowed.MOST_PATTERN
        or re.search(r"\\[1-9]|\{|\(\?", pattern)
    ):
        raise Refused(
            f"A regular expression is a text of up to {allowed.MOST_PATTERN} characters, without"
            " back references, counts in braces and look-arounds."
        )


def _pattern(name: str, args: Any, path: Path, found: _Found) -> None:
    if len(args) > allowed.PATTERNS[name]:
        _refuse_pattern(args[allowed.PATTERNS[name]])
    if name == "regexp_replace" and len(args) > 2:
        _refuse_long(args[2])


def _replacement(name: str, args: Any, path: Path, found: _Found) -> None:
    for each in args[1:]:
        _refuse_long(each)


def _refuse_long(node: Tree) -> None:
    literal = node.get("A_Const", {}).get("sval")
    if literal is None or len(literal.get("sval", "")) > allowed.MOST_PATTERN:
        raise Refused(
            f"A text that replaces another is written out, with up to {allowed.MOST_PATTERN} characters."
        )


def _pad(name: str, args: Any, path: Path, found: _Found) -> None:
    number = _integer(args[1]) if len(args) > 1 else None
    if number is None or number > allowed.MOST_PAD:
        raise Refused(f"{name} takes a number up to {allowed.MOST_PAD} as its length.")


def _format(name: str, args: Any, path: Path, found: _Found) -> None:
    if len(args) > 1:
        _refuse_long(args[1])


def _part(name: str, args: Any, path: Path, found: _Found) -> None:
    """substring takes regular expressions too, by the type of its second argument."""
    for each in args[1:]:
        if "sval" in each.get("A_Const", {}):
            _refuse_pattern(each)
        elif not (_integer(each) is not None or _is_computed(each)):
            raise Refused("substring takes numbers; where they are columns, substr does.")


def _is_computed(node: Tree) -> bool:
    """Whether the outcome is a number by its operator or function."""
    if call := node.get("FuncCall"):
        return _strings(call["funcname"])[-1] in (
            *("position", "strpos", "length", "char_length", "character_length"),
        )
    expression = node.get("A_Expr", {})
    return _strings(expression.get("name", ())) in (["+"], ["-"], ["*"], ["/"])


def _logarithm(name: str, args: Any, path: Path, found: _Found) -> None:
    if name == "log" and len(args) != 1:
        raise Refused("log takes one number; for another base divide two of them.")


def _integer(node: Tree) -> int | None:
    constant = node.get("A_Const", {})
    if "ival" in constant:
        return int(constant["ival"].get("ival", 0))
    large = constant.get("fval", {}).get("fval", "")
    return int(large) if large.lstrip("-").isdigit() else None


CALLS: dict[str, Callable[[str, Any, Path, _Found], None]] = {
    **dict.fromkeys(allowed.PATTERNS, _pattern),
    **dict.fromkeys(allowed.FORMATS, _format),
    "replace": _replacement,
    "lpad": _pad,
    "rpad": _pad,
    "substring": _part,
    "log": _logarithm,
}

CHECKS: dict[str, Check] = {
    "SelectStmt": _select,
    "ResTarget": _target,
    "Alias": _alias,
    "RangeVar": _table,
    "RangeSubselect": _sub_select,
    "RangeFunction": _function_in_from,
    "JoinExpr": _join,
    "SubLink": _sub_link,
    "ColumnRef": _column,
    "A_Const": _constant,
    "FuncCall": _call,
    "A_Expr": _expression,
    "TypeCast": _type_cast,
    "TypeName": _type,
    "SQLValueFunction": _clock,
    "A_ArrayExpr": _array,
    "RowExpr": _row,
}

KINDS: dict[str, tuple[dict[str, str | None], KeysView[str], Check | None, bool]] = {
    kind: (fields, fields.keys(), CHECKS.get(kind), any(fields.values()))
    for kind, fields in allowed.NODES.items()
}
"""By kind of node: its fields, what looks at it, and whether others can be in it."""

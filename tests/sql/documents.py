"""Reads the data models into facts: tables, columns, types, keys, indexes, values, functions.

The documents themselves are Markdown with tables, SQL of two dialects and lists. What they say is
kept in documents.json, so that the comparison also runs where they are not at hand;
`python -m tests.sql.documents` writes it anew.
"""

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FOLDER = HERE.parents[2] / "shared" / "data-models"
KEPT = HERE / "documents.json"
CONTEXTS = ("connect", "shade", "insights", "projects", "kits")

Table = dict[str, Any]
Facts = dict[str, dict[str, Any]]


def parse(folder: Path) -> Facts:
    """Facts by context, from the documents in `folder`."""
    readers = {
        "connect": _connect,
        "shade": _shade,
        "insights": _sql,
        "projects": _sql,
        "kits": _kits,
    }
    return {name: readers[name]((folder / f"{name}.md").read_text()) for name in CONTEXTS}


def kept() -> Facts:
    facts: Facts = json.loads(KEPT.read_text())
    return facts


def _table() -> Table:
    return {
        "columns": {},
        "primary_key": [],
        "unique": [],
        "foreign_keys": [],
        "indexes": [],
        "values": {},
        "ranges": {},
    }


def _column(
    type: str | None, nullable: bool | None, default: str | None, **more: Any
) -> dict[str, Any]:
    return {"type": type, "nullable": nullable, "default": default, **more}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _type(written: str) -> str:
    """The name that PostgreSQL gives the type."""
    lower = written.strip().lower().replace("\\", "").replace(", ", ",")
    for pattern, name in (
        (r"varchar\((\d+)\)", r"character varying(\1)"),
        (r"(?:decimal|numeric)\((\d+,\d+)\)", r"numeric(\1)"),
        (r"int(?:eger)?", "integer"),
        (r"timestamp.*", "timestamp with time zone"),
    ):
        if re.fullmatch(pattern, lower):
            return re.sub(pattern, name, lower)
    return lower


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _connect(text: str) -> dict[str, Any]:
    tables: dict[str, Table] = {}
    for name, body in re.findall(r"^## \d+\. `(\w+)`\n(.*?)(?=^## |\Z)", text, re.M | re.S):
        table = tables[_snake(name)] = _table()
        references: dict[str, list[str]] = {}
        for line in re.findall(r"^\| `.*$", body, re.M):
            column, type, constraints, description = _cells(line)
            column = column.strip("`")
            is_key = constraints.startswith("PK")
            default = re.search(r"default (`([^`]+)`|'([^']+)'|(\S+))", constraints)
            table["columns"][column] = _column(
                _type(type),
                not (is_key or "NOT NULL" in constraints),
                next(filter(None, default.groups()[1:])) if default else None,
            )
            if is_key:
                table["primary_key"].append(column)
            if "FK" in constraints:
                [(target, _)] = re.findall(r"`(\w+)\.(\w+)`", constraints)
                references.setdefault(_snake(target), []).append(column)
            if description.startswith("Enum:"):
                listed = description.replace("\\", "")
                table["values"][column] = re.findall(r"'(\w+)'", listed)
        table["foreign_keys"] = [
            {"columns": columns, "table": target, "on_delete": None}
            for target, columns in references.items()
        ]
        for listed in re.findall(r"^\* Index on (.*)$", body, re.M):
            table["indexes"].append({"name": None, "columns": re.findall(r"`(\w+)`", listed)})
    return {"tables": tables, "functions": {}}


def _shade(text: str) -> dict[str, Any]:
    tables: dict[str, Table] = {}
    for name, body in re.findall(r"^### \S+ `(\w+)`\n(.*?)(?=^#|\Z)", text, re.M | re.S):
        table = tables[name] = _table()
        for line in re.findall(r"^\| `.*$", body, re.M):
            column, type, description = _cells(line)
            column = column.strip("`")
            reference = re.search(r"\(FK → (\w+)\.\w+", type)
            is_key = "(PK)" in type
            default = (
                "now()"
                if "Auto-filled" in description
                else "false"
                if "Default false" in description
                else None
            )
            written = re.sub(r" \((PK|FK).*", "", type)
            table["columns"][column] = _column(_type(written), not is_key, default)
            if is_key:
                table["primary_key"].append(column)
            if reference:
                table["foreign_keys"].append(
                    {"columns": [column], "table": reference[1], "on_delete": None}
                )
            if scale := re.search(r"(\d)–(\d) scale", description):
                table["ranges"][column] = [int(scale[1]), int(scale[2])]
    return {"tables": tables, "functions": {}}


def _sql(text: str) -> dict[str, Any]:
    """CREATE TABLE and CREATE INDEX, of PostgreSQL or MySQL."""
    tables: dict[str, Table] = {}
    for name, body in re.findall(r"CREATE TABLE (\w+) \(\n(.*?)\n\);", text, re.S):
        tables[name] = _sql_table(body)
    pattern = r"CREATE INDEX (\w+) ON (\w+)\((.*?)\);"
    for index, name, columns in re.findall(pattern, text):
        tables[name]["indexes"].append({"name": index, "columns": columns.split(", ")})
    return {"tables": tables, "functions": {}}


def _sql_table(body: str) -> Table:
    table = _table()
    listed = {
        column: re.findall(r"[\w]+", values)
        for column, values in re.findall(r"^ +(\w+) .*-- +(\w+(?:\|\w+)+)$", body, re.M)
        if not values.endswith("|etc")
    }
    table["values"].update(listed)
    plain = re.sub(r"\s+", " ", re.sub(r"--.*$", "", body, flags=re.M))
    # A comma ends a column unless it stands inside parentheses.
    for item in re.split(r", (?![^()]*\))", plain.strip()):
        if key := re.fullmatch(r"UNIQUE\((.*)\)", item):
            table["unique"].append(key[1].split(", "))
            continue
        column, rest = item.split(" ", 1)
        _sql_column(table, column, rest)
    return table


def _sql_column(table: Table, column: str, rest: str) -> None:
    written = re.match(r"(ENUM\(.*?\)|[A-Z]+(\(\d+(, ?\d+)?\))?)", rest)
    assert written, rest
    on_update = "ON UPDATE CURRENT_TIMESTAMP" in rest
    default = re.search(r"DEFAULT ('[^']*'|[\w.]+(\(\))?)", rest)
    is_key = "PRIMARY KEY" in rest
    type = "enum" if written[0].startswith("ENUM") else _type(written[0])
    if type == "timestamptz":
        type = "timestamp with time zone"
    table["columns"][column] = _column(
        type,
        not (is_key or "NOT NULL" in rest),
        default[1].strip("'") if default else None,
        **({"on_update": True} if on_update else {}),
    )
    if type == "enum":
        table["values"][column] = re.findall(r"'(\w+)'", written[0])
    if is_key:
        table["primary_key"].append(column)
    if " UNIQUE" in rest:
        table["unique"].append([column])
    if reference := re.search(r"REFERENCES (\w+)\(\w+\)( ON DELETE CASCADE)?", rest):
        on_delete = "cascade" if reference[2] else None
        table["foreign_keys"].append(
            {"columns": [column], "table": reference[1], "on_delete": on_delete}
        )
    if limits := re.search(r"BETWEEN (\d+) AND (\d+)", rest):
        table["ranges"][column] = [int(limits[1]), int(limits[2])]


def _kits(text: str) -> dict[str, Any]:
    """Lists of key fields: names, some keys, values and relationships; hardly a type."""
    tables: dict[str, Table] = {}
    sections = re.findall(r"^#### \d+\. .*?\(`(\w+)`\)\n(.*?)(?=^##|\Z)", text, re.M | re.S)
    for name, _body in sections:
        tables[name] = _table()
    for name, body in sections:
        for fields, remark, description in re.findall(
            r"^- ((?:`\w+`(?:, )?)+)(?: \((\w+)\))?(?: - (.*))?$", body, re.M
        ):
            _kits_fields(tables[name], re.findall(r"`(\w+)`", fields), remark, description)
        for other in re.findall(r"^- One-to-many with `(\w+)`", body, re.M):
            _relate(tables[other], name)
        for other in re.findall(r"^- Many-to-one with `(\w+)`", body, re.M):
            _relate(tables[name], other)
    for name, columns in re.findall(r"^- `(\w+)`: (.*)$", text, re.M):
        for column in columns.split(", "):
            tables[name]["indexes"].append({"name": None, "columns": [column]})
    functions = {
        name: re.findall(r"\w+", arguments)
        for name, arguments in re.findall(r"^### `(\w+)\((.*?)\)`", text, re.M)
    }
    functions |= {name: [] for name in re.findall(r"`(\w+)\(\)` function", text)}
    return {"tables": tables, "functions": functions}


def _kits_fields(table: Table, names: list[str], remark: str, description: str) -> None:
    for name in names:
        table["columns"][name] = _column("jsonb" if remark == "JSONB" else None, None, None)
        if remark == "unique":
            table["unique"].append([name])
        if target := re.match(r"Foreign key to `(\w+)`", description):
            table["foreign_keys"].append({"columns": [name], "table": target[1], "on_delete": None})
        if re.fullmatch(r"\w+(, \w+){2,}", description):
            table["values"][name] = description.split(", ")
        elif quoted := re.findall(r"'(\w+)'", description):
            table["values"][name] = quoted


def _relate(table: Table, target: str) -> None:
    """A relationship whose columns the document does not name, unless a field says it already."""
    if not any(key["table"] == target for key in table["foreign_keys"]):
        table["foreign_keys"].append({"columns": None, "table": target, "on_delete": None})


if __name__ == "__main__":
    KEPT.write_text(json.dumps(parse(FOLDER), indent=1, ensure_ascii=False) + "\n")

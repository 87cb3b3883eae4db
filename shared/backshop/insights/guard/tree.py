"""Postgres' own parser, from libpg_query: SQL into a tree, and a tree into SQL.

The tree is read as JSON, which Python walks several times faster than protobuf messages, and
changed as the messages that `postgast` makes of the same text.
"""

from __future__ import annotations

from typing import Any

import postgast
from postgast import pg_query_pb2 as nodes
from postgast.native import lib

Tree = dict[str, Any]


Path = tuple[Any, str, int | None, str | None]
"""Where a node is: the path of the node around it, the field, the place in the field's list, and
the node's kind; no kind where the field holds no other. (A plain tuple, as one is made for each
node.)"""


def below(path: Path | None, field: str, index: int | None = None, kind: str | None = None) -> Path:
    return (path, field, index, kind)


def read(sql: str) -> bytes:
    """The tree as JSON; raises ValueError where Postgres could not read the text."""
    result = lib.pg_query_parse(sql.encode())
    try:
        if result.error:
            raise ValueError("not SQL")
        parsed: bytes = result.parse_tree
        return parsed
    finally:
        lib.pg_query_free_parse_result(result)


parse = postgast.parse
deparse = postgast.deparse


Places = dict[int, Any]
"""What was found before, by the identity of its path: most paths begin alike."""


def at(root: Any, path: Path, found: Places) -> Any:
    """The place of a node, which another may take; of a node without a kind, itself. `found` holds
    as long as nodes are changed from the inside out."""
    place = found.get(id(path))
    if place is None:
        above, field, index, _kind = path
        place = root
        if above is not None:
            place = at(root, above, found)
            if above[3] is not None:
                place = getattr(place, _NAMES[above[3]])
        place = getattr(place, _NAMES[field])
        if index is not None:
            place = place[index]
        found[id(path)] = place
    return place


_NAMES = {
    field.json_name: field.name
    for message in nodes.DESCRIPTOR.message_types_by_name.values()
    for field in message.fields
}
"""Of the fields: by their names in JSON, those of the messages."""

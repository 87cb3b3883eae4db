"""How both GraphQL servers resolve: views are dictionaries by field name.

A callable in a view is a field that takes arguments or is costly. What a view does not have is not
modelled, and asking for it is an error that says so, never a silent null.
"""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLError, GraphQLResolveInfo

Info: TypeAlias = "GraphQLResolveInfo[Any]"
View = dict[str, Any]


def resolve(source: Any, info: Info, **args: Any) -> Any:
    """Every field's resolver: the source's entry of that name."""
    name = info.field_name
    if name not in source:
        raise GraphQLError(f"{info.parent_type.name}.{name} is not modelled by this local server")
    value = source[name]
    return value(info, **args) if callable(value) else value


def dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        # A lone surrogate, put there on purpose.
        return json.dumps(value, separators=(",", ":")).encode()

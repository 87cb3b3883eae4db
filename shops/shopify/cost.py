"""What a query costs: Shopify's published rules, before it runs and after.

An object is 1 point, a scalar nothing, a connection 2 and its nodes times `first` (or `last`), a
mutation 10. The real server has moved to a cheaper formula for large pages; being the dearer of the
two, this one makes clients meet the limits earlier, never later.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
)
from graphql.utilities import value_from_ast_untyped

MAX_QUERY = 1000


@dataclass
class Bucket:
    """The leaky bucket of a token: points left, refilled by the second."""

    size: float = 2000.0
    restore: float = 100.0
    level: float = 2000.0
    seen: float = 0.0

    def available(self) -> float:
        now = time.monotonic()
        if self.seen:
            self.level = min(self.size, self.level + (now - self.seen) * self.restore)
        self.seen = now
        return self.level

    def take(self, points: float) -> None:
        self.level = max(0.0, self.available() - points)

    def status(self) -> dict[str, float]:
        return {
            "maximumAvailable": self.size,
            "currentlyAvailable": int(self.available()),
            "restoreRate": self.restore,
        }


Count = Callable[[FieldNode, Any], int]


class Estimate:
    """Walks a document; `data` is None before it runs, its result afterwards."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]
    ) -> None:
        self.schema = schema
        self.variables = variables
        self.fragments = {
            part.name.value: part
            for part in document.definitions
            if isinstance(part, FragmentDefinitionNode)
        }
        self.operation = next(
            part for part in document.definitions if isinstance(part, OperationDefinitionNode)
        )

    def requested(self) -> int:
        return self._root(None)

    def actual(self, data: Any) -> int:
        return self._root(data or {})

    def _root(self, data: Any) -> int:
        mutation = self.operation.operation.value == "mutation"
        root = self.schema.mutation_type if mutation else self.schema.query_type
        base = 10 * len(self.operation.selection_set.selections) if mutation else 0
        return base + self._selection(root, self.operation.selection_set, data, data is not None)

    def _selection(
        self, parent: Any, selection: SelectionSetNode | None, data: Any, ran: bool
    ) -> int:
        if selection is None:
            return 0
        total = 0
        for node in selection.selections:
            if isinstance(node, FieldNode):
                total += self._field(parent, node, data, ran)
            else:
                total += self._fragment(parent, node, data, ran)
        return total

    def _fragment(self, parent: Any, node: Any, data: Any, ran: bool) -> int:
        fragment: Any = node
        if isinstance(node, FragmentSpreadNode):
            fragment = self.fragments[node.name.value]
        kind = parent
        if isinstance(fragment, (InlineFragmentNode, FragmentDefinitionNode)):
            condition = fragment.type_condition
            kind = self.schema.type_map[condition.name.value] if condition else parent
        return self._selection(kind, fragment.selection_set, data, ran)

    def _field(self, parent: Any, node: FieldNode, data: Any, ran: bool) -> int:
        definition = getattr(parent, "fields", {}).get(node.name.value)
        if definition is None:
            return 0
        kind = get_named_type(definition.type)
        name = node.alias.value if node.alias else node.name.value
        value = data.get(name) if ran and isinstance(data, dict) else None
        if is_leaf_type(kind) or kind.name == "PageInfo" or (ran and value is None):
            return 0
        if kind.name.endswith("Connection"):
            return self._connection(kind, node, value, ran)
        times = self._first(node)
        if isinstance(value, list):
            # A list that takes no `first` counts as one object, however long it is.
            counted = value if times else value[:1]
            return sum(1 + self._selection(kind, node.selection_set, one, True) for one in counted)
        times = times or 1
        return (1 if ran else times) * (1 + self._selection(kind, node.selection_set, value, ran))

    def _connection(self, kind: Any, node: FieldNode, value: Any, ran: bool) -> int:
        if ran:
            nodes = value.get("nodes")
            if nodes is None:
                nodes = [edge.get("node") for edge in value.get("edges", ())]
        else:
            nodes = [None]
        times = 1 if ran else self._first(node) or 0
        return 2 + times * sum(
            self._node(kind, node.selection_set, part, ran) for part in nodes or ()
        )

    def _node(self, kind: Any, selection: SelectionSetNode | None, data: Any, ran: bool) -> int:
        """One node of a connection, whether it is asked for under `nodes` or `edges`."""
        total = 0
        for part in selection.selections if selection else ():
            if not isinstance(part, FieldNode) or part.name.value not in {"nodes", "edges"}:
                continue
            inner = get_named_type(kind.fields[part.name.value].type)
            if part.name.value == "edges":
                total += self._edge(inner, part, data, ran)
            else:
                total += 1 + self._selection(inner, part.selection_set, data, ran)
        return total

    def _edge(self, edge: Any, part: FieldNode, data: Any, ran: bool) -> int:
        total = 0
        for inner in part.selection_set.selections if part.selection_set else ():
            if isinstance(inner, FieldNode) and inner.name.value == "node":
                kind = get_named_type(edge.fields["node"].type)
                total += 1 + self._selection(kind, inner.selection_set, data, ran)
        return total

    def _first(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value in {"first", "last"}:
                value = value_from_ast_untyped(argument.value, dict(self.variables))
                return int(value or 0)
        return 0

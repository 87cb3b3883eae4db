"""Shopify's Admin schema: loaded once, documents parsed and validated once each."""

from __future__ import annotations

import gzip
import json
import re
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_client_schema,
    parse,
    validate,
    visit,
)

FILE = Path(__file__).resolve().parents[1] / "schemas" / "shopify_admin_2026-10.json.gz"
NEEDS_KEY = re.compile(r"idempotency key is required")
KEY_MISSING = "The @idempotent directive is required for this mutation but was not provided."


@cache
def load() -> GraphQLSchema:
    introspection = json.loads(gzip.decompress(FILE.read_bytes()))
    return build_client_schema(introspection.get("data", introspection), assume_valid=True)


@dataclass(frozen=True)
class Document:
    """A query text: its syntax tree, or why it is refused."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()

    @property
    def is_mutation(self) -> bool:
        return self.node is not None and any(
            isinstance(part, OperationDefinitionNode) and part.operation.value == "mutation"
            for part in self.node.definitions
        )


class Documents:
    """The last few hundred documents, so that a client's operations are validated once."""

    def __init__(self, schema: GraphQLSchema, size: int = 256) -> None:
        self.schema = schema
        self.size = size
        self._known: OrderedDict[str, Document] = OrderedDict()

    def read(self, text: str) -> Document:
        if text not in self._known:
            self._known[text] = self._read(text)
            if len(self._known) > self.size:
                self._known.popitem(last=False)
        return self._known[text]

    def _read(self, text: str) -> Document:
        try:
            node = parse(text)
        except GraphQLError as error:
            return Document(None, (error,))
        errors = validate(self.schema, node) or keys_missing(self.schema, node)
        return Document(node, tuple(errors))


def keys_missing(schema: GraphQLSchema, node: DocumentNode) -> list[GraphQLError]:
    """Mutations that need `@idempotent(key:)` and lack it. The schema tells it in descriptions
    only, so validation does not see it."""
    info = TypeInfo(schema)
    finder = _KeyFinder(info)
    visit(node, TypeInfoVisitor(info, finder))
    return finder.errors


class _KeyFinder(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.errors: list[GraphQLError] = []

    def enter_field(self, node, *_) -> None:  # type: ignore[no-untyped-def]
        field, parent = self.info.get_field_def(), self.info.get_parent_type()
        if field is None or parent is None or parent.name != "Mutation":
            return
        text = (field.description or "").replace("\n", " ")
        directives = {directive.name.value for directive in node.directives or ()}
        if NEEDS_KEY.search(text) and "idempotent" not in directives:
            self.errors.append(GraphQLError(KEY_MISSING, node, extensions={"code": "BAD_REQUEST"}))

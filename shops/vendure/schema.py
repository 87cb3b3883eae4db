"""Vendure's Admin schema with custom fields: what a server with the plugin serves."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graphql import (
    DefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    NamedTypeNode,
    NameNode,
    ObjectTypeDefinitionNode,
    build_ast_schema,
    extend_schema,
    parse,
)

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"
FILE = SCHEMAS / "vendure_admin_3.7.3.graphql.gz"
PLUGIN = SCHEMAS / "vendure_plugin"
"""What backshop's plugin adds: `tests/contracts` holds it against the plugin itself."""
TYPES = {"string": "String", "boolean": "Boolean", "int": "Int", "float": "Float"}
OPERATORS = {
    "string": "StringOperators",
    "boolean": "BooleanOperators",
    "int": "NumberOperators",
    "float": "NumberOperators",
}

CustomFields = Mapping[str, Sequence[Mapping[str, Any]]]


def plugin_fields() -> CustomFields:
    fields: CustomFields = json.loads((PLUGIN / "custom-fields.json").read_text())
    return fields


def load(fields: CustomFields | None = None) -> GraphQLSchema:
    """The schema of a server with these custom fields (the plugin's by default) and the plugin's
    own list of webhooks."""
    fields = plugin_fields() if fields is None else fields
    document = parse(gzip.decompress(FILE.read_bytes()).decode(), no_location=True)
    recorded = _names(document, "OrderCustomFields")
    definitions = [_changed(part, fields, recorded) for part in document.definitions]
    if fields.get("Customer"):
        definitions.append(_one(f"type CustomerCustomFields {{ {_fields(fields['Customer'])} }}"))
    if fields.get("OrderLine"):
        definitions += parse(_line_types(fields["OrderLine"])).definitions
    schema = build_ast_schema(DocumentNode(definitions=tuple(definitions)), assume_valid=True)
    return extend_schema(schema, parse((PLUGIN / "schema.graphql").read_text()))


def _names(document: DocumentNode, name: str) -> set[str]:
    """The custom fields that the recorded server had; other shops have not."""
    for part in document.definitions:
        if isinstance(part, ObjectTypeDefinitionNode) and part.name.value == name:
            return {field.name.value for field in part.fields or ()}
    return set()


def _changed(part: DefinitionNode, fields: CustomFields, recorded: set[str]) -> DefinitionNode:
    name = getattr(getattr(part, "name", None), "value", "")
    order, line = fields.get("Order", ()), fields.get("OrderLine", ())
    if name == "OrderCustomFields":
        return _one(f"type {name} {{ {_fields(order)} }}")
    if name == "UpdateOrderCustomFieldsInput":
        writable = [field for field in order if not field.get("readonly")]
        return _one(f"input {name} {{ {_fields(writable)} }}")
    if name == "OrderFilterParameter":
        return _swap(part, recorded, _fields(order, OPERATORS))
    if name == "OrderSortParameter":
        sorts = " ".join(f"{field['name']}: SortOrder" for field in order)
        return _swap(part, recorded, sorts)
    if name == "Customer" and fields.get("Customer"):
        return _retype(part, "CustomerCustomFields")
    if name == "OrderLine" and line:
        return _retype(part, "OrderLineCustomFields")
    if name in {"AddItemInput", "AddItemToDraftOrderInput"} and line:
        return _swap(part, set(), "customFields: OrderLineCustomFieldsInput")
    return part


def _fields(fields: Sequence[Mapping[str, Any]], types: Mapping[str, str] = TYPES) -> str:
    return " ".join(f"{field['name']}: {types[field['type']]}" for field in fields) or "_: Boolean"


def _one(text: str) -> DefinitionNode:
    return parse(text, no_location=True).definitions[0]


def _swap(part: DefinitionNode, drop: set[str], add: str) -> DefinitionNode:
    """The input type without the dropped fields and with the added ones."""
    if not isinstance(part, InputObjectTypeDefinitionNode):
        raise TypeError("an input type was expected")
    new = _one(f"input X {{ {add} }}")
    if not isinstance(new, InputObjectTypeDefinitionNode):
        raise TypeError("an input type was expected")
    kept = tuple(field for field in part.fields or () if field.name.value not in drop)
    return InputObjectTypeDefinitionNode(
        name=part.name,
        description=part.description,
        directives=part.directives,
        fields=kept + tuple(new.fields or ()),
    )


def _retype(part: DefinitionNode, kind: str) -> DefinitionNode:
    """The object type whose `customFields` has a type of its own."""
    if not isinstance(part, ObjectTypeDefinitionNode):
        raise TypeError("an object type was expected")
    own = FieldDefinitionNode(
        name=NameNode(value="customFields"),
        arguments=(),
        directives=(),
        type=NamedTypeNode(name=NameNode(value=kind)),
    )
    kept = tuple(field for field in part.fields or () if field.name.value != "customFields")
    return ObjectTypeDefinitionNode(
        name=part.name,
        description=part.description,
        interfaces=part.interfaces,
        directives=part.directives,
        fields=(*kept, own),
    )


def _line_types(fields: Sequence[Mapping[str, Any]]) -> str:
    body = _fields(fields)
    return f"type OrderLineCustomFields {{ {body} }} input OrderLineCustomFieldsInput {{ {body} }}"

"""Checks a GraphQL document against a schema, and for what schema validation does not see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.values import get_variable_values
from graphql.pyutils import Undefined
from graphql.type import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    is_input_object_type,
)

from shops.shopify.schema import keys_missing


def problems(schema: GraphQLSchema, text: str, variables: Mapping[str, Any] | None) -> list[str]:
    """Everything wrong with the document and its sample variables, one sentence each."""
    try:
        document = parse(text)
    except GraphQLError as error:
        return [f"syntax: {error.message}"]
    found = [f"invalid: {error.message}" for error in validate(schema, document, specified_rules)]
    found += [
        f"deprecated: {error.message}"
        for error in validate(schema, document, [NoDeprecatedCustomRule])
    ]
    found += [f"idempotency: {error.message}" for error in keys_missing(schema, document)]
    return found or _variable_problems(schema, document, variables or {})


def _variable_problems(
    schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]
) -> list[str]:
    operation = operation_of(document)
    if operation is None:
        return []
    definitions = operation.variable_definitions or ()
    unused = set(variables) - {definition.variable.name.value for definition in definitions}
    found = [f"variables: ${name} is not one of the operation's" for name in sorted(unused)]
    coerced = get_variable_values(schema, definitions, dict(variables))
    if isinstance(coerced, list):
        return found + [f"variables: {error.message}" for error in coerced]
    for definition in definitions:
        kind = schema.type_map.get(_named(definition.type))
        value = variables.get(definition.variable.name.value)
        found += _deprecated(kind, value, f"${definition.variable.name.value}")
    return found


def _named(node: Any) -> str:
    while hasattr(node, "type"):
        node = node.type
    name: str = node.name.value
    return name


def _deprecated(kind: Any, value: Any, path: str) -> list[str]:
    """Deprecated input fields that the variables use: the rules look at literals only."""
    while isinstance(kind, (GraphQLNonNull, GraphQLList)):
        kind = kind.of_type
    if isinstance(value, list):
        return [line for item in value for line in _deprecated(kind, item, path)]
    if not is_input_object_type(kind) or not isinstance(value, Mapping):
        return []
    found = []
    input_type: GraphQLInputObjectType = kind
    for name, part in value.items():
        field = input_type.fields.get(name)
        if field is None or field is Undefined:
            continue
        if field.deprecation_reason is not None:
            found.append(f"deprecated: {path}.{name}: {field.deprecation_reason}")
        found += _deprecated(field.type, part, f"{path}.{name}")
    return found


def operation_of(document: DocumentNode) -> OperationDefinitionNode | None:
    """The document's operation; None where it has fragments only."""
    operations = [
        part for part in document.definitions if isinstance(part, OperationDefinitionNode)
    ]
    return operations[0] if operations else None


def has_variables(text: str) -> bool:
    operation = operation_of(parse(text))
    return operation is not None and bool(operation.variable_definitions)


def fragments_only(text: str) -> bool:
    document = parse(text)
    return all(isinstance(part, FragmentDefinitionNode) for part in document.definitions)


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.graphql"))

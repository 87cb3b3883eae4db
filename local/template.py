"""Reads template.yaml as SAM and CloudFormation do: globals, parameters, conditions, intrinsics.

Nothing is created here. What a resource's `Ref` or attribute is, the caller says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from local.errors import UserError

AttributeOf = Callable[[str, str], Any]
"""Gives a resource's attribute; the attribute `Ref` is what `!Ref` says."""

_GLOBALS = {
    "AWS::Serverless::Function": "Function",
    "AWS::Serverless::HttpApi": "HttpApi",
}
_NO_VALUE = object()


class Unsupported(UserError):
    """The template uses something that the local stack does not know."""


@dataclass(frozen=True)
class Resource:
    """One resource; its properties still hold intrinsic functions."""

    name: str
    type: str
    properties: Mapping[str, Any]


@dataclass(frozen=True)
class Template:
    """A template whose globals are merged in and whose unwanted resources are left out."""

    folder: Path
    resources: Mapping[str, Resource]
    parameters: Mapping[str, Any]
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)

    def of_type(self, kind: str) -> list[Resource]:
        return [each for each in self.resources.values() if each.type == kind]

    def resolve(self, value: Any, attribute_of: AttributeOf) -> Any:
        """The value without intrinsic functions. Raises `Unsupported` for unknown ones."""
        resolved = _Resolver(self, attribute_of).value(value)
        return None if resolved is _NO_VALUE else resolved


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Knows the short forms of intrinsic functions."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def read(path: Path) -> dict[str, Any]:
    """The document with its intrinsic functions in their long form."""
    with path.open() as file:
        document: dict[str, Any] = yaml.load(file, Loader=_Loader)  # noqa: S506 (a safe loader)
    return document


def load(path: Path, overrides: Mapping[str, Any], pseudo: Mapping[str, Any]) -> Template:
    """Read a template; `overrides` are parameters, `pseudo` is what `AWS::Region` and its like say.

    Raises `Unsupported` for a parameter that has neither a default nor an override.
    """
    document = read(path)
    declared = document.get("Parameters", {})
    bare = Template(
        folder=path.parent.resolve(),
        resources={},
        parameters=_parameters(declared, overrides) | dict(pseudo) | {"AWS::NoValue": _NO_VALUE},
        mappings=document.get("Mappings", {}),
        conditions=document.get("Conditions", {}),
    )
    conditions = _Resolver(bare, _nothing)
    resources = {
        name: Resource(
            name, declaration["Type"], _with_globals(declaration, document.get("Globals", {}))
        )
        for name, declaration in document["Resources"].items()
        if "Condition" not in declaration or conditions.condition(declaration["Condition"])
    }
    return Template(bare.folder, resources, bare.parameters, bare.mappings, bare.conditions)


def _nothing(name: str, _attribute: str) -> Any:
    raise Unsupported(f"conditions cannot refer to the resource {name}")


def _parameters(declared: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, about in declared.items():
        if name in overrides:
            found[name] = overrides[name]
        elif "Default" in about:
            found[name] = about["Default"]
        else:
            raise Unsupported(f"the parameter {name} needs a default or a local value")
        if "List" in about.get("Type", "") and isinstance(found[name], str):
            found[name] = found[name].split(",")
    return found


def _with_globals(resource: Mapping[str, Any], everywhere: Mapping[str, Any]) -> dict[str, Any]:
    shared = everywhere.get(_GLOBALS.get(resource["Type"], ""), {})
    merged: dict[str, Any] = _merge(shared, resource.get("Properties") or {})
    return merged


def _merge(under: Any, over: Any) -> Any:
    """SAM's rule: maps are merged, lists are joined, of anything else the resource's own wins."""
    maps = isinstance(under, dict) and isinstance(over, dict)
    if maps and not (_is_intrinsic(under) or _is_intrinsic(over)):
        return under | {
            key: _merge(under[key], each) if key in under else each for key, each in over.items()
        }
    if isinstance(under, list) and isinstance(over, list):
        return under + over
    return over


def _is_intrinsic(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


class _Resolver:
    def __init__(self, template: Template, attribute_of: AttributeOf) -> None:
        self._template = template
        self._attribute_of = attribute_of

    def value(self, value: Any) -> Any:
        if isinstance(value, dict):
            if len(value) == 1:
                [(name, argument)] = value.items()
                if name == "Ref":
                    return self._ref(argument)
                if name.startswith("Fn::"):
                    return self._function(name[4:], argument)
            resolved = {key: self.value(each) for key, each in value.items()}
            return {key: each for key, each in resolved.items() if each is not _NO_VALUE}
        if isinstance(value, list):
            return [each for each in map(self.value, value) if each is not _NO_VALUE]
        return value

    def condition(self, name: str) -> bool:
        return self._holds(self._template.conditions[name])

    def _holds(self, rule: Any) -> bool:
        if isinstance(rule, str):
            return self.condition(rule)
        [(name, argument)] = rule.items()
        match name:
            case "Condition":
                return self.condition(argument)
            case "Fn::Equals":
                left, right = self.value(argument)
                return str(left) == str(right)
            case "Fn::Not":
                return not self._holds(argument[0])
            case "Fn::And":
                return all(map(self._holds, argument))
            case "Fn::Or":
                return any(map(self._holds, argument))
        raise Unsupported(f"the condition function {name} is not known")

    def _ref(self, name: str) -> Any:
        if name in self._template.parameters:
            return self._template.parameters[name]
        return self._attribute_of(name, "Ref")

    def _function(self, name: str, argument: Any) -> Any:
        match name:
            case "GetAtt":
                target, attribute = argument
                return self._attribute_of(target, self.value(attribute))
            case "Sub":
                return self._sub(argument)
            case "Join":
                separator, parts = argument
                return separator.join(map(str, self.value(parts)))
            case "If":
                condition, yes, no = argument
                return self.value(yes if self.condition(condition) else no)
            case "Select":
                index, choices = argument
                return self.value(choices)[int(self.value(index))]
            case "Split":
                separator, text = argument
                return self.value(text).split(separator)
            case "FindInMap":
                table, first, second = map(self.value, argument)
                return self._template.mappings[table][first][second]
        raise Unsupported(f"the intrinsic function Fn::{name} is not known")

    def _sub(self, argument: Any) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def replace(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in variables:
                return str(self.value(variables[name]))
            if "." in name:
                return str(self._attribute_of(*name.split(".", 1)))
            return str(self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", replace, text)

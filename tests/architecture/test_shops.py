"""The simulated shops stand on their own, and their modules import one another in one direction."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHOPS = ROOT / "shops"
FILES = sorted(SHOPS.rglob("*.py"))
PLUGIN = ROOT / "integrations" / "vendure"
COPIED = ("custom-fields.json", "events.graphql", "schema.graphql")
OUTSIDE = {"backshop", "local", "tests", "functions", "bench"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST) -> Iterator[str]:
    """Every name that is imported, at any depth and for types alone as well."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def graph(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """By module, the modules it imports: `from a.b import c` is a.b.c where that is a module."""
    arrows: dict[str, set[str]] = {}
    for name, source in sources.items():
        arrows[name] = set()
        for target in imported(ast.parse(source)):
            known = target if target in sources else target.rpartition(".")[0]
            if known in sources and known != name:
                arrows[name].add(known)
    return arrows


def test_no_circles() -> None:
    tuple(TopologicalSorter(graph({name_of(f): f.read_text() for f in FILES})).static_order())


def test_a_circle_is_noticed() -> None:
    sources = {
        "shops.one": "from shops import two",
        "shops.two": "if TYPE_CHECKING:\n    from shops.one import A",
    }
    with pytest.raises(CycleError):
        tuple(TopologicalSorter(graph(sources)).static_order())


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_imports_nothing_of_backshop_nor_of_the_stack(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(ast.parse(path.read_text()))}
    assert not tops & OUTSIDE


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_reads_nothing_outside_its_folder(path: Path) -> None:
    """No path that leads out: `parents[…]` of a module stays below shops/."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "parents"
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, int)
        ):
            reached = path.parents[node.slice.value]
            if name_of(path) == "shops.running" and reached == ROOT:
                continue  # where `python -m shops` is started
            assert reached.is_relative_to(SHOPS), f"line {node.lineno} leads to {reached}"


@pytest.mark.parametrize("name", COPIED)
def test_has_what_the_vendure_plugin_defines(name: str) -> None:
    copy = SHOPS / "schemas" / "vendure_plugin" / name
    assert copy.read_bytes() == (PLUGIN / name).read_bytes(), f"copy {name} from {PLUGIN}"


def test_the_stack_does_not_need_the_tests() -> None:
    """`make run` works in a checkout without tests/."""
    for path in sorted((ROOT / "local").rglob("*.py")):
        tree = ast.parse(path.read_text())
        assert not any(name.split(".")[0] == "tests" for name in imported(tree)), path
        texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        assert not any(isinstance(text, str) and text.split("/")[0] == "tests" for text in texts), (
            path
        )

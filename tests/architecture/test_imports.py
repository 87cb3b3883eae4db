"""Who may import whom, and who may touch what (docs/architecture.md, "Who imports whom")."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "shared/backshop"
FUNCTIONS = ROOT / "functions"
CONTEXTS = {"connect", "shade", "insights", "kits", "projects"}
FREE_TO_CONTEXTS = {"commerce", "contexts", "db", "errors", "spreadsheets", "times"}
ALL_STORES = {
    "functions/authorizer/authorizer.py",
    "functions/connectors/connectors.py",
    "functions/desk/sessions.py",
    "functions/insights_rollups/insights_rollups.py",
    "functions/maintain/maintain.py",
    "functions/outbox_sweep/outbox_sweep.py",
    "functions/staff_keys/staff_keys.py",
    "functions/survey_invite/survey_invite.py",
    "functions/sync_plan/sync_plan.py",
    "functions/today/today.py",
    "functions/train_recommender/train_recommender.py",
    "shared/backshop/rounds.py",
    "shared/backshop/stores/tenants.py",
}
"""Who may see every store at once, each because it works before or across stores."""


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "node_modules" not in path.parts)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports, at any depth, relative ones made absolute."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                root = LAYER.parent if path.is_relative_to(LAYER) else FUNCTIONS
                package = path.relative_to(root).with_suffix("").parts[: -node.level]
                base = ".".join((*package, base)).rstrip(".")
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def backshop_parts(path: Path) -> set[str]:
    """First names below `backshop` that a file imports: {"db", "kits", …}."""
    return {
        parts[1]
        for name in imports(path)
        if (parts := name.split("."))[0] == "backshop" and len(parts) > 1
    }


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", python_files(LAYER), ids=named)
def test_layer_file_keeps_the_rules(path: Path) -> None:
    inside = path.relative_to(LAYER).parts
    used = backshop_parts(path)
    names = set(imports(path))
    functions = {folder.name for folder in FUNCTIONS.iterdir() if folder.is_dir()}
    assert not tops(path) & (functions | {"functions", "local", "shops"}), (
        "the layer imports no function"
    )
    if inside[0] in CONTEXTS:
        assert used <= FREE_TO_CONTEXTS | {inside[0]}, "its own, and what is free to it"
    if path.name != "fast.py":
        assert not tops(path) & {"fastapi", "starlette", "mangum"}, "only web/fast.py and functions"
    if inside[0] == "platforms":
        assert "db" not in used, "platforms never touch the database"
        assert not used & CONTEXTS, "platforms know no context"
    if inside[0] == "db" or path.name in {"repository.py", "projection.py"}:
        return
    assert "psycopg" not in tops(path), "only db, repositories and projections know psycopg"
    if path.name == "rules.py":
        impure = {"os", "time", "socket", "httpx", "boto3", "botocore", "random", "secrets"}
        assert not tops(path) & impure, "rules are pure"
        assert not used & {"db", "aws", "web"}, "rules are pure"
        assert not calls_the_clock(path), "rules get the time as an argument"
    if path.name != "config.py":
        assert "os" not in names or not reads_environment(path), "only config reads the environment"


@pytest.mark.parametrize("path", python_files(FUNCTIONS), ids=named)
def test_function_file_keeps_the_rules(path: Path) -> None:
    own = path.relative_to(FUNCTIONS).parts[0]
    others = {folder.name for folder in FUNCTIONS.iterdir() if folder.is_dir()} - {own}
    assert not tops(path) & others, "a function imports no other function"
    assert "psycopg" not in tops(path)
    assert not reads_environment(path), "only config reads the environment"


@pytest.mark.parametrize("path", python_files(FUNCTIONS) + python_files(LAYER), ids=named)
def test_only_listed_files_see_all_stores(path: Path) -> None:
    asks = any(
        isinstance(node, ast.keyword) and node.arg == "all_stores"
        for node in ast.walk(ast.parse(path.read_text()))
    )
    assert not asks or named(path) in ALL_STORES


def test_every_function_has_its_folder_template_block_events_and_tests() -> None:
    template = (ROOT / "template.yaml").read_text()
    for folder in sorted(each for each in FUNCTIONS.iterdir() if each.is_dir()):
        name = folder.name
        if name == "__pycache__":
            continue
        assert (folder / f"{name}.py").exists(), f"functions/{name}/{name}.py is missing"
        assert f"CodeUri: functions/{name}\n" in template, f"template.yaml lacks {name}"
        assert f"Handler: {name}.handler\n" in template
        assert list((ROOT / "events" / name).glob("*.json")), f"events/{name}/ has no event"
        assert list((ROOT / "tests/functions" / name).glob("test_*.py")), f"{name} has no test"


def test_template_runs_on_the_runtime_that_layers_are_built_for() -> None:
    template = (ROOT / "template.yaml").read_text()
    assert "Runtime: python3.13\n" in template
    assert template.count("Runtime: ") == 1, "one runtime for all"


def calls_the_clock(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
        for node in ast.walk(ast.parse(path.read_text()))
    )


def reads_environment(path: Path) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_the_checks_see_what_they_should(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import os\nfrom datetime import datetime\nos.environ['X']\ndatetime.now()\n")
    assert reads_environment(bad)
    assert calls_the_clock(bad)
    assert sys.version_info >= (3, 11)


def test_rooms_of_the_layer_import_each_other_in_no_circle() -> None:
    """What a room imports, at any depth and for types alone too, never leads back to it."""
    rooms = {path.name.removesuffix(".py") for path in LAYER.iterdir()} - {
        "__init__",
        "__pycache__",
    }
    into: dict[str, set[str]] = {room: set() for room in rooms}
    for path in python_files(LAYER):
        room = path.relative_to(LAYER).parts[0].removesuffix(".py")
        if room in rooms:
            into[room] |= (backshop_parts(path) & rooms) - {room}
    while free := [room for room, needs in into.items() if not needs & into.keys()]:
        for room in free:
            del into[room]
    assert into == {}, "these import each other"

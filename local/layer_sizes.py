"""The built layers' sizes, printed and held to limits: Lambda takes 250 MB a function, and each
megabyte is unpacked when a function wakes up. `make template` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

from local import template

LIMITS = {
    "BackshopLayer": 6,
    "ChartsLayer": 108,
    "DependenciesLayer": 72,
    "FastapiLayer": 4,
    "GuardLayer": 20,
    "PagesLayer": 2,
    "PaperLayer": 105,
    "PlannerLayer": 13,
    "ScienceLayer": 118,
    "SheetsLayer": 5,
    "SqlLayer": 1,
    "VisionLayer": 122,
}
"""In MB, bytecode included: what is there, and a little."""
FUNCTION = 230
"""In MB: a function with its layers, some room below what Lambda takes."""
MB = 1_000_000


def main(built: Path) -> int:
    """Print every layer and the largest functions; how many are too large."""
    sizes = {path.name: _size(path) for path in built.glob("*Layer")}
    too_large = 0
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        too_large += _print(name, size, LIMITS.get(name, 0))
    functions = _functions(built, sizes)
    for name, size in sorted(functions.items(), key=lambda item: -item[1])[:4]:
        too_large += _print(f"{name} and its layers", size, FUNCTION)
    return too_large


def _functions(built: Path, layers: dict[str, float]) -> dict[str, float]:
    places = {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "x"}
    pseudo = {"AWS::StackName": "x", "AWS::StackId": "a/b/c", "AWS::Region": "x"}
    read = template.load(built / "template.yaml", places, pseudo)
    found = {}
    for each in read.of_type("AWS::Serverless::Function"):
        code = built / each.properties["CodeUri"]
        used = read.resolve(each.properties["Layers"], lambda name, _: name)
        found[each.name] = _size(code) + sum(layers[layer] for layer in used)
    return found


def _size(folder: Path) -> float:
    if not folder.is_dir():
        raise SystemExit(f"{folder} is missing: build first, with `make template`")
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MB


def _print(name: str, size: float, limit: float) -> bool:
    verdict = "" if size <= limit else "  TOO LARGE: see LIMITS in local/layer_sizes.py"
    sys.stdout.write(f"{name:40} {size:6.1f} MB, at most {limit} MB{verdict}\n")
    return size > limit


if __name__ == "__main__":
    raise SystemExit(main(Path(".aws-sam/build")))

"""`python -m bench [NAME …]`: measures backshop against limits and peers, in one run each.

A bench is a module of this folder with a `main()` that prints its figures. These machines are
noisy: believe the ratios and the medians, not the milliseconds.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from pathlib import Path

SHARED = {"__main__", "timing"}


def names() -> list[str]:
    """The benches there are: modules of this folder that are not shared helpers."""
    found = (each.name for each in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(set(found) - SHARED)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names())
    if unknown:
        parser.error(f"no such bench: {', '.join(sorted(unknown))}")
    for name in arguments.names or names():
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()

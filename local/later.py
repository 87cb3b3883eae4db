"""What few functions need and takes long to fetch: packages and models of some layers come when a
function that has the layer is first called, unless everything was set up (`make setup`)."""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import DEVNULL
from collections.abc import Callable
from pathlib import Path

from local.runtime import Function

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("science", "vision", "charts")
"""Those that requirements/run.in leaves out."""
_one_at_a_time = asyncio.Lock()
_there: set[Path] = set()


async def fetch(function: Function, say: Callable[[str], None]) -> None:
    """See that what the function imports is there. Where it cannot be fetched, which is said, the
    function fails at its import."""
    wanted = [each for each in function.layers if each.name in LAYERS and each not in _there]
    if not wanted or _has_everything():
        return
    async with _one_at_a_time:
        for layer in wanted:
            if layer not in _there:
                await _install(layer, function.name, say)


def _has_everything() -> bool:
    return (Path(sys.prefix) / ".ready").exists()


async def _install(layer: Path, function: str, say: Callable[[str], None]) -> None:
    uv = Path(sys.prefix) / "bin" / "uv"
    packages: list[str | Path] = [
        uv,
        "pip",
        "install",
        "--quiet",
        "--require-hashes",
        "--python",
        sys.executable,
    ]
    steps: list[list[str | Path]] = [[*packages, "-r", layer / "requirements.txt"]]
    if (layer / "models.py").exists():
        steps.append(["make", "--silent", f"{layer.relative_to(ROOT)}/face_models/.ready"])
    for step in steps:
        if not await _done(step, f"{function}: fetching what the layer {layer.name} needs", say):
            say(f"{function}: {layer.name} cannot be fetched; call it again to try again")
            return
    _there.add(layer)


async def _done(command: list[str | Path], what: str, say: Callable[[str], None]) -> bool:
    """Whether it went well; tells every two seconds that it is at work."""
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=DEVNULL, stdout=DEVNULL
    )
    ended = asyncio.ensure_future(process.wait())
    while not ended.done():
        await asyncio.wait([ended], timeout=2)
        if not ended.done():
            say(f"{what} … {time.monotonic() - begun:.0f} s")
    return ended.result() == 0

"""What the stack tells the person who started it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console

console = Console(highlight=False)
if not console.is_terminal:
    console = Console(highlight=False, width=140)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Shows that something goes on, where somebody watches, and afterwards how long it took."""
    begun = time.monotonic()
    if console.is_terminal:
        with console.status(f"{what} …"):
            yield
    else:
        yield
    done(what, begun)


def done(what: str, begun: float) -> None:
    """A step that ended well; `begun` is monotonic seconds."""
    say(f"[green]✓[/green] {what} ({time.monotonic() - begun:.1f} s)")


def say(line: str) -> None:
    """One line, whole, at once, whether or not somebody watches."""
    console.print(line, soft_wrap=True)
    console.file.flush()


def log(line: str) -> None:
    """One line of the running stack; what is in it is shown as it is."""
    at = datetime.now().astimezone().strftime("%H:%M:%S")
    console.print(f"{at} {line}", soft_wrap=True, markup=False)
    console.file.flush()

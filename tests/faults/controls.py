"""What the driving process tells the running stack and its functions, and what they count."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class Controls:
    """Read anew by every invocation and every look into a queue; `write` after a change."""

    path: Path
    seed: int = 1
    killed: float = 0.0
    """The chance that a function dies, before and after each statement and call."""
    apart: float = 0.0
    """Seconds that the clock of a process may differ from the right one, either way."""
    doubled: float = 0.0
    """The chance that a message which was worked off comes once more."""
    held: float = 0.0
    """The chance that a message is held back while others pass it."""
    acknowledge_first: bool = False
    """The control: messages are deleted before they are worked off."""
    counts: Path = field(init=False)

    def __post_init__(self) -> None:
        self.counts = self.path.with_suffix(".counts")

    def write(self) -> None:
        values = {
            name: value for name, value in asdict(self).items() if name not in ("path", "counts")
        }
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps(values))
        new.rename(self.path)

    def counted(self) -> Counter[str]:
        """What was done so far, by its name."""
        return Counter(self.counts.read_text().split() if self.counts.exists() else ())


def read(path: Path) -> Controls:
    return Controls(path, **json.loads(path.read_text()))


def count(path: Path, what: str) -> None:
    """Note that something was done; whole lines, whoever else writes."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{what}\n".encode())
    os.close(file)

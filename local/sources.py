"""Notices that a source file changed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

Version = tuple[int, int, int]
"""The newest modification in nanoseconds, the number of files, and the sum of their sizes."""


def version(folders: Iterable[Path]) -> Version:
    """The state of all files below the folders, bytecode left out."""
    newest, files, size = 0, 0, 0
    waiting = [str(each) for each in folders]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.name == "__pycache__" or entry.name.startswith("."):
                continue
            if entry.is_dir():
                waiting.append(entry.path)
                continue
            try:
                about = entry.stat()
            except FileNotFoundError:
                continue
            newest = max(newest, about.st_mtime_ns)
            files += 1
            size += about.st_size
    return newest, files, size

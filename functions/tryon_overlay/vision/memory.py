"""What fields of a picture leave is kept for the next: fetched anew from the system, each of their
pages is a fault first, and a third of the time that a picture takes went into these.

Source: mallopt(3) of glibc; where there is none, memory is handled as the system does it.
"""

import ctypes
import sys
from contextlib import suppress

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_KEPT = 256 << 20
_LARGE = 15 << 20  # what is larger goes back at once: Pillow's blocks of 16 MiB do


def keep() -> None:
    """Give freed memory back from so many bytes on only."""
    if sys.platform == "linux":
        with suppress(AttributeError):
            libc = ctypes.CDLL(None)
            libc.mallopt(_MMAP_THRESHOLD, _LARGE)
            libc.mallopt(_TRIM_THRESHOLD, _KEPT)

"""What fields of a picture leave is kept for the next, and comes in pages of two megabytes: fetched
anew from the system, each of four kilobytes is a fault first, and once more after every fork. A
third of the time that a picture took went into these.

Source: mallopt(3) of glibc and madvise(2); where there is none, or the system has no such pages,
memory is handled as the system does it.
"""

import ctypes
import mmap
import sys
from contextlib import suppress

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -2, -3, -8
_KEPT = 256 << 20
_LARGE = 15 << 20  # what is larger goes back at once: Pillow's blocks of 16 MiB do


def keep() -> None:
    """Give freed memory back from so many bytes on only, and take it in large pages, all threads
    from one place."""
    if sys.platform == "linux":
        with suppress(AttributeError):
            libc = ctypes.CDLL(None)
            libc.mallopt(_MMAP_THRESHOLD, _LARGE)
            libc.mallopt(_TRIM_THRESHOLD, _KEPT)
            libc.mallopt(_ARENA_MAX, 1)
            libc.mallopt(_TOP_PAD, _KEPT)
            _enlarge(libc)


def _enlarge(libc: ctypes.CDLL) -> None:
    """Have the heap grow by all that is kept, of which only what is written to is taken from the
    system, and ask for large pages there."""
    libc.sbrk.restype = libc.malloc.restype = ctypes.c_void_p
    begins = libc.sbrk(ctypes.c_ssize_t(0))
    libc.free(ctypes.c_void_p(libc.malloc(ctypes.c_size_t(_LARGE // 2))))
    size = libc.sbrk(ctypes.c_ssize_t(0)) - begins
    libc.madvise(ctypes.c_void_p(begins), ctypes.c_size_t(size), mmap.MADV_HUGEPAGE)

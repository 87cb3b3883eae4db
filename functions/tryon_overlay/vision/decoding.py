"""Decoding apart. What reads foreign files is C, and a byte in the right place crashes it or has it
work for minutes: it runs in a child that has so much memory and time, and whose death costs the
photo alone."""

from __future__ import annotations

import json
import mmap
import os
import resource
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from PIL import Image

MEMORY = 900_000_000
"""Bytes that a child may have beside what it shares with its parent: 60 megapixels of a PNG are 240
million, and twice that while they become smaller."""
SECONDS = 20
"""Of processor time: sixty megapixels of any kind take less than six."""
_WAITS = 45.0
"""Seconds of the clock, in case it hangs without working."""
_PIECE = 1 << 16
"""Bytes read at once: what a pipe holds."""
_ROOM = 1 << 26
"""Bytes of the memory that both share for what is decoded: a product's 15 megapixels with their
transparency are 60 million."""


class Died(Exception):
    """The child ended without a picture or a refusal."""


class Told(Exception):
    """What the child's decoder refused: the arguments of its exception."""


def apart(
    decode: Callable[[bytes], Image.Image], refusal: type[Exception], data: bytes
) -> Image.Image:
    """`decode(data)`, run in a child. Raises Told with the arguments where it raised `refusal`, and
    Died where the child met its limits or its end."""
    reading, writing = os.pipe()
    with mmap.mmap(-1, _ROOM) as room:
        child = os.fork()
        if child == 0:
            os.close(reading)
            _decode(decode, refusal, data, writing, room)
        os.close(writing)
        try:
            return _picture(_answer(reading), room)
        finally:
            os.close(reading)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _decode(
    decode: Callable[[bytes], Image.Image],
    refusal: type[Exception],
    data: bytes,
    writing: int,
    room: mmap.mmap,
) -> None:
    """The child's whole life. It ends without unwinding: its parent's things are not its own."""
    try:
        _limit()
        try:
            image = decode(data)
            pixels = image.tobytes()
            room[: len(pixels)] = pixels
            answer = {"mode": image.mode, "size": image.size, "bytes": len(pixels)}
        except refusal as refused:
            answer = {"refused": refused.args}
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(answer).encode())
    finally:
        os._exit(0)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform == "linux":  # macOS knows no limit of memory
        with open("/proc/self/statm") as file:
            shared = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (shared + MEMORY, shared + MEMORY))


def _answer(reading: int) -> bytearray:
    """All that the child said. Raises Died where it takes too long."""
    ends, answer = monotonic() + _WAITS, bytearray()
    while (left := ends - monotonic()) > 0:
        if select.select([reading], [], [], left)[0]:
            piece = os.read(reading, _PIECE)
            if not piece:
                return answer
            answer += piece
    raise Died


def _picture(answer: bytearray, room: mmap.mmap) -> Image.Image:
    try:
        said = json.loads(answer)
        if "refused" in said:
            raise Told(*said["refused"])
        return Image.frombytes(said["mode"], tuple(said["size"]), room[: said["bytes"]])
    except ValueError as error:  # it died before it had said all
        raise Died from error

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
from typing import IO

from PIL import Image

MEMORY = 900_000_000
"""Bytes that a child may have beside what it shares with its parent: 60 megapixels of a PNG are 240
million, and twice that while they become smaller."""
SECONDS = 20
"""Of processor time: sixty megapixels of any kind take less than six."""
_WAITS = 45.0
"""Seconds of the clock, in case it hangs without working."""
_MOST = 1 << 26
"""Bytes that a child may answer: a product's 15 megapixels with their transparency are 60
million."""
_BAND = 64
"""Rows sent at once, in the same little memory: that of a whole picture is fetched from the system
page by page."""


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
    with mmap.mmap(-1, _MOST) as room:
        child = os.fork()
        if child == 0:
            os.close(reading)
            _decode(decode, refusal, data, writing)
        os.close(writing)
        try:
            length = _answer(reading, room)
        finally:
            os.close(reading)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        return _picture(room[:length])


def _decode(
    decode: Callable[[bytes], Image.Image], refusal: type[Exception], data: bytes, writing: int
) -> None:
    """The child's whole life. It ends without unwinding: its parent's things are not its own."""
    try:
        _limit()
        with os.fdopen(writing, "wb") as pipe:
            try:
                image = decode(data)
            except refusal as refused:
                pipe.write(json.dumps({"refused": refused.args}).encode() + b"\n")
            else:
                _send(image, pipe)
    finally:
        os._exit(0)


def _send(image: Image.Image, pipe: IO[bytes]) -> None:
    """A line that says what follows, and the pixels."""
    pipe.write(json.dumps({"mode": image.mode, "size": image.size}).encode() + b"\n")
    for top in range(0, image.height, _BAND):
        below = min(top + _BAND, image.height)
        pipe.write(image.crop((0, top, image.width, below)).tobytes())


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform == "linux":  # macOS knows no limit of memory
        with open("/proc/self/statm") as file:
            shared = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (shared + MEMORY, shared + MEMORY))


def _answer(reading: int, room: mmap.mmap) -> int:
    """Put all that the child says into `room`, and return its length. Raises Died where it takes
    too long, or is too much.

    What a parent writes into memory of its own while the child lives is copied first, and large
    pages (memory.py) become small ones, each of which is a fault once more.
    """
    ends, length = monotonic() + _WAITS, 0
    with memoryview(room) as answer:
        while length < _MOST and (left := ends - monotonic()) > 0:
            if select.select([reading], [], [], left)[0]:
                piece = os.readv(reading, [answer[length:]])
                if not piece:
                    return length
                length += piece
    raise Died


def _picture(answer: bytes) -> Image.Image:
    try:
        begins = answer.index(b"\n") + 1
        said = json.loads(answer[:begins])
        if "refused" in said:
            raise Told(*said["refused"])
        return Image.frombytes(said["mode"], tuple(said["size"]), memoryview(answer)[begins:])
    except ValueError as error:  # it died before it had said all
        raise Died from error

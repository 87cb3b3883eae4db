"""The one way out over HTTP: to public addresses alone, for so long, for so many bytes.

httpx limits each read, and unpacks whatever it is sent: a server that sends a byte now and then is
never done, and a small body becomes a huge one. Here the whole call has a time (`seconds`) and a
size (`most_bytes`), which a request names in its `extensions`.
"""

from __future__ import annotations

import socket
import ssl
import zlib
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from functools import cache
from time import monotonic
from typing import Any

import httpcore
import httpx

from backshop.aws import config
from backshop.outgoing import addresses

SECONDS = 20.0
"""A call's whole time: connecting, the request, and the answer to its last byte."""
MOST_BYTES = 32 * 1024 * 1024
"""Of an answer, as sent and unpacked; a hundred of the largest products that were seen are 6 MB."""
CONNECT_SECONDS = 5.0
_PIECE = 64 * 1024
_ends_at: ContextVar[float] = ContextVar("ends_at")
"""When the call that this thread is at must be over, on the monotonic clock."""


class NotPublic(httpx.ConnectError):
    """The host has no address that may be called, or the port is none of the web's."""


class TooLarge(httpx.TransportError):
    """The answer has more bytes than the call may bring."""


def client(**options: Any) -> httpx.Client:
    """An httpx client that follows no redirect, asks no proxy and keeps to all of this. Close
    it."""
    connections: int = options.pop("connections", 8)
    return httpx.Client(
        transport=Transport(connections), follow_redirects=False, trust_env=False, **options
    )


def limits(seconds: float, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """The options of a request that may take and bring so much."""
    timeout = httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds))
    return {"timeout": timeout, "extensions": {"seconds": seconds, "most_bytes": most_bytes}}


class Transport(httpx.HTTPTransport):
    """httpx's own, on sockets that know the call's end and whom they may reach."""

    def __init__(self, connections: int = 8) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_tls(),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=5.0,
            network_backend=_PublicNetwork(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        ends_at = monotonic() + float(request.extensions.get("seconds", SECONDS))
        most_bytes = int(request.extensions.get("most_bytes", MOST_BYTES))
        request.headers["Accept-Encoding"] = "gzip"
        token = _ends_at.set(ends_at)
        try:
            response = super().handle_request(request)
        finally:
            _ends_at.reset(token)
        body = _Body(response, ends_at, most_bytes)
        kept = [
            (name, value)
            for name, value in response.headers.raw
            if name.lower() != b"content-encoding"
        ]
        return httpx.Response(
            response.status_code, headers=kept, stream=body, extensions=response.extensions
        )


@cache
def _tls() -> ssl.SSLContext:
    """Reading the authorities' certificates takes longer than a call."""
    return httpx.create_ssl_context()


# ------------------------------------------------------------------------------- the body


class _Body(httpx.SyncByteStream):
    """What an answer holds, unpacked piece by piece."""

    def __init__(self, response: httpx.Response, ends_at: float, most_bytes: int) -> None:
        assert isinstance(response.stream, httpx.SyncByteStream)
        self._stream = response.stream
        self._encoding = response.headers.get("content-encoding", "identity").strip().lower()
        self._ends_at = ends_at
        self._most_bytes = most_bytes

    def __iter__(self) -> Iterator[bytes]:
        received = _counted(self._received(), self._most_bytes)
        yield from _counted(self._unpacked(received), self._most_bytes)

    def _received(self) -> Iterator[bytes]:
        chunks = iter(self._stream)
        while True:
            token = _ends_at.set(self._ends_at)
            try:
                chunk = next(chunks, None)
            finally:
                _ends_at.reset(token)
            if chunk is None:
                return
            yield chunk

    def _unpacked(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        if self._encoding in ("identity", ""):
            return iter(chunks)
        if self._encoding in ("gzip", "x-gzip", "deflate"):
            return _unzipped(chunks)
        raise httpx.DecodingError(f"the answer is packed as {self._encoding[:20]}")

    def close(self) -> None:
        self._stream.close()


def _unzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting and not unzip.eof:
                yield unzip.decompress(waiting, _PIECE)
                waiting = unzip.unconsumed_tail
        yield unzip.flush()
    except zlib.error:
        raise httpx.DecodingError("the answer does not unpack") from None
    if not unzip.eof:
        raise httpx.DecodingError("the answer was cut short")


def _counted(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise TooLarge(f"an answer of more than {most} bytes")
        yield chunk


# ------------------------------------------------------------------------------- sockets


def _left(timeout: float | None, error: type[Exception]) -> float:
    """Seconds that one operation of the call may take."""
    left = _ends_at.get() - monotonic()
    if left <= 0:
        raise error("the call took all its time")
    return left if timeout is None else min(left, timeout)


class _PublicNetwork(httpcore.NetworkBackend):
    """Resolves a host once, and connects to one of just those of its addresses that may be
    called."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failed: Exception | None = None
        for address in _addresses(host, port):
            try:
                seconds = _left(timeout, httpcore.ConnectTimeout)
                stream = self._sockets.connect_tcp(
                    address, port, seconds, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
                continue
            return _TimedStream(stream)
        raise failed or httpcore.ConnectError("the host has no address")


def _addresses(host: str, port: int) -> list[str]:
    """Raises `NotPublic`, and `httpcore.ConnectError` where the name means nothing."""
    if not addresses.is_allowed_port(port) and not config.allows_local_shops():
        raise NotPublic(f"port {port} is none of those that shops may be at")
    try:
        resolved = addresses.resolve(host, port)
    except (socket.gaierror, UnicodeError) as unknown:
        raise httpcore.ConnectError(f"no address ({type(unknown).__name__})") from None
    public = addresses.allowed(resolved)
    if not public:
        raise NotPublic("the host has no public address")
    return public


class _TimedStream(httpcore.NetworkStream):
    """A socket whose every wait ends with the call."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: what takes the bytes one by one would begin each wait anew.
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._stream.write(piece, _left(timeout, httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        seconds = _left(timeout, httpcore.ConnectTimeout)
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()

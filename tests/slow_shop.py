"""Servers that misbehave as a slow or hostile shop does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Answer = Callable[[socket.socket], None]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """A server that answers each connection with `answer(connection)`; its address."""
    server = socket.create_server(("127.0.0.1", 0))
    open_connections: list[socket.socket] = []

    def one(connection: socket.socket) -> None:
        try:
            connection.recv(65536)
            answer(connection)
            connection.close()
        except OSError:
            pass

    def run() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            open_connections.append(connection)
            threading.Thread(target=one, args=(connection,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        for each in open_connections:
            each.close()


def sends(content: bytes, headers: bytes = b"") -> Answer:
    """Answers with this body."""

    def answer(connection: socket.socket) -> None:
        length = f"Content-Length: {len(content)}\r\n".encode()
        connection.sendall(HEAD + headers + length + b"\r\n" + content)

    return answer


def drips(before: bytes, drop: bytes) -> Answer:
    """A drop every 50 ms, for a minute: no read ever waits long."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(before)
        for _ in range(1200):
            connection.sendall(drop)
            time.sleep(0.05)

    return answer


class Dripping:
    """A shop whose every answer drips, and how many calls it has had."""

    def __init__(self) -> None:
        self.calls = 0

    def answer(self, connection: socket.socket) -> None:
        self.calls += 1
        drips(HEAD + b"Content-Length: 100000\r\n\r\n", b" ")(connection)

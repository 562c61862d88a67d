"""Servers of hostile behaviours, over real sockets."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.suites.hostile.behaviours import prepare

RIGHT = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n{"ok": "a reply of thirty-one"}'
)

Handle = Callable[["Connection", "Asked"], None]


class Asked:
    """A request as it was read."""

    def __init__(self, head: bytes, body: bytes) -> None:
        first, _, self.fields = head.decode("latin-1").partition("\r\n")
        self.method, self.path, _ = first.split(" ")
        self.head, self.body = head, body


class Connection:
    """A connection with a client; `served` tells how many requests it has brought before."""

    def __init__(self, plain: socket.socket) -> None:
        self._plain = plain
        self._rest = b""
        self.served = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def asked(self) -> Asked | None:
        """Read a request; None when there is no other."""
        while b"\r\n\r\n" not in self._rest:
            data = self._plain.recv(65536)
            if not data:
                return None
            self._rest += data
        head, _, rest = self._rest.partition(b"\r\n\r\n")
        found = re.search(rb"\ncontent-length: *(\d+)", head, re.IGNORECASE)
        length = int(found.group(1)) if found else 0
        while len(rest) < length:
            rest += self._plain.recv(65536)
        self._rest = rest[length:]
        return Asked(head, rest[:length])


class Server:
    """A server of one behaviour; `requests` is everything that it was asked."""

    def __init__(self, handle: Handle) -> None:
        self._handle = handle
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._held: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.requests: list[Asked] = []
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._begin(self._accept)

    def _begin(self, run: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._held.append(connection)
                self._begin(self._serve, Connection(connection))

    def _serve(self, connection: Connection) -> None:
        with contextlib.suppress(OSError), contextlib.closing(connection._plain):
            while (asked := connection.asked()) is not None:
                self.requests.append(asked)
                self._handle(connection, asked)
                connection.served += 1
                connection.settimeout(None)

    def stop(self) -> None:
        """Stop serving, whatever is going on."""
        for held in (self._listening, *self._held):
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
            held.close()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def hostile() -> Iterator[Callable[[Handle], Server]]:
    """Start servers of a function that answers each request on its connection."""
    prepare()
    started: list[Server] = []

    def start(handle: Handle) -> Server:
        started.append(Server(handle))
        return started[-1]

    yield start
    for server in started:
        server.stop()

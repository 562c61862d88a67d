"""Load: closed by wrk, as fast as a server answers, and open by a client of our own, at a rate whatever the server does."""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import httptools
import uvloop

__all__ = ["Call", "closed", "opened"]

_POOLED = """
local body, first, last = wrk.body, 1, #pool
request = function()
  local token = pool[first]
  pool[first] = nil
  first = first + 1
  return wrk.format(nil, nil, nil, (body:gsub("TOKEN", token)))
end
response = function(status, headers, text)
  last = last + 1
  pool[last] = text:match('"refresh_token": ?"([^"]+)"')
end
"""


@dataclass(frozen=True)
class Call:
    """One request to a server on this machine.

    It is the same each time it is sent, unless there is a `pool`: that gives refresh tokens, one of which takes the place of
    `TOKEN` in the body; the one that a reply gives goes into the pool.
    """

    port: int
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    pool: Callable[[int], list[str]] | None = None

    @property
    def wire(self) -> bytes:
        """The request as bytes."""
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", self.body]).encode()

    @property
    def script(self) -> str:
        """The request as wrk is told of it."""
        lines = [f'wrk.method = "{self.method}"', f"wrk.body = [[{self.body}]]" if self.body else ""]
        lines += [f'wrk.headers["{name}"] = [[{value}]]' for name, value in self.headers.items()]
        return "\n".join(lines)

    def pooled(self, count: int) -> str:
        """The script that goes on with the refresh tokens of a pool of so many."""
        if self.pool is None:
            return self.script
        tokens = ", ".join(f"[[{token}]]" for token in self.pool(count))
        return f"{self.script}\nlocal pool = {{{tokens}}}\n{_POOLED}"


def closed(call: Call, seconds: float, connections: int, core: int) -> float:
    """Give how many requests a second a server answers with 2xx when wrk, on a core, waits for each answer.

    Raises:
        RuntimeError: it answered something else, or not at all.
    """
    with TemporaryDirectory() as folder:
        script = Path(folder, "call.lua")
        # wrk asks for one request more than it has connections to send it on, and for another before it begins.
        script.write_text(call.pooled(connections + 8))
        line = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script)]
        ran = subprocess.run(
            [*line, f"http://127.0.0.1:{call.port}{call.path}"], capture_output=True, text=True, check=False
        )
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", ran.stdout)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: .*", ran.stdout)
    if rate is None or wrong is not None or not float(rate[1]):
        raise RuntimeError(f"{call.method} {call.path}: {(wrong and wrong[0]) or ran.stderr or ran.stdout}")
    return float(rate[1])


class _Line(asyncio.Protocol):
    """One connection of the open loop, that takes the times of what is due on it."""

    def __init__(self, took: list[float], count: int, done: asyncio.Event) -> None:
        self._took, self._count, self._done = took, count, done
        self._due: deque[float] = deque()
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        # uvloop's transports are none of asyncio's classes.
        self.transport = cast(asyncio.Transport, transport)

    def send(self, wire: bytes, due: float) -> None:
        """Send a request that was due at a time; it may stand behind another."""
        self._due.append(due)
        self.transport.write(wire)

    def data_received(self, data: bytes) -> None:
        """Read replies."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Take the time of the oldest."""
        status = self._parser.get_status_code()
        if not 200 <= status < 300:
            raise RuntimeError(f"expected a 2xx, seen {status}")
        self._took.append(time.perf_counter() - self._due.popleft())
        if len(self._took) == self._count:
            self._done.set()


async def _open(call: Call, rate: int, count: int, connections: int) -> list[float]:
    loop = asyncio.get_running_loop()
    took: list[float] = []
    done = asyncio.Event()
    lines = [
        (await loop.create_connection(lambda: _Line(took, count, done), "127.0.0.1", call.port))[1]
        for _ in range(connections)
    ]
    wire, sent, began = call.wire, 0, time.perf_counter()
    while sent < count:
        while sent < count and (due := began + sent / rate) <= time.perf_counter():
            lines[sent % connections].send(wire, due)
            sent += 1
        await asyncio.sleep(0.0002)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(done.wait(), 60)
    for line in lines:
        line.transport.close()
    if len(took) < count:
        raise RuntimeError(f"{count - len(took)} of {count} requests were not answered")
    return sorted(took)


def opened(call: Call, rate: int, count: int, connections: int = 16) -> list[float]:
    """Send at a rate, whatever comes back; gives the seconds from when each was due to when its reply was there, sorted."""
    return uvloop.run(_open(call, rate, count, connections))

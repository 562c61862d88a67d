"""A mixed load over real sockets, and what becomes of a mock's memory and latency: `python -m benchmarks.million DIALECT`.

The dialect has a profile `rotating`, a login with Basic credentials alone, and a renewal by a JSON body.

The mock is a process of its own with its journal on. Connections send in turns of one request each; a latency is the time
from sending to having read, the wait behind the other connections of the turn included. Linux only: it reads /proc.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from watchword.specs.loader import load_dialect

CONNECTIONS = 8
STAGE = 100_000
_MIX = ("use",) * 12 + ("renew",) * 4 + ("login",) * 2 + ("reuse", "unknown")
"""Of twenty requests so many of each kind."""


def _rss(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


@contextlib.contextmanager
def _mock(dialect: str, remember: int) -> Iterator[tuple[int, dict[str, Any]]]:
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder, "ready.json")
        line = [
            sys.executable,
            "-m",
            "watchword.mockserver",
            dialect,
            "--profile",
            "rotating",
            "--port",
            "0",
            "--quiet",
        ]
        process = subprocess.Popen([*line, "--remember", str(remember), "--ready-file", str(ready)])
        try:
            while not ready.exists():
                if process.poll() is not None:
                    raise SystemExit(f"the mock ended with {process.returncode} before it listened")
                time.sleep(0.01)
            yield process.pid, json.loads(ready.read_text())
        finally:
            process.terminate()
            process.wait()


class Peer:
    """One connection and the session behind it."""

    def __init__(self, url: str, heads: Mapping[str, str], basic: str, chance: random.Random) -> None:
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname or "", parts.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._heads = heads
        self._host, self._basic, self._chance = parts.netloc, basic, chance
        self._access = self._refresh = self._old = ""
        self._wanted, self._gives, self._sent = 200, False, 0.0

    def send(self) -> None:
        """Send the next request of the mix."""
        what = self._chance.choice(_MIX) if self._access else "login"
        if what == "reuse" and not self._old:
            what = "use"
        self._gives = what in ("login", "renew")
        self._wanted = 200 if self._gives or what == "use" else 401
        bearer = f"Bearer {self._access}"
        body = ""
        if what == "login":
            head, bearer = self._heads["issue"], self._basic
        elif what in ("renew", "reuse"):
            head = self._heads["renew"]
            body = json.dumps({"refresh_token": self._refresh if what == "renew" else self._old})
        else:
            head = self._heads["resource"]
            bearer = bearer if what == "use" else "Bearer e30.e30.e30"
        lines = f"{head} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: {bearer}\r\n"
        if body:
            lines += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        if what == "renew":
            self._old = self._refresh
        elif what in ("login", "reuse"):
            # A refresh token that comes again may end the session.
            self._old = ""
        if what == "reuse":
            self._access = ""
        self._sent = time.perf_counter()
        self._socket.sendall(f"{lines}\r\n{body}".encode())

    def read(self) -> tuple[float, int]:
        """Read the reply; gives the latency in seconds and the status."""
        status = int(self._file.readline().split()[1])
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        body = self._file.read(length)
        took = time.perf_counter() - self._sent
        if self._gives:
            if status != 200:
                raise SystemExit(f"expected tokens, seen {status}: {body[:200]!r}")
            given = json.loads(body)
            self._access, self._refresh = given["access_token"], given["refresh_token"]
        elif (status == 200) != (self._wanted == 200):
            raise SystemExit(f"expected {self._wanted}, seen {status}: {body[:200]!r}")
        return took, status


def _told(done: int, took: list[float], rss: float, seconds: float) -> str:
    took.sort()
    points = [took[min(len(took) - 1, int(len(took) * part))] * 1000 for part in (0.5, 0.99, 0.999)]
    figures = " ".join(f"{value:8.2f}" for value in (*points, took[-1] * 1000))
    return f"{done:9,} {rss:7.1f} {len(took) / seconds:9,.0f} {figures}"


def main() -> None:
    """Send, and print a line for each hundred thousand requests."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dialect")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--remember", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=3600, help="end after so many, whatever has been sent")
    asked = parser.parse_args()
    operations = load_dialect(asked.dialect).api.operations.values()
    heads = {op.purpose: f"{op.method} {op.path}" for op in operations}
    with _mock(asked.dialect, asked.remember) as (pid, ready):
        known = ready["credentials"]
        pair = base64.b64encode(f"{known['username']}:{known['password']}".encode()).decode()
        peers = [Peer(ready["url"], heads, f"Basic {pair}", random.Random(number)) for number in range(CONNECTIONS)]
        print(f"RSS at the start: {_rss(pid):.1f} MB; --remember {asked.remember}, {CONNECTIONS} connections")
        print(" requests  RSS MB req/s      p50 ms   p99 ms p99.9 ms   max ms", flush=True)
        took: list[float] = []
        seen: dict[int, int] = {}
        done, began = 0, time.perf_counter()
        end = began + asked.seconds
        while done < asked.requests and time.perf_counter() < end:
            for peer in peers:
                peer.send()
            for peer in peers:
                latency, status = peer.read()
                took.append(latency)
                seen[status] = seen.get(status, 0) + 1
            done += len(peers)
            if len(took) >= STAGE:
                print(_told(done, took, _rss(pid), time.perf_counter() - began), flush=True)
                took, began = [], time.perf_counter()
        if took:
            print(_told(done, took, _rss(pid), time.perf_counter() - began))
        print(f"{done:,} requests; replies by status: {dict(sorted(seen.items()))}")


if __name__ == "__main__":
    main()

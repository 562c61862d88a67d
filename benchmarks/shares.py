"""Where the time of a request goes: the shares of the mock's modules, by Python's own profiler, without a network."""

from __future__ import annotations

import asyncio
import cProfile
import json
import pstats
from pathlib import Path
from typing import Any, cast

from benchmarks.contenders import of_dialect
from watchword.mockserver import mount
from watchword.mockserver.http.connection import Connection
from watchword.mockserver.http.server import Server

__all__ = ["shares"]

_COUNT = 4000
_STEPS = 8
"""So often is time that was spent outside handed on to who called for it."""


class _Deaf(asyncio.Transport):
    """A transport that sends nothing, and keeps what was written last."""

    written = b""

    def write(self, data: Any) -> None:
        """Keep it."""
        self.written = bytes(data)

    def is_closing(self) -> bool:
        """It stays open."""
        return False


class _Listening:
    """What a server asks of its socket before it listens."""

    def getsockname(self) -> tuple[str, int]:
        """Give an address."""
        return ("127.0.0.1", 80)


def shares(dialect: str) -> dict[str, dict[str, float]]:
    """Give for a login and a bearer call of a dialect the part of the time that each module takes, the largest first."""
    mock = mount(dialect)
    router = mock.router
    server = Server(router, cast(Any, _Listening()), on_refusal=router.refused)
    connection = Connection(server)
    transport = _Deaf()
    connection.connection_made(transport)
    connection.data_received(of_dialect(dialect, token="none")(80)["basic"].wire)
    token = json.loads(transport.written.partition(b"\r\n\r\n")[2])["access_token"]
    calls = of_dialect(dialect, token=token)(80)
    return {name: _profiled(connection, calls[name].wire) for name in ("basic", "bearer")}


def _profiled(connection: Connection, wire: bytes) -> dict[str, float]:
    profile = cProfile.Profile()
    profile.enable()
    for _ in range(_COUNT):
        connection.data_received(wire)
    profile.disable()
    stats = cast(Any, pstats.Stats(profile)).stats
    spent = {function: entry[2] for function, entry in stats.items()}
    for _ in range(_STEPS):
        handed = dict.fromkeys(stats, 0.0)
        for function, seconds in spent.items():
            callers = stats[function][4]
            weight = sum(entry[2] for entry in callers.values())
            if _module(function) or not weight:
                handed[function] += seconds
                continue
            for caller, entry in callers.items():
                handed[caller] += seconds * entry[2] / weight
        spent = handed
    total = sum(spent.values())
    found: dict[str, float] = {}
    for function, seconds in spent.items():
        module = _module(function) or "everything else"
        found[module] = found.get(module, 0.0) + seconds / total
    return {name: round(part, 3) for name, part in sorted(found.items(), key=lambda row: -row[1]) if part >= 0.005}


def _module(function: tuple[str, int, str]) -> str:
    """Name the module of ours that a function belongs to; empty when it is another's."""
    path = Path(function[0])
    root = Path(__file__).parents[1]
    if not path.is_absolute() or not path.is_relative_to(root) or ".venv" in path.parts:
        return ""
    return str(path.relative_to(root).with_suffix("")).replace("/", ".")

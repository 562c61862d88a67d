"""What it costs to share a mock: logins a second of one process without a store, and of several that have one.

python -m benchmarks.workers DIALECT

DIALECT is one with a login by Basic credentials alone. It wants `wrk` and `redis-server`. The rounds go through all of them in
turn, so that other work on the machine meets each; what is printed are the medians, and how much of the first row each has.
"""

from __future__ import annotations

import base64
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.load import Call, closed
from watchword.specs.loader import load_dialect

_SCRIPT = Path(sys.executable).with_name("watchword")
_ROUNDS = 3
_SECONDS = 2
_CONNECTIONS = 16


@contextmanager
def _store(folder: Path) -> Iterator[str]:
    socket = folder / "store"
    line = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as process:
        while not socket.exists():
            time.sleep(0.01)
        yield f"unix://{socket}"
        process.terminate()


@contextmanager
def _mock(dialect: str, folder: Path, name: str, options: list[str]) -> Iterator[Call]:
    ready = folder / f"{name}.json"
    line = [_SCRIPT, "mock", dialect, "--port", "0", "--quiet", "--ready-file", str(ready), *options]
    with subprocess.Popen(line) as process:
        while not ready.exists():
            time.sleep(0.01)
        yield _login(dialect, json.loads(ready.read_text()))
        process.terminate()


def _login(dialect: str, facts: dict) -> Call:
    api = load_dialect(dialect).api
    origin, _, base = facts["url"].removeprefix("http://").partition("/")
    port, own = int(origin.rpartition(":")[2]), facts["credentials"]
    pair = base64.b64encode(f"{own['username']}:{own['password']}".encode()).decode()
    path = f"/{base}".rstrip("/") + api.with_purpose("issue")[0].path
    return Call(port, "GET", path, {"Authorization": f"Basic {pair}"})


@click.command()
@click.argument("dialect")
def main(dialect: str) -> None:
    """Print what mocks of DIALECT answer."""
    core = max(os.sched_getaffinity(0))
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        url = stack.enter_context(_store(folder))
        kinds = {"one process, no store": []}
        kinds |= {f"{n} with a store": ["--store", url, "--workers", str(n)] for n in (1, 2)}
        found: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(_ROUNDS):
            for number, (kind, options) in enumerate(kinds.items()):
                with _mock(dialect, folder, f"mock-{number}", options) as login:
                    found[kind].append(closed(login, _SECONDS, _CONNECTIONS, core))
        first = statistics.median(found["one process, no store"])
        for kind, rates in found.items():
            median = statistics.median(rates)
            print(f"{kind:24} {median:8,.0f} logins/s  {median / first:5.2f}  ({min(rates):,.0f} to {max(rates):,.0f})")


if __name__ == "__main__":
    main()

"""How fast the mock is, beside others that do the same, more or less: `python -m benchmarks.speed FIRST SECOND --json FILE`.

Linux, with two cores at least: servers run on the first, load comes from the second. What is compared is measured in turns,
round after round, so that what else the machine does in a round weighs on all; of each round the ratio is taken, and the
median, lowest and highest of the ratios are what is told.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import click

from benchmarks.commands import commands
from benchmarks.contenders import OPERATIONS, Server, free_port, missing, mock_of, of_dialect, prism_of, servers
from benchmarks.figures import spread
from benchmarks.load import closed, opened
from benchmarks.overlapping import overlapping
from benchmarks.shares import shares
from watchword.mockserver import start

_CORE = 1
_CONNECTIONS = 16
_MANY = 500
_RATE = 2000


@click.command()
@click.argument("first")
@click.argument("second")
@click.option("--without", required=True, help="The dialect that timed conformance runs leave out.")
@click.option("--json", "file", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Write it there.")
@click.option("--rounds", default=5, show_default=True, type=click.IntRange(1), help="How often each is measured.")
@click.option("--seconds", default=2, show_default=True, type=click.IntRange(1), help="How long a measurement takes.")
@click.option(
    "--requests", default=100_000, show_default=True, type=click.IntRange(1000), help="Sent at a steady rate."
)
def main(first: str, second: str, without: str, file: Path, rounds: int, seconds: int, requests: int) -> None:
    """Measure throughput, latency, starts, memory, whole commands, and the suites at a slow server.

    FIRST is a dialect with a login by Basic credentials alone, SECOND one with logins by JSON and by a form.
    """
    if shutil.which("wrk") is None or shutil.which("taskset") is None or (os.cpu_count() or 1) < 2:
        raise click.ClickException("expected wrk, taskset and two cores; in Debian: apt-get install wrk util-linux")
    load = os.getloadavg()[0]
    whole = commands(rounds, without)
    os.sched_setaffinity(0, {_CORE})
    figures = {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.system(),
            "load": round(load, 1),
        },
        "settings": {"rounds": rounds, "seconds": seconds, "connections": _CONNECTIONS, "rate": _RATE},
        "missing": missing(),
        "throughput": _throughput(servers(first, second), rounds, seconds),
        "latency": _latency(servers(first, second), requests),
        "starts": _starts(first, rounds),
        "shares": shares(first),
        "commands": whole,
        "overlap": overlapping(first),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(figures, indent=2) + "\n")
    click.echo(f"wrote {file}")


# -- throughput


def _throughput(others: Sequence[Server], rounds: int, seconds: int) -> dict[str, Any]:
    """Measure all servers in turns, round by round; gives for each operation rates and ratios to the mock's."""
    rates: dict[str, dict[str, list[float]]] = {operation: {} for operation in OPERATIONS}
    with contextlib.ExitStack() as stack:
        running = []
        for server in others:
            stack.enter_context(server.running())
            running.append(server)
        for number in range(rounds):
            for operation in OPERATIONS:
                for server in running:
                    if operation in server.calls:
                        server.refresh()
                        rate = closed(server.calls[operation], seconds, _CONNECTIONS, _CORE)
                        rates[operation].setdefault(server.name, []).append(rate)
            click.echo(f"round {number + 1} of {rounds}")
        ours = next(server for server in running if server.name == "mock" and "basic" in server.calls)
        many = [_cliff(ours, seconds) for _ in range(rounds)]
    return {
        "rates": {op: {name: spread(found) for name, found in by.items()} for op, by in rates.items()},
        "ratios": {
            op: {
                name: spread(own / other for own, other in zip(by["mock"], found, strict=True))
                for name, found in by.items()
                if name != "mock"
            }
            for op, by in rates.items()
        },
        "many": spread(many),
    }


def _cliff(server: Server, seconds: int) -> float:
    """Give the throughput with many connections, as a part of that with few."""
    few = closed(server.calls["basic"], seconds, _CONNECTIONS, _CORE)
    return closed(server.calls["basic"], seconds, _MANY, _CORE) / few


# -- latency


def _latency(others: Sequence[Server], requests: int) -> dict[str, Any]:
    """Send at a steady rate, to the mock and to the bare protocol: from when a request was due to when its reply was there."""
    found = {}
    for server in others:
        if server.name not in ("mock", "bare"):
            continue
        with server.running():
            if "basic" not in server.calls:
                continue
            took = [second * 1000 for second in opened(server.calls["basic"], _RATE, requests)]
        points = {name: took[int(len(took) * part)] for name, part in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))}
        found[server.name] = {name: round(value, 3) for name, value in (*points.items(), ("slowest", took[-1]))}
        click.echo(f"{server.name}: {requests} requests at {_RATE} a second")
    return {"requests": requests, "milliseconds": found}


# -- starts


def _starts(dialect: str, rounds: int) -> dict[str, Any]:
    cold, idle, ends = [], [], []
    for _ in range(rounds):
        took, memory, end = _cold(dialect, mock_of(dialect))
        cold.append(took)
        idle.append(memory)
        ends.append(end)
    found = {
        "cold": spread(cold),
        "idle_mb": spread(idle),
        "stop": spread(ends),
        "help": spread(_timed(Path(sys.executable).with_name("watchword"), "--help") for _ in range(rounds)),
        "python": spread(_timed(sys.executable, "-c", "pass") for _ in range(rounds)),
        "fixture": spread(_fixture(dialect) for _ in range(10 * rounds)),
        "imports": _imports(dialect),
    }
    if "prism" not in missing():
        others = [_cold(dialect, prism_of(dialect)) for _ in range(rounds)]
        found["prism_cold"] = spread(other[0] for other in others)
        found["prism_idle_mb"] = spread(other[1] for other in others)
        found["prism_cold_ratio"] = spread(own / other[0] for own, other in zip(cold, others, strict=True))
    return found


def _cold(
    dialect: str, line: Callable[[int], Sequence[str]], errors: int = subprocess.DEVNULL, **variables: str
) -> tuple[float, float, float]:
    """Give the seconds from starting a process to its first right answer, its memory in MB then, and how long it takes to end.

    What it says besides goes to the descriptor `errors`, and `variables` are added to its environment.
    """
    port = free_port()
    call = of_dialect(dialect, token="none")(port)["basic"]
    ask = Request(f"http://127.0.0.1:{port}{call.path}", headers=dict(call.headers))
    began = time.perf_counter()
    process = subprocess.Popen(line(port), stdout=subprocess.DEVNULL, stderr=errors, env=os.environ | variables)
    try:
        while True:
            with contextlib.suppress(URLError, ConnectionError), urlopen(ask, timeout=30) as reply:
                reply.read()
                break
            if process.poll() is not None or time.perf_counter() - began > 60:
                raise RuntimeError(f"no answer from {line(port)}")
            time.sleep(0.001)
        took = time.perf_counter() - began
        lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
        memory = next(int(text.split()[1]) for text in lines if text.startswith("VmRSS")) / 1024
        before = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        process.wait()
        return took, memory, time.perf_counter() - before
    finally:
        process.kill()
        process.wait()


def _imports(dialect: str) -> dict[str, float]:
    """Give the part of a cold start that the import of each library and folder of ours takes, by Python's own account.

    Python measures each import, which makes the start longer than it is otherwise.
    """
    with tempfile.TemporaryFile() as told:
        took, _, _ = _cold(dialect, mock_of(dialect), told.fileno(), PYTHONPROFILEIMPORTTIME="1")
        told.seek(0)
        lines = told.read().decode().splitlines()
    found: dict[str, float] = {}
    for line in lines:
        own, _, rest = line.removeprefix("import time:").partition("|")
        if own.strip().isdigit():
            name = rest.rpartition("|")[2].strip()
            part = ".".join(name.split(".")[: 2 if name.startswith("watchword") else 1])
            part = "Python's own library" if part in sys.stdlib_module_names or part.startswith("_") else part
            found[part] = found.get(part, 0.0) + int(own) / 1_000_000 / took
    found["not imports"] = 1 - sum(found.values())
    return {name: round(part, 3) for name, part in sorted(found.items(), key=lambda row: -row[1]) if part >= 0.01}


def _timed(*line: str | Path) -> float:
    began = time.perf_counter()
    subprocess.run(line, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _fixture(dialect: str) -> float:
    began = time.perf_counter()
    start(dialect).stop()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()

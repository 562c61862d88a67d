"""What a mock costs to have: in a process of its own, in this one, over TLS, as a space of one that runs.

python -m benchmarks.starting DIALECT

Each figure is the median of several tries, in milliseconds, on this machine.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from watchword.mockserver import intercept, mount, start

_SCRIPT = Path(sys.executable).with_name("watchword")


def _median(work: Callable[[], object], tries: int) -> float:
    work()
    seconds = []
    for _ in range(tries):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds) * 1000


def _in_background(dialect: str, *options: str) -> float:
    with TemporaryDirectory() as folder:
        words = [_SCRIPT, "mock", dialect, "--port", "0", "--quiet", "--wait", *options]
        seconds = []
        for _ in range(7):
            begun = time.perf_counter()
            subprocess.run(words, cwd=folder, check=True)
            seconds.append(time.perf_counter() - begun)
            subprocess.run([_SCRIPT, "stop"], cwd=folder, check=True, capture_output=True)
        return statistics.median(seconds) * 1000


@click.command()
@click.argument("dialect")
def main(dialect: str) -> None:
    """Print what it costs to have a mock of DIALECT."""
    with start(dialect) as running:
        names = iter(range(1000))
        space = _median(lambda: running.router.application(str(next(names))), 900)

    def block() -> None:
        with intercept(dialect):
            pass

    rows = {
        "watchword mock --wait, until it listens": _in_background(dialect),
        "the same with --mutual-tls": _in_background(dialect, "--mutual-tls"),
        "start() and stop()": _median(lambda: start(dialect).stop(), 50),
        "the same with tls=True": _median(lambda: start(dialect, tls=True).stop(), 20),
        "intercept(), a block": _median(block, 50),
        "mount()": _median(lambda: mount(dialect), 200),
        "a space, when it is first named": space,
    }
    for name, milliseconds in rows.items():
        print(f"{milliseconds:9.2f} ms  {name}")


if __name__ == "__main__":
    main()

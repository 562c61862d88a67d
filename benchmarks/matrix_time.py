"""How long the whole matrix takes, beside one conformance run over the same dialects.

    python benchmarks/matrix_time.py [--rounds N]

Whole commands are timed, alternately, so that both meet the same machine: `pytest` over the embedded mocks, which checks
one right server of each dialect over real sockets, and `watchword faults`, which checks every profile and every fault of
them in process, with one process and with one a core. What is printed is medians, and ratios of medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from watchword.detection.run import cores

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def timed(command: list[str]) -> float:
    """Give the seconds that a command takes.

    Raises:
        CalledProcessError: it fails, so that its time means nothing.
    """
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


@click.command()
@click.option("--rounds", default=3, show_default=True, type=click.IntRange(1), help="How often each command is timed.")
def main(rounds: int) -> None:
    """Time the matrix and a conformance run alternately, and print medians and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        matrix = [str(BIN / "watchword"), "faults", "--json", str(figures), "--jobs"]
        commands = {
            "one conformance run": [str(BIN / "pytest"), "--quiet", "--report-dir", folder],
            "the matrix, 1 process": [*matrix, "1"],
            f"the matrix, {cores()} processes": [*matrix, str(cores())],
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds):
            for name, command in commands.items():
                times[name].append(timed(command))
                click.echo(f"round {number + 1}: {name}: {times[name][-1]:.1f} s", err=True)
        told = json.loads(figures.read_text("utf-8"))
    servers = told["faults"] + sum(dialect["profiles"] for dialect in told["dialects"].values())
    medians = {name: statistics.median(found) for name, found in times.items()}
    base = medians["one conformance run"]
    for name, median in medians.items():
        click.echo(f"{name}: median {median:.1f} s of {rounds}, {median / base:.1f} times a conformance run")
    fastest = medians[f"the matrix, {cores()} processes"]
    click.echo(f"{servers} servers in the matrix, {1000 * fastest / servers:.0f} ms each")


if __name__ == "__main__":
    main()

"""How long whole commands take, and where a conformance run spends it: `python -m benchmarks.commands DIALECT`.

A conformance run over the embedded mocks, the matrix of the bundled dialects, and what Watchword adds to a pytest that has
no use for it. They are ordinary processes and may use every core.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from benchmarks.figures import spread

__all__ = ["commands"]

ROOT = Path(__file__).resolve().parent.parent
_PLUGINS = [f"-pwatchword.{folder}.plugin" for folder in ("mockserver", "reports", "suites")]
_EMPTY_TIMES = 5
"""So often as a whole run is an empty one tried: it is brief, and its differences are small."""


def commands(rounds: int, without: str) -> dict[str, Any]:
    """Time each command that often; gives seconds, the ratio of CPU seconds of two empty runs, and parts of a conformance run.

    Conformance runs leave out the dialect `without`.
    """
    runs, matrices, ratios = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(rounds):
            runs.append(_seconds(_conformance(folder, without), ROOT))
            matrices.append(_seconds([str(Path(sys.executable).with_name("watchword")), "faults"], ROOT))
            click.echo(f"whole commands: round {number + 1} of {rounds}")
        (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        for _ in range(_EMPTY_TIMES * rounds):
            plain, own = _cpu(_empty(), folder), _cpu([*_empty(), *_PLUGINS], folder)
            ratios.append(own / plain)
        parts = folder / "parts.json"
        subprocess.run(
            [*_conformance(folder, without), "-p", "benchmarks.sampled"],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"SAMPLED": str(parts)},
        )
        return {
            "conformance": spread(runs),
            "matrix": spread(matrices),
            "unused": spread(ratios),
            "parts": json.loads(parts.read_text("utf-8")),
        }


def _conformance(folder: Path, without: str) -> list[str]:
    """Give what `make conformance` runs, but for one dialect, with reports in a folder."""
    chosen = ["-k", f"not {without}", "--report-dir", str(folder / "reports")]
    return [sys.executable, "-m", "pytest", "--quiet", *chosen]


def _empty() -> list[str]:
    return [sys.executable, "-m", "pytest", "--quiet", "-pno:cacheprovider", "test_nothing.py"]


def _seconds(line: Sequence[str], place: Path) -> float:
    began = time.perf_counter()
    subprocess.run(line, cwd=place, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _cpu(line: Sequence[str], place: Path) -> float:
    """Give the CPU seconds of a process in which pytest loads no plugins but those that it is told."""
    alone: Mapping[str, str] = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(line, cwd=place, check=True, stdout=subprocess.DEVNULL, env=alone)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime) + (after.ru_stime - before.ru_stime)


@click.command()
@click.argument("without")
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(1), help="How often each is timed.")
def main(without: str, rounds: int) -> None:
    """Print how long whole commands take; conformance runs leave out the dialect WITHOUT."""
    click.echo(json.dumps(commands(rounds, without), indent=2))


if __name__ == "__main__":
    main()

"""The page of a long run: how long it takes, and how much memory, by the number of clauses.

`python -m benchmarks.longreport` makes records of as many clauses as are asked for, from those of a run against the mocks
of this process, and has `watchword report` make the page of them in a process of its own. Linux and macOS.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from watchword.detection.servers import begin, describe
from watchword.mockserver.faults.catalogue import catalogue
from watchword.reports.records import RECORDS_FILE, ClauseRecord, EndRecord, RunRecord, write_line
from watchword.specs.loader import bundled, load_dialect
from watchword.suites.running.survey import survey_each

_BROKEN = 10
"""So many of a dialect's faults are shown beside the right server, so that a page has something to group."""


def _surveyed() -> list[ClauseRecord]:
    """Check all bundled dialects at the right mock, and what some faults break at mocks that have them."""
    found = []
    for name in bundled():
        dialect = load_dialect(name)
        faults = [fault for fault in catalogue(dialect).values() if fault.breaks]
        for fault in (None, *faults[:: max(1, len(faults) // _BROKEN)]):
            server = functools.partial(begin, dialect, "documented", fault)
            only = None if fault is None else sorted(fault.breaks)
            found += [one.record() for one in survey_each(describe(dialect, "documented"), server, only)]
    return found


def _written(folder: Path, records: list[ClauseRecord], wanted: int) -> None:
    """Write a run of as many clauses, each under a name of its own, spread over ten targets."""
    names = [f"server-{number}" for number in range(10)]
    dialects = sorted({record.dialect for record in records})
    targets = tuple({"name": name, "dialect": dialect} for name in names for dialect in dialects)
    with (folder / RECORDS_FILE).open("w", encoding="utf-8") as file:
        file.write(write_line(RunRecord("2026-01-01T00:00:00Z", {}, targets)) + "\n")
        for number, record in zip(range(wanted), itertools.cycle(records)):
            clause = f"{record.clause}.n{number // len(records)}"
            file.write(write_line(replace(record, clause=clause, target=names[number % len(names)])) + "\n")
        file.write(write_line(EndRecord({}, 1, 0.0)) + "\n")


def _measured(folder: Path) -> tuple[float, float]:
    """Have the page made; gives seconds and the most memory that it took at once, in MB."""
    command = [str(Path(sys.executable).with_name("watchword")), "report", str(folder)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return seconds, usage.ru_maxrss / (1024 if sys.platform == "linux" else 1024 * 1024)


def rows(sizes: list[int]) -> Iterator[str]:
    """Measure, and give the lines of a table."""
    records = _surveyed()
    yield " clauses  records MB  page MB  elements  seconds  most memory MB"
    for size in sizes:
        with tempfile.TemporaryDirectory() as kept:
            folder = Path(kept)
            _written(folder, records, size)
            seconds, memory = _measured(folder)
            page = (folder / "report.html").read_text(encoding="utf-8")
            raw = (folder / RECORDS_FILE).stat().st_size / 1e6
            elements = page.count("<") - page.count("</")
            yield f"{size:8,}  {raw:10.1f}  {len(page.encode()) / 1e6:7.1f}  {elements:8,}  {seconds:7.1f}  {memory:14.0f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", nargs="*", type=int, default=[100, 700, 2_500, 10_000], help="numbers of clauses")
    for line in rows(parser.parse_args().size):
        print(line, flush=True)


if __name__ == "__main__":
    main()

"""The history of runs: a file of JSON lines, one a run, with what it came to and nothing that is secret.

Law: a line is written in one piece at the end of the file, under a lock, so that runs which end at once lose nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from watchword.reports.outcome import outcome, selected
from watchword.reports.records import Run

__all__ = ["BrokenHistory", "Point", "point", "read_history", "remember", "trend"]

_LONGEST = 30
"""How many runs a trend goes back."""


class BrokenHistory(ValueError):
    """A file is not a history of runs: which file, which line, and what is wrong with it."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")


@dataclass(frozen=True, slots=True)
class Point:
    """What one run came to. `targets` are names with their dialects; `broken` rules count as the run counted them.

    `whole` is whether it checked every clause that can be checked: others are no measure of the target.
    """

    started: str
    targets: tuple[str, ...]
    exit: int
    title: str
    broken: int
    verified: int
    total: int
    whole: bool


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "started": str,
    "targets": list,
    "exit": int,
    "title": str,
    "broken": int,
    "verified": int,
    "total": int,
    "whole": bool,
}


def point(run: Run) -> Point:
    """Give what a run came to."""
    strict = bool(run.run.options.get("strict"))
    found = outcome(run)
    return Point(
        started=run.run.started,
        targets=tuple(f"{target['name']} ({target['dialect']})" for target in run.run.targets),
        exit=found.exit,
        title=found.title,
        broken=sum(record.fails(strict) for record in run.clauses),
        verified=sum(record.judgement.verified for record in run.clauses),
        total=selected(run),
        whole=run.end is not None and run.run.options.get("testable") == selected(run) == len(run.clauses),
    )


def read_history(path: Path) -> tuple[Point, ...]:
    """Read a history in its order; a file that does not exist yet is one without runs.

    Raises:
        BrokenHistory: the file cannot be read, or a line is not one of a history.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as trouble:
        raise BrokenHistory(path, 1, f"cannot be read: {trouble}") from trouble
    *lines, rest = text.split("\n")
    if rest:
        raise BrokenHistory(path, len(lines) + 1, "the line has no end: take it out, or end it, and the rest is whole")
    return tuple(_point(path, number, line) for number, line in enumerate(lines, start=1))


def remember(path: Path, run: Run) -> None:
    """Append the line of a run, unless the history has it already.

    Raises:
        BrokenHistory: the file is there, and is not a history.
        OSError: it cannot be written; the lines in it are then as they were.
    """
    new = point(run)
    line = (json.dumps(asdict(new), ensure_ascii=False) + "\n").encode(errors="backslashreplace")
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        _lock(handle)
        if new in read_history(path):
            return
        before = os.fstat(handle).st_size
        if os.write(handle, line) < len(line):
            # Half a line is none.
            os.ftruncate(handle, before)
            raise OSError("there is no room for another line")
    finally:
        os.close(handle)


def trend(history: Sequence[Point], run: Run) -> tuple[Point, ...]:
    """Give the whole runs of the same targets up to this one, the latest last, thirty at most; none where there is but one."""
    now = point(run)
    rows = {p.started: p for p in history if p.whole and p.targets == now.targets and p.started <= now.started}
    if now.whole:
        rows[now.started] = now
    found = tuple(rows[started] for started in sorted(rows))[-_LONGEST:]
    return found if len(found) > 1 else ()


def _point(path: Path, number: int, line: str) -> Point:
    try:
        value: Any = json.loads(line)
    except ValueError as trouble:
        raise BrokenHistory(path, number, f"is not JSON: {trouble}") from trouble
    if not isinstance(value, dict) or set(value) != set(_TYPES):
        raise BrokenHistory(path, number, f"is not the line of a run, an object of {', '.join(_TYPES)}")
    wrong = [name for name, kind in _TYPES.items() if not isinstance(value[name], kind)]
    if wrong or not all(isinstance(name, str) for name in value["targets"]):
        raise BrokenHistory(path, number, f"{(wrong or ['targets'])[0]} has a value of another type")
    return Point(**{**value, "targets": tuple(value["targets"])})


def _lock(handle: int) -> None:
    try:
        import fcntl
    except ImportError:  # on another system than POSIX one write is all there is
        return
    fcntl.flock(handle, fcntl.LOCK_EX)

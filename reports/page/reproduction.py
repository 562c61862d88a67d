"""How a page lets its reader make a check again: the steps of a script beside the clause, what all scripts need once.

A clause with many requests, and one that only follows from another, has the command that prints its script instead: a
page of hundreds of clauses has to stay small.
"""

from __future__ import annotations

import functools
import re
import shlex
from dataclasses import dataclass

from watchword.reports.derivations import DERIVATIONS
from watchword.reports.records import ClauseRecord, Run
from watchword.reports.reproducing import runtime
from watchword.reports.reproducing.assertions import ASSERTIONS
from watchword.reports.reproducing.script import Unwritable, script
from watchword.reports.reproducing.source import needed

__all__ = ["MARK", "Reproduction", "library", "reproduction"]

MARK = "# Here stand the functions from the end of the page; the copy button brings them along."
_SECRET = re.compile(r'= secret\("(WATCHWORD_[A-Z_]+)"\)')
_MOST = 12
"""Requests that a script on a page has at most."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The script on the page, empty where it has none; the command that prints it; the one that checks the clause again.

    `running` is the line that runs the script, saved as `check.py`, with the secrets that it asks for left to be filled in.
    """

    script: str
    printing: str
    again: str
    running: str


@functools.cache
def library() -> str:
    """Give the functions that scripts begin with, all of them."""
    return needed([*runtime.__all__, *ASSERTIONS, *DERIVATIONS])


def reproduction(record: ClauseRecord, run: Run) -> Reproduction | None:
    """Say how the check of a clause is made again; None where nothing of ours has made it, or its secrets are not known."""
    try:
        found = script(run.run, record)
    except Unwritable:
        return None
    name = shlex.quote(record.clause)
    target = f" --target {shlex.quote(record.target)}" if len(run.run.targets) > 1 else ""
    command = str(run.run.options.get("command", "")) or "watchword test TARGET.toml"
    again = f"{command} -k {shlex.quote(record.clause.partition(':')[2] or record.clause)}"
    text = _on_page(record, found.steps) if _has_room(record) else ""
    asked = "".join(f"{variable}='…' " for variable in _SECRET.findall(found.steps))
    return Reproduction(text, f"watchword reproduce records.jsonl {name}{target}", again, f"{asked}python3 check.py")


def _has_room(record: ClauseRecord) -> bool:
    return record.judgement.broken and len(record.exchanges) <= _MOST


def _on_page(record: ClauseRecord, steps: str) -> str:
    about = f"{record.clause} at {record.target}: exits with 1 when the deviation shows, 0 when not, 2 when nobody can tell."
    return f"#!/usr/bin/env python3\n# {' '.join(about.split())}\nfrom __future__ import annotations\n\n{MARK}\n\n\n{steps}"

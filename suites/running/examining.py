"""What an examination of a target is made of: rows of checks, the lines they leave, and the problem that ends one.

The start of a run and `watchword doctor` go through the same rows. A run ends at the first problem; the doctor goes on with
whatever does not need what has failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from watchword.reports.records import legible
from watchword.suites.acting.context import Tokens
from watchword.suites.running.session import TargetSession

__all__ = ["GOOD", "PROBLEM", "SKIPPED", "WARNING", "Examination", "Look", "Note", "PreflightError", "place_of"]

GOOD = "ok"
WARNING = "warning"
PROBLEM = "problem"
SKIPPED = "skipped"


class PreflightError(Exception):
    """The target cannot be tested: one line that says why and what to do."""

    def __init__(self, line: str) -> None:
        super().__init__(legible(line))


@dataclass(frozen=True, slots=True)
class Note:
    """One line of an examination: which check leaves it, of what kind it is, and what it says."""

    check: str
    kind: str
    says: str


@dataclass(repr=False)
class Examination:
    """An examination under way: the target, the lines so far, and what the checks have found out for each other.

    `tokens` are those of the first login; `date` is the `Date` of its reply, with the moments of this machine's clock
    between which it was written. `lost` are the operations that gave no tokens, `refused` the roles that were refused together, `failed` the rows with a problem.
    """

    session: TargetSession
    notes: list[Note] = field(default_factory=list)
    check: str = ""
    tokens: Tokens | None = None
    date: tuple[str | None, float, float] | None = None
    goes_on: bool = False
    refused: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    troubles: list[PreflightError] = field(default_factory=list)

    def good(self, says: str) -> None:
        """Note what is right."""
        self.notes.append(Note(self.check, GOOD, legible(says)))

    def warn(self, says: str) -> None:
        """Note what does not stand in the way of a run, but is to be known: it is told at the start of one, too."""
        self.notes.append(Note(self.check, WARNING, legible(says)))

    @property
    def warnings(self) -> list[str]:
        """What is to be known before a run."""
        return [note.says for note in self.notes if note.kind == WARNING]

    def leave(self, says: str) -> None:
        """Note what was not looked at."""
        self.notes.append(Note(self.check, SKIPPED, legible(says)))

    def is_refused(self, roles: Iterable[str]) -> bool:
        """Tell whether one of these roles was refused, alone or with others: it is not tried again."""
        return not self.refused.isdisjoint(roles)

    @contextmanager
    def part(self) -> Iterator[None]:
        """Let a problem end this part only, where the examination goes on after one.

        Raises:
            PreflightError: there is a problem, and the examination ends with it.
        """
        try:
            yield
        except PreflightError as trouble:
            if not self.goes_on:
                raise
            self.failed.add(self.check)
            self.troubles.append(trouble)
            self.notes.append(Note(self.check, PROBLEM, str(trouble)))


@dataclass(frozen=True, slots=True)
class Look:
    """One row: a check that notes what is right and raises `PreflightError` at what is wrong.

    `needs` are the rows without which it makes no sense. One that only `informs` is left out at the start of a run, where
    nobody reads what is right.
    """

    name: str
    at: Callable[[Examination], Any]
    needs: tuple[str, ...] = ()
    informs: bool = False


def place_of(session: TargetSession) -> str:
    """Name the target as every line about it begins."""
    return f"target {session.target.name!r} ({session.target.dialect.name})"

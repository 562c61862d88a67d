"""The rows of a register as frozen values: clauses, what they expect, where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Clause", "Expectation", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a clause comes from: a document, a section of it, a line."""

    document: str
    section: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{self.document}, {self.section}" + (f", line {self.line}" if self.line else "")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the judged reply is compared with; every part that is given must hold.

    of_status    the statuses of the replies that it is about, like `status`; another reply leaves nothing to compare
    status       acceptable statuses: numbers, or classes such as `4xx`
    content_type acceptable media types
    headers      header name → text that its value contains (empty: any value)
    present      roles that the reply carries, with a value that is not empty
    absent       roles that the reply does not carry
    types        role → JSON type
    equals       role → value; text is compared without regard to case when `ignore_case` is set
    error        acceptable values of the role `error`
    body         `json`, `empty`
    """

    of_status: tuple[int | str, ...] = ()
    status: tuple[int | str, ...] = ()
    content_type: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    equals: Mapping[str, Any] = field(default_factory=dict)
    ignore_case: bool = False
    error: tuple[str, ...] = ()
    body: str | None = None

    def accepts_status(self, status: int) -> bool:
        """Tell whether a status is among the acceptable ones (any is, when none are named)."""
        return _among(status, self.status)

    def concerns(self, status: int) -> bool:
        """Tell whether a reply with a status is one of those that are compared (any is, when none are named)."""
        return _among(status, self.of_status)


def _among(status: int, wanted: tuple[int | str, ...]) -> bool:
    return not wanted or status in wanted or f"{status // 100}xx" in wanted


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of the register. Exactly one of `when`, `guarantee`, `observe` and `untested` is set.

    `when` holds the conditions to provoke together; `observe` names a guarantee to look at; `untested` is the reason
    why the sentence cannot be checked from outside. `method` replaces the operation's method.
    """

    id: str
    dialect: str
    topic: str
    says: str
    level: str
    basis: str
    source: Source
    operation: str | None = None
    when: tuple[str, ...] = ()
    guarantee: str | None = None
    observe: str | None = None
    untested: str | None = None
    expect: Expectation = Expectation()
    conditions: tuple[str, ...] = ()
    method: str | None = None
    note: str = ""
    line: int | None = None

    @property
    def full_id(self) -> str:
        """The id that is unique over all dialects: `<dialect>:<clause>`."""
        return f"{self.dialect}:{self.id}"

    @property
    def can_break(self) -> bool:
        """Whether a target can break the clause: it is tested, and more than an observation."""
        return self.untested is None and self.basis != "silent" and self.observe is None

    @property
    def can_fail(self) -> bool:
        """Whether a broken clause is a failure: a `must` that the document says or that follows from it."""
        return self.level == "must" and self.basis in ("documented", "inferred")

"""What a register has a word for: a fault is one only where the document does not leave the choice.

Where nothing speaks of a subject, the fault exists all the same. It survives the suites, and tells that a row is missing.
"""

from __future__ import annotations

from collections.abc import Callable

from watchword.specs.loader import Dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.clause import Clause, Expectation
from watchword.specs.vocabulary import CONDITIONS, broader

NO_SERVER_ERROR = "refusals.no_server_error"

__all__ = ["NO_SERVER_ERROR", "forbidding", "left_open", "requiring", "speaking", "twins"]


def twins(dialect: Dialect, operation: Operation) -> list[Operation]:
    """Give the operations at the same path and method, this one among them: the grants of one endpoint."""
    here = (operation.path, operation.method)
    return [other for other in dialect.api.operations.values() if (other.path, other.method) == here]


def speaking(dialect: Dialect, operation: Operation, holds: Callable[[Clause], bool]) -> list[Clause]:
    """Give the clauses about an operation that are more than an observation and of which something holds."""
    return [c for c in dialect.clauses if c.operation == operation.name and not _is_silent(c) and holds(c)]


def forbidding(dialect: Dialect, operation: Operation, condition: str) -> list[Clause]:
    """Give the clauses by which a condition at an operation must not be served."""
    return speaking(dialect, operation, lambda clause: condition in _subjects(clause) and not _is_served(clause.expect))


def requiring(dialect: Dialect, operation: Operation, condition: str) -> list[Clause]:
    """Give the clauses by which a request in a condition is to be served all the same."""
    return speaking(dialect, operation, lambda clause: clause.when == (condition,) and _is_served(clause.expect))


def left_open(dialect: Dialect, operation: Operation, *subjects: str) -> bool:
    """Tell whether the register says that the document leaves conditions or guarantees open.

    What is left open for one grant of an endpoint is so for those others of which nothing else is said.
    """
    wanted = set(subjects)
    rows = [clause for clause in dialect.clauses if wanted & _subjects(clause)]
    own = [clause for clause in rows if clause.operation == operation.name]
    names = {other.name for other in twins(dialect, operation)}
    rows = own or [clause for clause in rows if clause.operation in names]
    return bool(rows) and all(_is_silent(clause) or _is_served(clause.expect) for clause in rows)


def _is_silent(clause: Clause) -> bool:
    return clause.basis == "silent" or clause.observe is not None


def _is_served(expect: Expectation) -> bool:
    # Who answers 200 and says no has refused.
    says_no = any(value is False for value in expect.equals.values())
    return (200 in expect.status or "2xx" in expect.status) and not says_no


def _subjects(clause: Clause) -> set[str]:
    # How a refusal must not look says nothing of whether there has to be one.
    refused = clause.conditions if clause.guarantee != NO_SERVER_ERROR else ()
    # Of several conditions, those that leave out nothing only say where the others are looked at.
    meant = [name for name in clause.when if not CONDITIONS[name].whole] or clause.when
    names = {*meant, *refused}
    names |= {name for name in (clause.guarantee, clause.observe) if name is not None}
    return names | {above for name in names if name in CONDITIONS for above in broader(name)}

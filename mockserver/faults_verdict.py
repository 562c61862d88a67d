"""Faults of the verdict: a condition is taken as fine, always or every third time; or it is answered with another status."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from watchword.mockserver.case import Case
from watchword.mockserver.fault import Distortion, Fault, Moment
from watchword.mockserver.recognise import RECOGNISERS
from watchword.specs.loader import Dialect
from watchword.specs.model import Clause, Operation
from watchword.specs.profile import Profile
from watchword.specs.vocabulary import CONDITIONS, Condition, broader
from watchword.specs.wire import Reply

__all__ = ["verdict_faults"]

_ROUTED = ("method.wrong", "path.alternative")
_EVERY = 3
_NAMELESS = (
    "missing",
    "empty",
    "unknown",
    "other_case",
    "not_base64",
    "no_colon",
    "wrong_scheme",
    "scheme_case",
    "in_body",
)


def verdict_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults that follow from what the dialect's register says is refused."""
    for operation in dialect.api.operations.values():
        guarded = [
            condition
            for condition in _guarded(dialect, operation)
            if _refused(profile, operation, condition) and _attributed(dialect, operation, condition)
        ]
        for condition in guarded:
            yield _accepting(operation, condition)
        if guarded:
            yield _now_and_then(operation, guarded[0])
        for condition in guarded:
            guards = [c for c in _guards(dialect, operation, condition.name) if c.when == (condition.name,)]
            if guards:
                yield _answering(operation, condition, 500, "a server error")
                if not any(200 in c.expect.status or "2xx" in c.expect.status for c in guards):
                    yield _answering(operation, condition, 200, "200 and the body of the refusal")


def _guards(dialect: Dialect, operation: Operation, name: str) -> list[Clause]:
    """Give the clauses that say something of a condition or a special case of it."""
    return [
        clause
        for clause in dialect.clauses
        if clause.operation == operation.name
        and clause.basis != "silent"
        and not clause.expect.accepts_status(200)
        and any(name in (when, *broader(when)) for when in clause.when)
    ]


def _guarded(dialect: Dialect, operation: Operation) -> list[Condition]:
    return [c for c in CONDITIONS.values() if c.name not in _ROUTED and _guards(dialect, operation, c.name)]


def _refused(profile: Profile, operation: Operation, condition: Condition) -> bool:
    form = profile.refresh_token if condition.role == "refresh_token" else profile.access_token
    never_expires = form.lifetime is None and form.lease is None
    if (condition.defect == "expired" and never_expires) or (condition.defect == "unsigned" and form.form != "jwt"):
        return False
    own = profile.operations[operation.name]
    decided = {rule.condition for rule in own.rules}
    return condition.name not in own.accepts and bool({condition.name, *broader(condition.name)} & decided)


def _attributed(dialect: Dialect, operation: Operation, condition: Condition) -> bool:
    """Tell whether a request in this condition can still be told to be for this operation, and not for another's path."""
    twins = [o for o in dialect.api.operations.values() if (o.path, o.method) == (operation.path, operation.method)]
    if twins[0] is operation:
        return True
    if condition.role == "grant_type" or condition.name.startswith("body."):
        return False
    same_grant = _grant(twins[0]) == _grant(operation)
    # Of two kinds of credentials for one grant, what names nobody is taken for the first.
    return not same_grant or condition.defect not in _NAMELESS


def _grant(operation: Operation) -> str | None:
    return next((b.const for b in operation.bound("grant_type")), None)


def _accepting(operation: Operation, condition: Condition) -> Fault:
    holds = RECOGNISERS[condition.name]

    def accepts(case: Case) -> bool:
        return case.operation.name == operation.name and holds(case)

    says = f"{operation.name} serves a request as though it were right when {condition.says}"
    return Fault(
        f"accepts:{condition.name}@{operation.name}", "verdict", f"{says}.", lambda: Distortion(accepts=accepts)
    )


def _now_and_then(operation: Operation, condition: Condition) -> Fault:
    holds = RECOGNISERS[condition.name]

    def make() -> Distortion:
        turns = itertools.count(1)

        def accepts(case: Case) -> bool:
            return case.operation.name == operation.name and holds(case) and next(turns) % _EVERY == 0

        return Distortion(accepts=accepts)

    says = f"Every third time, {operation.name} serves a request as though it were right when {condition.says}."
    return Fault(f"every-third:{condition.name}@{operation.name}", "verdict", says, make)


def _answering(operation: Operation, condition: Condition, status: int, what: str) -> Fault:
    holds = RECOGNISERS[condition.name]

    def reply(moment: Moment, right: Reply) -> Reply:
        case = moment.case
        if case is None or moment.condition is None or case.operation.name != operation.name:
            return right
        return replace(right, status=status) if holds(case) else right

    says = f"{operation.name} answers with {what} when {condition.says}."
    return Fault(
        f"answers-{status}:{condition.name}@{operation.name}", "verdict", says, lambda: Distortion(reply=reply)
    )

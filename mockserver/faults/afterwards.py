"""Faults of forgetting: a rule that is kept with what a login gave, and not after a renewal or an expiry."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from watchword.mockserver.faults.fault import Distortion, Fault
from watchword.mockserver.faults.register import left_open
from watchword.mockserver.faults.seen import Seen
from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.recognise.table import RECOGNISERS
from watchword.mockserver.state.issued import Session
from watchword.specs.applies import applicable_conditions
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.profile import Profile
from watchword.specs.vocabulary import broader

__all__ = ["forgetting_faults"]

_OVER = frozenset({"access_token.expired", "access_token.superseded", "access_token.revoked", "refresh_token.expired"})
"""What becomes of tokens with time is no rule that could be kept before: it comes of these very events."""

_TELLING = frozenset({"access_token.is_refresh_token", "refresh_token.foreign"})
"""What is wrong with the token that tells the session, and leaves it to be told."""


def forgetting_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give, for each subject of which an operation refuses something, the faults that it no longer does so afterwards."""
    if not dialect.api.with_purpose("renew"):
        return
    for operation in dialect.api.operations.values():
        if operation.purpose == "resource" and not left_open(dialect, operation, "refusals.after_renewal"):
            for subject, names in _subjects(dialect, operation, profile).items():
                yield _forgetting(operation, subject, names, "renewal", "in a session that was renewed", _renewed)
        expires = profile.access_token.lifetime is not None
        if operation.purpose == "renew" and expires and not left_open(dialect, operation, "refusals.after_expiry"):
            for subject, names in _subjects(dialect, operation, profile).items():
                when = "when the access token has expired"
                yield _forgetting(operation, subject, names, "expiry", when, _grown_old)


def _subjects(dialect: Dialect, operation: Operation, profile: Profile) -> dict[str, frozenset[str]]:
    """Give what is refused and not left open, by subject; only what leaves the session to be told."""
    own = profile.operations[operation.name]
    rules = {rule.condition for rule in own.rules}
    known = "access_token" if operation.purpose == "resource" else "refresh_token"
    found: dict[str, set[str]] = {}
    for condition in applicable_conditions(operation, dialect.api):
        name = condition.name
        if (
            condition.gravity == "security"
            and condition.concerns == "operation"
            and not condition.presumes
            and not condition.names_nobody
            and name not in _OVER
            and (condition.role != known or name in _TELLING)
            and name not in own.accepts
            and rules & {name, *broader(name)}
            and not left_open(dialect, operation, name)
        ):
            found.setdefault(condition.subject, set()).add(name)
    return {subject: frozenset(names) for subject, names in found.items()}


def _session(case: Case) -> Session | None:
    value = case.value("access_token") if case.operation.purpose == "resource" else case.value("refresh_token")
    token = case.access or case.refresh or (case.world.refresh.get(value) if isinstance(value, str) else None)
    return token.session if token is not None else None


def _renewed(case: Case) -> bool:
    session = _session(case)
    return session is not None and session.issued > 1


def _grown_old(case: Case) -> bool:
    session = _session(case)
    end = None if session is None else case.world.expiry(session.newest)
    return end is not None and case.world.clock.now() >= end


def _forgetting(
    operation: Operation, subject: str, names: frozenset[str], event: str, when: str, holds: Callable[[Case], bool]
) -> Fault:
    def accepts(case: Case) -> bool:
        return case.operation.name == operation.name and holds(case) and any(RECOGNISERS[name](case) for name in names)

    def reach(seen: Seen) -> bool:
        return seen.operation == operation.name and bool(names & seen.holds)

    says = f"{operation.name} serves a request whatever is wrong with its {subject.replace('_', ' ')} {when}."
    return Fault(
        f"after-{event}:{subject}@{operation.name}", "verdict", says, lambda: Distortion(accepts=accepts), reach
    )

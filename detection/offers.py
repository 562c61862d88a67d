"""What a register lacks where faults survive: rows to paste, operation by operation, to be reviewed like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from watchword.detection.laws import Breach
from watchword.specs.applies import why_not, why_not_guarantee
from watchword.specs.loader import Dialect
from watchword.specs.vocabulary import CONDITIONS
from watchword.specs.vocabulary.rows import draft_row

__all__ = ["GUARANTEE", "by_operation", "offers"]

GUARANTEE: Mapping[str, str] = MappingProxyType(
    {
        "another-user": "access_token.names_user",
        "any-in-body": "refusals.in_body",
        "constant": "tokens.distinct_logins",
        "dead-refresh-token": "refresh_token.works",
        "dead-token": "access_token.works",
        "echoes-secrets": "reply.no_credentials",
        "ends-early": "expiry.holds",
        "ends-other-sessions": "sessions.independent",
        "first-session-only": "sessions.each_works",
        "lives-longer": "expiry.holds",
        "milliseconds": "expiry.in_seconds",
        "old-access-token": "renew.new_access_token",
        "one-for-both": "tokens.differ",
        "one-use": "access_token.works_again",
        "only-before-expiry": "renew.works_after_expiry",
        "only-once": "renew.chains",
        "past": "expiry.in_future",
        "revokes-all-the-same": "revoke.spares_others",
        "stale": "renew.extends",
        "takes-basic-as-it-stands": "basic.form_encoded",
    }
)
"""Kind of fault → the guarantee that it breaks, where that is one and the same at every operation."""


def _parts(fault: str) -> tuple[str, str, str]:
    """Give kind, subject and operation of a fault by its name, `kind:subject@operation`; what it lacks is empty."""
    told, _, operation = fault.partition("@")
    kind, _, subject = told.partition(":")
    return kind, subject, operation


def by_operation(survivors: list[Breach], dialect: Dialect) -> Iterator[tuple[str, list[Breach]]]:
    """Put the survivors together by the operation that they are at, in the order of the description; the others come last."""
    names = [*dialect.api.operations, ""]
    groups: dict[str, list[Breach]] = {name: [] for name in names}
    for breach in survivors:
        operation = _parts(breach.what)[2]
        groups[operation if operation in groups else ""].append(breach)
    return ((name, groups[name]) for name in names if groups[name])


def offers(survivors: list[Breach], dialect: Dialect) -> list[str]:
    """Draft the rows that survivors of one operation want, one for each condition or guarantee that no clause there names."""
    rows: dict[str, str] = {}
    for breach in survivors:
        kind, subject, name = _parts(breach.what)
        operation = dialect.api.operations.get(name)
        if operation is None:
            continue
        if subject in CONDITIONS and not why_not(CONDITIONS[subject], operation, dialect.api):
            word = subject
        elif kind in GUARANTEE and not why_not_guarantee(GUARANTEE[kind], operation):
            word = GUARANTEE[kind]
        else:
            continue
        here = [clause for clause in dialect.clauses if clause.operation == name]
        if not any(word in (*clause.when, clause.guarantee) for clause in here):
            rows.setdefault(word, draft_row(word, name))
    return list(rows.values())

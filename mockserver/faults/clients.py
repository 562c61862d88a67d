"""Faults about clients: what is taken for right in a body, and what one client can do to the tokens of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.faults.register import left_open
from watchword.mockserver.faults.seen import Seen
from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.recognise.table import RECOGNISERS
from watchword.specs.codec import Reading, basic_sent
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply
from watchword.specs.values.profile import Profile

__all__ = ["client_faults"]

_IN_BODY = "basic.in_body"
_WRONG = {"client_id": "client_id.unknown", "client_secret": "client_secret.wrong"}
"""What stands in Basic, and the condition that it is another one."""


def client_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults of operations that take a client's credentials in the body, and of those that revoke."""
    if profile.form_encoded_basic:
        for operation in dialect.api.with_purpose("issue"):
            wants = any(b.place == "basic" and b.encoded for b in operation.bindings) and not operation.optional
            if wants and not left_open(dialect, operation, "basic.form_encoded"):
                yield _taking_as_it_stands(operation)
    for operation in dialect.api.operations.values():
        own = profile.operations[operation.name]
        if _IN_BODY in own.accepts:
            for role, condition in _WRONG.items():
                if operation.place(role) == "basic" and not left_open(dialect, operation, "refusals.in_body"):
                    yield _unchecked(operation, role, condition)
        if operation.purpose == "revoke" and not left_open(dialect, operation, "revoke.spares_others"):
            refused = {rule.condition for rule in own.rules}
            for name in sorted(refused & {"access_token.other_client", "refresh_token.other_client"}):
                yield _revoking_all_the_same(operation, name)


def _taking_as_it_stands(operation: Operation) -> Fault:
    def read(reading: Reading) -> Reading:
        return replace(reading, basic=basic_sent(reading)) if reading.operation.name == operation.name else reading

    says = f"{operation.name} takes Basic credentials as they stand, where they are encoded as in a form."
    name = f"takes-basic-as-it-stands@{operation.name}"
    return Fault(name, "dialect", says, lambda: Distortion(read=read), lambda seen: seen.operation == operation.name)


def _unchecked(operation: Operation, role: str, condition: str) -> Fault:
    def holds(case: Case) -> bool:
        return case.operation.name == operation.name and all(RECOGNISERS[n](case) for n in (_IN_BODY, condition))

    says = f"{operation.name} takes any {role} where the credentials travel in the body."
    name = f"any-in-body:{role}@{operation.name}"
    return Fault(name, "verdict", says, lambda: Distortion(accepts=holds), _both(operation, _IN_BODY, condition))


def _both(operation: Operation, *names: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.operation == operation.name and seen.holds.issuperset(names)


def _revoking_all_the_same(operation: Operation, condition: str) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        case = moment.case
        if case is not None and case.operation.name == operation.name and moment.condition == condition:
            if case.access is not None:
                case.access.revoked = True
            if case.refresh is not None:
                case.refresh.revoked = True
                case.world.end(case.refresh.session)
        return right

    says = f"{operation.name} refuses a client that presents the token of another, and revokes it all the same."
    name = f"revokes-all-the-same@{operation.name}"
    reach = _both(operation, condition)
    return Fault(name, "dialect", says, lambda: Distortion(reply=reply), reach)

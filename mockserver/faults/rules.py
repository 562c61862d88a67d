"""Faults of the dialect: tokens, expiries and sessions that are not what the server says they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.faults.register import left_open
from watchword.mockserver.faults.seen import Reach, aging, anything, expired, presenting, renewing, serving
from watchword.mockserver.faults.sessions import login_faults, renewal_faults
from watchword.mockserver.faults.template import FaultTemplate, Kinds
from watchword.mockserver.faults.tokens import expiry_faults, token_faults
from watchword.mockserver.rules.case import Case
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply
from watchword.specs.values.profile import Profile

__all__ = ["dialect_faults"]


def dialect_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults about tokens and time, apart from what the register leaves open."""
    yield from _lifetimes(profile, _kinds(dialect, profile))
    for operation in dialect.api.operations.values():
        shows = _kinds(dialect, profile, operation)
        for template in _templates(dialect, operation, profile):
            if not (template.against and left_open(dialect, operation, *template.against)):
                yield template.at(operation, shows)
        if operation.purpose == "resource" and not left_open(dialect, operation, "access_token.works_again"):
            yield _one_use(operation)


def _kinds(dialect: Dialect, profile: Profile, at: Operation | None = None) -> Kinds:
    if profile.relogin != "new_tokens":
        # A login that gives what there is already tells what has become of that, too.
        return {}
    operations = dialect.api.operations.values()
    return {
        "with its token": presenting,
        "with its refresh token": renewing,
        "with time": aging(operations),
        "after its expiry": expired(operations),
        "with the next": lambda seen: seen.again and (at is None or seen.operation == at.name),
        "with the next renewal": lambda seen: seen.renewed and (at is None or seen.operation == at.name),
    }


def _templates(dialect: Dialect, operation: Operation, profile: Profile) -> Iterator[FaultTemplate]:
    template = profile.operations[operation.name].reply
    members = operation.success.members if operation.success is not None else ()
    gives = {m.role for m in members if m.role and m.name in template.members}
    told = any(op.claims or "subject" in op.gives for op in dialect.api.operations.values())
    if operation.purpose in ("issue", "renew"):
        yield from token_faults(operation, gives, told)
        yield from expiry_faults(gives, profile.access_token.form == "jwt")
    if operation.purpose == "issue":
        yield from login_faults(operation)
    if operation.purpose == "renew":
        yield from renewal_faults(gives)


def _lifetimes(profile: Profile, shows: Kinds) -> Iterator[Fault]:
    def at_once(own: Profile) -> Profile:
        return replace(own, access_token=replace(own.access_token, lease=1))

    def never(own: Profile) -> Profile:
        operations = {
            name: replace(op, rules=tuple(r for r in op.rules if r.condition != "access_token.expired"))
            for name, op in own.operations.items()
        }
        return replace(own, operations=operations)

    if profile.access_token.lifetime is not None:
        says = "The server forgets access tokens a second after it has issued them."
        yield _lifetime("expires-at-once", says, at_once, shows.get("with time", anything))
        yield _lifetime("never-expires", "Access tokens work for ever.", never, shows.get("after its expiry", anything))


def _lifetime(name: str, says: str, change: Callable[[Profile], Profile], shows: Reach) -> Fault:
    return Fault(name, "dialect", says, lambda: Distortion(profile=change), shows=(shows,))


def _one_use(operation: Operation) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        case = moment.case
        if moment.condition is None and _is_at(case, operation) and case is not None and case.access:
            case.world.access.pop(case.access.value, None)
        return right

    says = f"An access token opens {operation.name} once and never again."
    return Fault(f"one-use@{operation.name}", "dialect", says, lambda: Distortion(reply=reply), serving(operation))


def _is_at(case: Case | None, operation: Operation) -> bool:
    return case is not None and case.operation.name == operation.name

"""Faults of operations that revoke, and of scopes that grow: what goes on working, and what a renewal adds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from watchword.mockserver.faults.damage import serves
from watchword.mockserver.faults.fault import Distortion, Fault, Moment, Values
from watchword.mockserver.faults.register import left_open
from watchword.mockserver.faults.seen import Seen, looking, member_named, presenting, serving
from watchword.mockserver.rules.case import Case
from watchword.mockserver.state.world import World
from watchword.specs.loader import Dialect
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply

__all__ = ["lasting_faults"]


def lasting_faults(dialect: Dialect) -> Iterator[Fault]:
    """Give the faults of what a revocation leaves and a renewal widens, apart from what the register leaves open."""
    revocations = dialect.api.with_purpose("revoke")
    ends_access = any(op.bound("access_token") for op in revocations)
    for operation in revocations:
        if ends_access and operation.bound("refresh_token"):
            if not left_open(dialect, operation, "revoke.ends_access"):
                yield _sparing_access(operation)
            if not left_open(dialect, operation, "revoke.minds_no_hint"):
                yield _minding_hints(operation)
    for operation in dialect.api.with_purpose("renew"):
        if operation.bound("scope") and not left_open(dialect, operation, "renew.widens_nothing"):
            yield _widening(operation)


def _sparing_access(operation: Operation) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        case = moment.case
        if case is not None and case.refresh is not None and serves(moment, operation):
            # The renewal is shut all the same: the refresh token is marked as revoked.
            case.refresh.session.ended = False
        return right

    says = f"{operation.name} leaves the access token working that came with the refresh token."
    return _lasting(operation, "spares-access", says, reply)


def _minding_hints(operation: Operation) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        case = moment.case
        here = case is not None and case.operation.name == operation.name
        token = case.world.presented(str(case.value("refresh_token"))) if here and case is not None else None
        if token is not None:
            token.revoked = False
        return right

    says = (
        f"{operation.name} answers that an access token is revoked, and leaves it working, for its hint says otherwise."
    )
    return _lasting(operation, "minds-hint", says, reply)


def _lasting(operation: Operation, name: str, says: str, reply: Callable[[Moment, Reply], Reply]) -> Fault:
    def tries(seen: Seen) -> bool:
        return presenting(seen) and seen.operation != operation.name

    make, reach = (lambda: Distortion(reply=reply)), serving(operation)
    return Fault(f"{name}@{operation.name}", "dialect", says, make, reach, shows=(tries,))


def _widening(operation: Operation) -> Fault:
    def values(case: Case, world: World, right: Values) -> Values:
        if case.operation.name != operation.name or not case.asked_scopes:
            return right
        return {**right, "scope": " ".join(case.asked_scopes)}

    says = f"{operation.name} gives whatever scopes are asked for."
    listed = operation.success.members if operation.success is not None else ()
    reach = serving(operation)
    shows = looking(reach, *(member_named(one.name) for one in listed if one.role == "scope"))
    name = f"widens-scopes@{operation.name}"
    return Fault(name, "dialect", says, lambda: Distortion(values=values), reach, shows=(shows,))

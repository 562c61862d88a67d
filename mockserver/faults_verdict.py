"""Faults of the verdict: a condition is taken as fine, always or every third time; or it is answered with another status."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

from watchword.mockserver.case import Case
from watchword.mockserver.fault import Distortion, Fault, Moment, holding
from watchword.mockserver.recognise import RECOGNISERS
from watchword.mockserver.routes import route
from watchword.specs.loader import Dialect
from watchword.specs.model import Api, Clause, Operation
from watchword.specs.profile import Profile
from watchword.specs.vocabulary import CONDITIONS, Condition, broader
from watchword.specs.wire import Reply, Request

__all__ = ["verdict_faults"]

_PERIOD = 3
_ANSWERS = ((500, "a server error"), (200, "200 and the body of the refusal"), (302, "a redirection to another page"))
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
            yield _accepting(dialect.api, operation, condition)
        for condition in {c.name.partition(".")[0]: c for c in reversed(guarded) if c.name not in _ROUTES}.values():
            yield _now_and_then(operation, condition)
        for condition in guarded:
            alone = [c for c in _guards(dialect, operation, condition.name) if c.when == (condition.name,)]
            for status, what in (*_ANSWERS, *_others(operation, profile)):
                # Only an answer that some clause speaks against is a lie.
                if any(not clause.expect.accepts_status(status) for clause in alone):
                    yield _answering(operation, condition, status, what)


def _others(operation: Operation, profile: Profile) -> list[tuple[int, str]]:
    """Give the first refusal that the operation describes and whose status the profile has no use for there."""
    used = {rule.reply.status for rule in profile.operations[operation.name].rules}
    numbers = sorted(int(s) for s in operation.replies if s.isdigit() and s.startswith("4"))
    free = [n for n in numbers if n not in used] or numbers[-1:]
    return [(n, f"{n}, which is described for other refusals") for n in free[:1]]


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
    return [c for c in CONDITIONS.values() if _guards(dialect, operation, c.name)]


def _refused(profile: Profile, operation: Operation, condition: Condition) -> bool:
    if condition.name in _ROUTES:
        return True
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
    if condition.role == "grant_type" or condition.name.startswith("body.") or condition.name in _ROUTES:
        return False
    same_grant = _grant(twins[0]) == _grant(operation)
    # Of two kinds of credentials for one grant, what names nobody is taken for the first.
    return not same_grant or condition.defect not in _NAMELESS


def _grant(operation: Operation) -> str | None:
    return next((b.const for b in operation.bound("grant_type")), None)


def _accepting(api: Api, operation: Operation, condition: Condition) -> Fault:
    holds = RECOGNISERS[condition.name]

    def accepts(case: Case) -> bool:
        return case.operation.name == operation.name and holds(case)

    says = f"{operation.name} serves a request as though it were right when {condition.says}."
    distortion = (
        Distortion(request=_ROUTES[condition.name](api, operation))
        if condition.name in _ROUTES
        else Distortion(accepts=accepts)
    )
    return Fault(
        f"accepts:{condition.name}@{operation.name}", "verdict", says, lambda: distortion, _reach(operation, condition)
    )


def _reach(operation: Operation, condition: Condition) -> Callable[..., bool]:
    if condition.name == "path.alternative":
        return lambda seen: seen.condition == condition.name
    return holding(operation, condition.name)


def _any_method(api: Api, operation: Operation) -> Callable[[Request], Request]:
    there = route(operation, api.bases)
    described = {o.method for o in api.operations.values() if o.path == operation.path}

    def request(sent: Request) -> Request:
        wrong = sent.method not in described and there.read(sent.path) is not None
        return replace(sent, method=operation.method) if wrong else sent

    return request


def _other_path(api: Api, operation: Operation) -> Callable[[Request], Request]:
    base = api.bases[operation.base]
    others = {base + path for path in operation.alternative_paths}
    return lambda sent: replace(sent, path=base + operation.path) if sent.path in others else sent


_ROUTES: dict[str, Callable[[Api, Operation], Callable[[Request], Request]]] = {
    "method.wrong": _any_method,
    "path.alternative": _other_path,
}
"""What the router meets before any operation does: a request that goes astray is sent the right way."""


def _now_and_then(operation: Operation, condition: Condition) -> Fault:
    holds = RECOGNISERS[condition.name]

    def make() -> Distortion:
        turns = itertools.count(1)

        def accepts(case: Case) -> bool:
            return case.operation.name == operation.name and holds(case) and next(turns) % _PERIOD == 0

        return Distortion(accepts=accepts)

    says = f"Every third time, {operation.name} serves a request as though it were right when {condition.says}."
    name = f"every-third:{condition.name}@{operation.name}"
    return Fault(name, "verdict", says, make, _reach(operation, condition), _PERIOD)


def _answering(operation: Operation, condition: Condition, status: int, what: str) -> Fault:
    holds = RECOGNISERS[condition.name]

    def here(moment: Moment) -> bool:
        if moment.condition is None:
            return False
        if condition.name in _ROUTES:
            return moment.condition == condition.name and moment.operation in (None, operation)
        return moment.case is not None and moment.case.operation.name == operation.name and holds(moment.case)

    def reply(moment: Moment, right: Reply) -> Reply:
        if not here(moment):
            return right
        if status // 100 == 3:
            return Reply(status, (("Location", "/login"),))
        return replace(right, status=status)

    says = f"{operation.name} answers with {what} when {condition.says}."
    name = f"answers-{status}:{condition.name}@{operation.name}"
    return Fault(name, "verdict", says, lambda: Distortion(reply=reply), _reach(operation, condition))

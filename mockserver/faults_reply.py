"""Faults of the reply: members missing, of the wrong type or damaged, headers wrong, right requests not served."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from watchword.mockserver.fault import Distortion, Fault, Moment, refusing, serving
from watchword.specs.loader import Dialect
from watchword.specs.model import Member, Operation
from watchword.specs.profile import Profile
from watchword.specs.wire import Reply

__all__ = ["reply_faults"]

_SECRETS = ("password", "client_secret", "operator_password")
_PERIOD = 3
_Change = Callable[[dict[str, Any]], dict[str, Any]]


def reply_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults that damage replies."""
    for operation in dialect.api.operations.values():
        template = profile.operations[operation.name].reply
        yield _status(operation, 403, "refuses every right request with 403")
        yield _status(operation, 500, "answers every right request with 500")
        yield _now_and_then(operation)
        if operation.success is not None and template.members:
            described = {m.name: m for m in operation.success.members}
            for name in template.members:
                yield from _member_faults(operation, described[name])
                if described[name].role == "subject":
                    yield _another_subject(operation, name)
            yield _header(
                operation, "Content-Type", "text/html; charset=utf-8", "calls its reply to a right request HTML"
            )
            if any(operation.bound(role) for role in _SECRETS):
                yield _echo(operation)
        if template.headers.get("Cache-Control"):
            yield _header(operation, "Cache-Control", None, "leaves Cache-Control out of its reply to a right request")
        yield from _refusal_headers(operation, profile)


def _serves(moment: Moment, operation: Operation) -> bool:
    return moment.condition is None and moment.operation is not None and moment.operation.name == operation.name


def _status(operation: Operation, status: int, what: str) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        if not _serves(moment, operation):
            return right
        return _out_of_order(status)

    return _served(operation, f"right-{status}", what, reply)


def _now_and_then(operation: Operation) -> Fault:
    def make() -> Distortion:
        turns = itertools.count(1)

        def reply(moment: Moment, right: Reply) -> Reply:
            fails = _serves(moment, operation) and next(turns) % _PERIOD == 0
            return _out_of_order(500) if fails else right

        return Distortion(reply=reply)

    says = f"{operation.name} answers every third right request with 500."
    return Fault(f"every-third:right-500@{operation.name}", "reply", says, make, serving(operation), _PERIOD)


def _served(operation: Operation, name: str, what: str, reply: Callable[[Moment, Reply], Reply]) -> Fault:
    says = f"{operation.name} {what}."
    return Fault(f"{name}@{operation.name}", "reply", says, lambda: Distortion(reply=reply), serving(operation))


def _out_of_order(status: int) -> Reply:
    return Reply(status, (("Content-Type", "text/plain; charset=utf-8"),), b"out of order\n")


def _member_faults(operation: Operation, member: Member) -> Iterator[Fault]:
    name = member.name

    def without(body: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in body.items() if key != name}

    def with_value(change: Callable[[Any], Any]) -> _Change:
        return lambda body: {key: change(value) if key == name else value for key, value in body.items()}

    yield _edited(operation, f"missing:{name}", f"leaves {name} out of its reply", without)
    yield _edited(operation, f"null:{name}", f"gives null as {name}", with_value(lambda value: None))
    if "string" in member.types:
        yield _edited(operation, f"empty:{name}", f"gives the empty string as {name}", with_value(lambda value: ""))
        yield _edited(operation, f"number:{name}", f"gives a number as {name}", with_value(lambda value: 7))
    else:
        yield _edited(operation, f"text:{name}", f"gives {name} as text", with_value(str))
        if {"integer", "number"} & set(member.types):
            halved = with_value(lambda value: value + 0.5)
            yield _edited(operation, f"fraction:{name}", f"gives {name} with a fraction", halved)


def _another_subject(operation: Operation, name: str) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        if not _serves(moment, operation) or moment.case is None or name not in right.members:
            return right
        others = [a.username for a in moment.case.world.data.accounts if a.username != right.members[name]]
        return replace(right, body=json.dumps({**right.members, name: others[0]}).encode()) if others else right

    return _served(operation, f"another-user:{name}", f"names another user as {name}", reply)


def _edited(operation: Operation, name: str, what: str, change: _Change) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        if not _serves(moment, operation) or not right.members:
            return right
        return replace(right, body=json.dumps(change(right.members)).encode())

    return _served(operation, name, what, reply)


def _echo(operation: Operation) -> Fault:
    secrets = [role for role in _SECRETS if operation.bound(role)]

    def reply(moment: Moment, right: Reply) -> Reply:
        if not _serves(moment, operation) or moment.case is None:
            return right
        echoed = {"request": {role: moment.case.value(role) for role in secrets}}
        return replace(right, body=json.dumps({**right.members, **echoed}).encode())

    return _served(operation, "echoes-secrets", "repeats the secrets of the request in its reply", reply)


def _header(operation: Operation, name: str, value: str | None, what: str) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        return _with_header(right, name, value) if _serves(moment, operation) else right

    return _served(operation, f"header-{name.lower()}", what, reply)


def _with_header(reply: Reply, name: str, value: str | None) -> Reply:
    kept = tuple((k, v) for k, v in reply.headers if k.lower() != name.lower())
    return replace(reply, headers=kept if value is None else (*kept, (name, value)))


def _refusal_headers(operation: Operation, profile: Profile) -> Iterator[Fault]:
    rules = profile.operations[operation.name].rules
    if any("WWW-Authenticate" in rule.reply.headers for rule in rules):
        yield _refusal_header(operation, "WWW-Authenticate", None, "leaves WWW-Authenticate out of its refusals")
    if any(rule.reply.json is not None for rule in rules):
        html = "text/html; charset=utf-8"
        yield _refusal_header(operation, "Content-Type", html, "calls its refusals HTML")
    if "Allow" in profile.unknown_method.headers and operation.purpose != "resource":
        yield _refusal_header(operation, "Allow", None, "leaves Allow out of its answer to a wrong method")


def _refusal_header(operation: Operation, name: str, value: str | None, what: str) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        here = moment.operation is not None and moment.operation.name == operation.name
        return _with_header(right, name, value) if here and moment.condition is not None else right

    label, says = f"refusal-{name.lower()}@{operation.name}", f"{operation.name} {what}."
    return Fault(label, "reply", says, lambda: Distortion(reply=reply), refusing(operation))

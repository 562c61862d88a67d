"""Faults of the reply: members missing, of the wrong type or damaged, headers wrong, right requests not served."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from watchword.mockserver.faults.damage import Change, edited, served, serves
from watchword.mockserver.faults.fault import Distortion, Fault, Moment
from watchword.mockserver.faults.register import left_open, speaking, twins
from watchword.mockserver.faults.seen import Reach, header_named, holding, looking, member_named, refusing, serving
from watchword.specs.loader import Dialect
from watchword.specs.values.api import JSON, Api, Member, Operation
from watchword.specs.values.clause import Expectation
from watchword.specs.values.http import Reply
from watchword.specs.values.profile import Profile, ReplyTemplate

__all__ = ["reply_faults"]

_PERIOD = 3
_TYPE = "Content-Type"
_TOKENS = frozenset({"access_token", "refresh_token"})
"""What a refusal with a token is, has a fault of its own."""


def reply_faults(dialect: Dialect, profile: Profile) -> Iterator[Fault]:
    """Give the faults that damage what the description requires of replies, or a clause expects of them."""
    for operation in dialect.api.operations.values():
        clauses = speaking(dialect, operation, lambda clause: True)
        template = profile.operations[operation.name].reply
        if not operation.optional:
            # What need not be there may be refused.
            yield _status(operation, 403, "refuses every right request with 403")
        elif operation.purpose == "issue" and any(
            m.role == "error" for s in operation.replies.values() for m in s.members
        ):
            yield _invalid_grant(operation)
        yield _status(operation, 500, "answers every right request with 500")
        yield _now_and_then(operation)
        yield from _content_faults(operation, template, [c.expect for c in clauses if not c.when])
        if operation.success is not None and template.members:
            told = not left_open(dialect, operation, "access_token.names_user", "renew.keeps_user")
            for member in operation.success.members:
                if member.role == "subject" and member.name in template.members and told:
                    yield _another_subject(operation, member.name)
            html = "text/html; charset=utf-8"
            yield _header(operation, _TYPE, html, "calls its reply to a right request HTML")
        guarantees = {clause.guarantee for clause in clauses}
        if "reply.no_credentials" in guarantees:
            yield _echo(operation)
        free = next((status for status in (203, 202, 206) if operation.shape(status) is None), None)
        if free is not None and "contract.conforms" in guarantees:
            yield _undescribed(operation, free)
        if "refusals.no_tokens" in guarantees:
            yield _telling(dialect.api, operation)
        for role in sorted({role for c in clauses if c.when for role in c.expect.absent} - _TOKENS):
            yield _told_all_the_same(operation, role)
        yield from _refusal_headers(dialect, operation, profile, [c.expect for c in clauses if c.when])


def _content_faults(operation: Operation, template: ReplyTemplate, expected: Sequence[Expectation]) -> Iterator[Fault]:
    named = {role for expectation in expected for role in expectation.present}
    for member in operation.success.members if operation.success is not None else ():
        if member.name in template.members:
            yield from _member_faults(operation, member, member.role in named)
    for name in template.headers:
        if any(name in expectation.headers for expectation in expected):
            yield _header(operation, name, None, f"leaves {name} out of its reply to a right request")
    for role in sorted({role for expectation in expected for role in expectation.absent}):
        yield _superfluous(operation, role)


def _status(operation: Operation, status: int, what: str) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        if not serves(moment, operation):
            return right
        return _out_of_order(status)

    return served(operation, f"right-{status}", what, reply)


def _invalid_grant(operation: Operation) -> Fault:
    name = next(m.name for shape in operation.replies.values() for m in shape.members if m.role == "error")
    refusal = Reply(400, ((_TYPE, JSON),), json.dumps({name: "invalid_grant"}).encode())

    def reply(moment: Moment, right: Reply) -> Reply:
        return refusal if serves(moment, operation) else right

    return served(operation, "right-invalid-grant", "takes the right credentials for wrong ones", reply)


def _now_and_then(operation: Operation) -> Fault:
    def make() -> Distortion:
        turns = {"met": 0}

        def reply(moment: Moment, right: Reply) -> Reply:
            if not serves(moment, operation):
                return right
            turns["met"] += 1
            return right if turns["met"] % _PERIOD else _out_of_order(500)

        return Distortion(reply=reply, memory=turns)

    says = f"{operation.name} answers every third right request with 500."
    return Fault(f"every-third:right-500@{operation.name}", "reply", says, make, serving(operation), _PERIOD)


def _out_of_order(status: int) -> Reply:
    return Reply(status, ((_TYPE, "text/plain; charset=utf-8"),), b"out of order\n")


def _member_faults(operation: Operation, member: Member, named: bool) -> Iterator[Fault]:
    """Give the faults of one member. `named` says that a clause wants it to be there and to have a value."""
    name = member.name

    def without(body: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in body.items() if key != name}

    def with_value(change: Callable[[Any], Any]) -> Change:
        return lambda body: {key: change(value) if key == name else value for key, value in body.items()}

    if member.required or named:
        yield edited(operation, f"missing:{name}", f"leaves {name} out of its reply", without, name)
    yield edited(operation, f"null:{name}", f"gives null as {name}", with_value(lambda value: None), name)
    if "string" in member.types:
        if named:
            yield edited(
                operation, f"empty:{name}", f"gives the empty string as {name}", with_value(lambda value: ""), name
            )
        yield edited(operation, f"number:{name}", f"gives a number as {name}", with_value(lambda value: 7), name)
    else:
        yield edited(operation, f"text:{name}", f"gives {name} as text", with_value(str), name)
        if member.role and "boolean" in member.types:
            opposite = with_value(lambda value: not value)
            yield edited(operation, f"opposite:{name}", f"gives the opposite as {name}", opposite, name)
        if {"integer", "number"} & set(member.types):
            halved = with_value(lambda value: value + 0.5)
            yield edited(operation, f"fraction:{name}", f"gives {name} with a fraction", halved, name)


def _another_subject(operation: Operation, name: str) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        if not serves(moment, operation) or moment.case is None or name not in right.members:
            return right
        others = [a.username for a in moment.case.world.data.accounts if a.username != right.members[name]]
        return replace(right, body=json.dumps({**right.members, name: others[0]}).encode()) if others else right

    return served(operation, f"another-user:{name}", f"names another user as {name}", reply, member_named(name))


def _echo(operation: Operation) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        if not serves(moment, operation) or moment.case is None:
            return right
        data = moment.case.world.data
        secrets = [*(a.password for a in data.accounts), *(c.client_secret for c in data.clients)]
        body = json.dumps({**right.members, "known": secrets}).encode()
        return replace(_with_header(right, _TYPE, JSON), body=body)

    return served(
        operation,
        "echoes-secrets",
        "tells passwords and client secrets in its reply",
        reply,
        member_named("known"),
        header_named(_TYPE),
    )


def _superfluous(operation: Operation, role: str) -> Fault:
    names = [m.name for shape in operation.replies.values() for m in shape.members if m.role == role][:1] or [role]

    def reply(moment: Moment, right: Reply) -> Reply:
        if not serves(moment, operation) or not right.members:
            return right
        return replace(right, body=json.dumps({**right.members, names[0]: "superfluous"}).encode())

    return served(
        operation, f"superfluous:{names[0]}", f"gives a {names[0]} where none belongs", reply, member_named(names[0])
    )


def _told_all_the_same(operation: Operation, role: str) -> Fault:
    names = [m.name for shape in operation.replies.values() for m in shape.members if m.role == role]

    def reply(moment: Moment, right: Reply) -> Reply:
        here = moment.operation is not None and moment.operation.name == operation.name
        if not here or moment.condition is None:
            return right
        body = json.dumps({**right.members, names[0]: "superfluous"}).encode()
        return replace(_with_header(right, _TYPE, JSON), body=body)

    says = f"{operation.name} refuses, and gives a {names[0]} all the same."
    name = f"refusal-with-{role}@{operation.name}"
    reach = refusing(operation)
    shows = looking(reach, member_named(names[0]), header_named(_TYPE))
    return Fault(name, "reply", says, lambda: Distortion(reply=reply), reach, shows=(shows,))


def _undescribed(operation: Operation, free: int) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        return replace(right, status=free) if serves(moment, operation) else right

    return served(operation, f"right-{free}", f"answers every right request with {free}, which is not described", reply)


def _telling(api: Api, operation: Operation) -> Fault:
    giving = [operation, *api.with_purpose("issue")]
    shapes = [shape for op in giving for shape in op.replies.values()]
    members = [m.name for shape in shapes for m in shape.members if m.role == "access_token"][:1]

    def reply(moment: Moment, right: Reply) -> Reply:
        here = moment.operation is not None and moment.operation.name == operation.name
        if not here or moment.condition is None or moment.case is None:
            return right
        case = moment.case
        account = case.world.data.accounts[0]
        token = case.world.mint_access(case.world.begin(account, None, None, ()), "")
        body = json.dumps({**right.members, **dict.fromkeys(members, token.value)}).encode()
        return replace(_with_header(right, _TYPE, JSON), body=body)

    says = f"{operation.name} refuses, and gives an access token all the same."
    return Fault(
        f"refusal-with-token@{operation.name}", "reply", says, lambda: Distortion(reply=reply), refusing(operation)
    )


def _header(operation: Operation, name: str, value: str | None, what: str) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        return _with_header(right, name, value) if serves(moment, operation) else right

    return served(operation, f"header-{name.lower()}", what, reply, header_named(name))


def _with_header(reply: Reply, name: str, value: str | None) -> Reply:
    kept = tuple((k, v) for k, v in reply.headers if k.lower() != name.lower())
    return replace(reply, headers=kept if value is None else (*kept, (name, value)))


def _refusal_headers(
    dialect: Dialect, operation: Operation, profile: Profile, expected: Sequence[Expectation]
) -> Iterator[Fault]:
    rules, refused = profile.operations[operation.name].rules, refusing(operation)
    challenged = any("WWW-Authenticate" in expectation.headers for expectation in expected)
    if challenged and any("WWW-Authenticate" in rule.reply.headers for rule in rules):
        yield _refusal_header(
            operation, "WWW-Authenticate", None, "leaves WWW-Authenticate out of its refusals", refused
        )
    typed = any(expectation.content_type for expectation in expected)
    if typed and any(rule.reply.json is not None for rule in rules):
        html = "text/html; charset=utf-8"
        yield _refusal_header(operation, _TYPE, html, "calls its refusals HTML", refused)
    routed = operation.purpose != "resource" and twins(dialect, operation)[0] is operation
    if routed and "Allow" in profile.unknown_method.headers:
        what = "leaves Allow out of its answer to a wrong method"
        yield _refusal_header(operation, "Allow", None, what, holding(operation, "method.wrong"))


def _refusal_header(operation: Operation, name: str, value: str | None, what: str, reach: Reach) -> Fault:
    def reply(moment: Moment, right: Reply) -> Reply:
        here = moment.operation is not None and moment.operation.name == operation.name
        return _with_header(right, name, value) if here and moment.condition is not None else right

    label, says = f"refusal-{name.lower()}@{operation.name}", f"{operation.name} {what}."
    shows = looking(reach, header_named(name))
    return Fault(label, "reply", says, lambda: Distortion(reply=reply), reach, shows=(shows,))

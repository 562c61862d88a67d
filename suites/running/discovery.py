"""Discovery: where the endpoints are, as the metadata of the issuer say that the target file names (RFC 8414).

Metadata are fetched without credentials, from the issuer's own origin, and no redirect is followed. They tell paths, and never
another host: credentials go to the base URL of the target, which is the issuer's origin or what the file says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from watchword.specs.errors import SpecError
from watchword.specs.placing import Endpoints
from watchword.specs.values.api import FORM, Operation
from watchword.specs.values.http import Reply
from watchword.specs.vocabulary import NAMED_ENDPOINTS
from watchword.suites.acting.context import Context
from watchword.suites.acting.steps import Call, Halt
from watchword.suites.endpoints import below
from watchword.suites.running.examining import Examination, PreflightError, place_of
from watchword.suites.running.network import unreachable
from watchword.suites.running.refusals import redirect
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.origin import read_origin
from watchword.suites.sending.unreachable import Unreachable

__all__ = ["discover"]

_BY_HAND = "or leave issuer out, and name the endpoints under [endpoints]"


def discover(x: Examination) -> None:
    """Place the endpoints where the metadata have them, apart from those that the target file names.

    Raises:
        PreflightError: there are no metadata, they are another issuer's, or name what cannot be used.
    """
    session = x.session
    target = session.target
    left = list(_left(session))
    if not target.discovers or not left:
        return
    told = _fetched(session)
    found: dict[str, str | bool] = {}
    for role, operation in left:
        named = told.get(role)
        if named in (None, ""):
            if "issue" in NAMED_ENDPOINTS[role]:
                raise _unusable(
                    session, f"name no {role}", f'say where it is under [endpoints], as {operation.endpoint} = "/…"'
                )
            found[operation.endpoint] = False
        else:
            found[operation.endpoint] = _path(session, role, operation, named)
    _place(session, found)
    x.good(f"the metadata of {target.issuer} name {', '.join(_said(name, where) for name, where in found.items())}")


def _said(name: str, where: str | bool) -> str:
    return f"{name} {where}" if where else f"no {name}"


def _left(session: TargetSession) -> Iterator[tuple[str, Operation]]:
    """Give the endpoints that the target file says nothing of, each with the role that metadata have for it."""
    seen = set()
    for role, purposes in NAMED_ENDPOINTS.items():
        for operation in session.target.dialect.api.operations.values():
            standard = bool(operation.bound("grant_type")) if "issue" in purposes else operation.media_type == FORM
            if operation.purpose in purposes and standard and operation.endpoint not in seen:
                seen.add(operation.endpoint)
                if operation.endpoint not in session.target.endpoints:
                    yield role, operation


def _fetched(session: TargetSession) -> Mapping[str, object]:
    target = session.target
    operation = target.dialect.api.with_purpose("metadata")[0]
    context = Context(target, operation, session.tag)
    try:
        exchange = session.probe.send(Call(context.write(operation, {}), "prepare", "preflight"))
    except Halt as halt:
        raise PreflightError(f"{place_of(session)}: {halt.reason}") from halt
    reply = exchange.reply
    base = target.base(operation.base)
    if reply is None:
        kind, _, detail = exchange.trouble.partition(": ")
        raise unreachable(session, base, kind, detail)
    asked = f"{place_of(session)}: {base}{exchange.request.path}"
    if 300 <= reply.status < 400:
        there = redirect(reply.header("location"))
        raise PreflightError(
            f"{asked} redirects to {there}, and is not followed: name the issuer whose metadata are there, {_BY_HAND}"
        )
    if reply.status != 200 or not reply.members:
        raise PreflightError(
            f"{asked} has no metadata of {target.issuer} ({_seen(reply)}): check target.issuer, {_BY_HAND}"
        )
    told = operation.read_reply(reply.members)
    if told.get("issuer") != target.issuer:
        # RFC 8414 section 3.3: they must not be used.
        raise _unusable(
            session,
            f"are those of {told.get('issuer')!r}"[:200],
            f"say so with target.issuer, to the letter, if that is the one which you mean, {_BY_HAND}",
        )
    return told


def _seen(reply: Reply) -> str:
    return f"{reply.status} with {reply.media_type or 'no content type'}"


def _path(session: TargetSession, role: str, operation: Operation, named: object) -> str:
    base = session.target.base(operation.base)
    path = below(base, named)
    if path is not None:
        return path
    shown = f"name the {role} {named!r}"[:200]
    by_hand = f'{operation.endpoint} = "/…" under [endpoints]'
    try:
        origin = read_origin(str(named))
    except Unreachable:
        origin = None
    if origin is not None:
        # Only who runs it can say whether credentials may go there.
        url = f"{origin.scheme}://{origin.authority}"
        raise _unusable(
            session,
            f"{shown}, which is not below {base}, where the credentials go",
            f'write target.url = "{url}" if they belong there, or {by_hand}',
        )
    raise _unusable(session, f"{shown}, which is no URL that can be used here", f"say where it is with {by_hand}")


def _unusable(session: TargetSession, what: str, remedy: str) -> PreflightError:
    return PreflightError(f"{place_of(session)}: the metadata of {session.target.issuer} {what}: {remedy}")


def _place(session: TargetSession, found: Endpoints) -> None:
    target = session.target
    try:
        dialect = target.dialect.placed({**found, **target.endpoints})
    except SpecError as trouble:
        raise _unusable(session, f"name endpoints that cannot be used: {trouble.problem}", _BY_HAND) from None
    session.transport.close()
    session.target = replace(target, dialect=dialect)
    session.open()

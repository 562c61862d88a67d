"""Preflight: before any test, can the target be reached, does it take the credentials, is there something to call?

Whatever is wrong is said in one line with its remedy; a run against a target that nobody can log in to proves nothing.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from watchword.reports.records import legible
from watchword.specs.values.api import Operation
from watchword.suites.acting.choosing import issuer_for
from watchword.suites.acting.context import Context, Tokens, declined, succeeded
from watchword.suites.acting.steps import Blocked, Call, Exchange, Halt, NotApplicable
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.clock import RemoteClock
from watchword.suites.sending.origin import is_loopback
from watchword.suites.target import TargetError

__all__ = ["PreflightError", "preflight"]

_ANNOUNCEMENT = "Watchword-Control"
_CONTROL = re.compile(r"(?:/__watchword__/spaces/[A-Za-z0-9._~-]{1,64})?/__watchword__/")
"""Where every mock has its control side."""


class PreflightError(Exception):
    """The target cannot be tested: one line that says why and what to do."""

    def __init__(self, line: str) -> None:
        super().__init__(legible(line))


def preflight(session: TargetSession) -> None:
    """Log in once by every operation that is not optional and with every role that has a login, and call the protected one.

    A mock that announces its clock is from then on tested with it.

    Raises:
        PreflightError: the target cannot be reached, refuses the credentials, or lacks the protected operation.
    """
    target = session.target
    if target.control_url:
        _adopt_clock(session, target.control_url)
    issuers = [op for op in target.dialect.api.with_purpose("issue") if not op.optional]
    tokens: Tokens | None = None
    for operation in issuers:
        context = Context(target, operation, session.tag)
        exchange = _call(session, context, operation, context.values())
        if session.target.control is None:
            _notice_clock(session, exchange)
        _insist(session, operation, exchange, "")
        if tokens is None and succeeded(exchange.reply, operation):
            tokens = context.tokens(exchange, operation)
    _other_user(session, issuers)
    _further_logins(session, issuers)
    if tokens is not None:
        _protected(session, tokens)


def _call(session: TargetSession, context: Context, operation: Operation, values: dict[str, object]) -> Exchange:
    call = Call(context.write(operation, values), "prepare", "preflight")
    try:
        exchange = session.probe.send(call)
        if exchange.reply is None and exchange.trouble.startswith("connection: "):
            # A server that closes its kept connections without a word is there all the same; the right request does no harm twice.
            exchange = session.probe.send(call)
    except Halt as halt:
        # Before anything was given by the target, what cannot be sent was given by the target file.
        ended = _line_ends(session, operation.required_roles)
        raise PreflightError(f"{_place(session)}: {halt.reason}{ended}") from halt
    if exchange.reply is None:
        kind, _, detail = exchange.trouble.partition(": ")
        base = session.target.base(operation.base)
        remedy = {
            "tls": "check the certificate, or name its issuer's with target.ca_file",
            "timeout": "check the address, or raise limits.timeout",
            "protocol": "is there an HTTP server at that address?",
            "address": "write it as https://host:port/path, the base of the documented paths",
            "proxy": "check the proxy variables of the environment, or name the host in NO_PROXY",
        }.get(kind, "is the server running, and is the address right?")
        raise PreflightError(f"{_place(session)} cannot be reached at {base} ({kind}: {detail}): {remedy}")
    return exchange


def _place(session: TargetSession) -> str:
    return f"target {session.target.name!r} ({session.target.dialect.name})"


def _insist(session: TargetSession, operation: Operation, exchange: Exchange, prefix: str) -> None:
    reply = exchange.reply
    if reply is None or (200 <= reply.status < 300 and not reply.cut):
        # A 2xx without a token is a broken rule, and the suites are there to say so.
        return
    what = f"{_place(session)}: {exchange.request.method} {exchange.request.path} answered {reply.status}"
    if reply.cut:
        raise PreflightError(f"{what} with a body that does not end: is that the documented operation?")
    roles = [f"{prefix}{role}" for role in operation.required_roles if f"{prefix}{role}" in session.target.credentials]
    if 300 <= reply.status < 400:
        raise PreflightError(f"{what}, a redirect to {_origin(reply.header('location'))}: give the address it leads to")
    if reply.status in (404, 405, 501):
        raise PreflightError(f"{what}: is {session.target.base(operation.base)} the base of the documented paths?")
    ban = session.target.dialect.api.ban
    if ban is not None and reply.status in ban.statuses and ban.text.encode() in reply.body:
        raise PreflightError(f"{what}: it has banned this machine after too many refusals, try again in some minutes")
    if reply.status in (429, 503):
        raise PreflightError(f"{what}: it asks to be left alone, try again later")
    if 400 <= reply.status < 500:
        raise PreflightError(
            f"{what}, the credentials are refused: check {', '.join(roles)}{_line_ends(session, roles)}"
        )


def _line_ends(session: TargetSession, roles: Iterable[str]) -> str:
    """Name the credentials that were read with the end of their line, as from a file or a variable that has one."""
    held = session.target.credentials
    ended = [role for role in roles if held.get(role, "").strip("\r\n") != held.get(role, "")]
    return f"; a line break ends or begins the {' and the '.join(ended)}, leave it out" if ended else ""


def _origin(location: str | None) -> str:
    try:
        parts = urlsplit(location or "")
    except ValueError:
        return "what is no address"
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path or "nowhere"


def _other_user(session: TargetSession, issuers: list[Operation]) -> None:
    if "other_username" not in session.target.credentials or "other_password" not in session.target.credentials:
        return
    for operation in issuers:
        if operation.bound("username"):
            context = Context(session.target, operation, session.tag)
            exchange = _call(session, context, operation, context.values("other"))
            _insist(session, operation, exchange, "other_")
            return


def _further_logins(session: TargetSession, issuers: list[Operation]) -> None:
    """Try the roles that only optional operations log in with: a typo in one of them costs one failed login, not many."""
    tried = {role for operation in issuers for role in operation.required_roles}
    for operation in session.target.dialect.api.with_purpose("issue"):
        own = [role for role in operation.required_roles if role not in tried]
        lacking = [role for role in operation.required_roles if role not in session.target.credentials]
        if not operation.optional or not own or lacking:
            continue
        tried |= set(own)
        context = Context(session.target, operation, session.tag)
        exchange = _call(session, context, operation, context.values())
        reply = exchange.reply
        if reply is not None and 400 <= reply.status < 500 and not declined(reply, operation):
            what = f"{_place(session)}: {exchange.request.method} {exchange.request.path} answered {reply.status}"
            names = " and ".join(own)
            raise PreflightError(f"{what} invalid_grant to {operation.name}: check {names}, or leave them out")


def _protected(session: TargetSession, tokens: Tokens) -> None:
    token = tokens["access_token"]
    if not isinstance(token, str) or not (token.isascii() and token.isprintable()):
        # A token that no header can carry is a broken rule, and the suites are there to say so.
        return
    context = Context(session.target, tokens.operation, session.tag)
    try:
        resource = context.resource()
        issuer_for(context.api, resource, session.target.credentials)
        exchange = _call(session, context, resource, context.values() | {"access_token": tokens["access_token"]})
    except (NotApplicable, Blocked):
        return
    reply = exchange.reply
    if reply is not None and reply.status in (404, 405, 501):
        raise PreflightError(
            f"{_place(session)}: {exchange.request.method} {exchange.request.path} answered {reply.status} to a valid token: "
            "name a protected operation that exists, with method and path under [resource]"
        )


def _notice_clock(session: TargetSession, exchange: Exchange) -> None:
    announced = exchange.reply.header(_ANNOUNCEMENT) if exchange.reply else None
    # A clock makes a target a mock, and nobody's accounts are spared at a mock: what any server may say of itself is
    # believed of this machine's own only, and only of the path that a mock or a space of it has. A reply sends the suites nowhere else.
    if announced and _CONTROL.fullmatch(announced) and is_loopback(session.target.url):
        parts = urlsplit(session.target.url)
        _adopt_clock(session, f"{parts.scheme}://{parts.netloc}{announced}")


def _adopt_clock(session: TargetSession, url: str) -> None:
    control = RemoteClock(url, session.target.limits.timeout, session.target.ca_file)
    try:
        control.now()
    except TargetError as trouble:
        if session.target.control_url:
            raise PreflightError(f"{_place(session)}: {trouble}; check target.control_url") from None
        return
    session.transport.close()
    session.target = dataclasses.replace(session.target, control=control, control_url=url)
    session.open()

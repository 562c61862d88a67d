"""Preflight: before any test, can the target be reached, does it take the credentials, is there something to call?

Whatever is wrong is said in one line with its remedy; a run against a target that nobody can log in to proves nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import unquote_plus, urlsplit

from watchword.reports.records import legible
from watchword.specs.values.api import Operation
from watchword.specs.values.clause import Clause
from watchword.suites.acting.choosing import issuer_for
from watchword.suites.acting.context import Context, Tokens, claims_of, declined, succeeded
from watchword.suites.acting.steps import Blocked, Call, Exchange, Halt, NotApplicable, Transcript
from watchword.suites.running.check import Attempt
from watchword.suites.running.other_ways import other_way
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.clock import RemoteClock
from watchword.suites.sending.origin import is_loopback
from watchword.suites.target import TargetError

__all__ = ["PreflightError", "RuleBroken", "preflight"]

_ANNOUNCEMENT = "Watchword-Control"
_NO_TOKEN = "not-a-token"
_CONTROL = "/__watchword__/"
"""Where every mock has its control side."""


class PreflightError(Exception):
    """The target cannot be tested: one line that says why and what to do."""

    def __init__(self, line: str) -> None:
        super().__init__(legible(line))


class RuleBroken(PreflightError):
    """The target refuses the documented login and serves another: a rule is broken, and no credential is wrong.

    `rules` are the clauses that say so, and `attempt` is what their checks would have met.
    """

    def __init__(self, line: str, rules: tuple[Clause, ...], attempt: Attempt) -> None:
        super().__init__(line)
        self.rules = rules
        self.attempt = attempt


def preflight(session: TargetSession) -> None:
    """Log in once by every operation that is not optional and with every role that has a login, and call the protected one.

    A mock that announces its clock is from then on tested with it.

    Raises:
        PreflightError: the target cannot be reached, refuses the credentials, or lacks the protected operation; `RuleBroken`
            where it takes a login in another way than the documented one.
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
        _notice_accounts(session, tokens)
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
        ended = _line_ends(session, roles)
        if not ended and not prefix:
            _insist_on_the_documented_way(session, exchange, what)
        whose = _of_which_brand(session, operation) if prefix else _decoded_otherwise(session, operation)
        raise PreflightError(f"{what}, the credentials are refused: check {', '.join(roles)}{whose}{ended}")


def _insist_on_the_documented_way(session: TargetSession, exchange: Exchange, what: str) -> None:
    found = other_way(session, exchange)
    if found is None:
        return
    operation = exchange.call.draft.operation
    clauses = (c for c in session.target.dialect.clauses if c.operation == operation.name and c.can_fail)
    accepted = [c for c in clauses if c.guarantee == "request.accepted" and c.expect.status]
    # Of the rules about this request, those are broken that the document itself states; else what follows from it.
    rules = tuple(c for c in accepted if c.basis == "documented") or tuple(accepted)
    if not rules:
        return
    names = " and ".join(rule.full_id for rule in rules)
    line = f"{what} to the documented login and serves it where {found.says}; this is the broken rule, {names}"
    steps = (replace(exchange.call, step="probe"), replace(found.exchange.call, step="verify"))
    shown = tuple(replace(e, call=call) for e, call in zip((exchange, found.exchange), steps, strict=True))
    raise RuleBroken(line, rules, Attempt(Transcript(shown), None))


def _decoded_otherwise(session: TargetSession, operation: Operation) -> str:
    """Name the credentials that a server reads otherwise which takes those in Basic for form-encoded."""
    held = session.target.credentials
    named = [b.role for b in operation.bindings if b.place == "basic" and b.role.startswith("client_")]
    other = [role for role in named if unquote_plus(held.get(role, "")) != held.get(role, "")]
    if not other:
        return ""
    return (
        f"; a server that form-decodes the {' and the '.join(other)} (RFC 6749 section 2.3.1) reads another one, "
        "so try one without + and %"
    )


def _of_which_brand(session: TargetSession, operation: Operation) -> str:
    if "brand_key" not in operation.required_roles:
        return ""
    return f"; the other user has to belong to the brand of brand_key, {session.target.credentials['brand_key']!r}"


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
    if reply is None or 200 <= reply.status < 300:
        return
    what = (
        f"{_place(session)}: {exchange.request.method} {exchange.request.path} answered {reply.status} to a valid token"
    )
    if reply.status in (404, 405, 501):
        raise PreflightError(f"{what}: name a protected operation that exists, with method and path under [resource]")
    if 300 <= reply.status < 400:
        raise PreflightError(
            f"{what}, a redirect to {_origin(reply.header('location'))}: name the path it leads to under [resource]"
        )
    if reply.status not in (403, 500):
        return
    lost = _call(session, context, resource, context.values() | {"access_token": _NO_TOKEN}).reply
    # Where the token made no difference, it does not open what it should, and the suites are there to say so.
    if lost is not None and lost.status != reply.status:
        raise PreflightError(
            f"{what} and {lost.status} to one that is none, so the account may have no right to call it: give it that "
            "right, or name an operation that it may call, with method and path under [resource]"
        )


def _notice_accounts(session: TargetSession, tokens: Tokens) -> None:
    """Note which operations do not serve this account, by what its access token says of it."""
    for operation in session.target.dialect.api.operations.values():
        accounts = operation.accounts
        said = accounts.excludes(claims_of(tokens["access_token"])) if accounts is not None else ""
        if accounts is not None and said:
            session.unserved[operation.name] = (
                f"{operation.name} serves {accounts.says} only, and this one is none: "
                f"the {accounts.claim} of its token is {said!r}"
            )


def _notice_clock(session: TargetSession, exchange: Exchange) -> None:
    announced = exchange.reply.header(_ANNOUNCEMENT) if exchange.reply else None
    # A clock makes a target a mock, and nobody's accounts are spared at a mock: what any server may say of itself is
    # believed of this machine's own only, and only of the path that a mock has. A reply sends the suites nowhere else.
    if announced == _CONTROL and is_loopback(session.target.url):
        parts = urlsplit(session.target.url)
        _adopt_clock(session, f"{parts.scheme}://{parts.netloc}{announced}")


def _adopt_clock(session: TargetSession, url: str) -> None:
    control = RemoteClock(url, session.target.limits.timeout, session.target.tls)
    try:
        control.now()
    except TargetError as trouble:
        if session.target.control_url:
            raise PreflightError(f"{_place(session)}: {trouble}; check target.control_url") from None
        return
    session.transport.close()
    session.target = dataclasses.replace(session.target, control=control, control_url=url)
    session.open()

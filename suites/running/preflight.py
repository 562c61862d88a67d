"""Preflight: before any test, can the target be reached, does it take the credentials, is there something to call?

Whatever is wrong is said in one line with its remedy; a run against a target that nobody can log in to proves nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from watchword.specs.values.api import Operation
from watchword.suites.acting.choosing import issuer_for
from watchword.suites.acting.context import Context, declined, succeeded
from watchword.suites.acting.steps import Blocked, Call, Exchange, Halt, NotApplicable
from watchword.suites.running import circumstances, network
from watchword.suites.running.adopting import adopt_clock, notice_accounts, notice_clock, notice_scopes
from watchword.suites.running.discovery import discover
from watchword.suites.running.elsewhere import found_elsewhere
from watchword.suites.running.examining import Examination, Look, PreflightError, place_of
from watchword.suites.running.network import unreachable
from watchword.suites.running.refusals import RuleBroken, insist, line_ends, redirect
from watchword.suites.running.session import TargetSession

__all__ = ["LOOKS", "PreflightError", "RuleBroken", "examine", "preflight"]

_NO_TOKEN = "not-a-token"
_TO_BE_SAID = "rules about it will be broken or undecided"
_OF_REPLIES = ("timeout", "connection", "protocol")
"""Troubles that may be those of one operation, where the server answers another."""
_REFUSED = (400, 401, 403)
"""Statuses of a login that was looked at and refused; one that is answered otherwise has another trouble."""


def preflight(session: TargetSession) -> Examination:
    """Look at everything without which a run proves nothing, and end at the first problem. Gives what was noted.

    Whoever has a login logs in once, by every operation that is not optional, and the protected operation is called. A mock
    that announces its clock is from then on tested with it.

    Raises:
        PreflightError: the target cannot be reached, refuses the credentials, or lacks the protected operation; `RuleBroken`
            where it takes a login in another way than the documented one.
    """
    x = Examination(session)
    for look in LOOKS:
        if not look.informs:
            x.check = look.name
            look.at(x)
    return x


def examine(session: TargetSession) -> Examination:
    """Look at all of that and at what is merely good to know, and go on after a problem with what does not need what failed.

    No login that was refused is tried again, in whatever operation.
    """
    x = Examination(session, goes_on=True)
    for look in LOOKS:
        x.check = look.name
        lost = [need for need in look.needs if need in x.failed]
        if lost:
            x.failed.add(look.name)
            x.leave(f"not looked at, since {lost[0]} has to be mended first")
            continue
        with x.part():
            look.at(x)
    return x


def _steer(x: Examination) -> None:
    if x.session.target.control_url:
        adopt_clock(x.session, x.session.target.control_url)
        x.good(f"the clock at {x.session.target.control_url} can be set ahead")


def _issuers(x: Examination) -> list[Operation]:
    """Give the operations by which everybody can log in; where the server has none of them, the first that this target can use."""
    issuers = x.session.target.dialect.api.with_purpose("issue")
    held = x.session.target.credentials
    usable = [op for op in issuers if op.optional and all(role in held for role in op.required_roles)]
    return [op for op in issuers if not op.optional] or usable[:1]


def _logins(x: Examination) -> None:
    session = x.session
    for operation in _issuers(x):
        with x.part():
            if _is_left(x, operation, operation.required_roles):
                continue
            context = Context(session.target, operation, session.tag)
            sent = time.time()
            x.lost.add(operation.name)
            exchange = _call(session, context, operation, context.values())
            if x.date is None and exchange.reply is not None:
                x.date = exchange.reply.header("date"), sent, time.time()
            if session.target.control is None:
                notice_clock(session, exchange)
            if exchange.reply is not None and exchange.reply.status in _REFUSED:
                x.refused |= set(operation.required_roles)
            insist(session, operation, exchange)
            x.lost.remove(operation.name)
            _tell_of(x, operation, exchange, operation.required_roles)
            if x.tokens is None and succeeded(exchange.reply, operation):
                x.tokens = context.tokens(exchange, operation)


def _is_left(x: Examination, operation: Operation, roles: Iterable[str]) -> bool:
    """Leave a login alone that could only fail as one before it did."""
    if x.is_refused(roles):
        x.leave(f"{operation.name} is not tried with what was refused already")
        return True
    if x.lost and not x.refused:
        x.leave(f"{operation.name} is not tried, since {min(x.lost)} has to be mended first")
        return True
    return False


def _tell_of(x: Examination, operation: Operation, exchange: Exchange, roles: Iterable[str]) -> None:
    """Note a login that was answered and not refused; one that gives nothing is a broken rule."""
    status = exchange.reply.status if exchange.reply else 0
    if succeeded(exchange.reply, operation):
        x.good(f"{operation.name} takes {', '.join(roles)} ({status})")
        return
    lacking = " without a token" if 200 <= status < 300 else ""
    asked = f"{exchange.request.method} {exchange.request.path} answered {status}{lacking} to a right login"
    x.warn(f"{asked}: {_TO_BE_SAID}")


def _call(
    session: TargetSession, context: Context, operation: Operation, values: dict[str, object], lacks: str = ""
) -> Exchange:
    """Send one request; `lacks` is what to do where only this one, of a server that is there, gets no whole reply."""
    call = Call(context.write(operation, values), "prepare", "preflight")
    try:
        exchange = session.probe.send(call)
        if exchange.reply is None and exchange.trouble.startswith("connection: "):
            # A server that closes its kept connections without a word is there all the same; the right request does no harm twice.
            exchange = session.probe.send(call)
    except Halt as halt:
        # Before anything was given by the target, what cannot be sent was given by the target file.
        ended = line_ends(session, operation.required_roles)
        raise PreflightError(f"{place_of(session)}: {halt.reason}{ended}") from halt
    if exchange.reply is None:
        kind, _, detail = exchange.trouble.partition(": ")
        if lacks and kind in _OF_REPLIES:
            asked = f"{exchange.request.method} {exchange.request.path}"
            raise PreflightError(
                f"{place_of(session)}: {asked} got no whole reply, though a login did ({kind}: {detail}): {lacks}"
            )
        raise unreachable(session, session.target.base(operation.base), kind, detail)
    return exchange


def _other_user(x: Examination) -> None:
    session = x.session
    if "other_username" not in session.target.credentials or "other_password" not in session.target.credentials:
        return
    for operation in _issuers(x):
        if operation.bound("username"):
            shared = [role for role in operation.required_roles if role not in ("username", "password")]
            if _is_left(x, operation, shared):
                return
            context = Context(session.target, operation, session.tag)
            exchange = _call(session, context, operation, context.values("other"))
            insist(session, operation, exchange, ("other_username", "other_password"))
            _tell_of(x, operation, exchange, ("other_username", "other_password"))
            return


def _other_client(x: Examination) -> None:
    session = x.session
    own = ("client_id", "client_secret")
    twins = tuple(f"other_{role}" for role in own)
    if any(role not in session.target.credentials for role in twins):
        return
    for operation in _issuers(x):
        if all(operation.bound(role) for role in own):
            if _is_left(x, operation, [role for role in operation.required_roles if role not in own]):
                return
            context = Context(session.target, operation, session.tag)
            exchange = _call(session, context, operation, context.values("other_client"))
            insist(session, operation, exchange, twins)
            _tell_of(x, operation, exchange, twins)
            return


def _further_logins(x: Examination) -> None:
    """Try the roles that only optional operations log in with: a typo in one of them costs one failed login, not many."""
    session = x.session
    tried = {role for operation in _issuers(x) for role in operation.required_roles}
    for operation in session.target.dialect.api.with_purpose("issue"):
        own = [role for role in operation.required_roles if role not in tried]
        lacking = [role for role in operation.required_roles if role not in session.target.credentials]
        if not operation.optional or not own or lacking:
            continue
        tried |= set(own)
        with x.part():
            if _is_left(x, operation, operation.required_roles):
                continue
            context = Context(session.target, operation, session.tag)
            exchange = _call(session, context, operation, context.values())
            reply = exchange.reply
            if reply is not None and 400 <= reply.status < 500 and not declined(reply, operation):
                what = f"{place_of(session)}: {exchange.request.method} {exchange.request.path} answered {reply.status}"
                names = " and ".join(own)
                raise PreflightError(
                    f"{what} invalid_grant to {operation.name}: check {names}, or leave them out{line_ends(session, own)}"
                )
            if reply is not None and declined(reply, operation):
                x.good(f"{operation.name} is declined ({reply.status}), so its rules will be not supported")
            else:
                _tell_of(x, operation, exchange, own)


def _protected(x: Examination) -> None:
    session, tokens = x.session, x.tokens
    if tokens is None:
        return
    notice_accounts(session, tokens)
    token = tokens["access_token"]
    if not isinstance(token, str) or not (token.isascii() and token.isprintable()):
        # A token that no header can carry is a broken rule, and the suites are there to say so.
        return
    context = Context(session.target, tokens.operation, session.tag)
    try:
        resource = context.resource()
        issuer = issuer_for(context.api, resource, session.target.credentials)
        if resource.opened_by and issuer.name != tokens.operation.name:
            token = _token_of(x, issuer)
        if not token:
            return
        values = context.values() | {"access_token": token}
        exchange = _call(
            session,
            context,
            resource,
            values,
            "raise limits.timeout, or name an operation whose reply ends, with method and path under [resource]",
        )
    except (NotApplicable, Blocked):
        return
    reply = exchange.reply
    if reply is None or 200 <= reply.status < 300:
        x.good(f"{exchange.request.method} {exchange.request.path} is open to the token")
        if token == tokens["access_token"] and reply is not None:
            notice_scopes(session, tokens)
        return
    asked = f"{exchange.request.method} {exchange.request.path} answered {reply.status} to a valid token"
    what = f"{place_of(session)}: {asked}"
    if reply.status in (404, 405, 501):
        elsewhere = "" if session.target.resource else found_elsewhere(session, resource, exchange.request.path)
        raise PreflightError(
            f"{what}: {elsewhere or 'name a protected operation that exists, with method and path under [resource]'}"
        )
    if 300 <= reply.status < 400:
        raise PreflightError(
            f"{what}, a redirect to {redirect(reply.header('location'))}: name the path it leads to under [resource]"
        )
    if reply.status not in (403, 500):
        x.warn(f"{asked}: {_TO_BE_SAID}{_of_others(session, issuer)}")
        return
    lost = _call(session, context, resource, context.values() | {"access_token": _NO_TOKEN}).reply
    # Where the token made no difference, it does not open what it should, as the suites will say.
    if lost is not None and lost.status != reply.status:
        raise PreflightError(
            f"{what} and {lost.status} to one that is none, so the account may have no right to call it: give it that "
            f"right, or name an operation that it may call, with method and path under [resource]{_of_others(session, issuer)}"
        )
    x.warn(f"{asked}: {_TO_BE_SAID}")


def _of_others(session: TargetSession, issuer: Operation) -> str:
    """Say how to name the login whose tokens open the protected operation, where there are others than the one that was tried."""
    held = session.target.credentials
    issuers = session.target.dialect.api.with_purpose("issue")
    others = [op.name for op in issuers if op is not issuer and all(role in held for role in op.required_roles)]
    return (
        f"; where it is for the tokens of another login, name that with login under [resource]: {' or '.join(others)}"
        if others
        else ""
    )


def _token_of(x: Examination, issuer: Operation) -> str:
    """Log in by the operation whose tokens open the protected one; empty where that gives none, which the suites will say."""
    session = x.session
    if _is_left(x, issuer, issuer.required_roles):
        return ""
    context = Context(session.target, issuer, session.tag)
    exchange = _call(session, context, issuer, context.values())
    insist(session, issuer, exchange)
    given = context.tokens(exchange, issuer)["access_token"]
    return given if isinstance(given, str) else ""


LOOKS: tuple[Look, ...] = (
    Look("address", network.address),
    Look("proxy", network.proxy, ("address",)),
    Look("name", network.name, ("proxy",)),
    Look("connection", network.connection, ("name",)),
    Look("tls", network.tls, ("connection",)),
    Look("steering", _steer, ("tls",)),
    Look("metadata", discover, ("tls",)),
    Look("login", _logins, ("metadata",)),
    Look("clock", circumstances.clock, ("tls",)),
    Look("other user", _other_user, ("metadata",)),
    Look("other client", _other_client, ("metadata",)),
    Look("further login", _further_logins, ("metadata",)),
    Look("resource", _protected, ("login",)),
    Look("grants", circumstances.grants, ("login",), informs=True),
    Look("options", circumstances.options, ("address",), informs=True),
    Look("generated", circumstances.generated, informs=True),
    Look("release", circumstances.release, ("login",), informs=True),
)
"""What is looked at, in this order."""

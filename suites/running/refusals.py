"""Telling of a login that was refused: whether the address, the credentials, the moment or the target itself is at fault."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote_plus, unquote_plus, urlsplit

from watchword.specs.values.api import Operation
from watchword.specs.values.clause import Clause
from watchword.suites.acting.steps import Exchange, Transcript
from watchword.suites.running.check import Attempt
from watchword.suites.running.elsewhere import wrong_base
from watchword.suites.running.examining import PreflightError, place_of
from watchword.suites.running.other_ways import other_way
from watchword.suites.running.outsiders import no_api, warning_of_a_page
from watchword.suites.running.session import TargetSession
from watchword.suites.running.undecoded import taken_as_it_is

__all__ = ["RuleBroken", "insist", "line_ends", "redirect"]

_CHANGED = "any other characters than letters, digits and -._~"
"""Without which the encoding of a form changes something."""
_SHOWN = 40
"""Characters of a `Retry-After` that is shown: a date has 29."""
_NOT_OFFERED = "unsupported_grant_type"
"""The code that says of a login that the server has no such grant, and nothing of its credentials (RFC 6749 section 5.2)."""


class RuleBroken(PreflightError):
    """The target refuses the documented login and serves another: a rule is broken, and no credential is wrong.

    `rules` are the clauses that say so, and `attempt` is what their checks would have met.
    """

    def __init__(self, line: str, rules: tuple[Clause, ...], attempt: Attempt) -> None:
        super().__init__(line)
        self.rules = rules
        self.attempt = attempt


def insist(session: TargetSession, operation: Operation, exchange: Exchange, others: tuple[str, ...] = ()) -> None:
    """Insist that a login was served. `others` are the credentials of the other user or client that it was made with.

    Raises:
        PreflightError: it was not.
    """
    reply = exchange.reply
    if reply is None:
        return
    what = f"{place_of(session)}: {exchange.request.method} {exchange.request.path} answered {reply.status}"
    other = no_api(reply, operation)
    if other:
        raise PreflightError(f"{what}{other}")
    if 200 <= reply.status < 300 and not reply.cut:
        # A 2xx without a token is a broken rule, and the suites are there to say so.
        return
    if reply.cut:
        raise PreflightError(f"{what} with a body that does not end: is that the documented operation?")
    roles = others or tuple(role for role in operation.required_roles if role in session.target.credentials)
    if 300 <= reply.status < 400:
        raise PreflightError(
            f"{what}, a redirect to {redirect(reply.header('location'))}: give the address it leads to"
        )
    if reply.status in (404, 405, 501):
        _insist_on_the_grant(exchange, what)
        raise PreflightError(f"{what}: {wrong_base(session, operation, exchange.request.path)}")
    ban = session.target.dialect.api.ban
    if ban is not None and ban.is_told_by(reply):
        raise PreflightError(f"{what}: it has banned this machine after too many refusals, try again in some minutes")
    if reply.status in (429, 503):
        until = reply.header("retry-after") or ""
        after = (
            f" (Retry-After: {until})" if until.isascii() and until.isprintable() and 0 < len(until) <= _SHOWN else ""
        )
        down = "it is not in service, as for maintenance, and " if reply.status == 503 else "it "
        raise PreflightError(f"{what}: {down}asks to be left alone, try again later{after}")
    if 400 <= reply.status < 500:
        ended = line_ends(session, roles)
        if not ended:
            _insist_on_decoding(session, exchange, what)
            _insist_on_the_documented_way(session, exchange, what, others)
        _insist_on_the_grant(exchange, what)
        whose = _decoded_otherwise(session, operation, others)
        if "other_username" in others:
            whose = _of_which_brand(session, operation)
        page = warning_of_a_page(reply)
        raise PreflightError(f"{what}, the credentials are refused: check {', '.join(roles)}{whose}{ended}{page}")


def _insist_on_the_documented_way(
    session: TargetSession, exchange: Exchange, what: str, others: tuple[str, ...]
) -> None:
    found = None if others else other_way(session, exchange)
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
    raise _broken(line, rules, exchange, found.exchange)


def _broken(line: str, rules: tuple[Clause, ...], refused: Exchange, served: Exchange) -> RuleBroken:
    steps = (replace(refused.call, step="probe"), replace(served.call, step="verify"))
    shown = tuple(replace(e, call=call) for e, call in zip((refused, served), steps, strict=True))
    return RuleBroken(line, rules, Attempt(Transcript(shown), None))


def _insist_on_the_grant(exchange: Exchange, what: str) -> None:
    operation = exchange.call.draft.operation
    if exchange.reply and operation.read_reply(exchange.reply.members).get("error") == _NOT_OFFERED:
        raise PreflightError(
            f"{what} with the code {_NOT_OFFERED}: where the server does not offer that grant, leave it out with "
            f"{operation.name} = false under [endpoints]"
        )


def _insist_on_decoding(session: TargetSession, exchange: Exchange, what: str) -> None:
    """Insist that a login was not refused for being encoded as in a form, where it is to be (RFC 6749 section 2.3.1)."""
    found = taken_as_it_is(session, exchange)
    if found is None:
        return
    if found.roles:
        raise PreflightError(
            f"{what} to Basic credentials that are form-encoded (RFC 6749 section 2.3.1) and serves them as they stand: "
            f"either the target gives the {' and the '.join(found.roles)} encoded already, so write it as it was before, "
            f"or the server does not decode, so register a client without {_CHANGED}"
        )
    line = (
        f"{what} to Basic credentials that are form-encoded and serves them as they stand: the server does not decode "
        f"them, which breaks RFC 6749 section 2.3.1; mend it, or register a client without {_CHANGED} to check all the rest"
    )
    operation = exchange.call.draft.operation
    register = session.target.dialect.clauses
    rules = tuple(
        c for c in register if c.operation == operation.name and c.guarantee == "basic.form_encoded" and c.can_fail
    )
    if not rules:
        raise PreflightError(line)
    raise _broken(line, rules, exchange, found.exchange)


def _decoded_otherwise(session: TargetSession, operation: Operation, others: tuple[str, ...]) -> str:
    """Name the credentials that a server reads otherwise which takes those in Basic for form-encoded."""
    held = session.target.credentials
    named = [b.role for b in operation.bindings if b.place == "basic" and b.role.startswith("client_")]
    named = list(others) if others else named
    if any(b.place == "basic" and b.encoded for b in operation.bindings):
        changed = [
            role
            for role in named
            if role.rpartition("client_")[1] and quote_plus(held.get(role, "")) != held.get(role, "")
        ]
        sent = f"; the {' and the '.join(changed)} went form-encoded (RFC 6749 section 2.3.1)"
        return f"{sent}, which not every server decodes" if changed else ""
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


def line_ends(session: TargetSession, roles: Iterable[str]) -> str:
    """Name the credentials that were read with the end of their line, as from a file or a variable that has one."""
    held = session.target.credentials
    ended = [role for role in roles if held.get(role, "").strip("\r\n") != held.get(role, "")]
    return f"; a line break ends or begins the {' and the '.join(ended)}, leave it out" if ended else ""


def redirect(location: str | None) -> str:
    """Name where a redirect leads, without its query."""
    try:
        parts = urlsplit(location or "")
    except ValueError:
        return "what is no address"
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path or "nowhere"

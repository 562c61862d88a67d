"""Judging what tokens are good for beyond their renewal: what is told of them, what a revocation ends, what nothing widens."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from watchword.specs.values.clause import Clause
from watchword.suites.acting.context import Context, Tokens, granted, is_within, number, succeeded
from watchword.suites.acting.expiry import end_at, stated_end
from watchword.suites.acting.steps import Blocked, NotApplicable, NotObservable, Transcript
from watchword.suites.judging.expect import Difference, names_of
from watchword.suites.judging.tokens import Judge

__all__ = ["ROWS"]


def _agrees(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    """Compare what both replies tell; what only one of them tells is no contradiction."""
    operation, reply = context.operation, transcript.reply
    told = operation.read_reply(reply.members)
    if told.get("active") is not True:
        raise Blocked("the token is not told to be good, so nothing else is told of it")
    tokens = transcript.facts["tokens"]
    found: list[Difference] = []
    compared = False
    client, own = told.get("client_id"), context.values().get("client_id")
    if isinstance(client, str) and own is not None:
        compared = True
        if client != own:
            same = ("equals", reply, names_of(operation, "client_id"), own, False)
            found.append(Difference(f"the client {own!r}", repr(client)[:80], same))
    scopes = granted(told.get("scope"))
    if scopes and tokens.scopes:
        compared = True
        # Whoever asks may be told only of those that concern him (RFC 7662 section 2.2).
        beyond = sorted(scope for scope in scopes if not is_within(scope, tokens.scopes))
        if beyond:
            wanted = "no scope beyond " + " ".join(sorted(tokens.scopes))
            none = ("no_other_scopes", reply, names_of(operation, "scope")[:1], sorted(tokens.scopes))
            found.append(Difference(wanted, f"also {' '.join(beyond)}"[:80], none))
    away = _away(context, tokens, number(told.get("expires_at")))
    if away is not None:
        compared = True
        if away > 0:
            given = [names_of(tokens.operation, role)[:1] for role in ("expires_at", "expires_in")]
            asked = [names_of(operation, role)[:1] for role in ("expires_at", "expires_in")]
            same = ("same_end", tokens.exchange.reply, *given, reply, *asked)
            wanted = "the expiry that the reply with the token told"
            found.append(Difference(wanted, f"one that is at least {away:.0f} s away from it", same))
    if not compared:
        raise NotApplicable("nothing is told of the token that the reply with it told as well")
    return found


def _away(context: Context, tokens: Tokens, moment: float | None) -> float | None:
    """Give by how many seconds two expiries differ at least; None where they cannot be compared."""
    if moment is None:
        return None
    try:
        return stated_end(context, tokens).apart(end_at(context, tokens, moment))
    except NotObservable:
        return None


def _ended(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    reply = transcript.reply
    if not 200 <= reply.status < 300:
        return []
    return [Difference("a refusal by the protected operation", str(reply.status), ("refused", reply))]


def _widens_nothing(context: Context, transcript: Transcript, clause: Clause) -> list[Difference]:
    """A reply that lists no scopes says that they are those that were asked for (RFC 6749 section 5.1)."""
    operation, reply = context.operation, transcript.reply
    if not succeeded(reply, operation):
        return []
    had, asked = transcript.facts["had"], transcript.facts["asked"]
    listed = granted(operation.read_reply(reply.members).get("scope"))
    beyond = sorted(s for s in listed or asked if not is_within(s, had))
    if not beyond:
        return []
    wanted = "no scope beyond " + " ".join(sorted(had))
    names = names_of(operation, "scope")
    if listed:
        return [Difference(wanted, "also " + " ".join(beyond), ("no_other_scopes", reply, names[:1], sorted(had)))]
    return [
        Difference(wanted, f"no list of scopes, which says that {' '.join(beyond)} is granted", ("has", reply, names))
    ]


ROWS: Mapping[str, Judge] = MappingProxyType(
    {
        "introspection.agrees": _agrees,
        "revoke.ends_access": _ended,
        "revoke.minds_no_hint": _ended,
        "renew.widens_nothing": _widens_nothing,
    }
)

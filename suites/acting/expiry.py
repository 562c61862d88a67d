"""When a token ends: by the words of the reply that gave it, by its own claims, and as far as clocks can be trusted.

Laws:
1. An end is a span. Before it the token has to work, after it it has to be refused, and within it nothing is judged.
2. How long a token lives is counted on our own clock. A moment of the target's clock is read off the clocks that agree.
3. Being served is evidence at any time: only a refusal can come of an expiry during our own wait.
"""

from __future__ import annotations

from collections.abc import Iterator

from watchword.suites.acting.context import Context, Tokens, claims_of, number, succeeded
from watchword.suites.acting.figures import moment
from watchword.suites.acting.moments import Span, ahead_by, at_stamp, in_agreement, lasting
from watchword.suites.acting.steps import Exchange, NotObservable, Outlived

__all__ = ["end_at", "end_of", "issue_of", "not_by_expiry", "stated_end"]


def issue_of(tokens: Tokens) -> Span:
    """Give when tokens were issued."""
    return Span(tokens.exchange.sent, tokens.exchange.replied)


def stated_end(context: Context, tokens: Tokens) -> Span:
    """Give when the access token ends by the words of the reply.

    Raises:
        NotObservable: they do not tell, or they name a second of a clock that nobody knows.
    """
    at, within = number(tokens["expires_at"]), number(tokens["expires_in"])
    if at is not None:
        return at_stamp(at, _ahead(context, tokens))
    if within is None:
        raise NotObservable("the reply does not tell when the access token expires")
    return lasting(issue_of(tokens), within)


def end_at(context: Context, tokens: Tokens, stamp: float) -> Span:
    """Give when the access token ends by a moment of the target's clock that was told elsewhere.

    Raises:
        NotObservable: nothing tells what time it is there.
    """
    return at_stamp(stamp, _ahead(context, tokens))


def end_of(context: Context, tokens: Tokens, role: str = "access_token") -> Span:
    """Give when a token ends: by its own claims, else (access tokens) by the words of the reply.

    Raises:
        NotObservable: nothing tells.
    """
    inside = number(claims_of(tokens[role]).get("exp"))
    if inside is not None:
        return at_stamp(inside, _ahead(context, tokens))
    if role == "access_token" and (tokens["expires_at"], tokens["expires_in"]) != (None, None):
        return stated_end(context, tokens)
    raise NotObservable(f"nothing tells when the {role.replace('_', ' ')} expires")


def not_by_expiry(context: Context, tokens: Tokens, exchange: Exchange) -> None:
    """Insist that a refusal of an access token cannot come of an expiry since it was issued.

    A token that was over when it was issued is another matter: that is what a server did, not what we waited for.

    Raises:
        Outlived: it can, by one of the ends that are told.
    """
    if succeeded(exchange.reply, exchange.call.draft.operation):
        return
    issued = issue_of(tokens).earliest
    for end in _ends(context, tokens):
        if end.earliest <= exchange.replied and end.latest > issued:
            raise Outlived(
                "the access token may have expired during the check, so that a refusal of it shows nothing", end.latest
            )


def _ends(context: Context, tokens: Tokens) -> Iterator[Span]:
    for tell in (stated_end, end_of):
        try:
            yield tell(context, tokens)
        except NotObservable:
            continue


def _ahead(context: Context, tokens: Tokens) -> Span:
    """By how much the target's clock is ahead of the run's, by all that tells: our clock, `Date`, when a token was issued."""
    own = Span(0.0, 0.0)
    if context.target.control is not None:
        return own
    readings = [own]
    stamp = moment(tokens.exchange.reply.header("date") if tokens.exchange.reply is not None else None)
    if stamp is not None:
        readings.append(ahead_by(stamp, issue_of(tokens)))
    issued = number(claims_of(tokens["access_token"]).get("iat"))
    if issued is not None:
        readings.append(ahead_by(issued, issue_of(tokens)))
    if readings == [own]:
        raise NotObservable("the expiry is a second of the target's clock, and nothing tells what time it is there")
    return in_agreement(readings)

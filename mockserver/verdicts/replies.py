"""Judges of what a client makes of a reply with tokens that is right and a little unusual."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.finding import Breach, Finding, Judge

__all__ = ["JUDGES"]


_TIMES = 2


def _understood(unusual: Callable[[Exchange], bool], says: str) -> Judge:
    """Make the judge of a rule about some replies: one was understood when a token of it was used.

    It was not when none was, and the same client sent for tokens again, and again: once may be somebody who only logs in.
    Where all replies are like that, many times may be, too; then nobody can tell, unless somebody asked for such replies.
    """

    def judge(exchanges: Sequence[Exchange]) -> Finding:
        uses = [(at, e) for at, e in enumerate(exchanges) if e.access is not None or e.refresh is not None]
        last = {token: at for at, e in uses for token in (None if e.purpose == "renew" else e.access, e.refresh)}
        understood, passed_over = [], []
        for at, exchange in enumerate(exchanges):
            if not exchange.for_tokens or exchange.new_access is None or not unusual(exchange):
                continue
            if max(last.get(exchange.new_access, -1), last.get(exchange.new_refresh or "", -1)) > at:
                understood.append(exchange.id)
                continue
            again = (e for e in exchanges[at + 1 :] if e.for_tokens and e.party[-1:] == exchange.party[-1:])
            other = next(again, None)
            if other is not None:
                passed_over.append((exchange, Breach(says, (exchange.id, other.id))))
        # Whoever has understood one such reply has other reasons for leaving another.
        if understood or len(passed_over) < _TIMES:
            return Finding(tuple(understood))
        broken = tuple(breach for _, breach in passed_over)
        if uses or any(exchange.condition for exchange, _ in passed_over):
            return Finding(tuple(breach.entries[0] for breach in broken), broken)
        return Finding((), (), "tokens were sent for again and again, and none was ever used")

    return judge


def _in_lower_case(exchange: Exchange) -> bool:
    kind = exchange.given.get("token_type")
    return isinstance(kind, str) and kind == "bearer"


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "reply.bearer-any-case": _understood(
            _in_lower_case, "a reply with the token type bearer, in lower case, was not made use of"
        ),
        "reply.unknown-members": _understood(
            lambda e: bool(e.unknown), "a reply with members that nobody described was not made use of"
        ),
        "reply.no-refresh-token": _understood(
            lambda e: e.may_refresh and e.given.get("refresh_token") is None,
            "a reply without a refresh token was not made use of",
        ),
    }
)
"""Judges by rule."""

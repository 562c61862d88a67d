"""Judges of how a client keeps its tokens: renews them in time and one at a time, and uses the newest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.finding import Breach, Finding, Judge
from watchword.mockserver.verdicts.lineage import begun_by, parents

__all__ = ["JUDGES"]


_LATE = 1.0
"""A thread may come so many seconds after a renewal that it has not heard of yet."""


def _newest(exchanges: Sequence[Exchange]) -> Finding:
    newer: dict[str, Exchange] = {}
    current: dict[str, Exchange] = {}
    breaches: list[Breach] = []
    used = {e.access for e in exchanges if e.purpose == "resource"}
    renewed = {e.new_access for e in exchanges if e.purpose == "renew" and e.new_access}
    for exchange in exchanges:
        renewal = newer.get(exchange.access or "") if exchange.purpose == "resource" else None
        if renewal is not None and exchange.began >= renewal.ended:
            late = max(exchange.began - renewal.ended, exchange.at - renewal.at) <= _LATE
            if renewal.new_access not in used or not late:
                says = "a renewal had given a newer access token, and the old one was used"
                breaches.append(Breach(says, (renewal.id, exchange.id)))
        if exchange.new_access is not None and exchange.for_tokens:
            old = current.get(exchange.refresh or "") if exchange.purpose == "renew" else None
            # Of two renewals that were under way at once, nobody can tell which is the newer.
            if old is not None and old.new_access not in (None, exchange.new_access) and exchange.began >= old.ended:
                newer[str(old.new_access)] = exchange
            for refresh in {exchange.new_refresh, exchange.refresh} - {None}:
                current[str(refresh)] = exchange
    tried = [e.id for e in exchanges if e.purpose == "resource" and e.access in renewed]
    return Finding((*tried, *(n for b in breaches for n in b.entries)), tuple(breaches))


def _alone(exchanges: Sequence[Exchange]) -> Finding:
    tried: list[int] = []
    breaches: list[Breach] = []
    before: dict[str, Exchange] = {}
    for exchange in sorted((e for e in exchanges if e.purpose == "renew" and e.refresh), key=lambda e: e.began):
        tried.append(exchange.id)
        other = before.get(str(exchange.refresh))
        if other is not None and exchange.began < other.ended:
            says = "two renewals with the same refresh token were under way at once"
            breaches.append(Breach(says, tuple(sorted((other.id, exchange.id)))))
        before[str(exchange.refresh)] = exchange
    return Finding(tuple(tried), tuple(breaches))


def _not_reused(exchanges: Sequence[Exchange]) -> Finding:
    replaced: dict[str, Exchange] = {}
    refused: set[str] = set()
    tried: list[int] = []
    breaches: list[Breach] = []
    for exchange in exchanges:
        token = exchange.refresh
        if exchange.purpose != "renew" or token is None:
            continue
        renewal = replaced.get(token)
        if any(e.new_refresh == token for e in replaced.values()):
            tried.append(exchange.id)
        # Those that were under way at once are another rule's, and so is what was refused and is sent again.
        if renewal is not None and exchange.began >= renewal.ended and token not in refused:
            breaches.append(Breach("the refresh token had been replaced by a newer one", (renewal.id, exchange.id)))
        if not exchange.served and not exchange.lost:
            refused.add(token)
        if exchange.new_refresh is not None and exchange.new_refresh != token:
            replaced.setdefault(token, exchange)
    return Finding((*tried, *(n for b in breaches for n in b.entries)), tuple(breaches))


def _recovers(exchanges: Sequence[Exchange]) -> Finding:
    tried: list[int] = []
    breaches: list[Breach] = []
    waiting = ""
    for at, lost in enumerate(exchanges):
        if not lost.for_tokens or not lost.lost:
            continue
        after = exchanges[at + 1 :]
        if any(e.for_tokens and e.new_access for e in after):
            tried.append(lost.id)
        elif any(e.for_tokens or (e.purpose == "resource" and e.status == 401) for e in after):
            says = "a reply with tokens was lost, and the client has come to no tokens since"
            breaches.append(Breach(says, (lost.id, after[-1].id)))
        elif after:
            waiting = f"the reply to {lost.id} was lost, and no new tokens were needed since"
        else:
            waiting = f"the reply to {lost.id} was lost, and nothing has come since"
    return Finding((*tried, *(n for b in breaches for n in b.entries)), tuple(breaches), waiting)


_EARLIES = 2
"""Once in a session may be a client that was started anew."""


def _read_right(exchanges: Sequence[Exchange]) -> Finding:
    givers = {e.new_access: e for e in exchanges if e.new_access and e.ends is not None}
    tried: list[int] = []
    early: dict[int, list[Exchange]] = {}
    breaches: list[Breach] = []
    parent = parents(exchanges)
    held: dict[str, Exchange] = {}
    # Since the last reply with tokens: whether there was a reason to renew that no expiry is.
    reason = False
    for exchange in exchanges:
        if exchange.purpose == "resource":
            reason = reason or exchange.status in (401, 403)
            if exchange.access in givers:
                tried.append(exchange.id)
        if exchange.purpose == "renew" and exchange.refresh is not None:
            giver = held.get(exchange.refresh)
            together = giver is not None and exchange.began < giver.ended
            # What was refused is another rule's: it was no token to renew with.
            early_one = giver is not None and exchange.served and giver.is_early(exchange.at)
            if early_one and not reason and not together:
                again = early.setdefault(begun_by(exchange.id, parent), [])
                again.append(exchange)
                if len(again) == _EARLIES:
                    says = "tokens were renewed, again and again, long before their end"
                    breaches.append(Breach(says, tuple(e.id for e in again)))
        if exchange.for_tokens:
            reason = exchange.new_access is None
        if exchange.new_access in givers:
            for refresh in {exchange.new_refresh, exchange.refresh} - {None}:
                held[str(refresh)] = exchange
    return Finding(tuple(tried), tuple(breaches))


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "token.newest": _newest,
        "refresh.alone": _alone,
        "refresh.not-reused": _not_reused,
        "lost-reply.recovers": _recovers,
        "expiry.read-right": _read_right,
    }
)
"""Judges by rule."""

"""Judges of what a client does after it was refused: after a 401, a 403, a 429, and after a refusal for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.finding import Breach, Finding, Judge
from watchword.mockserver.verdicts.lineage import given_by

__all__ = ["JUDGES"]

_TOKENS = 2
"""A token is refused, and so is the one that a renewal gave: more in a row are a loop."""

_SAME = 4
"""The same token may be refused so many times in a row by a client that does nothing about it."""

_LATE = 1.0
"""Threads learn one by one that their token is refused: within so many seconds."""

_THREADS = 10
"""So many may learn of it within that time, and all give up; more may where one of them renews."""

_STORM = 5
"""So many tries in a row are a storm, if their pauses come to next to nothing."""

_PAUSES = 0.5
"""Who waits for so many seconds in all between so many tries is patient enough."""

_NEAR_END = 60.0
"""An access token that ends within so many seconds may be renewed whatever came before."""

_SLACK = 0.05
"""Clocks differ by so many seconds without anybody having been impatient."""


def _retry_once(exchanges: Sequence[Exchange]) -> Finding:
    rows: dict[tuple[str | None, str], list[Exchange]] = {}
    tried: list[int] = []
    breaches: list[Breach] = []
    asked = [exchange for exchange in exchanges if exchange.for_tokens]
    givers = given_by(exchanges)
    for exchange in exchanges:
        if exchange.purpose != "resource" or exchange.lost:
            continue
        key = (exchange.operation, exchange.path)
        row = rows.setdefault(key, [])
        if exchange.status != 401 or exchange.access is None:
            breaches += _dogged(row, asked)
            row.clear()
            continue
        tried.append(exchange.id)
        row.append(exchange)
        firsts = _renewed_in_vain(row, asked, givers)
        if len(firsts) > _TOKENS:
            breaches.append(Breach("refused with 401, it went on trying", tuple(e.id for e in firsts)))
            row.clear()
    for row in rows.values():
        breaches += _dogged(row, asked)
    return Finding(tuple(tried), tuple(breaches))


def _renewed_in_vain(
    row: Sequence[Exchange], asked: Sequence[Exchange], givers: Mapping[str, Exchange]
) -> list[Exchange]:
    """Give the first refusal of each token that was given after the one before had been refused."""
    firsts = [*row[:1]]
    for exchange in row[1:]:
        last = firsts[-1].id
        giver = givers.get(str(exchange.access))
        # A token that nobody gave is what the client made of one that it was given.
        since = giver.id > last if giver is not None else any(last < e.id < exchange.id for e in asked)
        if since and exchange.access not in [e.access for e in firsts]:
            firsts.append(exchange)
    return firsts


def _dogged(row: Sequence[Exchange], asked: Sequence[Exchange]) -> list[Breach]:
    """Tell of each token that was sent again and again although it was refused, and nothing was done about it."""
    found = []
    for token in dict.fromkeys(e.access for e in row):
        same = [e for e in row if e.access == token]
        ends = [e for e in asked if e.id > same[0].id]
        # Until it asked for tokens; after that, an old token is another rule's, unless it was given none.
        heard = [e for e in same if not ends or e.id < ends[0].id]
        after = [e for e in same if e not in heard] if ends and not any(e.new_access for e in ends) else []
        for again, renews in ((_in_turn(heard), bool(ends)), (_in_turn(after), False)):
            # By the clock that was moved or by that which nobody moves: threads come together by both.
            late = bool(again) and _pause(again[0], again[-1]) > _LATE
            if len(again) > (_SAME if late else _THREADS) and (late or not renews):
                says = "refused with 401, it sent the same token again and again"
                found.append(Breach(says, tuple(e.id for e in again)))
    return found


def _in_turn(row: Sequence[Exchange]) -> list[Exchange]:
    """Leave out what was under way before the refusal of an earlier one had come: it could not know of it."""
    chain: list[Exchange] = []
    for exchange in row:
        if not chain or exchange.began >= chain[-1].ended:
            chain.append(exchange)
    return chain


def _final(exchanges: Sequence[Exchange]) -> Finding:
    tried: list[int] = []
    breaches: list[Breach] = []
    refused: dict[str, Exchange] = {}
    for exchange in exchanges:
        if not exchange.for_tokens:
            continue
        before = refused.get(exchange.sent)
        if exchange.status in (400, 401, 403) and not exchange.lost:
            tried.append(exchange.id)
            # What was under way before the refusal had come could not know of it.
            if before is not None and exchange.began >= before.ended:
                says = "what had been refused for good was sent again"
                breaches.append(Breach(says, (before.id, exchange.id)))
            refused[exchange.sent] = exchange
        elif exchange.served:
            refused.pop(exchange.sent, None)
    return Finding(tuple(tried), tuple(breaches))


def _forbidden(exchanges: Sequence[Exchange]) -> Finding:
    tried: list[int] = []
    breaches: list[Breach] = []
    ends = {e.new_access: e.ends for e in exchanges if e.new_access}
    for at, before in enumerate(exchanges):
        if before.purpose != "resource" or before.status != 403 or before.access is None:
            continue
        tried.append(before.id)
        end = ends.get(before.access)
        after = exchanges[at + 1] if at + 1 < len(exchanges) else None
        if after is not None and after.purpose == "renew" and (end is None or end - after.at > _NEAR_END):
            breaches.append(Breach("a 403 was followed by a renewal", (before.id, after.id)))
    return Finding(tuple(tried), tuple(breaches))


def _waits(exchanges: Sequence[Exchange]) -> Finding:
    tried: list[int] = []
    breaches: list[Breach] = []
    for at, told in enumerate(exchanges):
        if told.status not in (429, 503) or told.retry_after is None or told.lost:
            continue
        # What was under way before the reply had come could not know of it.
        later = (e for e in exchanges[at + 1 :] if e.operation == told.operation and e.began >= told.ended)
        # Another client was not told.
        again = next((e for e in later if e.party[-1:] == told.party[-1:]), None)
        if again is None:
            continue
        tried.append(told.id)
        # A clock that was moved has waited, and so has a client that really did.
        waited = max(again.at - told.at, again.began - told.ended)
        if waited < told.retry_after - _SLACK:
            says = f"told to wait {told.retry_after:.0f} seconds, it came again after {max(0.0, waited):.1f}"
            breaches.append(Breach(says, (told.id, again.id)))
    return Finding(tuple(tried), tuple(breaches))


def _pause(before: Exchange, after: Exchange) -> float:
    """Give the seconds between a reply and the next request, by the clock that was moved or by that which nobody moves."""
    return max(after.began - before.ended, after.at - before.at - (before.ended - before.began))


def _spaced(exchanges: Sequence[Exchange]) -> Finding:
    tried: list[int] = []
    breaches: list[Breach] = []
    rows: dict[tuple[object, ...], list[Exchange]] = {}
    storms: set[tuple[object, ...]] = set()
    for exchange in exchanges:
        key = (exchange.operation, exchange.path, exchange.sent or exchange.access)
        row = rows.setdefault(key, [])
        # Those that say when to come again are another rule's.
        busy = (exchange.status == 429 or exchange.status >= 500) and exchange.retry_after is None
        if exchange.lost or not busy:
            row.clear()
            storms.discard(key)
            continue
        if row and exchange.began < row[-1].ended:
            # Another thread: it could not know.
            continue
        if row:
            tried.append(exchange.id)
        row[:] = [*row[1 - _STORM :], exchange]
        if len(row) == _STORM and sum(map(_pause, row, row[1:])) < _PAUSES and key not in storms:
            # A storm is told once, however long it lasts.
            storms.add(key)
            says = "the server was too busy, and it tried again and again without a pause"
            breaches.append(Breach(says, tuple(e.id for e in row)))
    return Finding(tuple(tried), tuple(breaches))


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "retry.once": _retry_once,
        "refusal.final": _final,
        "forbidden.no-renewal": _forbidden,
        "backoff.waits": _waits,
        "backoff.pauses": _spaced,
    }
)
"""Judges by rule."""

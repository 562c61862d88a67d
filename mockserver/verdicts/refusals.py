"""Judges of what a client does after it was refused: after a 401, a 403, a 429, and after a refusal for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.finding import Breach, Finding, Judge

__all__ = ["JUDGES"]

_TOKENS = 2
"""A token is refused, and so is the one that a renewal gave: more in a row are a loop."""

_SAME = 10
"""The same token may be refused so many times in a row, as a client has threads that learn of it one by one."""

_NEAR_END = 60.0
"""An access token that ends within so many seconds may be renewed whatever came before."""

_SLACK = 0.05
"""Clocks differ by so many seconds without anybody having been impatient."""


def _retry_once(exchanges: Sequence[Exchange]) -> Finding:
    rows: dict[tuple[str | None, str], list[Exchange]] = {}
    tried: list[int] = []
    breaches: list[Breach] = []
    for exchange in exchanges:
        if exchange.purpose != "resource" or exchange.lost:
            continue
        row = rows.setdefault((exchange.operation, exchange.path), [])
        if exchange.status != 401 or exchange.access is None:
            row.clear()
            continue
        tried.append(exchange.id)
        row.append(exchange)
        first = {e.access: e for e in reversed(row)}
        if len(first) > _TOKENS or len(row) > _SAME:
            shown = first.values() if len(first) > _TOKENS else row
            breaches.append(Breach("refused with 401, it went on trying", tuple(sorted(e.id for e in shown))))
            row.clear()
    return Finding(tuple(tried), tuple(breaches))


def _final(exchanges: Sequence[Exchange]) -> Finding:
    tried: list[int] = []
    breaches: list[Breach] = []
    refused: dict[tuple[object, ...], Exchange] = {}
    for exchange in exchanges:
        if not exchange.for_tokens:
            continue
        what = (exchange.operation, exchange.refresh if exchange.purpose == "renew" else exchange.party)
        if exchange.status in (400, 401, 403) and not exchange.lost:
            tried.append(exchange.id)
            if what in refused:
                says = "what had been refused for good was sent again"
                breaches.append(Breach(says, (refused[what].id, exchange.id)))
            refused[what] = exchange
        elif exchange.served:
            refused.pop(what, None)
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
        again = next(later, None)
        if again is None:
            continue
        tried.append(told.id)
        # A clock that was moved has waited, and so has a client that really did.
        waited = max(again.at - told.at, again.began - told.ended)
        if waited < told.retry_after - _SLACK:
            says = f"told to wait {told.retry_after:.0f} seconds, it came again after {max(0.0, waited):.1f}"
            breaches.append(Breach(says, (told.id, again.id)))
    return Finding(tuple(tried), tuple(breaches))


JUDGES: Mapping[str, Judge] = MappingProxyType(
    {
        "retry.once": _retry_once,
        "refusal.final": _final,
        "forbidden.no-renewal": _forbidden,
        "backoff.waits": _waits,
    }
)
"""Judges by rule."""

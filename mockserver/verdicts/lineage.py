"""Which exchange gave the token that another presents: from the login over its renewals to what they opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from watchword.mockserver.verdicts.exchange import Exchange

__all__ = ["begun_by", "given_by", "parents"]


def given_by(exchanges: Sequence[Exchange]) -> dict[str, Exchange]:
    """Give for each token that the client got the exchange that gave it first."""
    found: dict[str, Exchange] = {}
    for exchange in exchanges:
        for token in (exchange.new_access, exchange.new_refresh):
            if token is not None:
                found.setdefault(token, exchange)
    return found


def parents(exchanges: Sequence[Exchange]) -> dict[int, int]:
    """Give for each exchange that presents a token the one that gave it: of two tokens, that of the newer."""
    source = given_by(exchanges)
    found: dict[int, int] = {}
    for exchange in exchanges:
        givers = [source[t].id for t in (exchange.access, exchange.refresh) if t in source]
        earlier = [giver for giver in givers if giver < exchange.id]
        if earlier:
            found[exchange.id] = max(earlier)
    return found


def begun_by(number: int, parent: Mapping[int, int]) -> int:
    """Give the exchange with which the session of another began, as far back as is known."""
    while number in parent:
        number = parent[number]
    return number

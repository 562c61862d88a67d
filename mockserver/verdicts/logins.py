"""The judge of when a client logs in: when it has no token that would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from watchword.mockserver.verdicts.exchange import Exchange
from watchword.mockserver.verdicts.finding import Breach, Finding, Judge

__all__ = ["JUDGES"]

_RELOGINS = 2
"""Where there are no refresh tokens, once may be a client that was started anew."""


class _Tokens:
    """What is known of the tokens of all parties while the exchanges go by."""

    def __init__(self) -> None:
        self.last: dict[tuple[str, ...], Exchange] = {}
        self.used: set[str | None] = set()
        self.refused: set[str | None] = set()
        self.given: set[str | None] = set()
        self.failed: set[str | None] = set()
        self.vain: dict[tuple[str, ...], int] = {}
        self.renewed: dict[str | None, str] = {}

    def note(self, exchange: Exchange) -> None:
        """Take note of a request that is no login."""
        if exchange.access is not None:
            self.used.add(exchange.access)
        if exchange.purpose == "resource" and exchange.status in (401, 403):
            self.refused.add(exchange.access)
        if exchange.purpose == "revoke" and exchange.served:
            self.forget({exchange.access, exchange.refresh} - {None})
        if exchange.purpose != "renew":
            return
        if not exchange.arrived:
            self.failed.add(exchange.refresh)
            if exchange.refresh not in self.given:
                # Whatever it presented, it has tried to renew.
                self.vain[exchange.party[-1:]] = exchange.id
        if exchange.new_access and exchange.refresh is not None:
            self.renewed[exchange.refresh] = exchange.new_access
            self.given.add(exchange.new_refresh)
            for party, giver in list(self.last.items()):
                if giver.new_refresh == exchange.refresh and exchange.new_refresh:
                    self.last[party] = exchange

    def forget(self, revoked: set[str | None]) -> None:
        """Take note that a client has done with a session: it has revoked a token of it, and will log in again."""
        for party, giver in list(self.last.items()):
            if revoked & {giver.new_access, giver.new_refresh, self.renewed.get(giver.new_refresh)}:
                del self.last[party]

    def begin(self, login: Exchange) -> None:
        """Take note of a login that was served."""
        if login.new_access is not None:
            self.last[login.party] = login
        self.given.add(login.new_refresh)

    def could_renew(self, login: Exchange, before: Exchange) -> bool:
        """Tell whether the refresh token of the reply before would have done."""
        # A reply that was never used was not understood, or never read: whoever sent for it may send again.
        renewal = self.renewed.get(before.new_refresh, before.new_access)
        understood = before.new_access in self.used and renewal in self.used
        in_vain = before.new_refresh in self.failed or self.vain.get(login.party[-1:], 0) > before.id
        return before.new_refresh is not None and login.spare and understood and not in_vain

    def could_go_on(self, login: Exchange, before: Exchange) -> bool:
        """Tell whether the access token of the reply before would have done, where it had no refresh token."""
        lives = before.ends is None or before.is_early(login.at)
        good = before.new_access in self.used - self.refused
        return before.new_refresh is None and good and lives


def _when_needed(exchanges: Sequence[Exchange]) -> Finding:
    tried: list[int] = []
    breaches: list[Breach] = []
    tokens = _Tokens()
    idle: dict[tuple[str, ...], list[Exchange]] = {}
    for exchange in exchanges:
        tokens.note(exchange)
        if exchange.purpose == "renew" and exchange.new_access and exchange.refresh is not None:
            tried.append(exchange.id)
        if exchange.purpose != "issue" or not exchange.served:
            continue
        before = tokens.last.get(exchange.party)
        if before is not None and tokens.could_renew(exchange, before):
            says = "it logged in although it had a refresh token that works"
            breaches.append(Breach(says, (before.id, exchange.id)))
        elif before is not None and tokens.could_go_on(exchange, before):
            again = idle.setdefault(exchange.party, [])
            again.append(exchange)
            if len(again) == _RELOGINS:
                says = "it logged in again and again although it had an access token that works"
                breaches.append(Breach(says, (before.id, *(e.id for e in again))))
        tokens.begin(exchange)
    return Finding((*tried, *(n for b in breaches for n in b.entries)), tuple(breaches))


JUDGES: Mapping[str, Judge] = MappingProxyType({"login.when-needed": _when_needed})
"""Judges by rule."""

"""From a request and its outcome to what rules about clients ask for."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from watchword.mockserver.service import Outcome, Service
from watchword.mockserver.verdicts.sight import Sight
from watchword.specs.values.http import Pairs, Request
from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["Observer"]

_PARTIES = 1000
"""Of so many parties it is remembered which refresh token they have."""

_SHORT = 8
_TOKEN_NAMES = frozenset({"access_token", "refresh_token"})
_PASSWORDS = SECRET_ROLES - _TOKEN_NAMES


class Observer:
    """Watches the requests of one service; it remembers nothing but which refresh token each party was given last."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._spare: OrderedDict[tuple[str, ...], str] = OrderedDict()
        self._holders: dict[str, dict[tuple[str, ...], None]] = {}
        self.adopted: Callable[[tuple[str, ...], str], None] | None = None
        """Hears of each refresh token that a party was given."""
        self._known = {
            name: frozenset(member.name for shape in operation.replies.values() for member in shape.members)
            for name, operation in service.dialect.api.operations.items()
        }
        self._giving = frozenset(
            name
            for name, operation in service.dialect.api.operations.items()
            if operation.purpose in ("issue", "renew")
            or any(m.role == "access_token" for shape in operation.replies.values() for m in shape.members)
        )
        bindings = [b for op in service.dialect.api.operations.values() for b in op.bindings]
        in_url = {b.name for b in bindings if b.place == "query" and b.standing == "main"}
        self._tokens = ({b.name for b in bindings if b.role in _TOKEN_NAMES} | _TOKEN_NAMES) - in_url
        passwords = {b.name for b in bindings if b.role in _PASSWORDS and b.place != "basic"}
        self._passwords = (passwords | _PASSWORDS) - in_url

    def see(self, number: int, request: Request, outcome: Outcome, origin: str, began: float, ended: float) -> Sight:
        """Take note of one request and its outcome.

        What depends on the state of the mock is found out now; the rest when somebody asks for it.
        """
        judged = outcome.judged
        if judged is None or judged.case is None:
            judged = self._service.would(request)
        operation = judged.operation
        reading = None if judged.case is None else judged.case.reading
        sight = Sight(self._known, number, request, outcome, origin, began, ended, operation, reading)
        if request.query or len(request.path) >= _SHORT:
            sight.url = self._url(request, None if reading is None else reading.query)
        if operation is None or operation.name not in self._giving:
            return sight
        value = sight.given.get("access_token")
        if value is not None:
            token = self._service.state.access.get(str(value))
            sight.ends = None if token is None else token.expires_at
        if operation.purpose == "issue":
            sight.spare = self._has_spare(sight.party, sight.given)
        if operation.purpose in ("issue", "renew"):
            self._remember(sight)
        return sight

    def _url(self, request: Request, pairs: Pairs | None) -> tuple[bool, bool]:
        """Tell whether there is a token, and whether there is a password, in the URL."""
        state = self._service.state
        parts = _parts(request.path)
        if not request.query:
            return any(state.issued(text) in _TOKEN_NAMES for text in parts if len(text) >= _SHORT), False
        if pairs is None:
            pairs = tuple(parse_qsl(request.query, keep_blank_values=True))
        texts = {value for _, value in pairs} | parts
        names = {name for name, value in pairs if value}
        issued = any(state.issued(text) in _TOKEN_NAMES for text in texts if len(text) >= _SHORT)
        secrets = {value for value, _ in state.configured()} if pairs else set()
        return issued or bool(names & self._tokens), bool(names & self._passwords) or bool(texts & secrets)

    def _has_spare(self, party: tuple[str, ...], given: Mapping[str, Any]) -> bool:
        value = self._spare.get(party, "")
        token = self._service.state.refresh.get(value)
        if token is None or token.session.ended or given.get("refresh_token") == value:
            return False
        return token.expires_at is None or self._service.clock.now() < token.expires_at

    def _remember(self, sight: Sight) -> None:
        given = sight.given.get("refresh_token")
        if not isinstance(given, str):
            return
        parties = [sight.party]
        if sight.purpose == "renew":
            # A renewal names nobody: the new refresh token is for whoever had the old one.
            parties = [*self._holders.get(str(sight.presented("refresh_token")), ())]
        for party in parties:
            self.adopt(party, given)

    def adopt(self, party: tuple[str, ...], token: str) -> None:
        """Remember which refresh token a party has."""
        self._let_go(party)
        self._spare[party] = token
        self._holders.setdefault(token, {})[party] = None
        while len(self._spare) > _PARTIES:
            self._let_go(next(iter(self._spare)))
        if self.adopted is not None:
            self.adopted(party, token)

    def kept(self) -> list[tuple[tuple[str, ...], str]]:
        """Give what it remembers, for another process to go on with."""
        return list(self._spare.items())

    def keep(self, kept: list[tuple[tuple[str, ...], str]]) -> None:
        """Go on with what another one remembers."""
        self._spare, self._holders = OrderedDict(), {}
        for party, token in kept:
            self.adopt(party, token)

    def _let_go(self, party: tuple[str, ...]) -> None:
        value = self._spare.pop(party, None)
        if value is not None:
            holders = self._holders[value]
            del holders[party]
            if not holders:
                del self._holders[value]


@functools.lru_cache(maxsize=64)
def _parts(path: str) -> frozenset[str]:
    """Give what stands between the slashes: clients ask at the same few paths again and again."""
    return frozenset(unquote(part) for part in path.split("/"))

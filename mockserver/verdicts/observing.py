"""From a request and its outcome to what rules about clients ask for."""

from __future__ import annotations

import email.utils
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from watchword.mockserver.rules.case import Case
from watchword.mockserver.service import Outcome, Service
from watchword.mockserver.verdicts.exchange import Exchange
from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply, Request
from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["Observer"]

_PARTIES = 1000
"""Of so many parties it is remembered which refresh token they have."""

_SHORT = 8
_CLEAN = {"url_token": False, "url_secret": False}

_NAMES = ("username", "operator_username", "client_id", "brand_key")
_LOST = ("drop", "reset", "half", "stall")
_TOKEN_NAMES = frozenset({"access_token", "refresh_token"})
_PASSWORDS = SECRET_ROLES - _TOKEN_NAMES
_BODY_STATES = ("malformed", "null", "not_an_object", "other_encoding")


class Observer:
    """Watches the requests of one service; it remembers nothing but which refresh token each party was given last."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._spare: OrderedDict[tuple[str, ...], str] = OrderedDict()
        self._holders: dict[str, dict[tuple[str, ...], None]] = {}
        self._known: dict[str, frozenset[str]] = {}
        bindings = [b for op in service.dialect.api.operations.values() for b in op.bindings]
        in_url = {b.name for b in bindings if b.place == "query" and b.standing == "main"}
        self._tokens = ({b.name for b in bindings if b.role in _TOKEN_NAMES} | _TOKEN_NAMES) - in_url
        passwords = {b.name for b in bindings if b.role in _PASSWORDS and b.place != "basic"}
        self._passwords = (passwords | _PASSWORDS) - in_url

    def see(self, number: int, request: Request, outcome: Outcome, origin: str, began: float, ended: float) -> Exchange:
        """Give what one request and its outcome show."""
        service = self._service
        judged = outcome.judged if outcome.judged is not None and outcome.judged.case else service.would(request)
        case, operation = judged.case, judged.operation
        reply = outcome.reply
        lost = outcome.then in _LOST
        facts: dict[str, Any] = {} if case is None else self._asked(case)
        facts |= self._url(request)
        facts["party"] = (*facts.get("party", ()), request.header("user-agent") or "")
        if operation is not None and 200 <= reply.status < 300 and not lost:
            facts |= self._told(operation, reply)
        if operation is not None and operation.purpose == "issue":
            facts["spare"] = self._has_spare(facts["party"], facts.get("given", {}))
        if operation is not None and operation.purpose in ("issue", "renew"):
            self._remember(operation, facts)
        return Exchange(
            number,
            outcome.at,
            began,
            ended,
            origin,
            None if operation is None else operation.name,
            None if operation is None else operation.purpose,
            request.path,
            reply.status,
            lost,
            outcome.condition or (outcome.blame.name if outcome.altered and outcome.blame else None),
            retry_after=_retry_after(reply, outcome.at),
            leads_to=_leads_to(reply, origin),
            bare=request.header("authorization") is None
            and request.header("cookie") is None
            and not facts["url_token"]
            and not facts["url_secret"]
            and not any(role in facts for role in ("access", "refresh", "secret")),
            **{name: value for name, value in facts.items() if name != "secret"},
        )

    def _asked(self, case: Case) -> dict[str, Any]:
        reading, operation = case.reading, case.operation
        found: dict[str, Any] = {
            "party": tuple(str(value) for name in _NAMES if (value := case.value(name)) is not None)
        }
        for role, name in (("access_token", "access"), ("refresh_token", "refresh")):
            value = case.value(role)
            if isinstance(value, str) and value:
                found[name] = value
        if any(isinstance(case.value(role), str) for role in _PASSWORDS if operation.bound(role)):
            found["secret"] = True
        if operation.media_type is not None:
            found["has_body"] = bool(reading.request.body)
            found["body_slip"] = reading.body_state if reading.body_state in _BODY_STATES else None
        if operation.bound("brand_key"):
            found |= _brand(case)
        if any(b.place == "basic" and b.standing == "main" for b in operation.bindings):
            found["in_basic"] = _in_basic(case)
        return found

    def _url(self, request: Request) -> dict[str, bool]:
        state = self._service.state
        if not request.query and len(request.path) < _SHORT:
            return _CLEAN
        pairs = parse_qsl(request.query, keep_blank_values=True) if request.query else []
        texts = {value for _, value in pairs} | {unquote(part) for part in request.path.split("/")}
        names = {name for name, value in pairs if value}
        issued = any(state.issued(text) in _TOKEN_NAMES for text in texts if len(text) >= _SHORT)
        secrets = {value for value, _ in state.configured()} if pairs else set()
        return {
            "url_token": issued or bool(names & self._tokens),
            "url_secret": bool(names & self._passwords) or bool(texts & secrets),
        }

    def _told(self, operation: Operation, reply: Reply) -> dict[str, Any]:
        members = reply.members
        given = operation.read_reply(members)
        if "access_token" not in given:
            return {"given": given}
        token = self._service.state.access.get(str(given["access_token"]))
        known = self._known.get(operation.name)
        if known is None:
            known = frozenset(member.name for shape in operation.replies.values() for member in shape.members)
            self._known[operation.name] = known
        return {
            "given": given,
            "ends": None if token is None else token.expires_at,
            "unknown": tuple(name for name in members if name not in known),
            "may_refresh": "refresh_token" in operation.gives,
        }

    def _has_spare(self, party: tuple[str, ...], given: Mapping[str, Any]) -> bool:
        value = self._spare.get(party, "")
        token = self._service.state.refresh.get(value)
        if token is None or token.session.ended or given.get("refresh_token") == value:
            return False
        return token.expires_at is None or self._service.clock.now() < token.expires_at

    def _remember(self, operation: Operation, facts: Mapping[str, Any]) -> None:
        given = facts.get("given", {}).get("refresh_token")
        if not isinstance(given, str):
            return
        parties = [facts["party"]]
        if operation.purpose == "renew":
            # A renewal names nobody: the new refresh token is for whoever had the old one.
            parties = [*self._holders.get(str(facts.get("refresh")), ())]
        for party in parties:
            self._let_go(party)
            self._spare[party] = given
            self._holders.setdefault(given, {})[party] = None
        while len(self._spare) > _PARTIES:
            self._let_go(next(iter(self._spare)))

    def _let_go(self, party: tuple[str, ...]) -> None:
        value = self._spare.pop(party, None)
        if value is not None:
            holders = self._holders[value]
            del holders[party]
            if not holders:
                del self._holders[value]


def _brand(case: Case) -> dict[str, Any]:
    values = case.reading.values("brand_key")
    slip = None
    if not values:
        slip = "it is missing where it belongs"
    elif len({str(value) for value in values}) > 1:
        slip = "it is there more than once, with different values"
    elif not str(values[0]).strip():
        slip = "it is empty"
    first = str(values[0]) if values else None
    return {"branded": True, "brand": first, "brand_slip": slip}


def _in_basic(case: Case) -> bool | None:
    reading = case.reading
    if reading.basic_state == "ok":
        return True
    roles = {b.role for b in case.operation.bindings if b.place == "basic"}
    return False if roles & _names_in(reading.request) else None


def _names_in(request: Request) -> set[str]:
    """Give the names of the fields of a body, whatever it says it is, and of the query."""
    names = {name for name, _ in parse_qsl(request.query)}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        body = dict(parse_qsl(request.body.decode(errors="replace")))
    return names | set(body if isinstance(body, dict) else ())


def _retry_after(reply: Reply, at: float) -> float | None:
    """Read Retry-After (RFC 9110 section 10.2.3) as seconds; None when it is not there or is neither form."""
    value = (reply.header("retry-after") or "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - at)
    except (ValueError, TypeError):
        return None


def _leads_to(reply: Reply, origin: str) -> str | None:
    """Give the other origin that a redirection leads to; None when it leads to none."""
    if not 300 <= reply.status < 400:
        return None
    parts = urlsplit(reply.header("location") or "")
    there = f"{parts.scheme}://{parts.netloc}".lower()
    if not parts.netloc or there == origin.lower():
        return None
    return there

"""What was seen of one request, kept as it came: the facts for rules about clients are worked out when somebody asks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from watchword.mockserver.service import Outcome
from watchword.mockserver.verdicts.exchange import Exchange
from watchword.specs.codec import Reading
from watchword.specs.values.api import FORM, Operation
from watchword.specs.values.http import Reply, Request
from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["Sight"]

_NAMES = ("username", "operator_username", "client_id", "brand_key", "scope")
_LOST = ("drop", "reset", "half", "stall")
_TOKENS = (("access_token", "access"), ("refresh_token", "refresh"))
_PASSWORDS = SECRET_ROLES - {role for role, _ in _TOKENS}
_BODY_STATES = ("malformed", "null", "not_an_object", "other_encoding")


class Sight:
    """One request, its outcome, and what the state of the mock said of both at that time.

    `url` tells whether there are a token and a password in the URL, `ends` and `spare` are those of the exchange.
    `known` are the names of the members that the replies of an operation have.
    """

    __slots__ = (
        "_at",
        "_condition",
        "_exchange",
        "_given",
        "_known",
        "_messages",
        "_operation",
        "_origin",
        "_party",
        "_reading",
        "began",
        "ended",
        "ends",
        "lost",
        "number",
        "purpose",
        "spare",
        "url",
    )

    def __init__(
        self,
        known: Mapping[str, frozenset[str]],
        number: int,
        request: Request,
        outcome: Outcome,
        origin: str,
        began: float,
        ended: float,
        operation: Operation | None,
        reading: Reading | None,
    ) -> None:
        self._known = known
        self._messages = (request, outcome.reply)
        self._at = outcome.at
        self._condition = outcome.condition or (outcome.blame.name if outcome.altered and outcome.blame else None)
        self._origin = origin
        self._operation = operation
        self._reading = reading
        self._party: tuple[str, ...] | None = None
        self._exchange: Exchange | None = None
        self.number = number
        self.began = began
        self.ended = ended
        self.purpose = None if operation is None else operation.purpose
        self.lost = outcome.then in _LOST
        self.url = (False, False)
        self._given: Mapping[str, Any] | None = None
        self.ends: int | None = None
        self.spare = False

    @property
    def party(self) -> tuple[str, ...]:
        """Who asks, and for what scope, as far as credentials, brand and user agent tell it."""
        if self._party is None:
            reading, (request, _) = self._reading, self._messages
            found = [] if reading is None else [reading.value(name) for name in _NAMES if reading.operation.bound(name)]
            named = [str(value) for value in found if value is not None]
            self._party = (*named, request.header("user-agent") or "")
        return self._party

    @property
    def given(self) -> Mapping[str, Any]:
        """The values of the reply by role; empty where it is none of a request that was served."""
        if self._given is None:
            (_, reply), operation = self._messages, self._operation
            told = 200 <= reply.status < 300 and not self.lost
            self._given = dict(operation.read_reply(reply.members)) if operation is not None and told else {}
        return self._given

    def presented(self, role: str) -> str | None:
        """Give the token that the request presents; None when it presents none."""
        value = None if self._reading is None else self._reading.value(role)
        return value if isinstance(value, str) and value else None

    @property
    def exchange(self) -> Exchange:
        """What rules about clients ask for. What it was made of is let go."""
        if self._exchange is None:
            self._exchange = self._made(*self._messages)
            del self._messages, self._reading
        return self._exchange

    def settle(self) -> None:
        """Work out the exchange, so that the messages can be let go."""
        self.exchange  # noqa: B018 - asking is what does it

    def move(self, seconds: float) -> None:
        """Let it have begun and ended so many seconds later: it came from a machine whose clock is as much behind."""
        self.began, self.ended = self.began + seconds, self.ended + seconds
        self._exchange = replace(self.exchange, began=self.began, ended=self.ended)

    def __getstate__(self) -> tuple[Any, ...]:
        # Another process gets what it is for, and nothing of what that was made of.
        return self.exchange, self.number, self.began, self.ended, self.purpose, self.lost

    def __setstate__(self, kept: tuple[Any, ...]) -> None:
        self._exchange, self.number, self.began, self.ended, self.purpose, self.lost = kept

    def __repr__(self) -> str:
        return f"<Sight {self.number}>"

    def _made(self, request: Request, reply: Reply) -> Exchange:
        operation = self._operation
        facts = self._asked()
        told = "access_token" in self.given and operation is not None
        url_token, url_secret = self.url
        secret = facts.pop("secret", False)
        return Exchange(
            self.number,
            self._at,
            self.began,
            self.ended,
            self._origin,
            None if operation is None else operation.name,
            self.purpose,
            request.path,
            reply.status,
            self.lost,
            self._condition,
            party=self.party,
            sent=self._sent(request),
            url_token=url_token,
            url_secret=url_secret,
            bare=request.header("authorization") is None
            and request.header("cookie") is None
            and not (url_token or url_secret or secret)
            and not any(name in facts for _, name in _TOKENS),
            given=self.given,
            ends=self.ends,
            unknown=self._unknown(operation, reply) if operation is not None and told else (),
            may_refresh=operation is not None and told and "refresh_token" in operation.gives,
            spare=self.spare,
            retry_after=_retry_after(reply, self._at),
            leads_to=_leads_to(reply, self._origin),
            **facts,
        )

    def _sent(self, request: Request) -> str:
        reading = self._reading
        if reading is None or self.purpose not in ("issue", "renew"):
            return ""
        # What stands in the query beside the roles may be there to get past a cache.
        told = [reading.value(b.role) for b in reading.operation.bindings if b.place == "query" and b.role]
        names = ("user-agent", "authorization", "content-type")
        head = [reading.operation.name, *map(request.header, names), *told]
        return hashlib.sha256(repr(head).encode() + request.body).hexdigest()

    def _unknown(self, operation: Operation, reply: Reply) -> tuple[str, ...]:
        known = self._known.get(operation.name)
        if known is None:
            # A resource of the world is none of the dialect's operations.
            known = frozenset(member.name for shape in operation.replies.values() for member in shape.members)
        return tuple(name for name in reply.members if name not in known)

    def _asked(self) -> dict[str, Any]:
        reading = self._reading
        if reading is None:
            return {}
        operation = reading.operation
        found: dict[str, Any] = {name: value for role, name in _TOKENS if (value := self.presented(role)) is not None}
        if any(isinstance(reading.value(role), str) for role in _PASSWORDS if operation.bound(role)):
            found["secret"] = True
        if operation.media_type is not None:
            found["has_body"] = bool(reading.request.body)
            found["body_slip"] = _body_slip(reading)
        if operation.bound("brand_key"):
            found |= _brand(reading, self._condition)
        if any(b.place == "basic" and b.standing == "main" for b in operation.bindings):
            found["in_basic"] = _in_basic(reading)
        return found


def _body_slip(reading: Reading) -> str | None:
    untyped = reading.operation.media_type == FORM and reading.request.body and not reading.typed
    if reading.body_state == "ok" and untyped:
        return "untyped"
    return reading.body_state if reading.body_state in _BODY_STATES else None


def _secret_in_body(reading: Reading) -> bool:
    roles = {b.role for b in reading.operation.bindings if b.place == "basic" and b.standing == "main"}
    own = {b.role for b in reading.operation.bindings if b.place in ("form", "json")}
    return bool((roles - own) & SECRET_ROLES & _names_in(reading.request))


_MISWRITTEN = ("brand_key.value_case", "brand_key.padded")
"""What a brand key is refused for that names the right brand; servers that do not mind have nothing to complain of."""


def _brand(reading: Reading, condition: str | None) -> dict[str, Any]:
    values = reading.values("brand_key")
    slip = None
    if not values:
        slip = "it is missing where it belongs"
    elif len({str(value) for value in values}) > 1:
        slip = "it is there more than once, with different values"
    elif not str(values[0]).strip():
        slip = "it is empty"
    elif condition in _MISWRITTEN:
        slip = "it is not written as the key of that brand is"
    first = str(values[0]) if values else None
    return {"branded": True, "brand": first, "brand_slip": slip}


_BY_SECRET = ("issue", "verify", "renew")
_BASIC_STATES = {"other_scheme": "scheme", "empty": "encoding", "not_base64": "encoding", "no_colon": "encoding"}


def _in_basic(reading: Reading) -> str | None:
    if reading.basic_state == "ok":
        return "twice" if _secret_in_body(reading) else "ok"
    roles = {b.role for b in reading.operation.bindings if b.place == "basic"}
    if roles & _names_in(reading.request):
        return "body"
    # Who sends nothing may wait for the challenge (RFC 7235 section 2.1), and who asks about tokens may show one.
    other = reading.operation.purpose not in _BY_SECRET and reading.basic_state == "other_scheme"
    return None if other else _BASIC_STATES.get(reading.basic_state)


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
    # Few mocks ever send a date there, and all are spared the import.
    from email.utils import parsedate_to_datetime

    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - at)
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

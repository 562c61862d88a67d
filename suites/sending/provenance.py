"""Provenance: what the secret values of a check's requests were made of, and what the ends of its pauses were read off.

    ["secret", ROLE]          a credential of the target file
    ["reply", N, MEMBER, …]   what stands at that path in the JSON of the check's N-th reply, counted from 1
    ["made", NAME, VALUE]     another of these values after a derivation of `watchword.reports.derivations`

Law: a value is explained only if the explanation gives that very value; a token that nobody issued has to have the look
of one that somebody did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from watchword.reports.derivations import DERIVATIONS, claims
from watchword.specs.redaction import is_secret
from watchword.specs.values.http import Reply
from watchword.suites.acting.figures import number
from watchword.suites.acting.steps import Exchange, Pause

__all__ = ["Lost", "Provenance", "Value"]

Value = list[Any]

_NEAR = 6.0
"""Seconds around an expiry in which a wait that ends there ends."""


class Lost(Exception):
    """A value is a secret, and nothing tells what it was made of."""


class Provenance:
    """What is known of the values of one check: the credentials, and what its replies gave so far."""

    def __init__(self, credentials: Mapping[str, str], mask: Callable[[str], str]) -> None:
        self._mask = mask
        self._names = {value for role, value in credentials.items() if not is_secret(role)}
        self._secrets: dict[str, str] = {}
        for role, value in credentials.items():
            if is_secret(role) and value:
                self._secrets.setdefault(value, role)
        self._before: list[Exchange] = []
        self._given: dict[str, list[tuple[Value, str]]] = {}
        """Every text of the replies so far: where it stands, the object itself."""

    def learn(self, exchange: Exchange) -> None:
        """Take the next exchange as one that later values may come of."""
        self._before.append(exchange)
        for path, told in _texts(exchange.reply):
            self._given.setdefault(told, []).append((["reply", len(self._before), *path], told))

    def is_name(self, value: str) -> bool:
        """Tell whether a value is a credential that is no secret, such as a user's name."""
        return value in self._names and value not in self._secrets

    def of(self, value: str, exchange: Exchange) -> Value | None:
        """Say what a value of a request is made of; None where it is no secret.

        Raises:
            Lost: it is one, and nothing tells.
        """
        if not value:
            return None
        role = self._secrets.get(value)
        if role is not None:
            return ["secret", role]
        told = self._told(value, exchange)
        if told is not None:
            return told
        if not self._hides(value):
            return None
        for base, origin in self._bases():
            for name, make in DERIVATIONS.items():
                if _gives(make, base, value):
                    return ["made", name, origin]
        for base, origin in self._bases():
            if _alike(base, value):
                return ["made", "never_issued", origin]
        raise Lost("nothing tells what a secret was made of")

    def of_blank(self, name: str, exchange: Exchange) -> Value | None:
        """Say which reply gave an empty value that is sent under a name; None where it was made empty on purpose."""
        entry = next((f for f in exchange.call.draft.fields if f.name == name and f.value == ""), None)
        if entry is None or not entry.role or not is_secret(entry.role) or exchange.call.conditions:
            return None
        for place, before in enumerate(self._before, 1):
            members = before.reply.members if before.reply is not None else {}
            if before.call.draft.operation.read_reply(members).get(entry.role) == "":
                return ["reply", place, next(told for told, value in members.items() if value == "")]
        return None

    def of_others(self, exchange: Exchange) -> dict[str, Value]:
        """Say of what stands in a body in place of a token and is no text which reply gave it, by its JSON."""
        found: dict[str, Value] = {}
        for entry in exchange.call.draft.fields:
            if (
                entry.place not in ("json", "form")
                or not entry.role
                or not is_secret(entry.role)
                or isinstance(entry.value, str | None)
            ):
                continue
            for place, before in enumerate(self._before, 1):
                members = before.reply.members if before.reply is not None else {}
                for name, told in members.items():
                    if told == entry.value and type(told) is type(entry.value):
                        found.setdefault(json.dumps(told, ensure_ascii=False), ["reply", place, name])
        return found

    def of_pause(self, pause: Pause) -> dict[str, Any]:
        """Write a pause down: its reason, the seconds that it took, and the value of a reply that named its end."""
        found: dict[str, Any] = {"reason": self._mask(pause.reason)}
        until = pause.until
        if until is None:
            return found | {"seconds": pause.seconds}
        last = self._before[-1].replied if self._before else until
        found["seconds"] = round(max(0.0, until - last), 1)
        near = [
            (abs(until - stamp), -place, path, until - stamp, counted)
            for place, exchange in enumerate(self._before, 1)
            for path, stamp, counted in _stamps(exchange, stated=pause.stated)
            if abs(until - stamp) <= _NEAR
        ]
        if near:
            _, place, path, plus, counted = min(near, key=lambda one: one[:2])
            found |= {"until": ["reply", -place, *path], "plus": round(plus, 1)}
            found |= {"counted": True} if counted else {}
        return found

    def _hides(self, value: str) -> bool:
        return self._mask(value) != value or self._mask(f"- {value} -") != f"- {value} -"

    def _told(self, value: str, exchange: Exchange) -> Value | None:
        given = self._given.get(value)
        if given is None or not self._hides(value):
            return None
        # Where two replies gave the same text, it is the very object that tells which of them was meant.
        held = next((f.value for f in exchange.call.draft.fields if f.value == value), value)
        return next((origin for origin, told in given if told is held), given[0][0])

    def _bases(self) -> Iterator[tuple[str, Value]]:
        for value, role in self._secrets.items():
            yield value, ["secret", role]
        for place in range(len(self._before), 0, -1):
            for path, told in _texts(self._before[place - 1].reply):
                if self._hides(told):
                    yield told, ["reply", place, *path]


def _gives(make: Callable[[str], str], base: str, value: str) -> bool:
    try:
        return make(base) == value
    except (ValueError, IndexError):
        return False


def _alike(base: str, value: str) -> bool:
    """Tell whether a value is a token that nobody issued, made after another."""
    held, made = claims(base), claims(value)
    if held:
        return bool(made) and held | {"jti": 0} == made | {"jti": 0}
    pairs = zip(base, value, strict=False)
    return len(base) == len(value) and all(a == b or (a.isalnum() and b.isalnum()) for a, b in pairs)


def _texts(reply: Reply | None) -> Iterator[tuple[list[Any], str]]:
    """Give every text in the JSON of a reply with the path that leads there."""
    left: list[tuple[list[Any], Any]] = [([], reply.json if reply is not None else None)]
    while left:
        path, value = left.pop(0)
        if isinstance(value, str) and value:
            yield path, value
        elif isinstance(value, dict):
            left += [([*path, name], inner) for name, inner in value.items()]
        elif isinstance(value, list):
            left += [([*path, place], inner) for place, inner in enumerate(value)]


def _stamps(exchange: Exchange, *, stated: bool) -> Iterator[tuple[list[Any], float, bool]]:
    """Give every moment that a reply may name as the end of something, and whether it is counted from the reply on.

    Numbers that the description calls an expiry may be either, whatever it calls them; other numbers are near one by chance.
    The `exp` of a token, which is left out where the words of the reply are meant, is a moment.
    """
    roles = {m.name: m.role for shape in exchange.call.draft.operation.replies.values() for m in shape.members}
    for name, value in (exchange.reply.members if exchange.reply is not None else {}).items():
        told = number(value)
        if told is not None and roles.get(name) in ("expires_at", "expires_in"):
            yield [name], told, False
            yield [name], exchange.replied + told, True
        end = number(claims(value).get("exp"))
        if end is not None and not stated:
            yield [name, "exp"], end, False

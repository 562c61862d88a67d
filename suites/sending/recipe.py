"""Recipes: how each request of a check can be made again by whoever has the secrets.

A recipe is data without secrets. Of a request it names only what stands there in another way than in its record, as a
list of pieces: a text, a value of `provenance`, or a list whose first word says how the rest is coded:

    ["form" | "path" | "json" | "data", VALUE]   for a form or a query, for a path, in a JSON string, as JSON
    ["basic", PIECES]                            in base64

A recipe that cannot be written whole says so under `lost`, and nothing else of the request.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from watchword.reports.records import legible
from watchword.suites.acting.steps import Exchange
from watchword.suites.sending.provenance import Lost, Provenance

__all__ = ["Recipes"]

Pieces = list[Any]

_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,:{}\[\]"]+')
"""The strings of a JSON text, and its numbers and names."""
_LINE = 2_000
"""Characters of a text that stands in the records as it is."""


class Recipes:
    """Writes the recipes of one check's requests, in their order."""

    def __init__(self, credentials: Mapping[str, str], mask: Callable[[str], str]) -> None:
        self._mask = mask
        self._provenance = Provenance(credentials, mask)

    def write(self, exchange: Exchange, url: str) -> dict[str, Any]:
        """Write the recipe of the next request, which went to `url`, and learn what its reply gave."""
        try:
            found = self._of(exchange, url)
        except Lost as lost:
            found = {"lost": str(lost)}
        pauses = [self._provenance.of_pause(pause) for pause in exchange.call.after]
        self._provenance.learn(exchange)
        return found | ({"pauses": pauses} if pauses else {})

    def _of(self, exchange: Exchange, url: str) -> dict[str, Any]:
        request = exchange.request
        found: dict[str, Any] = {}
        if not self._shows(url):
            found["url"] = self._whole(self._in_url(url, exchange))
        headers = {
            str(place): self._whole(self._in_header(name, value, exchange))
            for place, (name, value) in enumerate(request.headers)
            if not self._shows(value)
        }
        if headers:
            found["headers"] = headers
        try:
            text = request.body.decode()
        except UnicodeDecodeError:
            told = request.body.decode(errors="replace")
            if self._mask(told) != told:
                raise Lost("a secret stands in a body that is no text") from None
            return found | {"bytes": base64.b64encode(request.body).decode()}
        body = self._whole(self._in_body(text, exchange))
        return found | ({"body": body} if body not in ([], [text]) or not self._shows(text) else {})

    def _shows(self, text: str) -> bool:
        """Tell whether a text stands in the records as it is."""
        return len(text) < _LINE and self._mask(text) == text and legible(text) == text

    def _whole(self, pieces: Iterator[Any]) -> Pieces:
        found: Pieces = []
        for piece in pieces:
            if isinstance(piece, str) and found and isinstance(found[-1], str):
                found[-1] += piece
            elif piece != "":
                found.append(piece)
        if any(isinstance(piece, str) and self._mask(piece) != piece for piece in found):
            raise Lost("a secret stands where nobody looked for one")
        return found

    def _in_url(self, url: str, exchange: Exchange) -> Iterator[Any]:
        path, mark, query = url.partition("?")
        for part in re.split("(/)", path):
            yield self._coded(part, unquote(part), "path", exchange)
        yield mark
        yield from self._in_form(query, exchange)

    def _in_form(self, text: str, exchange: Exchange) -> Iterator[Any]:
        others = self._provenance.of_others(exchange)
        for pair in re.split("(&)", text):
            name, mark, value = pair.partition("=")
            yield self._coded(name, unquote_plus(name), "form", exchange)
            yield mark
            told = others.get(unquote_plus(value))
            if mark and not value:
                told = self._provenance.of_blank(unquote_plus(name), exchange)
            yield ["form", told] if told else self._coded(value, unquote_plus(value), "form", exchange)

    def _in_header(self, name: str, value: str, exchange: Exchange) -> Iterator[Any]:
        if name.lower() == "cookie":
            for part in re.split("(=|; )", value):
                yield self._provenance.of(part, exchange) or part
            return
        scheme, blank, rest = value.partition(" ")
        if name.lower() != "authorization" or not blank:
            yield self._provenance.of(value, exchange) or value
            return
        yield f"{scheme} "
        pair = _pair(rest)
        if pair is None:
            yield self._provenance.of(rest, exchange) or rest
            return
        user, _, password = pair.partition(":")
        coded = {b.name for b in exchange.call.draft.operation.bindings if b.place == "basic" and b.encoded}
        plain = unquote_plus(user) if "user" in coded else user
        known = user if self._provenance.is_name(plain) else self._of_basic(user, exchange, coded="user" in coded)
        secret = self._of_basic(password, exchange, coded="password" in coded)
        # A pair without a secret hides behind base64 all the same.
        yield ["basic", self._whole(iter([known, ":", secret]))]

    def _of_basic(self, part: str, exchange: Exchange, *, coded: bool) -> Any:
        plain = unquote_plus(part) if coded else part
        return (
            self._coded(part, plain, "form", exchange) if plain != part else self._provenance.of(part, exchange) or part
        )

    def _in_body(self, text: str, exchange: Exchange) -> Iterator[Any]:
        others = self._provenance.of_others(exchange)
        if not others and self._shows(text) and "=&" not in f"{text}&":
            yield text
            return
        if text[:1] not in ("{", "["):
            yield from self._in_form(text, exchange)
            return
        at = 0
        for found in _WORDS.finditer(text):
            word = found.group()
            if word in others:
                yield text[at : found.start()]
                yield ["data", others[word]]
                at = found.end()
            elif word[0] == '"':
                yield text[at : found.start() + 1]
                yield self._coded(word[1:-1], _unescaped(word[1:-1]), "json", exchange)
                at = found.end() - 1
        yield text[at:]

    def _coded(self, part: str, value: str, name: str, exchange: Exchange) -> Any:
        origin = self._provenance.of(value, exchange) if value else None
        if origin is None:
            return part
        if part not in _CODES[name](value):
            raise Lost("a secret is coded in a way that has no name")
        return [name, origin]


_CODES: Mapping[str, Callable[[str], tuple[str, ...]]] = {
    "form": lambda value: (quote_plus(value),),
    "path": lambda value: (quote(value, safe=""),),
    "json": lambda value: (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]),
}
"""How a value can stand, by the name of its coding."""


def _pair(text: str) -> str | None:
    try:
        pair = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    return pair if ":" in pair else None


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text

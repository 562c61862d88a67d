"""What travelled, shown without any secret: headers and fields by name, the rest not at all.

Laws:
1. A header or field is shown when its name says that it is no secret; any other as its pseudonym, or as `***`.
2. A body that has no fields is shown by its size alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, quote

from watchword.specs.redaction import Masker
from watchword.specs.values.api import FORM, Api
from watchword.specs.values.http import Pairs, Reply, Request
from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["Detail", "fields_of"]

_PLAIN = frozenset(
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "expect",
        "host",
        "if-none-match",
        "origin",
        "pragma",
        "prefer",
        "retry-after",
        "server",
        "transfer-encoding",
        "user-agent",
        "vary",
        "via",
        "watchword-body",
        "watchword-control",
        "watchword-request",
        "watchword-space",
        "www-authenticate",
        "x-request-id",
        "location",
    ]
)
"""Headers that hold no secret but by mistake; what is known to be one is masked in them, too."""


class Detail:
    """Shows messages of one API. The masker has to know the tokens that there are."""

    def __init__(self, api: Api, masker: Masker) -> None:
        self._masker = masker
        bindings = [b for op in api.operations.values() for b in op.bindings]
        members = [m for op in api.operations.values() for shape in op.replies.values() for m in shape.members]
        secret = {b.name for b in bindings if b.role in SECRET_ROLES} | SECRET_ROLES
        secret |= {m.name for m in members if m.role in SECRET_ROLES}
        self._secret = {name.lower() for name in secret}
        self._open = {b.name.lower() for b in bindings} - self._secret
        self._pieces = {"path", "query", "header", "form", "json"}

    def request(self, request: Request) -> dict[str, Any]:
        """Give the headers and the body of a request; the body is None when there is none."""
        return {"headers": self.headers(request.headers), "body": self._body(request.body, reply=False)}

    def reply(self, reply: Reply) -> dict[str, Any]:
        """Give status, headers and body of a reply; the body is None when there is none."""
        body = self._body(reply.body, reply=True)
        return {"status": reply.status, "headers": self.headers(reply.headers), "body": body}

    def headers(self, headers: Pairs) -> list[list[str]]:
        """Give headers as pairs, in their order."""
        return [[self._masker.mask(name), self._header(name.lower(), value)] for name, value in headers]

    def _header(self, name: str, value: str) -> str:
        if name in ("authorization", "proxy-authorization"):
            masked = self._masker.mask(value)
            # What was not recognised may be a secret all the same.
            scheme, space, rest = value.partition(" ")
            return masked if masked != value or not rest else f"{self._masker.mask(scheme)}{space}***"
        if name in _PLAIN or name in self._open or name.startswith("access-control-"):
            return self._masker.mask(value)
        return self._masker.known(value) or ("***" if value else "")

    def _body(self, body: bytes, *, reply: bool) -> str | None:
        if not body:
            return None
        text = body.decode(errors="replace")
        value = _parsed(text)
        if isinstance(value, (dict, list)):
            return json.dumps(self._inside(value, "", reply=reply), ensure_ascii=False)
        if reply:
            # The mock's own words.
            return self._masker.mask(text)
        pairs = parse_qsl(text, keep_blank_values=True)
        if not pairs:
            return f"*** ({len(body)} bytes)"
        return "&".join(f"{self._name(name)}={self._value(name, value)}" for name, value in pairs)

    def _inside(self, value: Any, name: str, *, reply: bool) -> Any:
        if isinstance(value, dict):
            return {self._masker.mask(str(k)): self._inside(v, str(k), reply=reply) for k, v in value.items()}
        if isinstance(value, list):
            return [self._inside(item, name, reply=reply) for item in value]
        if isinstance(value, str):
            if reply and name.lower() not in self._secret:
                return self._masker.mask(value)
            return self._value(name, value, quoted=False)
        if name.lower() in self._secret and value is not None and not isinstance(value, bool):
            return "***"
        return value

    def _name(self, name: str) -> str:
        return self._masker.mask(quote(name)) if name.lower() in self._open | self._secret else "***"

    def _value(self, name: str, value: str, *, quoted: bool = True) -> str:
        if not value:
            return ""
        known = self._masker.known(value)
        if known is not None:
            return known
        if name.lower() not in self._open:
            return "***"
        return self._masker.mask(quote(value) if quoted else value)


def fields_of(request: Request) -> Iterable[tuple[str, str]]:
    """Give every field of a request with its value: of the query, and of the body, be it a form or JSON."""
    yield from parse_qsl(request.query, keep_blank_values=True)
    text = request.body.decode(errors="replace")
    value = _parsed(text)
    if isinstance(value, dict):
        yield from ((str(name), inner) for name, inner in value.items() if isinstance(inner, str))
    elif (request.header("content-type") or FORM).startswith(FORM):
        yield from parse_qsl(text, keep_blank_values=True)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

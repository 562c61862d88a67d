"""What travelled, shown without any secret: headers and fields by name, the rest not at all.

Laws:
1. A header or field is shown when its name says that it is no secret; any other as its pseudonym, or as `***`.
2. A body that has no fields is shown by its size alone.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote

from watchword.specs.redaction import Masker
from watchword.specs.values.api import Api
from watchword.specs.values.http import Pairs, Reply, Request
from watchword.specs.vocabulary import ROLES, SECRET_ROLES

__all__ = ["Detail", "pair_in"]

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

_AUTHORIZATION = ("authorization", "proxy-authorization")

_NOBODYS = "credential"
"""The role of what may be a secret, and is none that is known."""


class Detail:
    """Shows messages of one API. The masker has to know the tokens that there are."""

    def __init__(self, api: Api, masker: Masker) -> None:
        self._masker = masker
        bindings = [b for op in api.operations.values() for b in op.bindings]
        members = [m for op in api.operations.values() for shape in op.replies.values() for m in shape.members]
        roles = {role: role for role in SECRET_ROLES}
        roles |= {b.name: b.role for b in bindings if b.role in SECRET_ROLES and b.place != "basic"}
        roles |= {m.name: m.role for m in members if m.role in SECRET_ROLES}
        self._secret = {name.lower(): role for name, role in roles.items()}
        # What has its own name in a place that is not its own hides nothing, either.
        names = {role: role for role in ROLES} | {b.name.lower(): b.role for b in bindings if b.place != "basic"}
        self._open = {name: role for name, role in names.items() if name not in self._secret}

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

    def hidden(self, request: Request) -> dict[str, str]:
        """Give every value of a request that is not shown, with the role that it has, or seems to have."""
        found: dict[str, str] = {}
        text = request.body.decode(errors="replace")
        value = _parsed(text)
        pairs = parse_qsl(request.query, keep_blank_values=True)
        try:
            pairs += _leaves(value, "")
        except RecursionError:
            found[text] = _NOBODYS
        if text and not isinstance(value, (dict, list)):
            fields = parse_qsl(text, keep_blank_values=True)
            pairs += fields
            if not fields:
                found[text] = _NOBODYS
        for name, inner in pairs:
            if name.lower() not in self._open:
                found[inner] = self._secret.get(name.lower(), _NOBODYS)
                if name.lower() not in self._secret and not inner:
                    found[name] = _NOBODYS
            elif self._gives_away(inner):
                found[inner] = _NOBODYS
        for name, inner in request.headers:
            if name.lower() in _AUTHORIZATION:
                found |= self._hidden_by(inner)
            elif name.lower() not in _PLAIN | self._open.keys() or self._gives_away(inner):
                found[inner] = _NOBODYS
        found |= {part: _NOBODYS for part in request.path.split("/") if self._gives_away(part)}
        found.pop("", None)
        return found

    def _hidden_by(self, authorization: str) -> dict[str, str]:
        """Give what is not shown of an Authorization header."""
        pair = pair_in(authorization)
        if pair is None:
            secret, role = _of_authorization(authorization)
            return {secret: role}
        # Without a secret beside it, a name may be one: some servers take their keys so.
        user = {pair[0]: _NOBODYS} if not pair[1] or self._gives_away(pair[0]) else {}
        return {pair[1]: "password"} | user

    def _gives_away(self, text: str) -> bool:
        """Tell whether a secret stands in what is usually none: a token in the name's place, say."""
        return self._masker.mask(text) != text

    def _header(self, name: str, value: str) -> str:
        if name in _AUTHORIZATION:
            masked = self._masker.mask(value)
            scheme, space, rest = value.partition(" ")
            pair = pair_in(value)
            if pair is not None and pair[1]:
                known = self._masker.known(pair[1])
                kept = known or (masked.partition(" ")[2] if masked != value else "***")
                return f"{scheme} {self._masker.mask(quote(pair[0]))}:{kept}"
            if masked != value or not value:
                return masked
            # What was not recognised may be a secret all the same.
            return f"{scheme} ***" if space and rest and scheme.lower() in ("basic", "bearer") else "***"
        if name in _PLAIN or name in self._open or name.startswith("access-control-"):
            return self._masker.mask(value)
        return self._masker.known(value) or ("***" if value else "")

    def _body(self, body: bytes, *, reply: bool) -> str | None:
        if not body:
            return None
        text = body.decode(errors="replace")
        value = _parsed(text)
        if isinstance(value, (dict, list)):
            try:
                return json.dumps(self._inside(value, "", reply=reply), ensure_ascii=False)
            except RecursionError:
                return f"*** ({len(body)} bytes)"
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
        return self._masker.mask(quote(name)) if name.lower() in {*self._open, *self._secret} else "***"

    def _value(self, name: str, value: str, *, quoted: bool = True) -> str:
        if not value:
            return ""
        known = self._masker.known(value)
        if known is not None:
            return known
        if name.lower() not in self._open:
            return "***"
        return self._masker.mask(quote(value) if quoted else value)


def _leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, name)
    elif isinstance(value, str):
        yield name, value


def pair_in(value: str) -> tuple[str, str] | None:
    """Give the name and the secret of a header with Basic credentials; None when it has none."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (name, secret) if colon else None


def _of_authorization(value: str) -> tuple[str, str]:
    """Give what is secret in an Authorization header without a name and a secret, and its role."""
    scheme, _, rest = value.strip().partition(" ")
    rest = rest.strip()
    return (rest, "access_token") if scheme.lower() == "bearer" and rest else (rest or value, _NOBODYS)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None

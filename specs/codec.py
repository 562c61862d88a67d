"""The one place where roles become bytes and bytes become roles.

`encode` and `decode` are an inverse pair: what the suites write with one, the mock reads with the other, through the same
bindings. Query, form and JSON are never merged: the place is part of the meaning.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote_plus

from watchword.specs.values.api import FORM, JSON, Binding, Operation
from watchword.specs.values.draft import Draft, Field, MissingRole
from watchword.specs.values.http import Pairs, Request

__all__ = ["Reading", "basic_pair", "basic_sent", "decode", "draft", "encode"]

_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")
"""What no encoding changes (RFC 3986 section 2.3)."""


def draft(operation: Operation, values: Mapping[str, Any], optional: Sequence[str] = ()) -> Draft:
    """Write a right request: every required role in its main place, and of the optional ones those named.

    Raises:
        MissingRole: `values` lacks a role that the operation requires.
    """
    fields = []
    for binding in operation.bindings:
        if binding.standing != "main":
            continue
        if binding.const is not None:
            fields.append(Field(binding.place, binding.name, binding.const, binding.role))
        elif binding.required or binding.role in optional:
            if binding.role in values:
                fields.append(Field(binding.place, binding.name, values[binding.role], binding.role))
            elif binding.example is not None:
                fields.append(Field(binding.place, binding.name, binding.example, binding.role))
            else:
                raise MissingRole(operation, binding.role)
    return Draft(operation, operation.method, operation.path, tuple(fields), operation.media_type)


def encode(sketch: Draft) -> Request:
    """Turn a draft into the request that goes over the wire."""
    at: dict[str, list[Field]] = {}
    for entry in sketch.fields:
        at.setdefault(entry.place, []).append(entry)
    path = sketch.path
    for entry in at.get("path", ()):
        path = path.replace("{" + entry.name + "}", quote(str(entry.value), safe=""))
    headers: list[tuple[str, str]] = [("Accept", "application/json")]
    authorization = _authorization(sketch, at) if sketch.authorization is None else sketch.authorization
    if authorization:
        headers.append(("Authorization", authorization))
    headers.extend((f.name, str(f.value)) for f in at.get("header", ()))
    body = sketch.body
    if body is None:
        body = _body(sketch.media_type, at)
    content_type = sketch.media_type if sketch.content_type is None else sketch.content_type
    if content_type:
        headers.append(("Content-Type", content_type))
    query = _urlencoded(at.get("query", ()))
    return Request(sketch.method, path, query, tuple(headers), body, sketch.operation.base)


def basic_pair(sketch: Draft) -> str:
    """Write the user and the password of Basic as they are joined, each encoded as in a form where its binding wants that."""
    coded = _coded(sketch.operation)
    parts = {f.name: str(f.value) for f in sketch.fields if f.place == "basic"}
    written = {name: _quoted(text) if name in coded else text for name, text in parts.items()}
    return f"{written.get('user', '')}:{written.get('password', '')}"


def _coded(operation: Operation) -> set[str]:
    """Give the parts of Basic that are encoded as in a form (RFC 6749 section 2.3.1)."""
    return {b.name for b in operation.bindings if b.place == "basic" and b.encoded}


def _authorization(sketch: Draft, at: Mapping[str, list[Field]]) -> str:
    if "basic" in at:
        return "Basic " + base64.b64encode(basic_pair(sketch).encode()).decode()
    if "bearer" in at:
        return f"Bearer {at['bearer'][0].value}"
    return ""


def _body(media_type: str | None, at: Mapping[str, list[Field]]) -> bytes:
    if media_type == JSON:
        return json.dumps({f.name: f.value for f in at.get("json", ())}, ensure_ascii=False).encode(
            errors="surrogatepass"
        )
    if media_type == FORM:
        return _urlencoded(at.get("form", ())).encode()
    return b""


def _urlencoded(fields: Sequence[Field]) -> str:
    # As `urlencode` does it; what has nothing to be quoted, like most tokens, is seen at a glance.
    return "&".join(["=".join([_quoted(f.name), _quoted(str(f.value))]) for f in fields])


def _quoted(text: str) -> str:
    return text if _UNRESERVED.fullmatch(text) else quote_plus(text, errors="surrogatepass")


# Made for each request, and so not frozen: that would take several times as long.
@dataclass(slots=True, repr=False, eq=False)
class Reading:
    """A request as its operation's bindings see it.

    `body_state`: `none` (the operation wants no body), `empty`, `ok`, `malformed`, `null`, `not_an_object`,
    `other_encoding` (a form where JSON belongs or the reverse; its fields are still read).
    `basic_state`: `absent`, `empty`, `other_scheme`, `not_base64`, `no_colon`, `ok`.
    """

    operation: Operation
    request: Request
    path: Mapping[str, str]
    query: Pairs
    form: Pairs
    json: Mapping[str, Any]
    body_state: str
    authorization: str | None
    scheme: str
    token: str
    basic: tuple[str, str] | None
    basic_state: str
    headers: Mapping[str, list[str]] = field(default_factory=dict)

    def of(self, operation: Operation) -> Reading:
        """Give what the bindings of another operation see in it, of one that takes the same encoding at the same path."""
        return Reading(
            operation,
            self.request,
            self.path,
            self.query,
            self.form,
            self.json,
            self.body_state,
            self.authorization,
            self.scheme,
            self.token,
            self.basic,
            self.basic_state,
            self.headers,
        )

    @property
    def typed(self) -> bool:
        """Whether a Content-Type says what the body is; one that is there and empty says nothing."""
        return any(value.strip() for value in self.headers.get("content-type", ()))

    def at(self, place: str, name: str) -> list[Any]:
        """Give every value that stands at one place under one name, in the order sent."""
        if place == "query":
            return [value for key, value in self.query if key == name]
        if place == "form":
            return [value for key, value in self.form if key == name]
        if place == "json":
            return [self.json[name]] if name in self.json else []
        if place == "header":
            return list(self.headers.get(name.lower(), ()))
        if place == "basic":
            return [] if self.basic is None else [self.basic[0 if name == "user" else 1]]
        if place == "bearer":
            return [self.token] if self.scheme == "bearer" else []
        return [self.path[name]] if name in self.path else []

    def values(self, role: str, standing: str = "main") -> list[Any]:
        """Give the values of a role where its bindings of that standing put it."""
        return [v for b in self.operation.bound(role) if b.standing == standing for v in self.at(b.place, b.name)]

    def value(self, role: str) -> Any:
        """Give the first value of a role: in its main place, else an alternative, a superseded or a tolerated one."""
        finders = self.operation.finders
        find = finders.get(role)
        if find is None:
            find = finders[role] = _finder(self.operation.bound(role))
        return find(self)

    def tolerated(self, binding: Binding) -> list[Any]:
        """Give what stands where a lenient server still looks for a binding."""
        # Reached only when the profile takes the misplacement as fine; a strict profile has refused before.
        if binding.place == "form":
            return self.at("query", binding.name)
        if binding.place == "basic":
            return self.at("form", binding.role) or self.at("json", binding.role)
        if binding.place == "bearer":
            return self.at("query", binding.role) or ([self.authorization] if self.authorization else [])
        if binding.place == "header":
            return self.at("query", binding.name)
        if binding.place == "query":
            return self.at("header", binding.name)
        return []


_Finder = Callable[[Reading], Any]


def _finder(bound: tuple[Binding, ...]) -> _Finder:
    """Compile the bindings of a role, which stand in the order in which they count, into what finds its value."""
    if not bound:
        return lambda reading: None
    main, *others = bound

    def otherwise(reading: Reading) -> Any:
        for binding in others:
            found = reading.at(binding.place, binding.name)
            if found:
                return found[0]
        for binding in bound:
            found = reading.tolerated(binding)
            if found:
                return found[0]
        return None

    return _at_first(main, otherwise)


def _at_first(main: Binding, otherwise: _Finder) -> _Finder:
    """Compile the place where a value stands in a right request; in a wrong one it may stand elsewhere."""
    place, name = main.place, main.name
    if place == "basic":
        index = 0 if name == "user" else 1
        return lambda reading: otherwise(reading) if reading.basic is None else reading.basic[index]
    if place == "bearer":
        return lambda reading: reading.token if reading.scheme == "bearer" else otherwise(reading)
    if place == "json":
        return lambda reading: reading.json[name] if name in reading.json else otherwise(reading)
    if place == "form":

        def in_form(reading: Reading) -> Any:
            for key, value in reading.form:
                if key == name:
                    return value
            return otherwise(reading)

        return in_form

    def anywhere(reading: Reading) -> Any:
        found = reading.at(place, name)
        return found[0] if found else otherwise(reading)

    return anywhere


def decode(operation: Operation, request: Request, path: Mapping[str, str] | None = None) -> Reading:
    """Read a request through an operation's bindings. Never fails: what is wrong is part of the reading."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers:
        headers.setdefault(name.lower(), []).append(value)
    query = tuple(parse_qsl(request.query, keep_blank_values=True)) if request.query else ()
    form, members, body_state = _read_body(operation, request, headers)
    authorization = headers["authorization"][0] if "authorization" in headers else None
    word, _, rest = (authorization or "").strip().partition(" ")
    scheme, token = word.lower(), rest.strip()
    basic, basic_state = _read_basic(authorization, scheme, token)
    if basic is not None and basic_state == "ok" and _UNRESERVED.fullmatch("".join(basic)) is None:
        coded = _coded(operation)
        user, password = basic
        basic = (
            unquote_plus(user) if "user" in coded else user,
            unquote_plus(password) if "password" in coded else password,
        )
    return Reading(
        operation,
        request,
        path or {},
        query,
        form,
        members,
        body_state,
        authorization,
        scheme,
        token,
        basic,
        basic_state,
        headers,
    )


def basic_sent(reading: Reading) -> tuple[str, str] | None:
    """Give the user and the password of Basic as they were sent, whether or not their bindings have them encoded."""
    return _read_basic(reading.authorization, reading.scheme, reading.token)[0]


def _read_basic(authorization: str | None, scheme: str, token: str) -> tuple[tuple[str, str] | None, str]:
    if authorization is None or not authorization.strip():
        return None, "absent"
    if scheme != "basic":
        return None, "other_scheme"
    if not token:
        return None, "empty"
    try:
        pair = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, ValueError):
        return None, "not_base64"
    # RFC 7617 section 2: the user-id ends at the first colon, so a password may hold more of them.
    user, colon, password = pair.partition(":")
    return ((user, password), "ok") if colon else (None, "no_colon")


def _read_body(
    operation: Operation, request: Request, headers: Mapping[str, list[str]]
) -> tuple[Pairs, Mapping[str, Any], str]:
    if operation.media_type is None:
        return (), {}, "none"
    if not request.body:
        return (), {}, "empty"
    named = headers.get("content-type", [""])[0].partition(";")[0].strip().lower()
    if operation.media_type == FORM:
        if named == JSON:
            value, state = _read_json(request.body)
            pairs = tuple((k, v if isinstance(v, str) else json.dumps(v)) for k, v in value.items())
            return pairs, {}, "other_encoding" if state == "ok" else state
        if named not in ("", FORM):
            # Servers look for no parameters in a text, whatever it looks like.
            return (), {}, "malformed"
        pairs = _read_form(request.body)
        return pairs, {}, "ok" if pairs else "malformed"
    value, state = _read_json(request.body)
    if state == "malformed" and named == FORM:
        pairs = _read_form(request.body)
        return (), dict(pairs), "other_encoding" if pairs else "malformed"
    return (), value, state


def _no_number(text: str) -> Any:
    raise ValueError(f"JSON has no {text}")


_JSON = json.JSONDecoder(parse_constant=_no_number)
"""Reads JSON as RFC 8259 section 6 has it: the library would take NaN and Infinity for numbers, which no server does."""


def _read_json(body: bytes) -> tuple[Mapping[str, Any], str]:
    try:
        # JSON on a network is UTF-8 without a byte order mark (RFC 8259 section 8.1); of bytes, the library would take more.
        value = _JSON.decode(body.decode())
    except (ValueError, RecursionError):
        return {}, "malformed"
    if value is None:
        return {}, "null"
    return (value, "ok") if isinstance(value, dict) else ({}, "not_an_object")


def _read_form(body: bytes) -> Pairs:
    """Read a form as servers do: nothing may stand between two &, and a name alone is one with an empty value."""
    try:
        text = body.decode()
    except ValueError:
        return ()
    # Without any = it is no form but a text.
    return tuple(parse_qsl(text, keep_blank_values=True)) if "=" in text else ()

"""Finding in an OpenAPI document what a dialect is about: operations that give, renew or end tokens, and what they open."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from watchword.specs.drafting.names import CERTAIN, header_role, role_of
from watchword.specs.drafting.schemas import media, merged
from watchword.specs.values.api import FORM, JSON

__all__ = ["GRANTS", "REVIEW", "Ask", "Found", "find"]

REVIEW = "x-review"
"""The word that marks what was guessed, and says what was."""

Ask = Callable[[str, str, str | None], str | None]
"""Asked where a role is a guess: the place in words, the side of the request, the guess. Gives the role, or None."""

GRANTS = {"password": "issue", "client_credentials": "issue", "refresh_token": "renew"}
"""The grants of RFC 6749 that open no browser, and what they are for."""

_METHODS = ("get", "put", "post", "delete", "patch")
_ENDS = re.compile(r"revo|log[-_]?out|sign[-_]?out|invalidat", re.IGNORECASE)
_TELLS = re.compile(r"whoami|userinfo|/me\b|/self\b|profile|account|user", re.IGNORECASE)
_PAIRS = {"username": "password", "client_id": "client_secret"}


@dataclass
class Found:
    """One operation of the document, and what was made of it.

    `sent` and `given` are roles → names of members, `secure` how it is protected: `basic`, `bearer`, `header` or nothing.
    `grants` are those that one endpoint serves; `op` the operation itself, in which roles are written down.
    """

    path: str
    method: str
    op: dict[str, Any]
    purpose: str = ""
    media_type: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    security: list[Mapping[str, Any]] = field(default_factory=list)
    grants: tuple[str, ...] = ()
    server: str = ""
    invokes_rfc: bool = False

    @property
    def called(self) -> str:
        """Method and path, as people write them."""
        return f"{self.method.upper()} {self.path}"


def find(root: Mapping[str, Any], ask: Ask, notes: list[str]) -> list[Found]:
    """Find the operations of a dialect: those about tokens, and one that a token opens. Empty without a token operation.

    What was seen and left out is said in `notes`.
    """
    schemes = root.get("components", {}).get("securitySchemes", {})
    seen = [*_operations(root)]
    tokens = [found for found in seen if _is_about_tokens(found, schemes, ask, notes)]
    tokens += list(_flows(schemes, tokens, notes))
    if not any(found.purpose == "issue" for found in tokens):
        return []
    held = {found.called for found in tokens}
    return [*tokens, _opened([f for f in seen if f.called not in held], schemes, tokens, ask, notes)]


def _operations(root: Mapping[str, Any]) -> Iterator[Found]:
    for path, item in root.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                op = dict(item[method])
                op["parameters"] = [*item.get("parameters", ()), *op.get("parameters", ())]
                servers = op.get("servers") or item.get("servers") or root.get("servers") or [{"url": "/"}]
                security = op.get("security", root.get("security", []))
                yield Found(path, method, op, security=[s for s in security if s], server=servers[0]["url"])


def _kind(found: Found, schemes: Mapping[str, Any]) -> str:
    for entry in found.security:
        for name in entry:
            scheme = schemes.get(name, {})
            if scheme.get("type") == "http":
                return str(scheme.get("scheme", "")).lower()
            if scheme.get("type") in ("oauth2", "openIdConnect"):
                return "bearer"
            if scheme.get("type") == "apiKey":
                return f"key in {scheme.get('in')}"
    return ""


def _success(op: Mapping[str, Any]) -> dict[str, Any]:
    for status, reply in sorted(op.get("responses", {}).items()):
        if status.startswith("2"):
            return merged(media(reply.get("content", {}), JSON)[1])
    return {}


def _is_about_tokens(found: Found, schemes: Mapping[str, Any], ask: Ask, notes: list[str]) -> bool:
    op = found.op
    content = op.get("requestBody", {}).get("content", {})
    found.media_type, body = media(content, FORM, JSON)
    found.body = merged(body)
    given = {name for name, schema in _success(op).get("properties", {}).items() if role_of(name, schema, "given")}
    roles = {role_of(name, schema, "given") for name, schema in _success(op).get("properties", {}).items()}
    ends = _ENDS.search(f"{found.path} {op.get('operationId', '')}") is not None and found.method in ("post", "delete")
    if "access_token" not in roles or not given:
        if ends:
            return _ending(found, schemes, ask)
        return False
    _mark(found, _success(op), "given", ask)
    members = _members(found)
    grants = _named_grants(found)
    kind = _kind(found, schemes)
    if grants:
        found.grants = tuple(grant for grant in grants if grant in GRANTS)
        left = [grant for grant in grants if grant not in GRANTS]
        if left:
            notes.append(
                f"{found.called}: left out the grants {', '.join(left)}, which open a browser or are not known here"
            )
        if not found.grants:
            return False
        found.purpose, found.invokes_rfc = "issue", found.media_type == FORM
        _mark(found, found.body, "sent", ask)
        return "access_token" in found.given
    guessed = {role_of(name, schema, "sent") for name, schema in members.items()} - {None}
    if "refresh_token" in guessed and "password" not in guessed:
        found.purpose = "renew"
    elif guessed & {"password", "client_secret"} or kind == "basic" or _keys(found, schemes):
        found.purpose = "issue"
    else:
        notes.append(f"{found.called}: gives a token, and takes no credentials that are known here")
        return False
    _mark(found, found.body, "sent", ask)
    return "access_token" in found.given


def _ending(found: Found, schemes: Mapping[str, Any], ask: Ask) -> bool:
    for name, schema in _members(found).items():
        if name == "token":
            schema["x-role"], found.sent["refresh_token"] = "refresh_token", name
            schema[REVIEW] = "guessed: the token that ends is a refresh token; it may be an access token, too"
    if not found.sent:
        _mark(found, found.body, "sent", ask)
    found.purpose = "revoke"
    return bool({"access_token", "refresh_token"} & set(found.sent)) or (
        _kind(found, schemes) == "bearer" and not found.body
    )


def _members(found: Found) -> dict[str, Any]:
    members = dict(found.body.get("properties", {}))
    for branch in found.body.get("oneOf", found.body.get("anyOf", ())):
        for name, schema in merged(branch).get("properties", {}).items():
            members.setdefault(name, schema)
    return members


def _named_grants(found: Found) -> list[str]:
    named: dict[str, None] = {}
    branches = [found.body, *map(merged, found.body.get("oneOf", found.body.get("anyOf", ())))]
    described = False
    for branch in branches:
        schema = branch.get("properties", {}).get("grant_type")
        if schema is not None:
            described = True
            named |= dict.fromkeys([*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])])
            if not named:
                named |= dict.fromkeys(str(v) for v in (schema.get("default"), *schema.get("examples", ())) if v)
    if described and not named:
        roles = {role_of(name, schema, "sent") for name, schema in _members(found).items()}
        wanted = {"password": "password", "refresh_token": "refresh_token", "client_secret": "client_credentials"}
        return [grant for role, grant in wanted.items() if role in roles] or ["client_credentials"]
    return list(named)


def _mark(found: Found, schema: Mapping[str, Any], side: str, ask: Ask) -> None:
    """Write down the roles of the members of one schema, asking where a name alone does not tell."""
    into = found.sent if side == "sent" else found.given
    members = _members(found) if side == "sent" else schema.get("properties", {})
    for name, member in members.items():
        guess = role_of(name, member, side)
        role = guess
        if guess is None and not (side == "sent" and name in schema.get("required", ())):
            continue
        if name not in CERTAIN:
            role = ask(f"{found.called}, `{name}`", side, guess)
            if role is not None:
                member[REVIEW] = f"guessed from its name: {role}"
            else:
                member[REVIEW] = "no role: it is wanted, and nobody sends it until it has one"
        if role is not None and role not in into:
            member["x-role"], into[role] = role, name


def _keys(found: Found, schemes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the headers in which keys travel: each with its name, and the role that it has."""
    headers = [
        scheme["name"]
        for entry in found.security[:1]
        for name in entry
        if (scheme := schemes.get(name, {})).get("type") == "apiKey" and scheme.get("in") == "header"
    ]
    headers += [
        p["name"]
        for p in found.op.get("parameters", ())
        if p.get("in") == "header" and re.search(r"key|secret|client|app", p["name"], re.IGNORECASE)
    ]
    return [(name, header_role(name, len(headers) == 1)) for name in dict.fromkeys(headers)]


def _flows(schemes: Mapping[str, Any], tokens: list[Found], notes: list[str]) -> Iterator[Found]:
    """Find token endpoints that the document names in its OAuth 2.0 flows and describes nowhere."""
    flows: dict[str, list[str]] = {}
    for scheme in schemes.values():
        for kind, grant in (("password", "password"), ("clientCredentials", "client_credentials")):
            flow = scheme.get("flows", {}).get(kind)
            if flow:
                grants = flows.setdefault(flow["tokenUrl"], [])
                grants += [
                    g for g in (grant, *(["refresh_token"] if flow.get("refreshUrl") else [])) if g not in grants
                ]
    for url, grants in flows.items():
        path = urlsplit(url).path or "/"
        if any(found.path == path or path.endswith(found.path) for found in tokens):
            continue
        notes.append(f"{url}: named by an OAuth 2.0 flow and described nowhere, so it is drafted as RFC 6749 has it")
        yield _of_rfc(url, tuple(grants))


def _of_rfc(url: str, grants: tuple[str, ...]) -> Found:
    parts = urlsplit(url)
    names: dict[str, dict[str, Any]] = {
        "grant_type": {"enum": list(grants)},
        **({"username": {}, "password": {}} if "password" in grants else {}),
        **({"refresh_token": {}} if "refresh_token" in grants else {}),
        "scope": {},
    }
    members = {name: {"type": "string", "x-role": name, **more} for name, more in names.items()}
    body = {"type": "object", "required": ["grant_type"], "properties": members}
    given: dict[str, dict[str, Any]] = {
        "access_token": {"type": "string", "minLength": 1},
        "token_type": {"type": "string"},
        "expires_in": {"type": "integer"},
        **({"refresh_token": {"type": "string", "minLength": 1}} if "refresh_token" in grants else {}),
    }
    reply = {
        "type": "object",
        "required": ["access_token", "token_type"],
        "properties": {name: {**schema, "x-role": name} for name, schema in given.items()},
    }
    texts = {"error": {"type": "string"}, "error_description": {"type": "string"}}
    refusal = {"type": "object", "required": ["error"], "properties": texts}
    replies = {"200": ("Tokens (section 5.1).", reply), "400": ("Refused (section 5.2).", refusal)}
    replies["401"] = ("Not the client that it says it is (section 5.2).", refusal)
    op = {
        "operationId": "token",
        "summary": "The token endpoint of OAuth 2.0 (RFC 6749).",
        REVIEW: "drafted from RFC 6749: the document names the endpoint and does not describe it",
        "parameters": [],
        "requestBody": {"required": True, "content": {FORM: {"schema": body}}},
        "responses": {
            status: {"description": says, "content": {JSON: {"schema": schema}}}
            for status, (says, schema) in replies.items()
        },
    }
    server = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
    sent, got = {name: name for name in names}, {name: name for name in given}
    return Found(
        *(parts.path or "/", "post", op, "issue", FORM, body, sent, got),
        security=[{"clientBasic": []}],
        grants=grants,
        server=server,
        invokes_rfc=True,
    )


def _opened(others: list[Found], schemes: Mapping[str, Any], tokens: list[Found], ask: Ask, notes: list[str]) -> Found:
    """Choose the operation that shows that a token works: harmless, with as few parameters as possible, about the caller."""
    keys = {name for found in tokens for name, _ in _keys(found, schemes)}
    able = []
    for found in others:
        kind = _kind(found, schemes)
        header = [
            schemes[name]["name"]
            for entry in found.security
            for name in entry
            if schemes.get(name, {}).get("type") == "apiKey" and schemes[name]["in"] == "header"
        ]
        if found.method == "get" and (kind == "bearer" or (header and header[0] not in keys)):
            wanted = [p for p in found.op["parameters"] if p.get("required") and p.get("in") != "header"]
            able.append((len(wanted), _TELLS.search(found.path) is None, len(found.path), found))
    if not able:
        notes.append("no GET that a token opens was found: GET /protected is a stand-in, for you to name a real one")
        op = {
            "operationId": "protected",
            "summary": "Something that a token opens.",
            REVIEW: "a stand-in: the document has no GET that a token opens",
            "parameters": [],
            "responses": {"200": {"description": "It is opened."}, "401": {"description": "Not a token."}},
        }
        return Found("/protected", "get", op, "resource", security=[], server=tokens[0].server)
    best = min(able, key=lambda row: row[:3])[3]
    if len(able) > 1:
        notes.append(f"{best.called} shows that tokens work; {len(able) - 1} other GET operations were left out")
    best.purpose = "resource"
    reply = _success(best.op)
    for name, member in reply.get("properties", {}).items():
        role = role_of(name, member, "speaking")
        role = ask(f"{best.called}, `{name}`", "speaking", role) if role else None
        if role and role not in best.given:
            member["x-role"], best.given[role] = role, name
            member[REVIEW] = f"guessed from its name: {role}"
    return best

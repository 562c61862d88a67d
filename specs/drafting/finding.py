"""Finding in an OpenAPI document what a dialect is about: operations that give, renew or end tokens, and what they open."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from watchword.specs.drafting.flows import flows
from watchword.specs.drafting.found import GRANTS, REVIEW, Ask, Found
from watchword.specs.drafting.names import CERTAIN, header_role, role_of
from watchword.specs.drafting.schemas import media, merged
from watchword.specs.values.api import FORM, JSON

__all__ = ["find"]

_METHODS = ("get", "put", "post", "delete", "patch")
_ENDS = re.compile(r"revo|log[-_]?out|sign[-_]?out|invalidat", re.IGNORECASE)
_TELLS = re.compile(r"whoami|userinfo|/me\b|/self\b|profile|account|user", re.IGNORECASE)


def find(root: Mapping[str, Any], ask: Ask, notes: list[str]) -> list[Found]:
    """Find the operations of a dialect: those about tokens, and one that a token opens. Empty without a token operation.

    What was seen and left out is said in `notes`.
    """
    schemes = root.get("components", {}).get("securitySchemes", {})
    seen = [*_operations(root)]
    tokens = [found for found in seen if _is_about_tokens(found, schemes, ask, notes)]
    tokens += list(flows(schemes, tokens, notes))
    if not any(found.purpose == "issue" for found in tokens):
        return []
    held = {found.called for found in tokens}
    tokens = _usable(tokens, notes)
    return [*tokens, _opened([f for f in seen if f.called not in held], schemes, tokens, ask, notes)]


def _usable(tokens: list[Found], notes: list[str]) -> list[Found]:
    """Leave out renewals where no operation gives a refresh token at its top."""
    if any("refresh_token" in found.given for found in tokens if found.purpose == "issue"):
        return tokens
    for found in tokens:
        if found.purpose == "renew" or "refresh_token" in found.grants:
            notes.append(f"{found.called}: left out the renewal, since no login is described to give a refresh token")
        found.grants = tuple(grant for grant in found.grants if grant != "refresh_token")
    return [found for found in tokens if found.purpose != "renew"]


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
        for name, schema in _success(op).get("properties", {}).items():
            inner = merged(schema).get("properties", {})
            if any(role_of(n, m, "given") == "access_token" for n, m in inner.items()) and found.body:
                notes.append(f"{found.called}: the token stands inside `{name}`, and only members at the top are read")
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
    if {"oneOf", "anyOf"} & set(found.body):
        branches = [merged(b) for b in found.body.get("oneOf", found.body.get("anyOf", ()))]
        required = set.intersection(*(set(b.get("required", ())) for b in branches))
        found.body = {"type": "object", "required": sorted(required), "properties": members}
    queried = {p["name"]: p.get("schema", {}) for p in op["parameters"] if p.get("in") == "query"}
    if any(role_of(name, schema, "sent") == "grant_type" for name, schema in queried.items()):
        notes.append(
            f"{found.called}: the grant travels in the query, which is read in a body only (RFC 6749 section 4)"
        )
        return False
    guessed = {role_of(name, schema, "sent") for name, schema in {**queried, **members}.items()} - {None}
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
    branches = [schema, *map(merged, schema.get("oneOf", schema.get("anyOf", ())))] if side == "sent" else [schema]
    members = _members(found) if side == "sent" else schema.get("properties", {})
    for name, member in members.items():
        guess = role_of(name, member, side)
        role = guess
        if guess is None and not (side == "sent" and name in schema.get("required", ())):
            continue
        if name not in CERTAIN:
            role = ask(f"{found.called}, `{name}`", side, guess)
            told = f"guessed from its name: {role}"
            member[REVIEW] = told if role else "no role: it is wanted, and nobody sends it until it has one"
        if role is not None and role not in into:
            into[role] = name
            for branch in branches:
                if name in branch.get("properties", {}):
                    branch["properties"][name] |= {"x-role": role}


def _keys(found: Found, schemes: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Give the headers and parameters in which keys travel: each with its name, and the role that it has."""
    headers = [
        scheme["name"]
        for entry in found.security[:1]
        for name in entry
        if (scheme := schemes.get(name, {})).get("type") == "apiKey" and scheme.get("in") in ("header", "query")
    ]
    headers += [
        p["name"]
        for p in found.op.get("parameters", ())
        if p.get("in") == "header" and re.search(r"key|secret|client|app", p["name"], re.IGNORECASE)
    ]
    return [(name, header_role(name, len(headers) == 1)) for name in dict.fromkeys(headers)]


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

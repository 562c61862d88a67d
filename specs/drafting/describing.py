"""From what was found to an `openapi.yaml`: plain OpenAPI 3.1 with our words, and marks where something was guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from watchword.specs.drafting.found import GRANTS, REVIEW, Found
from watchword.specs.drafting.names import header_role, role_of, words
from watchword.specs.drafting.schemas import media, merged, sample
from watchword.specs.values.api import JSON

__all__ = ["describe"]

_LOCAL = "http://127.0.0.1:8080"
_NAMES = {
    "password": "issueByPassword",
    "client_credentials": "issueByClientCredentials",
    "refresh_token": "renewByRefreshToken",
}
_OF_GRANT = {
    "password": ("username", "password", "client_id", "client_secret", "scope"),
    "client_credentials": ("client_id", "client_secret", "scope"),
    "refresh_token": ("refresh_token", "client_id", "client_secret"),
}
_CREDENTIALS = ("username", "password", "client_id", "client_secret", "refresh_token")
_LOOKS = ("access_token", "refresh_token", "expires_in", "expires_at", "subject")
_LOOK = ("pattern", "format", "minLength", "maxLength", "minimum", "maximum", "enum", "const", "default")
_NEEDED = {"password": ("username", "password"), "client_credentials": (), "refresh_token": ("refresh_token",)}


def describe(root: Mapping[str, Any], operations: list[Found], name: str) -> dict[str, Any]:
    """Give the description of a dialect."""
    schemes = root.get("components", {}).get("securitySchemes", {})
    title = str(root["info"].get("title", name))
    paths: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    home = next(found.server for found in operations if found.purpose == "issue")
    taken: set[str] = set()
    for found in operations:
        op = _operation(found, schemes, kept, taken)
        if found.purpose == "resource" and found.server != home:
            op["x-base"] = "resource_url"
            op["servers"] = [{"url": _LOCAL + _base(found.server)}]
        paths.setdefault(found.path, {})[found.method] = op
    _link(paths, operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": str(root["info"].get("version", "1")),
            "description": f"What the document of {title} says of tokens, as far as it was drafted.",
        },
        "x-watchword": {"title": title},
        "servers": [{"url": _LOCAL + _base(home), "description": "The mock; a target file names the real one."}],
        "paths": paths,
        "components": {"securitySchemes": kept},
    }


def _base(url: str) -> str:
    path = re.sub(r"\{[^}]*\}", "x", urlsplit(url).path).rstrip("/")
    return path if path.startswith("/") or not path else f"/{path}"


def _named(found: Found, taken: set[str], wanted: str = "") -> str:
    raw = wanted or found.op.get("operationId") or f"{found.method}_{found.path}"
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", raw) if part]
    name = parts[0][:1].lower() + parts[0][1:] + "".join(part[:1].upper() + part[1:] for part in parts[1:])
    if not name[0].isalpha():
        name = f"op{name}"
    unique, index = name, 2
    while unique in taken:
        unique, index = f"{name}{index}", index + 1
    taken.add(unique)
    return unique


def _operation(found: Found, schemes: Mapping[str, Any], kept: dict[str, Any], taken: set[str]) -> dict[str, Any]:
    own: dict[str, Any] = {"operationId": _named(found, taken)}
    for key in ("summary", "description", REVIEW):
        if found.op.get(key):
            own[key] = found.op[key]
    own.setdefault("summary", found.called)
    parameters, security = _carried(found, schemes, kept)
    if not found.grants:
        own["x-purpose"] = found.purpose
        own.setdefault(REVIEW, f"guessed: the purpose {found.purpose}")
    else:
        own["x-operations"] = {
            _named(found, taken, _NAMES[grant]): {
                "purpose": GRANTS[grant],
                "grant": grant,
                **({"security": next(iter(security[0]))} if security else {}),
                "summary": f"The grant {grant} (RFC 6749).",
            }
            for grant in found.grants
        }
    own["security"] = security
    if parameters:
        own["parameters"] = parameters
    if found.media_type is not None:
        schema = _forms(found) if found.grants else _whole(found)
        own["requestBody"] = {"required": True, "content": {found.media_type: {"schema": schema}}}
    own["responses"] = {status: _reply(status, reply, found) for status, reply in found.op.get("responses", {}).items()}
    return own


def _carried(
    found: Found, schemes: Mapping[str, Any], kept: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, list[str]]]]:
    parameters = [_parameter(found, raw) for raw in found.op.get("parameters", ())]
    keys = [p["name"] for p in parameters if p is not None and p.get("x-role") in ("client_id", "client_secret")]
    security: list[dict[str, list[str]]] = []
    for entry in found.security[:1]:
        alone = sum(schemes.get(name, {}).get("type") == "apiKey" for name in entry) + len(keys) == 1
        for name, wants in entry.items():
            scheme = schemes.get(name, {"type": "http", "scheme": "basic"})
            kind = "bearer" if scheme["type"] in ("oauth2", "openIdConnect") else str(scheme.get("scheme", "")).lower()
            if scheme["type"] == "apiKey":
                opens = found.purpose in ("resource", "revoke") and not _bears(entry, schemes)
                role = "access_token" if opens else header_role(scheme["name"], alone)
                if scheme["in"] in ("header", "query"):
                    parameters.append(_key(scheme["name"], role, scheme["in"]))
            elif kind == "basic":
                told = (
                    f"{found.op.get('summary', '')} {found.op.get('description', '')} {scheme.get('description', '')}"
                )
                client = bool(found.grants) or re.search(r"client|\bapp", told, re.IGNORECASE) is not None
                roles = ("client_id", "client_secret") if client else ("username", "password")
                kept[name] = {**_scheme(scheme), "x-roles": dict(zip(("user", "password"), roles, strict=True))}
                if not found.grants:
                    kept[name][REVIEW] = f"guessed: whose credentials travel here ({roles[0]})"
                for role in roles:
                    _unmark(found.body, role)
                security.append({name: []})
            elif kind == "bearer" and found.purpose != "issue":
                kept[name] = {**_scheme(scheme), "x-role": "access_token"}
                if wants:
                    kept[name]["x-scopes"] = list(wants)
                security.append({name: list(wants)})
    if found.purpose == "resource" and not security and not any(p and p.get("x-role") for p in parameters):
        kept["token"] = {
            "type": "http",
            "scheme": "bearer",
            "x-role": "access_token",
            REVIEW: "guessed: a bearer token",
        }
        security.append({"token": []})
    return [p for p in parameters if p is not None], security[:1]


def _bears(entry: Mapping[str, Any], schemes: Mapping[str, Any]) -> bool:
    kinds = [schemes.get(name, {}) for name in entry]
    return any(k.get("type") in ("oauth2", "openIdConnect") or k.get("scheme", "").lower() == "bearer" for k in kinds)


def _scheme(scheme: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in scheme.items() if key in ("type", "scheme", "description", "flows")}
    if known["type"] == "openIdConnect":
        return {"type": "http", "scheme": "bearer"}
    return known


def _unmark(schema: Any, role: str) -> None:
    # RFC 6749 section 2.3: a request authenticates its client in one way only.
    if isinstance(schema, dict):
        if schema.get("x-role") == role:
            del schema["x-role"]
            schema[REVIEW] = f"no role: the {role} travels in the Authorization header"
        for value in schema.values():
            _unmark(value, role)
    elif isinstance(schema, list):
        for value in schema:
            _unmark(value, role)


def _key(name: str, role: str, place: str = "header") -> dict[str, Any]:
    about = {"name": name, "in": place, "required": True, "schema": {"type": "string"}, "x-role": role}
    return {**about, REVIEW: f"guessed from its name: {role}"}


def _parameter(found: Found, raw: Mapping[str, Any]) -> dict[str, Any] | None:
    place, name = raw.get("in"), raw.get("name", "")
    schema = raw.get("schema", {"type": "string"})
    own = {"name": name, "in": place, "required": raw.get("required", False), "schema": schema}
    if place == "path":
        example = raw.get("example", sample(schema))
        review = (
            f"guessed: {example!r} can be read with any token" if "example" not in raw else "does the example exist?"
        )
        return {**own, "required": True, "x-role": "record", "example": example, REVIEW: review}
    if (
        place == "header"
        and found.purpose in ("issue", "renew")
        and re.search(r"key|secret|client|app", name, re.IGNORECASE)
    ):
        headers = [p for p in found.op["parameters"] if p.get("in") == "header"]
        return _key(name, header_role(name, len(headers) == 1))
    if place == "query" and found.purpose in ("issue", "renew"):
        role = role_of(name, schema, "sent")
        if role:
            return {**own, "x-role": role, REVIEW: f"guessed from its name: {role}"}
    if own["required"] and place in ("query", "header"):
        return {**own, REVIEW: "no role: it is wanted, and nobody sends it until it has one"}
    return None


def _whole(found: Found) -> dict[str, Any]:
    """Give a body in which credentials are required: documents often forget to say so."""
    required = list(found.body.get("required", ()))
    for name, member in found.body.get("properties", {}).items():
        if member.get("x-role") in _CREDENTIALS and name not in required:
            required.append(name)
            member[REVIEW] = (
                f"{member.get(REVIEW, 'its role is certain')}; the document does not say that it is required"
            )
    return {**found.body, **({"required": required} if required else {})}


def _forms(found: Found) -> dict[str, Any]:
    """Give one form for each grant, of a body that describes them together or apart."""
    branches = [merged(b) for b in found.body.get("oneOf", found.body.get("anyOf", ()))] or [found.body]
    forms = []
    for grant in found.grants:
        own = next((b for b in branches if grant in _grants(b)), branches[0])
        members = {**found.body.get("properties", {}), **own.get("properties", {})}
        required = {*own.get("required", ()), "grant_type", *(found.sent[r] for r in _NEEDED[grant] if r in found.sent)}
        kept = {}
        for name, schema in members.items():
            role = schema.get("x-role")
            if role == "grant_type" or words(name) == "grant_type":
                kept[name] = {"type": "string", "const": grant, "x-role": "grant_type"}
            elif role in _OF_GRANT[grant] or (role is None and len(branches) > 1):
                kept[name] = dict(schema)
        if not found.security:
            # Whether a client has to name itself is often left open; a request that does is right in any case.
            required |= {found.sent[role] for role in ("client_id", "client_secret") if role in found.sent}
        forms.append({"type": "object", "required": [n for n in kept if n in required], "properties": kept})
    return {"oneOf": forms}


def _grants(branch: Mapping[str, Any]) -> list[str]:
    schema = branch.get("properties", {}).get("grant_type", {})
    return [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]


def _reply(status: str, reply: Mapping[str, Any], found: Found) -> dict[str, Any]:
    own: dict[str, Any] = {"description": reply.get("description") or "Not described."}
    name, schema = media(reply.get("content", {}), JSON)
    if name is None:
        if reply.get("content"):
            own["content"] = {kind: {} for kind in reply["content"]}
        return own
    schema = merged(schema)
    for member, about in schema.get("properties", {}).items():
        _loosen(about)
        if not status.startswith("2"):
            role = role_of(member, about, "refusing")
            if role:
                about["x-role"] = role
        elif "x-role" not in about and not {"const", "default", "enum"} & set(about) and not about.get("examples"):
            about["examples"] = [sample(about)]
        elif about.get("x-role") == "token_type" and not {"const", "default", "enum"} & set(about):
            about["default"] = "Bearer"
    own["content"] = {JSON: {"schema": schema}}
    return own


def _loosen(member: dict[str, Any]) -> None:
    """Take away what a document says of the look of a token or its life: that of the mock is another."""
    if member.get("x-role") in _LOOKS:
        told = {key: member.pop(key) for key in _LOOK if key in member}
        if told:
            review = f"{member.get(REVIEW, 'its role is certain')}; the document also says {told}"
            member[REVIEW] = review


def _link(paths: Mapping[str, Any], operations: list[Found]) -> None:
    """Write down where the tokens of a reply are good for something."""
    opens = next(f for f in operations if f.purpose == "resource")
    renews = next((f for f in operations if f.purpose == "renew" or "refresh_token" in f.grants), None)
    for found in operations:
        if found.purpose not in ("issue", "renew"):
            continue
        replies = paths[found.path][found.method]["responses"]
        status = next(s for s in sorted(replies) if s.startswith("2"))
        links = {"opens": paths[opens.path][opens.method]["operationId"]}
        if renews is not None and "refresh_token" in found.given:
            links["renews"] = paths[renews.path][renews.method]["operationId"]
        replies[status]["links"] = {name: {"operationId": operation} for name, operation in links.items()}

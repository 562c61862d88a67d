"""Token endpoints that a document names in an OAuth 2.0 flow and describes nowhere: RFC 6749 says what they are like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from watchword.specs.drafting.found import REVIEW, Found
from watchword.specs.values.api import FORM, JSON

__all__ = ["flows"]


def flows(schemes: Mapping[str, Any], tokens: list[Found], notes: list[str]) -> Iterator[Found]:
    """Find token endpoints that the document names in its OAuth 2.0 flows and describes nowhere."""
    named: dict[str, list[str]] = {}
    for scheme in schemes.values():
        for kind, grant in (("password", "password"), ("clientCredentials", "client_credentials")):
            flow = scheme.get("flows", {}).get(kind)
            if flow:
                grants = named.setdefault(flow["tokenUrl"], [])
                grants += [
                    g for g in (grant, *(["refresh_token"] if flow.get("refreshUrl") else [])) if g not in grants
                ]
    for url, grants in named.items():
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

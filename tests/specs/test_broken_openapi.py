"""What is wrong in an `openapi.yaml` is said with file, line and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

LOGIN_BODY = '          application/json:\n            schema: {$ref: "#/components/schemas/Login"}\n'
SMALLEST = {
    "a key twice": (
        "  title: Smallest\n  version",
        "  title: Smallest\n  title: Again§\n  version",
        "the key 'title' stands here twice",
        "keep one",
    ),
    "a status code without quotes": (
        '        "400":',
        "        400:§",
        "the key '400' is not text",
        'in quotes: "400":',
    ),
    "another version of OpenAPI": ("openapi: 3.1.0", "openapi: 3.0.3§", "'3.0.3' does not match", "3.1"),
    "a misspelt key of ours": (
        "  title: Smallest\nservers",
        "  titel: Smallest§\nservers",
        "no key 'titel'",
        "'title'",
    ),
    "no server": (
        "servers:\n  - url: http://127.0.0.1:8080\n    description: Everything.",
        "servers: []§",
        "[] should be non-empty",
        "",
    ),
    "an unknown purpose": ("x-purpose: issue", "x-purpose: isue§", "'isue' is not valid here", "did you mean 'issue'?"),
    "no operationId": (
        "    post:\n      operationId: logIn\n",
        "    post:§\n",
        "the key 'operationId' is missing in post",
        "add operationId: …",
    ),
    "a purpose and several operations": (
        "    post:\n",
        "    post:§\n      x-operations: {a: {purpose: issue}}\n",
        "exactly one of x-purpose, x-operations belongs here",
        "write one of them",
    ),
    "text where a truth value belongs": (
        "      security: []\n",
        "      security: []\n      x-optional: yes§\n",
        "'yes' is not of type 'boolean'",
        "",
    ),
    "an unknown role of a member": (
        "x-role: username",
        "x-role: usrname§",
        "there is no role 'usrname'",
        "did you mean 'username'?",
    ),
    "an unknown role of a reply": (
        "until: {type: integer, x-role: expires_at}",
        "until: {type: integer, x-role: expires_on}§",
        "there is no role 'expires_on'",
        "did you mean 'expires_in'?",
    ),
    "an unknown role of a token": (
        "x-role: access_token\n  schemas",
        "x-role: acces_token§\n  schemas",
        "there is no role 'acces_token'",
        "did you mean 'access_token'?",
    ),
    "an unknown standing": (
        "x-role: password",
        "x-standing: alternate§, x-role: password",
        "'alternate' is not valid here",
        "did you mean 'alternative'?",
    ),
    "a reference that leads nowhere": (
        '"#/components/schemas/Login"',
        '"#/components/schemas/Logn"§',
        "the reference '#/components/schemas/Logn' leads nowhere",
        "did you mean 'Login'?",
    ),
    "a reference in a circle": (
        "    Login:\n      type: object",
        '    Login:§\n      $ref: "#/components/schemas/Login"\n      type: object',
        "leads back to itself",
        "end the circle",
    ),
    "one name for two operations": (
        "operationId: readMe\n      summary",
        "operationId: logIn§\n      summary",
        "two operations are called 'logIn'",
        "rename one",
    ),
    "an unknown security scheme": (
        "      security:\n        - token: []",
        "      security:§\n        - tokn: []",
        "there is no security scheme 'tokn'",
        "did you mean 'token'?",
    ),
    "a kind of security that is not known": (
        "scheme: bearer",
        "scheme: digest§",
        "this kind of security scheme is not known here",
        "http basic",
    ),
    "a body of another kind": (
        f"        content:\n{LOGIN_BODY}",
        "        content:§\n          text/xml: {}\n",
        "no media type that is known here",
        "application/json",
    ),
    "a body without content": (
        f"      requestBody:\n        required: true\n        content:\n{LOGIN_BODY}",
        "      requestBody:§\n        required: true\n",
        "the key 'content' is missing here",
        "add content: …",
    ),
    "a body without a schema": (
        LOGIN_BODY,
        "          application/json:§\n            example: 1\n",
        "the key 'schema' is missing here",
        "add schema: …",
    ),
}
LANTERNHOUSE = {
    "an unknown base": ("x-base: resource_url", "x-base: other_url§", "'other_url' is not valid here", "resource_url"),
    "a grant without a form": (
        "grant: client_credentials",
        "grant: client_credential§",
        "no form is described for the grant 'client_credential'",
        "did you mean 'client_credentials'?",
    ),
    "a security scheme that the operation lacks": (
        "security: clientBasic",
        "security: clientbasic§",
        "the operation has no security scheme 'clientbasic'",
        "did you mean 'clientBasic'?",
    ),
    "an unknown part of Basic": (
        "x-roles: {user: username",
        "x-roles: {name: username§",
        "'name' is not a part of Basic",
        "user and password",
    ),
    "Basic that is encoded somehow": (
        "x-roles: {user: username",
        "x-form-encoded: often§\n      x-roles: {user: username",
        "'often' is neither true nor false",
        "write true, or leave it out",
    ),
    "a role in a cookie": ("in: path", "in: cookie§", "a role cannot travel in 'cookie'", "valid names: basic, bearer"),
    "no alternative path": ("x-alternative-paths: [/oauth/tokens]", "x-alternative-paths: []§", "non-empty", ""),
    "a misspelt key of a grant": ("grant: client_credentials", "grnt: client_credentials§", "no key 'grnt'", "'grant'"),
}
CASES = [
    pytest.param(base, *case, id=name)
    for base, cases in (("smallest", SMALLEST), ("lanternhouse", LANTERNHOUSE))
    for name, case in cases.items()
]


@pytest.mark.parametrize(("base", "old", "new", "problem", "hint"), CASES)
def test_error(base: str, old: str, new: str, problem: str, hint: str, broken: Callable[..., Any]) -> None:
    """The error names the file and the line, says what is wrong, and how it is mended."""
    wrong = broken("openapi.yaml", old, new, base)
    error = wrong.load()

    assert (wrong.file, wrong.line) == (error.file, error.line)
    assert problem in error.problem
    assert hint in error.hint


@pytest.mark.parametrize(
    ("key", "line"), [("openapi", 2), ("info", 2), ("x-watchword", 2), ("servers", 2), ("paths", 2)]
)
def test_missing_part(key: str, line: int, broken: Callable[..., Any]) -> None:
    """A description that lacks a part is told so at its first line."""
    error = broken("openapi.yaml", f"\n{key}:", f"\nx-{key}:").load()

    assert (line, f"the key {key!r} is missing here") == (error.line, error.problem)

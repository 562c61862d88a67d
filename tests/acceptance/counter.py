"""A small OAuth server of the standards, written without a line of ours: opaque tokens, pretty JSON, headers in odd letters."""

from __future__ import annotations

import base64
import json
import secrets
import time
from urllib.parse import parse_qsl, unquote_plus

CLIENTS = {"till": "Fern6Anvil", "scale": "Birch2Saddle"}
USERS = {"odile": "Pewter9Meadow"}
CREDENTIALS = {"client_id": "till", "client_secret": "Fern6Anvil", "username": "odile", "password": "Pewter9Meadow"}
SCOPES = ("audit", "read")
LIFE = 600
PATHS = {"token": "/as/token", "revocation": "/as/end", "introspection": "/as/ask", "resource": "/ledger"}


class Counter:
    """A token endpoint, revocation, introspection, and a ledger that any access token opens.

    `wrong` names the one thing that it does as it must not; empty: none.
    """

    def __init__(self, wrong=""):
        self.wrong = wrong
        self.tokens = {}

    def answer(self, asked):
        """Answer a request."""
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if asked.path == PATHS["resource"]:
            return self.open(headers.get("authorization", ""))
        pairs = parse_qsl(asked.body.decode())
        form = dict(pairs)
        client = who(headers.get("authorization", ""))
        if client is None:
            return told(401, {"error": "invalid_client"}, {"www-authenticate": "Basic realm=counter"})
        if len(form) < len(pairs) and self.wrong != "takes parameters twice":
            return told(400, {"error": "invalid_request"})
        if asked.path == PATHS["token"]:
            return self.give(client, form)
        token = self.tokens.get(form.get("token", ""))
        return self.ask(client, token) if asked.path == PATHS["introspection"] else self.end(client, token, form)

    def open(self, header):
        """Show the ledger to a bearer of an access token."""
        scheme, _, value = header.partition(" ")
        token = self.tokens.get(value)
        fits = scheme.lower() == "bearer" or self.wrong == "takes any scheme"
        if not fits or token is None or token["kind"] != "access" or not alive(token):
            return 401, {"www-authenticate": 'Bearer realm="ledger"'}, b""
        return told(200, {"lines": []})

    def give(self, client, form):
        """Give tokens for a client, a user or a refresh token."""
        grant, held = form.get("grant_type"), SCOPES
        owner = form.get("username")
        if grant == "password" and USERS.get(owner) != form.get("password"):
            return told(400, {"error": "invalid_grant"})
        if grant == "refresh_token":
            before = self.tokens.get(form.get("refresh_token", ""))
            if before is None or before["kind"] != "refresh" or before["client"] != client or not alive(before):
                return told(400, {"error": "invalid_grant"})
            held = SCOPES if self.wrong == "widens scopes" else before["scopes"]
        elif grant not in ("password", "client_credentials"):
            return told(400, {"error": "unsupported_grant_type"})
        asked = tuple(form.get("scope", "").split())
        if not set(asked) <= set(held):
            return told(400, {"error": "invalid_scope"})
        made = {"client": client, "scopes": asked or held, "over": time.time() + LIFE, "ended": False}
        reply = {"token_type": "BEARER", "expires_in": LIFE, "scope": " ".join(made["scopes"])}
        if self.wrong == "counts in milliseconds":
            reply["expires_in"] *= 1000
        if asked == made["scopes"]:
            # What was asked for need not be said again.
            del reply["scope"]
        kinds = ("access",) if grant == "client_credentials" else ("access", "refresh")
        values = {kind: secrets.token_urlsafe(24) for kind in kinds}
        for kind, value in values.items():
            self.tokens[value] = {**made, "kind": kind, "beside": values["access"]}
            reply[f"{kind}_token"] = value
        return told(200, reply, {"CACHE-CONTROL": "private, no-store", "pragma": "no-cache"})

    def end(self, client, token, form):
        """End a token of this client, and the access token beside it."""
        if token is None or (
            self.wrong == "believes hints" and form.get("token_type_hint", "") != f"{token['kind']}_token"
        ):
            return 200, {}, b""
        if token["client"] != client:
            return told(400, {"error": "invalid_grant"})
        token["ended"] = True
        if self.wrong != "ends one token only":
            self.tokens[token["beside"]]["ended"] = True
        return 200, {"Content-Type": "text/plain"}, b"gone"

    def ask(self, client, token):
        """Tell of a token of this client."""
        if token is None or token["client"] != client or not alive(token):
            left = {"client_id": token["client"]} if token is not None and self.wrong == "tells of the dead" else {}
            return told(200, {"active": False, **left})
        known = {"active": True, "client_id": client, "scope": " ".join(reversed(token["scopes"]))}
        known |= {"exp": int(token["over"]), "iat": int(token["over"]) - LIFE, "aud": ["ledger"], "sub": "odile"}
        return told(200, known | WRONGLY_TOLD.get(self.wrong, lambda known: {})(known))


WRONGLY_TOLD = {
    "names another client": lambda known: {"client_id": "scale"},
    "tells other scopes": lambda known: {"scope": f"{known['scope']} admin"},
    "tells fewer scopes": lambda known: {"scope": "read"},
    "tells milliseconds": lambda known: {"exp": known["exp"] * 1000},
    "tells a span": lambda known: {"exp": LIFE},
    "tells a word": lambda known: {"iat": "today"},
}
"""What introspection says otherwise, by what is wrong; to tell some of the scopes only is right."""


def alive(token):
    """Tell whether a token is good."""
    return not token["ended"] and time.time() < token["over"]


def told(status, members, headers=None):
    """A reply with JSON that people can read."""
    body = json.dumps(members, indent=4, sort_keys=True).encode()
    return status, {"content-type": "application/json; charset=utf-8", **(headers or {})}, body


def who(header):
    """Read which client shows its secret by Basic; None where none does."""
    scheme, _, coded = header.partition(" ")
    try:
        name, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except ValueError:
        return None
    name = unquote_plus(name)
    return name if scheme.lower() == "basic" and CLIENTS.get(name) == unquote_plus(secret) else None

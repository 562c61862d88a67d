"""A small OAuth server with brands, written without a line of ours: each test changes what it is about."""

from __future__ import annotations

import base64
import json
import secrets
from collections import Counter
from urllib.parse import parse_qsl

RIGHT = {"client_id": "app-one", "client_secret": "Tundra5-Copper1"}
USERS = {"mira": ("Quarry7-Lantern", {"BRAND1"}), "jonas": ("Harbor3-Walnut", {"BRAND2"})}
JSON = {"Content-Type": "application/json"}


class Office:
    """A small token endpoint, and a resource that a token of its brand opens.

    `basic` tells that clients are read from the header, else from the body; `media` is the one that bodies have; where it is
    None, either is read. `counts` chooses of several brand keys. `coded` tells that a refusal has an error code, and `lives`
    how long the next token does; None is not told.
    `first` may answer a request before anybody else does.
    """

    def __init__(
        self,
        basic=True,
        media="application/x-www-form-urlencoded",
        counts=min,
        coded=True,
        lives=lambda: 172800,
        first=lambda office, asked: None,
    ):
        self.basic, self.media, self.counts, self.coded, self.lives = basic, media, counts, coded, lives
        self.first = first
        self.tokens = {}
        self.failed = Counter()

    def answer(self, asked):
        """Answer a request."""
        return self.first(self, asked) or self.serve(asked)

    def serve(self, asked):
        """Give tokens, or the balance."""
        headers = {name.lower(): value for name, value in asked.headers.items()}
        if "balance" in asked.path:
            token = headers.get("authorization", "").removeprefix("Bearer ")
            fits = token in self.tokens and self.tokens[token] == headers.get("x-rator-brand-key")
            return (200 if fits else 401), JSON, b"{}"
        query = parse_qsl(asked.path.partition("?")[2])
        media = headers.get("content-type", "").partition(";")[0]
        if self.media and media != self.media:
            return self.refuse(400, "invalid_request")
        read = json.loads if media == "application/json" else lambda body: dict(parse_qsl(body.decode()))
        return self.issue(headers, read(asked.body), [value for name, value in query if name == "brand_key"])

    def issue(self, headers, members, brands):
        """Check the client, the brand and the user, in this order."""
        named = basic(headers.get("authorization", "")) if self.basic or self.basic is None else {}
        named = named or ({} if self.basic else members)
        if {name: named.get(name) for name in RIGHT} != RIGHT:
            return self.refuse(401, "invalid_client")
        brand = self.counts(brands, default=None)
        if brand not in ("BRAND1", "BRAND2"):
            return self.refuse(400, "invalid_request")
        if members.get("grant_type") == "password":
            secret, customer = USERS.get(members.get("username"), (None, ()))
            if secret != members.get("password") or brand not in customer:
                self.failed[members.get("username")] += 1
                return self.refuse(400, "invalid_grant")
        token = secrets.token_hex(16)
        self.tokens[token] = brand
        reply = {"access_token": token, "token_type": "bearer", "refresh_token": token[::-1]}
        lives = self.lives()
        if lives is not None:
            reply["expires_in"] = lives
        return 200, JSON, json.dumps(reply).encode()

    def refuse(self, status, code):
        """Refuse, with a code or without."""
        return status, JSON, json.dumps({"error": code} if self.coded else {"message": code}).encode()


def basic(header):
    """Read the Authorization header of a client; nothing where there is none."""
    if not header:
        return {}
    try:
        name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    except ValueError:
        return {}
    return {"client_id": name, "client_secret": secret}

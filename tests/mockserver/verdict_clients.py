"""Clients of every dialect: a good one, and broken ones that differ from it in one thing."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import requests

from watchword.mockserver.launch import Running
from watchword.specs.codec import draft, encode
from watchword.specs.values.api import FORM, JSON, Operation
from watchword.specs.values.draft import Draft, Field


class GaveUp(Exception):
    """The client has no way on."""


class Client:
    """A client that does everything right, but for its `quirk`, which is the name of the rule that it breaks."""

    def __init__(self, mock: Running, quirk: str = "") -> None:
        self.mock = mock
        self.quirk = quirk
        self.credentials = dict(mock.credentials)
        self.tokens: dict[str, Any] = {}
        self.expires: float | None = None
        self.http = requests.Session()
        self.http.trust_env = False
        self._lock = threading.Lock()
        api = mock.service.dialect.api
        renewable = [op for op in api.with_purpose("issue") if "refresh_token" in op.gives]
        issues = [op for op in renewable if not op.optional] or renewable
        # Where there are several logins, that of the token endpoint.
        self.issue = next((op for op in issues if op.media_type == FORM), issues[0])
        renews = api.with_purpose("renew")
        self.renewal = next((op for op in renews if op.path == self.issue.path), renews[0])
        self.resource = api.with_purpose("resource")[0]

    # -- what it does

    def login(self) -> None:
        """Come to tokens with credentials."""
        for _ in range(3):
            reply = self.patient(self.issue)
            if reply is not None and reply.ok:
                if self.understood(self.issue, reply):
                    return
                continue
            if reply is not None and self.quirk != "refusal.final":
                break
        raise GaveUp("login")

    def renew(self) -> bool:
        """Come to newer tokens; tells whether there are some."""
        if "refresh_token" not in self.tokens or self.stuck:
            return False
        used = dict(self.tokens)
        if self.quirk == "refresh.not-reused":
            used["refresh_token"] = self.first_refresh
        for _ in range(2):
            reply = self.patient(self.renewal, used)
            if reply is None:
                if self.quirk == "lost-reply.recovers":
                    self.stuck = True
                    return False
                continue
            if reply.ok:
                return self.understood(self.renewal, reply)
            return False
        return False

    def call(self) -> requests.Response | None:
        """Use the API, with whatever that takes."""
        if not self.tokens:
            self.login()
        if self.quirk == "login.when-needed" and self.used:
            self.login()
        if self.due():
            self.fresh(self.tokens.get("access_token"))
        tries = 5 if self.quirk == "retry.once" else 1
        self.used = True
        token = self.tokens.get("access_token")
        reply = self.patient(self.resource, dict(self.tokens))
        while reply is not None and reply.status_code == 401 and tries:
            tries -= 1
            if not self.fresh(token):
                return reply
            token = self.tokens.get("access_token")
            reply = self.patient(self.resource, dict(self.tokens))
        if reply is not None and reply.status_code == 403 and self.quirk == "forbidden.no-renewal":
            self.renew()
        return reply

    used = False
    stuck = False
    first_refresh = ""

    def due(self) -> bool:
        """Tell whether the access token is over by what was said of it."""
        now = self.mock.clock.now()
        if self.quirk == "expiry.read-right":
            return self.expires is not None and self.used
        return self.expires is not None and now >= self.expires

    def fresh(self, before: str | None) -> bool:
        """Renew a token, or log in where that does not help; one thread at a time, and only if it is still the newest."""
        if self.quirk == "refresh.alone":
            return self.renew()
        with self._lock:
            if self.tokens.get("access_token") != before:
                return True
            if self.renew():
                return True
            if self.stuck:
                return False
            self.login()
            return True

    def understood(self, operation: Operation, reply: requests.Response) -> bool:
        """Take the tokens of a reply."""
        members = reply.json()
        given = dict(operation.read_reply(members))
        known = {m.name for shape in operation.replies.values() for m in shape.members}
        if self.quirk == "reply.bearer-any-case" and given.get("token_type") == "bearer":
            return False
        if self.quirk == "reply.unknown-members" and set(members) - known:
            return False
        if self.quirk == "reply.no-refresh-token" and "refresh_token" not in given:
            return False
        if self.quirk == "token.newest" and operation is self.renewal:
            given.pop("access_token")
        now = self.mock.clock.now()
        if "expires_at" in given:
            self.expires = given["expires_at"]
        elif "expires_in" in given:
            self.expires = now + given["expires_in"]
        self.tokens |= {name: given[name] for name in ("access_token", "refresh_token") if given.get(name)}
        self.first_refresh = self.first_refresh or self.tokens.get("refresh_token", "")
        return True

    # -- how it sends

    def patient(self, operation: Operation, tokens: dict[str, Any] | None = None) -> requests.Response | None:
        """Send a request, waiting as long as it is told to; None when the reply is lost."""
        for _ in range(14):
            reply = self.send(operation, tokens or self.tokens)
            if reply is None or reply.status_code not in (429, 503):
                return reply
            if self.quirk == ("backoff.waits" if "Retry-After" in reply.headers else "backoff.pauses"):
                continue
            self.mock.clock.advance(int(reply.headers.get("Retry-After", 2)))
        return reply

    def send(self, operation: Operation, tokens: dict[str, Any]) -> requests.Response | None:
        """Send one request."""
        sketch = self.bent(draft(operation, self.credentials | tokens))
        request = encode(sketch)
        url = (self.mock.url if operation.base == "url" else self.mock.resource_url) + request.path
        query = f"?{request.query}" if request.query else ""
        headers = dict(request.headers)
        try:
            reply = self.http.request(
                request.method, url + query, headers=headers, data=request.body, timeout=5, allow_redirects=False
            )
            if 300 <= reply.status_code < 400 and "Location" in reply.headers:
                there = reply.headers["Location"]
                if urlsplit(there).netloc != urlsplit(url).netloc and self.quirk != "redirect.keeps-secrets":
                    headers.pop("Authorization", None)
                return self.http.request(request.method, there, headers=headers, timeout=5, allow_redirects=False)
            return reply
        except requests.RequestException:
            return None

    def bent(self, sketch: Draft) -> Draft:
        """Write the request as the quirk has it."""
        operation, fields = sketch.operation, sketch.fields
        if self.quirk == "brand.in-place" and operation is self.resource:
            return replace(sketch, fields=tuple(f for f in fields if f.role != "brand_key"))
        if self.quirk == "brand.same" and operation is self.resource:
            other = self.credentials["other_brand_key"]
            return replace(
                sketch, fields=tuple(replace(f, value=other) if f.role == "brand_key" else f for f in fields)
            )
        if self.quirk == "token.not-in-url" and operation is self.resource:
            token = next(f for f in fields if f.role == "access_token")
            return replace(sketch, fields=(*fields, Field("query", "access_token", token.value)))
        if self.quirk == "token.in-place" and operation is self.renewal:
            wrong = self.tokens["access_token"]
            return replace(
                sketch, fields=tuple(replace(f, value=wrong) if f.role == "refresh_token" else f for f in fields)
            )
        if self.quirk == "credentials.not-in-url" and operation is self.issue:
            return replace(sketch, fields=(*fields, Field("query", "password", self.credentials["password"])))
        if self.quirk == "credentials.in-basic" and operation is self.issue:
            moved = [f for f in fields if f.place == "basic"]
            rest = tuple(f for f in fields if f.place != "basic")
            place = "form" if sketch.media_type == FORM else "json"
            media = sketch.media_type or JSON
            return replace(
                sketch, fields=(*rest, *(Field(place, str(f.role), f.value) for f in moved)), media_type=media
            )
        if self.quirk == "body.encoding" and operation is self.renewal:
            media = JSON if sketch.media_type == FORM else FORM
            place = "json" if media == JSON else "form"
            moved = [replace(f, place=place) if f.place in ("form", "json") else f for f in fields]
            return replace(sketch, fields=tuple(moved), media_type=media)
        return sketch

"""The gate before a stranger's OAuth server: the brand keys of the Rator document, which no library knows.

As WSGI, so that it stands before whatever framework the server is written in. A token is remembered with the brand that
it was given for, by what passes through the gate.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

BRANDS = ("BRAND1", "BRAND2")
HEADER = "HTTP_X_RATOR_BRAND_KEY"
TOKEN_PATH = "/oauth/token"


class BrandGate:
    """Lets a request pass that names a brand where it has to, and nobody else's.

    `of_user` gives the brand of a user, whom the gate refuses elsewhere as the server refuses a wrong password.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], of_user: dict[str, str], wrong: dict[str, str]) -> None:
        self.app = app
        self.of_user = of_user
        self.wrong = wrong
        self.of_token: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        if environ["PATH_INFO"].endswith(TOKEN_PATH):
            return self.token(environ, start_response)
        brand = environ.get(HEADER, "").strip()
        bearer = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2]
        if brand not in BRANDS:
            return refuse(start_response, 400, {"error": "invalid_request"})
        if self.of_token.get(bearer, brand) != brand:
            return refuse(start_response, 403, {"error": "access_denied"})
        return self.app(environ, start_response)

    def token(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Let a token request pass, and remember which brand its tokens are for."""
        pairs = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        named = [value for name, value in pairs if name == "brand_key"]
        # Some libraries take no query at all at this path, and the key is the gate's business.
        environ["QUERY_STRING"] = urlencode([pair for pair in pairs if pair[0] != "brand_key"])
        if set(named) - set(BRANDS) or len(set(named)) != 1:
            return refuse(start_response, 400, {"error": "invalid_request"})
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
        presented = form.get("refresh_token", [""])[0]
        of_brand = self.of_token.get(presented, self.of_user.get(form.get("username", [""])[0], named[0]))
        if of_brand != named[0]:
            return refuse(start_response, 400, self.wrong)
        told: list[Any] = []
        answer = self.app(environ, lambda *head: told.append(head))
        reply = b"".join(answer)
        # PEP 3333: whoever reads an answer closes it, and frameworks end there what belongs to the request.
        getattr(answer, "close", lambda: None)()
        try:
            members = json.loads(reply)
        except ValueError:
            members = {}
        for role in ("access_token", "refresh_token"):
            if isinstance(members, dict) and isinstance(members.get(role), str):
                self.of_token[members[role]] = named[0]
        start_response(*told[0])
        return [reply]


def refuse(start_response: Callable[..., Any], status: int, members: dict[str, str]) -> Iterable[bytes]:
    """Refuse a request as RFC 6749 section 5.2 has it."""
    body = json.dumps(members).encode()
    head = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    start_response(f"{status} Refused", head)
    return [body]

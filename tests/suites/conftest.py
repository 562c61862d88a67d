"""A client of an API with brands, for the tests of its profiles."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from watchword.specs.values.http import Reply, Request

# What is not a test is found by its own name: tests are no package.
sys.path.insert(0, str(Path(__file__).parent))

TOKEN, BALANCE = "/rest-api-auth/oauth/token", "/rest-api-core/api/billing-groups/201506171857210002/balance"
MARTA = {"grant_type": "password", "username": "marta.holm", "password": "Fjord7Lantern2"}
RIGHT = f"Basic {base64.b64encode(b'selfcare-app:Tundra5Copper1x').decode()}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NONE: Mapping[str, str] = {}
BRAND = {"X-RATOR-brand-key": "BRAND1"}


class BrandClient:
    """A client of one mock. `{access}` and `{refresh}` in what it sends stand for the tokens it was given last."""

    def __init__(self, mock: Any) -> None:
        self.mock = mock
        self.tokens: dict[str, str] = {}

    def ask(
        self, method: str, path: str, query: str = "", headers: Mapping[str, str] = NONE, body: bytes = b""
    ) -> Reply:
        """Send a request; a header without a value stays at home."""
        filled = tuple((name, self.fill(value)) for name, value in headers.items() if value)
        reply: Reply = self.mock.ask(Request(method, path, self.fill(query), filled, body))
        return reply

    def fill(self, text: str) -> str:
        """Put the tokens in their places."""
        for name, value in self.tokens.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    def token(
        self,
        form: Mapping[str, str],
        query: str = "brand_key=BRAND1",
        auth: str = RIGHT,
        headers: Mapping[str, str] = NONE,
    ) -> Reply:
        """Ask the token endpoint with the form of a grant."""
        body = urlencode({name: self.fill(value) for name, value in form.items()}).encode()
        return self.ask("POST", TOKEN, query, {"Authorization": auth, **FORM, **headers}, body)

    def login(self, form: Mapping[str, str] = MARTA, query: str = "brand_key=BRAND1") -> Reply:
        """Ask for tokens and keep them."""
        reply = self.token(form, query)
        self.tokens = {name.removesuffix("_token"): str(value) for name, value in reply.members.items()}
        return reply

    def renew(self, token: str = "{refresh}", query: str = "brand_key=BRAND1") -> Reply:
        """Renew, without keeping what comes of it."""
        return self.token({"grant_type": "refresh_token", "refresh_token": token}, query)

    def balance(
        self, auth: str = "Bearer {access}", headers: Mapping[str, str] = BRAND, query: str = "", method: str = "GET"
    ) -> Reply:
        """Ask for the balance."""
        return self.ask(method, BALANCE, query, {"Authorization": auth, **headers})

    def pass_time(self, seconds: float) -> None:
        """Set the mock's clock ahead."""
        self.mock.service.clock.advance(seconds)


@pytest.fixture
def brand_client(in_process: Callable[..., Any], profile: str) -> BrandClient:
    """Give a client that has logged in at a mock of the test's `profile`."""
    client = BrandClient(in_process("rator", profile))
    client.login()
    return client

"""What a mock publishes of itself is what it has, where it has it (RFC 8414)."""

from __future__ import annotations

import jwt
import requests

KNOWN = "/.well-known/oauth-authorization-server"


def published(running, path=KNOWN):
    """Ask for metadata."""
    return requests.get(running.url + path, timeout=10)


def test_what_a_mock_has(watchword_mock):
    """Endpoints are named where they are, grants and ways of clients as they are taken, and what is not there is left out."""
    running = watchword_mock("oauth2", endpoints={"token": "/oauth/token", "introspection": False, "renew": False})
    reply = published(running)

    assert (200, "application/json") == (reply.status_code, reply.headers["Content-Type"])
    assert reply.json() == {
        "issuer": running.url,
        "token_endpoint": f"{running.url}/oauth/token",
        "revocation_endpoint": f"{running.url}/revoke",
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials", "password"],
        "scopes_supported": ["read", "write", "admin"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }


def test_a_server_that_tells_nothing(watchword_mock):
    """A profile can do without."""
    assert 404 == published(watchword_mock("oauth2", profile="least")).status_code


def test_an_issuer_with_a_path(watchword_mock):
    """A space is an issuer of its own, whose path stands behind the well-known one, and so say its tokens."""
    running = watchword_mock("oauth2")
    space = running.space("tower")
    path = space.url.removeprefix(running.url)
    told = published(running, KNOWN + path).json()
    client = (space.credentials["client_id"], space.credentials["client_secret"])
    given = requests.post(told["token_endpoint"], data={"grant_type": "client_credentials"}, auth=client, timeout=10)
    claims = jwt.decode(given.json()["access_token"], options={"verify_signature": False})

    assert [space.url, f"{space.url}/token"] == [told["issuer"], told["token_endpoint"]]
    assert space.url == claims["iss"]
    assert 404 == published(running, f"{KNOWN}/nobody").status_code

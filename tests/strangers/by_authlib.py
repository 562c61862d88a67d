"""An OAuth server made of Authlib's parts, in memory: password, client credentials, and refresh tokens that are used once."""

from __future__ import annotations

import time
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Flask, jsonify

WRONG = {"error": "invalid_request", "error_description": "Invalid 'username' or 'password' in request."}
"""How the library refuses a wrong password."""


METHODS = ("client_secret_basic", "client_secret_post")
"""How clients show who they are."""


class Client(ClientMixin):
    """A client that is registered."""

    def __init__(self, client_id: str, secret: str) -> None:
        self.client_id = client_id
        self.secret = secret

    def get_client_id(self) -> str:
        """Give the identifier."""
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        """Give no address: no grant here redirects."""
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        """Allow no scope: there are none."""
        return ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Take no address."""
        return False

    def check_client_secret(self, client_secret: str) -> bool:
        """Compare the secret."""
        return client_secret == self.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Take the secret in the Basic header and in the form."""
        return method in METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        """Allow the three grants."""
        return grant_type in ("password", "client_credentials", "refresh_token")

    def check_response_type(self, response_type: str) -> bool:
        """Allow none."""
        return False


class Token(TokenMixin):
    """A session: both tokens of a reply."""

    def __init__(self, members: dict[str, Any], client: Client, user: Any) -> None:
        self.access_token = members["access_token"]
        self.refresh_token = members.get("refresh_token")
        self.lifetime = members["expires_in"]
        self.until = time.time() + self.lifetime
        self.client = client
        self.user = user
        self.renewed = False
        self.over = False

    def check_client(self, client: Client) -> bool:
        """Tell whether the session is the client's."""
        return client is self.client

    def get_scope(self) -> str:
        """Give no scope."""
        return ""

    def get_expires_in(self) -> int:
        """Give the lifetime."""
        return int(self.lifetime)

    def is_expired(self) -> bool:
        """Tell whether the access token is over."""
        return time.time() > self.until

    def is_revoked(self) -> bool:
        """Tell whether it was revoked."""
        return self.over

    def get_user(self) -> Any:
        """Give the user, if there is one."""
        return self.user

    def get_client(self) -> Client:
        """Give the client."""
        return self.client


def endpoints_of(tokens: list[Token]) -> tuple[type[RevocationEndpoint], type[IntrospectionEndpoint]]:
    """Make the endpoints for revocation and introspection of the sessions that there are."""

    class Revocation(RevocationEndpoint):
        CLIENT_AUTH_METHODS = METHODS

        def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
            return next((t for t in tokens if token_string in (t.access_token, t.refresh_token)), None)

        def revoke_token(self, token: Token, request: Any) -> None:
            token.over = True

    class Introspection(IntrospectionEndpoint):
        CLIENT_AUTH_METHODS = METHODS

        def query_token(self, token_string: str, token_type_hint: str | None) -> Token | None:
            return next((t for t in tokens if token_string == t.access_token), None)

        def check_permission(self, token: Token, client: Client, request: Any) -> bool:
            return True

        def introspect_token(self, token: Token) -> dict[str, Any]:
            return {
                "active": True,
                "client_id": token.client.client_id,
                "exp": int(token.until),
                "token_type": "Bearer",
            }

    return Revocation, Introspection


def make(credentials: dict[str, str], lifetime: int) -> Flask:
    """Make the server with the accounts that some credentials name, and access tokens of so many seconds."""
    app = Flask(__name__)
    app.config.update(
        OAUTH2_REFRESH_TOKEN_GENERATOR=True,
        OAUTH2_TOKEN_EXPIRES_IN=dict.fromkeys(("password", "client_credentials", "refresh_token"), lifetime),
    )
    named = ((credentials[f"{who}client_id"], credentials[f"{who}client_secret"]) for who in ("", "other_"))
    clients = {name: Client(name, secret) for name, secret in named}
    users = {credentials[f"{who}username"]: credentials[f"{who}password"] for who in ("", "other_")}
    tokens: list[Token] = []

    class ClientCredentials(grants.ClientCredentialsGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    class Password(grants.ResourceOwnerPasswordCredentialsGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = METHODS

        def authenticate_user(self, username: str, password: str) -> str | None:
            return username if password and users.get(username) == password else None

    class Refresh(grants.RefreshTokenGrant):
        INCLUDE_NEW_REFRESH_TOKEN = True
        TOKEN_ENDPOINT_AUTH_METHODS = METHODS

        def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
            found = (t for t in tokens if t.refresh_token == refresh_token)
            return next((t for t in found if not t.renewed and not t.over), None)

        def authenticate_user(self, refresh_token: Token) -> Any:
            return refresh_token.user

        def revoke_old_credential(self, refresh_token: Token) -> None:
            refresh_token.renewed = True

    class Bearer(BearerTokenValidator):
        def authenticate_token(self, token_string: str) -> Token | None:
            return next((t for t in tokens if t.access_token == token_string), None)

    server = AuthorizationServer(
        app,
        query_client=clients.get,
        save_token=lambda members, request: tokens.append(Token(members, request.client, request.user)),
    )
    for grant in (Password, Refresh, ClientCredentials):
        server.register_grant(grant)
    revocation, introspection = endpoints_of(tokens)
    for endpoint in (revocation, introspection):
        server.register_endpoint(endpoint)
    protect = ResourceProtector()
    protect.register_token_validator(Bearer())

    @app.post("/oauth/token")
    def token() -> Any:
        return server.create_token_response()

    @app.post("/oauth/revoke")
    def revoke() -> Any:
        return server.create_endpoint_response(revocation.ENDPOINT_NAME)

    @app.post("/oauth/introspect")
    def introspect() -> Any:
        return server.create_endpoint_response(introspection.ENDPOINT_NAME)

    @app.get("/api/billing-groups/<group>/balance")
    @protect()
    def balance(group: str) -> Any:
        return jsonify({"balance": 12.5, "group": group})

    return app

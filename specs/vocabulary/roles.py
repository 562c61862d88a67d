"""Roles, and the other short lists of words that dialects are written in."""

from __future__ import annotations

from types import MappingProxyType

__all__ = [
    "BASES",
    "CLIENT_WAYS",
    "CREDENTIALS",
    "LEVELS",
    "NAMED_ENDPOINTS",
    "PARTNERS",
    "PLACES",
    "PURPOSES",
    "ROLES",
    "SECRET_ROLES",
    "TOKEN_FORMS",
    "TOPICS",
]

PLACES = ("path", "query", "header", "basic", "bearer", "form", "json")
LEVELS = ("must", "should", "may")
BASES = ("documented", "inferred", "rfc", "silent")
TOPICS = ("auth", "refresh", "error_codes", "brand_keys", "scopes", "contract")
"""The topics that have a test module of their own. A dialect may name others, which one module takes together."""
TOKEN_FORMS = MappingProxyType(
    {
        "jwt": "three parts of base64url, which hold claims and a signature (RFC 7519)",
        "uuid": "a random UUID with its hyphens (RFC 9562)",
        "hex": "hexadecimal digits",
        "triple_hex": "three groups of hexadecimal digits, joined by hyphens",
        "base64url": "random bytes in the alphabet for addresses (RFC 4648 section 5)",
    }
)
"""The forms that tokens of the mock can have: form → what such a token looks like."""
CLIENT_WAYS = MappingProxyType({"basic": "client_secret_basic", "form": "client_secret_post"})
"""Where the secret of a client travels → what metadata call that (RFC 7591 section 2)."""
PURPOSES = MappingProxyType(
    {
        "issue": "gives tokens for credentials",
        "verify": "tests credentials and gives no token",
        "renew": "gives tokens for a refresh token",
        "revoke": "ends a token",
        "introspect": "tells whether a token is good",
        "metadata": "tells where the others are, and what they take",
        "resource": "is protected by an access token",
    }
)

ROLES = MappingProxyType(
    {
        "username": "the name of the user who logs in",
        "password": "the password of that user",
        "operator_username": "the name of an operator who logs in for others",
        "operator_password": "the password of that operator",
        "client_id": "the identifier of the client application (RFC 6749 section 2.2)",
        "client_secret": "the secret of the client application (RFC 6749 section 2.3.1)",
        "access_token": "the token that opens protected operations (RFC 6749 section 1.4)",
        "refresh_token": "the token that obtains new access tokens (RFC 6749 section 1.5)",
        "token_type": "how the access token is to be presented (RFC 6749 section 7.1)",
        "expires_at": "when the access token expires, in seconds since 1970-01-01 UTC",
        "expires_in": "in how many seconds the access token expires (RFC 6749 section 5.1)",
        "grant_type": "which grant a token request uses (RFC 6749 section 4)",
        "token_type_hint": "which kind of token is presented, as far as the client knows (RFC 7009 section 2.1)",
        "active": "whether a token is good (RFC 7662 section 2.2)",
        "scope": "what the access token may be used for (RFC 6749 section 3.3)",
        "brand_key": "the brand on whose behalf a request is made",
        "language": "the language the client prefers (RFC 9110 section 12.5.4)",
        "error": "the machine-readable code of a refusal (RFC 6749 section 5.2)",
        "error_description": "the human-readable text of a refusal (RFC 6749 section 5.2)",
        "subject": "the user an access token or a reply speaks of",
        "record": "the identifier of the thing a protected operation is asked for",
        "issuer": "the URL that an authorization server is known by (RFC 8414 section 2)",
        "authorization_endpoint": "where users grant something to a client (RFC 8414 section 2)",
        "token_endpoint": "where tokens are obtained (RFC 8414 section 2)",
        "revocation_endpoint": "where tokens are revoked (RFC 8414 section 2)",
        "introspection_endpoint": "where one asks about tokens (RFC 8414 section 2)",
        "scopes_supported": "the scopes that there are (RFC 8414 section 2)",
        "response_types_supported": "what an authorization endpoint may be asked for (RFC 8414 section 2)",
        "grant_types_supported": "the grants that are served (RFC 8414 section 2)",
        "client_ways_supported": "how clients may show who they are at the token endpoint (RFC 8414 section 2)",
    }
)
PARTNERS = MappingProxyType(
    {
        one: other
        for name, secret in (
            ("username", "password"),
            ("operator_username", "operator_password"),
            ("client_id", "client_secret"),
        )
        for one, other in ((name, secret), (secret, name))
    }
)
"""Who goes with whom: of a name and its secret, neither says anything without the other."""
NAMED_ENDPOINTS = MappingProxyType(
    {
        "token_endpoint": ("issue", "renew"),
        "revocation_endpoint": ("revoke",),
        "introspection_endpoint": ("introspect",),
    }
)
"""What metadata name: the role of an endpoint → the purposes of the operations that are there."""
SECRET_ROLES = frozenset({"password", "operator_password", "client_secret", "access_token", "refresh_token"})

CREDENTIALS = (
    "username",
    "password",
    "client_id",
    "client_secret",
    "brand_key",
    "operator_username",
    "operator_password",
    "other_username",
    "other_password",
    "other_brand_key",
    "other_client_id",
    "other_client_secret",
)
"""What a target file may hold under `[credentials]`: roles, and `other_` twins that enable further clauses."""

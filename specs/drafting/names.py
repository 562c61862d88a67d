"""Roles by the names that APIs give them: which are certain, which a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["CERTAIN", "header_role", "role_of", "words"]

CERTAIN = frozenset(
    {
        *("username", "password", "client_id", "client_secret", "grant_type", "scope", "refresh_token"),
        *("access_token", "token_type", "expires_in", "error", "error_description"),
    }
)
"""Names that RFC 6749 gives to just these roles; any other name makes the role a guess."""

_SENT = {
    "username": "username user login email user_name user_id login_name account email_address identifier",
    "password": "password pass passwd pwd pass_phrase passphrase user_password",
    "client_id": "client_id app_id application_id api_key_id consumer_key app_key access_key_id key_id client",
    "client_secret": "client_secret app_secret application_secret api_secret consumer_secret secret_key secret api_key",
    "grant_type": "grant_type",
    "scope": "scope",
    "refresh_token": "refresh_token refresh",
    "access_token": "access_token auth_token session_token",
}
_GIVEN = {
    "access_token": "access_token token jwt auth_token session_token bearer_token api_token access id_session bearer",
    "refresh_token": "refresh_token refresh renewal_token",
    "token_type": "token_type",
    "expires_in": "expires_in expire_in ttl expires_in_seconds lifetime valid_for",
    "expires_at": "expires_at expires expiry exp expires_on valid_until expiration",
    "scope": "scope",
}
_REFUSING = {"error": "error", "error_description": "error_description"}
_SPEAKING = {"subject": "username user_name login sub"}
_TABLES = {
    side: {name: role for role, names in table.items() for name in names.split()}
    for side, table in {"sent": _SENT, "given": _GIVEN, "refusing": _REFUSING, "speaking": _SPEAKING}.items()
}
_WANTED = {"expires_in": {"integer", "number"}, "expires_at": {"integer", "number"}}


def words(name: str) -> str:
    """Give a name in small letters with underscores between its words: `accessToken` and `Access-Token` are one."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")


def role_of(name: str, schema: Mapping[str, Any], side: str) -> str | None:
    """Give the role that a member probably has, or None.

    `side` is `sent` (in a request), `given` (in the reply to a right request), `refusing` (to a wrong one) or `speaking`
    (of a protected operation). A member of another JSON type than the role has does not have the role.
    """
    role = _TABLES[side].get(words(name))
    types = schema.get("type", ())
    types = {types} if isinstance(types, str) else set(types)
    wanted = _WANTED.get(role or "", {"string"})
    if role is None or (types and not types & wanted) or (side == "speaking" and "format" in schema):
        return None
    return role


def header_role(name: str, alone: bool) -> str:
    """Give the role of a header or parameter that a token is obtained with: a key that is `alone` is as good as a secret."""
    said = words(name).removeprefix("x_")
    if alone or "secret" in said:
        return "client_secret"
    return _TABLES["sent"].get(said, "client_id").replace("client_secret", "client_id")

"""The closed list of conditions: every way in which a request can be wrong that has a name.

Laws:
1. A condition names one way in which a request is wrong, never what a server makes of it.
2. A new row comes with one way to provoke it (suites) and one way to recognise it (mock). Each of the three tables has
   the full name as a literal, so that one search finds all three.
3. `broader` gives the condition of which this one is a special case: a mock that has no reply of its own for the special
   case uses the broader one's.
"""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

from watchword.specs.vocabulary.condition import Condition

__all__ = ["CONDITIONS", "broader"]

_FIELDS = ("json", "form", "query")
_TWO_BRANDS = ("other_brand_key",)
_TWO_USERS = ("other_username", "other_password")
_TWO_CLIENTS = ("other_client_id", "other_client_secret")
_USER = ("username", "password")
_OPERATOR = ("operator_username", "operator_password")

# What most rows about a subject have in common; a row that differs says so itself.
_route = partial(Condition, gravity="interoperability", concerns="route", hides_grant=True)
_basic = partial(Condition, gravity="security", places=("basic",))
_username = partial(Condition, gravity="security", role="username")
_password = partial(Condition, gravity="security", role="password", spends="username")
_operator = partial(Condition, gravity="security", role="operator_username")
_operator_password = partial(Condition, gravity="security", role="operator_password", spends="operator_username")
_client = partial(Condition, gravity="security", role="client_id")
_secret = partial(Condition, gravity="security", role="client_secret")
_access = partial(Condition, gravity="security", role="access_token")
_refresh = partial(Condition, gravity="security", role="refresh_token")
_grant = partial(Condition, gravity="form", role="grant_type", concerns="endpoint")
_scope = partial(Condition, gravity="interoperability", role="scope")
_body = partial(Condition, gravity="form", concerns="endpoint")
_brand = partial(Condition, gravity="security", role="brand_key")

_ROWS: list[Condition] = [
    # what a method that is not described does to a protected resource nobody knows, so it is tried on the others only
    _route(
        "method.wrong",
        "the path is called with a method that is not described",
        purposes=("issue", "verify", "renew", "revoke", "introspect", "metadata"),
    ),
    _route(
        "path.alternative",
        "the other path that the document prints for the operation is called",
        requires=("alternative_path",),
    ),
    # the Authorization header of an operation that wants Basic (RFC 7617)
    _basic("basic.missing", "there is no Authorization header", names_nobody=True),
    _basic(
        "basic.empty",
        "the Authorization header names the Basic scheme and nothing else",
        broader="basic.missing",
        names_nobody=True,
    ),
    _basic("basic.not_base64", "what follows Basic is not base64", names_nobody=True),
    _basic("basic.no_colon", "the decoded Basic credentials hold no colon", names_nobody=True),
    _basic(
        "basic.wrong_scheme",
        "the header Authorization has another scheme than Basic",
        gravity="form",
        names_nobody=True,
    ),
    _basic("basic.scheme_case", "the scheme is written in lower case", gravity="interoperability"),
    _basic(
        "basic.in_body",
        "the credentials travel as members of the body",
        whole=True,
        gravity="interoperability",
        requires=("body",),
        names_nobody=True,
    ),
    _basic(
        "basic.name_in_body",
        "the name travels as a member of the body, and no secret with it",
        broader="basic.missing",
        requires=("body",),
        names_nobody=True,
    ),
    _basic(
        "basic.doubled",
        "the credentials travel as members of the body besides",
        gravity="form",
        requires=("body",),
    ),
    _basic(
        "basic.in_query",
        "the credentials travel in the query",
        broader="basic.missing",
        whole=True,
        names_nobody=True,
    ),
    # who logs in, and with what
    _username("username.missing", "the username is left out", absent=True, places=_FIELDS, names_nobody=True),
    _username("username.empty", "the username is the empty string", broader="username.unknown", names_nobody=True),
    _username("username.unknown", "nobody has that username", names_nobody=True),
    _username(
        "username.wrong_type",
        "the username is a number where text belongs",
        gravity="form",
        places=("json",),
        names_nobody=True,
    ),
    _username(
        "username.other_case",
        "the username has its letters in the other case",
        gravity="interoperability",
        broader="username.unknown",
    ),
    _username(
        "username.is_operator",
        "an operator's name and password stand where a user's belong",
        broader="username.unknown",
        requires=("password", "operators"),
        needs=_OPERATOR,
        names_nobody=True,
    ),
    _password("password.missing", "the password is left out", absent=True, places=_FIELDS),
    _password(
        "password.in_query",
        "the password travels in the query instead of the body",
        broader="password.missing",
        absent=True,
        whole=True,
        places=("json",),
    ),
    _password("password.empty", "the password is the empty string", broader="password.wrong"),
    _password("password.wrong", "the password is not the one of that username"),
    _password("password.truncated", "the password lacks its last character", broader="password.wrong"),
    _password("password.extended", "the password has one character too many", broader="password.wrong"),
    _password("password.other_case", "the password has its letters in the other case", broader="password.wrong"),
    _password("password.padded", "a space follows the password", broader="password.wrong"),
    _password("password.wrong_type", "the password is a number where text belongs", places=("json",)),
    _password("password.foreign", "the password is another user's", broader="password.wrong", needs=_TWO_USERS),
    _password("password.is_username", "the username stands where the password belongs", broader="password.wrong"),
    _password(
        "password.is_client_secret",
        "the client_secret stands where the password belongs",
        broader="password.wrong",
        requires=("client_secret",),
    ),
    _password(
        "password.is_operator_password",
        "an operator's password stands where the password belongs",
        broader="password.wrong",
        requires=("operators",),
        needs=_OPERATOR,
    ),
    _operator(
        "operator_username.missing", "the operator_username is left out", absent=True, places=_FIELDS, names_nobody=True
    ),
    _operator(
        "operator_username.empty",
        "the operator_username is the empty string",
        broader="operator_username.unknown",
        names_nobody=True,
    ),
    _operator("operator_username.unknown", "nobody has that operator_username", names_nobody=True),
    _operator(
        "operator_username.wrong_type",
        "the operator_username is a number where text belongs",
        gravity="form",
        places=("json",),
        names_nobody=True,
    ),
    _operator(
        "operator_username.is_user",
        "a user's name and password stand where an operator's belong",
        broader="operator_username.unknown",
        requires=("operator_password", "users"),
        needs=_USER,
        names_nobody=True,
    ),
    _operator_password("operator_password.missing", "the operator_password is left out", absent=True, places=_FIELDS),
    _operator_password(
        "operator_password.empty", "the operator_password is the empty string", broader="operator_password.wrong"
    ),
    _operator_password("operator_password.wrong", "the operator_password is not the one of that operator_username"),
    _operator_password(
        "operator_password.truncated",
        "the operator_password lacks its last character",
        broader="operator_password.wrong",
    ),
    _operator_password(
        "operator_password.extended",
        "the operator_password has one character too many",
        broader="operator_password.wrong",
    ),
    _operator_password(
        "operator_password.other_case",
        "the operator_password has its letters in the other case",
        broader="operator_password.wrong",
    ),
    _operator_password(
        "operator_password.padded", "a space follows the operator_password", broader="operator_password.wrong"
    ),
    _operator_password(
        "operator_password.wrong_type", "the operator_password is a number where text belongs", places=("json",)
    ),
    _operator_password(
        "operator_password.is_operator_username",
        "the operator_username stands where the operator_password belongs",
        broader="operator_password.wrong",
    ),
    _operator_password(
        "operator_password.is_password",
        "a user's password stands where the operator_password belongs",
        broader="operator_password.wrong",
        requires=("users",),
        needs=_USER,
    ),
    _client("client_id.empty", "the client_id is the empty string", broader="client_id.unknown", names_nobody=True),
    _client("client_id.unknown", "no client has that client_id", names_nobody=True),
    _secret("client_secret.empty", "the client_secret is the empty string", broader="client_secret.wrong"),
    _secret("client_secret.wrong", "the client_secret is not the client's"),
    _secret("client_secret.truncated", "the client_secret lacks its last character", broader="client_secret.wrong"),
    _secret("client_secret.extended", "the client_secret has one character too many", broader="client_secret.wrong"),
    _secret(
        "client_secret.other_case", "the client_secret has its letters in the other case", broader="client_secret.wrong"
    ),
    _secret("client_secret.padded", "a space follows the client_secret", broader="client_secret.wrong"),
    _secret(
        "client_secret.foreign",
        "the client_secret is another client's",
        broader="client_secret.wrong",
        requires=("client_id",),
        needs=_TWO_CLIENTS,
    ),
    _secret(
        "client_secret.is_client_id",
        "the client_id stands where the client_secret belongs",
        broader="client_secret.wrong",
        requires=("client_id",),
    ),
    _secret(
        "client_secret.is_password",
        "the user's password stands where the client_secret belongs",
        broader="client_secret.wrong",
        requires=("password",),
    ),
    # the access token, where the operation wants one (RFC 6750)
    _access("access_token.missing", "there is no Authorization header", absent=True, places=("bearer",)),
    _access("access_token.wrong_scheme", "the header Authorization has another scheme than Bearer", places=("bearer",)),
    _access(
        "access_token.other_scheme",
        "the right token stands in the header under another scheme than Bearer",
        gravity="form",
        broader="access_token.wrong_scheme",
        places=("bearer",),
    ),
    _access("access_token.bare", "the token stands in the header without a scheme", gravity="form", places=("bearer",)),
    _access(
        "access_token.scheme_case",
        "the scheme is written in lower case",
        gravity="interoperability",
        places=("bearer",),
    ),
    _access(
        "access_token.in_query",
        "the token travels in the query instead of the header",
        broader="access_token.missing",
        places=("bearer",),
    ),
    _access(
        "access_token.in_cookie",
        "the token travels in a cookie instead of the header",
        broader="access_token.missing",
        places=("bearer",),
    ),
    _access("access_token.left_out", "the access_token is left out", absent=True, places=_FIELDS),
    _access("access_token.empty", "the access_token is the empty string"),
    _access("access_token.unknown", "the access_token looks right but was never issued"),
    _access("access_token.garbage", "the access_token is a word that no server issues", broader="access_token.unknown"),
    _access("access_token.truncated", "the access_token lacks its last character", broader="access_token.unknown"),
    _access(
        "access_token.tampered",
        "one character of the access_token (of its signature, if it has one) was changed",
        broader="access_token.unknown",
    ),
    _access(
        "access_token.unsigned",
        "the access_token is a JWT whose signature was cut off and whose header says alg none",
        broader="access_token.unknown",
        presumes="jwt",
    ),
    _access("access_token.expired", "the access_token has outlived its lifetime", presumes="expiry"),
    _access(
        "access_token.superseded",
        "the token's session has been renewed since",
        tells_tokens_apart=True,
        requires=("renewal",),
        beside=("refresh_token",),
    ),
    _access("access_token.revoked", "the token has been revoked", tells_tokens_apart=True, requires=("revocation",)),
    _access(
        "access_token.other_client",
        "the access_token was issued to another client than the one that presents it",
        tells_tokens_apart=True,
        places=_FIELDS,
        requires=("client_id",),
        needs=_TWO_CLIENTS,
    ),
    _access(
        "access_token.is_refresh_token",
        "a refresh token stands where the access token belongs",
        broader="access_token.unknown",
        beside=("refresh_token",),
    ),
    # the refresh token
    _refresh("refresh_token.missing", "the refresh_token is left out", absent=True, places=_FIELDS),
    _refresh(
        "refresh_token.in_query",
        "the refresh_token travels in the query instead of the body",
        broader="refresh_token.missing",
        absent=True,
        whole=True,
        places=("json",),
    ),
    _refresh("refresh_token.null", "the refresh_token is null", broader="refresh_token.missing", places=("json",)),
    _refresh("refresh_token.wrong_type", "the refresh_token is a number where text belongs", places=("json",)),
    _refresh("refresh_token.empty", "the refresh_token is the empty string"),
    _refresh("refresh_token.unknown", "the refresh_token looks right but was never issued"),
    _refresh(
        "refresh_token.garbage", "the refresh_token is a word that no server issues", broader="refresh_token.unknown"
    ),
    _refresh("refresh_token.truncated", "the refresh_token lacks its last character", broader="refresh_token.unknown"),
    _refresh(
        "refresh_token.tampered",
        "one character of the refresh_token (of its signature, if it has one) was changed",
        broader="refresh_token.unknown",
    ),
    _refresh(
        "refresh_token.unsigned",
        "the refresh_token is a JWT whose signature was cut off and whose header says alg none",
        broader="refresh_token.unknown",
        presumes="jwt",
    ),
    _refresh("refresh_token.expired", "the refresh_token has outlived its lifetime", presumes="expiry"),
    _refresh(
        "refresh_token.reused", "the refresh token has been used before", tells_tokens_apart=True, purposes=("renew",)
    ),
    _refresh(
        "refresh_token.retired",
        "the refresh token is the newest one of a session in which an older one was used again",
        tells_tokens_apart=True,
        purposes=("renew",),
        presumes="ended_sessions",
    ),
    _refresh(
        "refresh_token.revoked",
        "the refresh token has been revoked",
        tells_tokens_apart=True,
        requires=("refresh_revocation",),
    ),
    _refresh(
        "refresh_token.foreign",
        "the refresh token is another user's than the access token beside it",
        requires=("access_token",),
        needs=_TWO_USERS,
    ),
    _refresh(
        "refresh_token.other_client",
        "the refresh_token was issued to another client than the one that presents it",
        tells_tokens_apart=True,
        requires=("client_id",),
        needs=_TWO_CLIENTS,
    ),
    _refresh(
        "refresh_token.is_access_token",
        "an access token stands where the refresh token belongs",
        broader="refresh_token.unknown",
        beside=("access_token",),
    ),
    # grants and scopes
    _grant("grant_type.missing", "the grant_type is left out", absent=True, hides_grant=True),
    _grant("grant_type.empty", "the grant_type is the empty string", broader="grant_type.missing", hides_grant=True),
    _grant("grant_type.unknown", "no grant has that name", gravity="interoperability", hides_grant=True),
    _grant(
        "grant_type.other_case",
        "the grant_type is written in upper case",
        gravity="interoperability",
        broader="grant_type.unknown",
    ),
    _grant(
        "grant_type.repeated",
        "the grant_type is sent twice with the same value",
        places=("form", "query"),
    ),
    _grant(
        "grant_type.not_allowed",
        "the grant exists, and this client may not use it",
        gravity="security",
        hides_grant=True,
    ),
    _scope("scope.empty", "the scope is the empty string", gravity="form"),
    _scope("scope.unknown", "no scope has that name"),
    _scope("scope.truncated", "the scope lacks its last character", broader="scope.unknown"),
    _scope("scope.other_case", "the scope has its letters in the other case", broader="scope.unknown"),
    _scope("scope.partly_unknown", "one scope is granted and the other has no meaning"),
    _scope("scope.exceeding", "the scope exists, and the account does not have it", gravity="security"),
    _scope(
        "scope.insufficient",
        "the token was issued for other scopes than the operation wants",
        tells_tokens_apart=True,
        gravity="security",
        role="access_token",
        purposes=("resource",),
        requires=("scopes",),
    ),
    # the body
    _body("body.empty", "there is no body", places=("json", "form"), hides_grant=True),
    _body(
        "body.malformed", "the body cannot be parsed as what it says it is", places=("json", "form"), hides_grant=True
    ),
    _body("body.not_an_object", "the body is a JSON array", places=("json",), hides_grant=True),
    _body("body.null", "the body is the JSON null", places=("json",), hides_grant=True),
    _body(
        "body.trailing_comma",
        "a comma follows the last member of the JSON object",
        broader="body.malformed",
        places=("json",),
        hides_grant=True,
    ),
    _body(
        "body.wrong_content_type",
        "the body is right but in the other encoding: a form where JSON belongs, JSON where a form belongs",
        whole=True,
        gravity="interoperability",
        places=("json", "form"),
    ),
    _body(
        "body.no_content_type",
        "the Content-Type header is left out",
        gravity="interoperability",
        places=("json", "form"),
    ),
    _body(
        "body.in_query", "the fields of the form travel in the query", whole=True, gravity="security", places=("form",)
    ),
    # brand keys
    _brand("brand_key.missing", "the brand key is left out", absent=True),
    _brand("brand_key.empty", "the brand key is the empty string"),
    _brand("brand_key.blank", "the brand key is white space", broader="brand_key.empty", places=_FIELDS),
    _brand("brand_key.unknown", "no brand has that key"),
    _brand("brand_key.truncated", "the brand key lacks its last character", broader="brand_key.unknown"),
    _brand("brand_key.extended", "the brand key has one character too many", broader="brand_key.unknown"),
    _brand(
        "brand_key.misplaced",
        "the brand key travels the way the other kind of operation wants it",
        absent=True,
        whole=True,
        gravity="interoperability",
        broader="brand_key.missing",
        requires=("other_place",),
    ),
    _brand(
        "brand_key.in_body",
        "the brand key travels in the body instead of the query",
        whole=True,
        gravity="interoperability",
        places=("query",),
        requires=("body",),
    ),
    _brand(
        "brand_key.misnamed",
        "the name that carries the brand key has its separators changed",
        absent=True,
        gravity="interoperability",
        broader="brand_key.missing",
    ),
    _brand(
        "brand_key.superseded_name",
        "the brand key travels under the name that an older text uses",
        whole=True,
        gravity="interoperability",
        requires=("superseded_name",),
    ),
    _brand(
        "brand_key.superseded_conflict",
        "the name of an older text carries another brand key than the right name",
        requires=("superseded_name",),
        needs=_TWO_BRANDS,
        contradicts=True,
    ),
    _brand(
        "brand_key.name_case",
        "the name that carries the brand key is written in other case",
        gravity="interoperability",
    ),
    _brand("brand_key.value_case", "the brand key is written in other case", gravity="interoperability"),
    _brand("brand_key.padded", "white space stands around the brand key", gravity="form", places=("header",)),
    _brand("brand_key.repeated", "the brand key is sent twice with the same value", gravity="form"),
    _brand(
        "brand_key.conflicting",
        "the brand key is sent twice with different values",
        needs=_TWO_BRANDS,
        contradicts=True,
    ),
    _brand(
        "brand_key.conflicting_places",
        "query and body carry different brand keys",
        places=("query",),
        requires=("body",),
        needs=_TWO_BRANDS,
        contradicts=True,
    ),
    _brand(
        "brand_key.foreign",
        "the brand exists, and the user or token belongs to another brand",
        presumes="owner",
        needs=_TWO_BRANDS,
    ),
    Condition("language.unknown", "the preferred language is not a language tag", gravity="form", role="language"),
]

CONDITIONS = MappingProxyType({row.name: row for row in _ROWS})


def broader(name: str) -> tuple[str, ...]:
    """Give the conditions of which this one is a special case, the nearest first."""
    found: list[str] = []
    above = CONDITIONS[name].broader
    while above:
        found.append(above)
        above = CONDITIONS[above].broader
    return tuple(found)

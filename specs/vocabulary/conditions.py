"""The closed list of conditions: every way in which a request can be wrong that has a name.

Laws:
1. A condition names one way in which a request is wrong, never what a server makes of it.
2. A new row comes with one way to provoke it (suites) and one way to recognise it (mock); a test holds the lists equal.
3. `broader` gives the condition of which this one is a special case: a mock that has no reply of its own for the special
   case uses the broader one's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

__all__ = ["CONDITIONS", "Condition", "broader", "one_each"]

_Way = TypeVar("_Way")


@dataclass(frozen=True, slots=True)
class Condition:
    """One named way in which a request is wrong.

    `role` must be bound by the operation, in one of `places` when any are named. `needs` are the credentials beyond the
    operation's own without which it cannot be provoked. `spends` is the credential whose account a bad login is counted
    on by servers that lock accounts; those lock people out, not client applications. `purposes` limits it to operations of those purposes.
    `presumes` is what it takes of the server: `expiry`, that tokens of that role expire.
    """

    name: str
    says: str
    role: str | None = None
    broader: str | None = None
    places: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    spends: str | None = None
    purposes: tuple[str, ...] = ()
    presumes: str | None = None

    @property
    def defect(self) -> str:
        """The part of the name behind the dot: what is wrong with the subject."""
        return self.name.partition(".")[2]


_FIELDS = ("json", "form", "query")
_TWO_BRANDS = ("other_brand_key",)


def _nearly_right(role: str, spends: str | None = None) -> list[Condition]:
    says = {
        "truncated": f"the {role} lacks its last character",
        "extended": f"the {role} has one character too many",
        "other_case": f"the {role} has its letters in the other case",
        "padded": f"a space follows the {role}",
    }
    return [Condition(f"{role}.{defect}", what, role, f"{role}.wrong", spends=spends) for defect, what in says.items()]


def _password(role: str, account: str, foreign: bool = True) -> list[Condition]:
    number = f"the {role} is a number where text belongs"
    rows = [
        Condition(f"{role}.missing", f"the {role} is left out", role, places=_FIELDS),
        Condition(f"{role}.empty", f"the {role} is the empty string", role, f"{role}.wrong", spends=account),
        Condition(f"{role}.wrong", f"the {role} is not the one of that {account}", role, spends=account),
        *_nearly_right(role, account),
        Condition(f"{role}.wrong_type", number, role, places=("json",), spends=account),
    ]
    if foreign:
        says, needs = f"the {role} is another user's", ("other_username", "other_password")
        rows.append(Condition(f"{role}.foreign", says, role, f"{role}.wrong", needs=needs, spends=account))
    return rows


def _name(role: str) -> list[Condition]:
    return [
        Condition(f"{role}.missing", f"the {role} is left out", role, places=_FIELDS),
        Condition(f"{role}.empty", f"the {role} is the empty string", role, f"{role}.unknown"),
        Condition(f"{role}.unknown", f"nobody has that {role}", role),
        Condition(f"{role}.wrong_type", f"the {role} is a number where text belongs", role, places=("json",)),
    ]


def _token(role: str) -> list[Condition]:
    return [
        Condition(f"{role}.empty", f"the {role} is the empty string", role),
        Condition(f"{role}.unknown", f"the {role} looks right but was never issued", role),
        Condition(f"{role}.garbage", f"the {role} is a word that no server issues", role, f"{role}.unknown"),
        Condition(
            f"{role}.tampered",
            f"one character of the {role} (of its signature, if it has one) was changed",
            role,
            f"{role}.unknown",
        ),
        Condition(
            f"{role}.unsigned",
            f"the {role} is a JWT whose signature was cut off and whose header says alg none",
            role,
            f"{role}.unknown",
        ),
        Condition(f"{role}.expired", f"the {role} has outlived its lifetime", role, presumes="expiry"),
    ]


_ROWS: list[Condition] = [
    # What a method that is not described does to a protected resource nobody knows, so it is tried on the others only.
    Condition(
        "method.wrong",
        "the path is called with a method that is not described",
        purposes=("issue", "verify", "renew", "revoke"),
    ),
    Condition("path.alternative", "the other path that the document prints for the operation is called"),
    # the Authorization header of an operation that wants Basic (RFC 7617)
    Condition("basic.missing", "there is no Authorization header", places=("basic",)),
    Condition(
        "basic.empty",
        "the Authorization header names the Basic scheme and nothing else",
        None,
        "basic.missing",
        ("basic",),
    ),
    Condition("basic.not_base64", "what follows Basic is not base64", places=("basic",)),
    Condition("basic.no_colon", "the decoded Basic credentials hold no colon", places=("basic",)),
    Condition("basic.wrong_scheme", "the credentials travel under the Bearer scheme", places=("basic",)),
    Condition("basic.scheme_case", "the scheme is written in lower case", places=("basic",)),
    Condition("basic.in_body", "the credentials travel as members of the body", places=("basic",)),
    *_name("username"),
    Condition("username.other_case", "the username has its letters in the other case", "username", "username.unknown"),
    *_password("password", "username"),
    *_name("operator_username"),
    *_password("operator_password", "operator_username", foreign=False),
    Condition("client_id.empty", "the client_id is the empty string", "client_id", "client_id.unknown"),
    Condition("client_id.unknown", "no client has that client_id", "client_id"),
    Condition("client_secret.empty", "the client_secret is the empty string", "client_secret", "client_secret.wrong"),
    Condition("client_secret.wrong", "the client_secret is not the client's", "client_secret"),
    *_nearly_right("client_secret"),
    # the access token, where the operation wants one (RFC 6750)
    Condition("access_token.missing", "there is no Authorization header", "access_token", places=("bearer",)),
    Condition(
        "access_token.wrong_scheme",
        "valid Basic credentials stand in place of the token",
        "access_token",
        places=("bearer",),
    ),
    Condition(
        "access_token.bare", "the token stands in the header without a scheme", "access_token", places=("bearer",)
    ),
    Condition("access_token.scheme_case", "the scheme is written in lower case", "access_token", places=("bearer",)),
    Condition(
        "access_token.in_query",
        "the token travels in the query instead of the header",
        "access_token",
        "access_token.missing",
        ("bearer",),
    ),
    *_token("access_token"),
    Condition("access_token.superseded", "the token's session has been renewed since", "access_token"),
    Condition("access_token.revoked", "the token has been revoked", "access_token"),
    Condition(
        "access_token.is_refresh_token",
        "a refresh token stands where the access token belongs",
        "access_token",
        "access_token.unknown",
    ),
    # the refresh token
    Condition("refresh_token.missing", "the refresh_token is left out", "refresh_token", places=_FIELDS),
    Condition("refresh_token.null", "the refresh_token is null", "refresh_token", "refresh_token.missing", ("json",)),
    Condition(
        "refresh_token.wrong_type",
        "the refresh_token is a number where text belongs",
        "refresh_token",
        places=("json",),
    ),
    *_token("refresh_token"),
    Condition("refresh_token.reused", "the refresh token has been used before", "refresh_token", purposes=("renew",)),
    Condition(
        "refresh_token.retired",
        "the refresh token is the newest one of a session in which an older one was used again",
        "refresh_token",
        purposes=("renew",),
    ),
    Condition(
        "refresh_token.foreign",
        "the refresh token is another user's than the access token beside it",
        "refresh_token",
        needs=("other_username", "other_password"),
    ),
    Condition(
        "refresh_token.is_access_token",
        "an access token stands where the refresh token belongs",
        "refresh_token",
        "refresh_token.unknown",
    ),
    # grants and scopes
    Condition("grant_type.missing", "the grant_type is left out", "grant_type"),
    Condition("grant_type.empty", "the grant_type is the empty string", "grant_type", "grant_type.missing"),
    Condition("grant_type.unknown", "no grant has that name", "grant_type"),
    Condition("grant_type.other_case", "the grant_type is written in upper case", "grant_type", "grant_type.unknown"),
    Condition("grant_type.not_allowed", "the grant exists, and this client may not use it", "grant_type"),
    Condition("scope.empty", "the scope is the empty string", "scope"),
    Condition("scope.unknown", "no scope has that name", "scope"),
    Condition("scope.partly_unknown", "one scope is granted and the other has no meaning", "scope"),
    Condition("scope.exceeding", "the scope exists, and the account does not have it", "scope"),
    Condition(
        "scope.insufficient",
        "the token was issued for other scopes than the operation wants",
        "access_token",
        purposes=("resource",),
    ),
    # the body
    Condition("body.empty", "there is no body", places=("json", "form")),
    Condition("body.malformed", "the body cannot be parsed as what it says it is", places=("json", "form")),
    Condition("body.not_an_object", "the body is a JSON array", places=("json",)),
    Condition("body.null", "the body is the JSON null", places=("json",)),
    Condition(
        "body.trailing_comma", "a comma follows the last member of the JSON object", None, "body.malformed", ("json",)
    ),
    Condition(
        "body.wrong_content_type",
        "the body is right but in the other encoding: a form where JSON belongs, JSON where a form belongs",
        places=("json", "form"),
    ),
    Condition("body.no_content_type", "the Content-Type header is left out", places=("json", "form")),
    Condition("body.in_query", "the fields of the form travel in the query", places=("form",)),
    # brand keys
    Condition("brand_key.missing", "the brand key is left out", "brand_key"),
    Condition("brand_key.empty", "the brand key is the empty string", "brand_key"),
    Condition("brand_key.blank", "the brand key is white space", "brand_key", "brand_key.empty", _FIELDS),
    Condition("brand_key.unknown", "no brand has that key", "brand_key"),
    Condition(
        "brand_key.misplaced",
        "the brand key travels the way the other kind of operation wants it",
        "brand_key",
        "brand_key.missing",
    ),
    Condition(
        "brand_key.in_body", "the brand key travels in the body instead of the query", "brand_key", places=("query",)
    ),
    Condition(
        "brand_key.misnamed",
        "the name that carries the brand key has its separators changed",
        "brand_key",
        "brand_key.missing",
    ),
    Condition("brand_key.superseded_name", "the brand key travels under the name that an older text uses", "brand_key"),
    Condition(
        "brand_key.superseded_conflict",
        "the name of an older text carries another brand key than the right name",
        "brand_key",
        needs=_TWO_BRANDS,
    ),
    Condition("brand_key.name_case", "the name that carries the brand key is written in other case", "brand_key"),
    Condition("brand_key.value_case", "the brand key is written in other case", "brand_key"),
    Condition("brand_key.padded", "white space stands around the brand key", "brand_key", places=("header",)),
    Condition("brand_key.repeated", "the brand key is sent twice with the same value", "brand_key"),
    Condition(
        "brand_key.conflicting", "the brand key is sent twice with different values", "brand_key", needs=_TWO_BRANDS
    ),
    Condition(
        "brand_key.conflicting_places",
        "query and body carry different brand keys",
        "brand_key",
        places=("query",),
        needs=_TWO_BRANDS,
    ),
    Condition(
        "brand_key.foreign",
        "the brand exists, and the user or token belongs to another",
        "brand_key",
        needs=_TWO_BRANDS,
    ),
    Condition("language.unknown", "the preferred language is not a language tag", "language"),
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


def one_each(*tables: Mapping[str, _Way]) -> Mapping[str, _Way]:
    """Join tables that give one way of doing something for each of some conditions.

    Raises:
        ValueError: two of them have a row for the same condition.
    """
    joined: dict[str, _Way] = {}
    for table in tables:
        twice = joined.keys() & table.keys()
        if twice:
            raise ValueError(f"the condition {min(twice)} stands in two tables")
        joined |= table
    return MappingProxyType(joined)

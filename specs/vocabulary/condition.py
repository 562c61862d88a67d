"""A condition: one row about one way in which a request can be wrong, with everything that is known of it.

Whoever wants to know something about a condition asks its row. No other module takes its name to pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeVar

__all__ = ["CONCERNS", "GRAVITIES", "PRESUMPTIONS", "REQUIREMENTS", "Condition", "one_each"]

_Way = TypeVar("_Way")

Gravity = Literal["security", "interoperability", "form"]
Concern = Literal["route", "endpoint", "operation"]
Requirement = Literal[
    "alternative_path",
    "body",
    "superseded_name",
    "other_place",
    "access_token",
    "password",
    "operator_password",
    "client_id",
    "client_secret",
    "users",
    "operators",
    "scopes",
    "renewal",
    "revocation",
    "refresh_revocation",
]
Presumption = Literal["jwt", "expiry", "ended_sessions", "owner"]

GRAVITIES = MappingProxyType(
    {
        "security": "to serve it lets somebody in, keeps alive what has ended, or tells a secret to logs",
        "interoperability": "servers that treat it differently part the clients that work from those that do not",
        "form": "the request is untidy, and whoever sends it gets no more than he has a right to",
    }
)
"""What it would mean to treat a condition wrongly, the gravest first."""

CONCERNS = MappingProxyType(
    {
        "route": "the router, before it is known which operation is called",
        "endpoint": "all operations of one path and method alike, before it is known which grant is asked for",
        "operation": "the operation that is called",
    }
)
"""What of a server meets a condition."""

REQUIREMENTS = MappingProxyType(
    {
        "alternative_path": "the document prints another path for the operation",
        "body": "the operation has a body",
        "superseded_name": "an older text has another name for the role",
        "other_place": "another operation carries the role in another place",
        "access_token": "the operation carries an access token",
        "password": "the operation carries a password",
        "operator_password": "the operation carries an operator_password",
        "client_id": "the operation carries a client_id",
        "client_secret": "the operation carries a client_secret",
        "users": "another operation logs users in",
        "operators": "another operation logs operators in",
        "scopes": "the operation names scopes that its access token needs",
        "renewal": "the API describes a renewal",
        "revocation": "the API describes an operation that revokes",
        "refresh_revocation": "the API describes an operation that revokes refresh tokens",
    }
)
"""What a condition can require of an operation and its API."""

PRESUMPTIONS = MappingProxyType(
    {
        "jwt": "tokens of that role are JWTs",
        "expiry": "tokens of that role expire",
        "ended_sessions": "something that is refused ends the session",
        "owner": "the request speaks of somebody who belongs to a brand",
    }
)
"""What a condition or a guarantee can presume of a server, beyond its description."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One named way in which a request is wrong.

    `name` is `<subject>.<defect>`, and `says` completes the sentence "a request in which…".
    `gravity` is one of `GRAVITIES`: what it would mean to treat it wrongly. Budgets go to the gravest first.
    `role` is the role that the operation has to bind; None when it takes none.
    `broader` is the condition of which this one is a special case.
    `places` are where the role, or anything at all where there is no role, has to travel; empty: anywhere.
    `purposes` are those of the operations that can have it; empty: all.
    `requires` is what else it takes of the operation and its API, in words of `REQUIREMENTS`.
    `presumes` is what it takes of the server, a word of `PRESUMPTIONS`.
    `beside` are the tokens that have to be at hand besides the one that is presented.
    `needs` are the credentials beyond the operation's own without which it cannot be provoked.
    `spends` is the credential whose account a bad login is counted on by servers that lock accounts. Those lock people
    out, not client applications.
    `names_nobody` tells that the request says of no account and no client that it is theirs, so that nobody is charged.
    `absent` tells that what it is about is not where it belongs, whatever stands elsewhere.
    `tells_tokens_apart` tells that it sets one token against another, so that the two may not be the same text.
    `contradicts` tells that the request says two things of its role, so that one asks which of them counted.
    `whole` tells that the request leaves out nothing: what it says stands elsewhere or is written otherwise.
    `concerns` is one of `CONCERNS`: what of a server meets it.
    `hides_grant` tells that the request does not say which of several grants of one endpoint it is for.
    """

    name: str
    says: str
    gravity: Gravity
    role: str | None = None
    broader: str | None = None
    places: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = ()
    presumes: Presumption | None = None
    beside: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    spends: str | None = None
    names_nobody: bool = False
    absent: bool = False
    tells_tokens_apart: bool = False
    contradicts: bool = False
    whole: bool = False
    concerns: Concern = "operation"
    hides_grant: bool = False

    @property
    def subject(self) -> str:
        """The part of the name before the dot: what the condition is about."""
        return self.name.partition(".")[0]

    @property
    def defect(self) -> str:
        """The part of the name behind the dot: what is wrong with the subject."""
        return self.name.partition(".")[2]


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

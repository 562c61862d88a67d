"""The closed list of guarantees: every property of right behaviour that has a name.

A new row comes with a scenario and, unless it only describes, a judge; a test holds the lists equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from watchword.specs.vocabulary.condition import Gravity, Presumption
from watchword.specs.vocabulary.roles import PURPOSES

__all__ = ["GUARANTEES", "Guarantee", "Uses"]

Uses = Literal["reply", "tokens", "renewal", "expiry"]


@dataclass(frozen=True, slots=True)
class Guarantee:
    """One named property of right behaviour, for operations of the given purposes.

    `needs` are the credentials without which it cannot be looked at; `generated` is how many right and how many wrong
    requests are generated for it at most, and `refused` how many other ones it takes that may be refused in the end;
    `presumes` is what it takes of the server, a word of `PRESUMPTIONS`.
    `uses` says how far its check goes with a session: `reply` looks at single replies, `tokens` presents what they gave,
    `renewal` makes a renewal or has a token ended, whatever its operation is for, and `expiry` waits until something is old.
    `gravity` is one of `GRAVITIES`: what it means where it does not hold; `conditions` are the wrong requests that it takes.
    `of_refusals` tells that it looks at the replies to wrong requests, which a clause names as `conditions`. `within` is a
    condition that each of them is in besides. `describes`
    tells that it only says what a server does, so that no clause can ask for it and nothing can break it.
    """

    name: str
    says: str
    purposes: tuple[str, ...]
    needs: tuple[str, ...] = ()
    generated: tuple[int, int] = (0, 0)
    refused: int = 0
    presumes: Presumption | None = None
    uses: Uses = "tokens"
    of_refusals: bool = False
    describes: bool = False
    gravity: Gravity = "interoperability"
    conditions: tuple[str, ...] = ()
    within: str | None = None


_ISSUE = ("issue",)
_RENEW = ("renew",)
_TOKENS = ("issue", "renew")
_METADATA = ("metadata",)

_PROPERTIES: list[Guarantee] = [
    Guarantee("request.accepted", "a right request is answered as expected", tuple(PURPOSES), uses="reply"),
    Guarantee(
        "reply.matches_schema",
        "the reply to a right request validates against the schema of its status",
        tuple(PURPOSES),
        uses="reply",
    ),
    Guarantee(
        "reply.no_credentials",
        "the reply repeats no password and no client secret",
        tuple(PURPOSES),
        gravity="security",
        uses="reply",
    ),
    Guarantee(
        "refusals.no_server_error",
        "none of the named wrong requests is answered 5xx",
        tuple(PURPOSES),
        of_refusals=True,
        uses="reply",
    ),
    Guarantee(
        "refusals.refused",
        "each of the named wrong requests is refused",
        tuple(PURPOSES),
        of_refusals=True,
        gravity="security",
        uses="reply",
    ),
    Guarantee(
        "refusals.no_tokens",
        "none of the named wrong requests is answered with a token",
        tuple(PURPOSES),
        of_refusals=True,
        gravity="security",
        uses="reply",
    ),
    Guarantee(
        "refusals.in_body",
        "each of the named wrong requests is refused, too, where the credentials travel in the body that belong into Basic",
        ("issue", "renew", "revoke", "introspect"),
        of_refusals=True,
        gravity="security",
        within="basic.in_body",
    ),
    Guarantee(
        "refusals.after_renewal",
        "none of the named wrong requests is served with what a renewal gave",
        ("resource",),
        of_refusals=True,
        gravity="security",
        uses="renewal",
    ),
    Guarantee(
        "refusals.after_expiry",
        "none of the named wrong requests is served when the access token has expired",
        _RENEW,
        presumes="expiry",
        of_refusals=True,
        gravity="security",
        uses="expiry",
    ),
    Guarantee(
        "refusals.alike",
        "a wrong password and an unknown user are refused with the same status and body",
        ("issue", "verify"),
        gravity="security",
        conditions=("password.wrong", "username.unknown"),
    ),
    Guarantee(
        "basic.form_encoded",
        "the client's credentials are taken where they are encoded as in a form before they are joined for Basic",
        _ISSUE,
        refused=1,
        uses="reply",
    ),
    Guarantee("access_token.works", "the access token opens the protected operation", _TOKENS),
    Guarantee("access_token.works_again", "the access token opens the protected operation a second time", _TOKENS),
    Guarantee(
        "access_token.names_user", "the access token speaks of the user it was issued to", _TOKENS, gravity="security"
    ),
    Guarantee("access_token.form", "which form the access token has", _TOKENS, describes=True, uses="reply"),
    Guarantee("access_token.lifetime", "how long the access token lives", _TOKENS, describes=True, uses="reply"),
    Guarantee("refresh_token.form", "which form the refresh token has", _TOKENS, describes=True, uses="reply"),
    Guarantee("expiry.in_future", "the expiry lies in the future", _TOKENS, uses="reply"),
    Guarantee(
        "expiry.in_seconds",
        "the expiry is counted in seconds, not in milliseconds and not in the other of its two kinds",
        _TOKENS,
        uses="reply",
    ),
    Guarantee("expiry.matches_token", "the expiry equals the one inside the token", _TOKENS),
    Guarantee(
        "expiry.holds",
        "the access token works before its expiry and is refused after it",
        _TOKENS,
        refused=1,
        presumes="expiry",
        gravity="security",
        uses="expiry",
    ),
    Guarantee("tokens.differ", "access token and refresh token differ", _TOKENS, gravity="security", uses="reply"),
    Guarantee("tokens.distinct_logins", "two logins of one user give different access tokens", _ISSUE),
    Guarantee(
        "tokens.distinct_users",
        "two users get different tokens",
        _ISSUE,
        ("other_username", "other_password"),
        gravity="security",
    ),
    Guarantee(
        "tokens.distinct_brands",
        "one user gets different tokens for two brands",
        _ISSUE,
        ("other_brand_key",),
        gravity="security",
    ),
    Guarantee("refresh_token.works", "the refresh token renews, and for the same user", _ISSUE, uses="renewal"),
    Guarantee("sessions.each_works", "the access token of a second login opens the protected operation, too", _ISSUE),
    Guarantee("sessions.independent", "a second login leaves the first one's access token working", _ISSUE),
    Guarantee("renew.works", "a renewal answers with an access token that opens the protected operation", _RENEW),
    Guarantee(
        "renew.works_after_expiry",
        "a renewal works when the access token has expired",
        _RENEW,
        presumes="expiry",
        uses="expiry",
    ),
    Guarantee("renew.chains", "what a renewal gave can be renewed again", _RENEW),
    Guarantee("renew.new_access_token", "a renewal gives another access token than the one before", _RENEW),
    Guarantee("renew.keeps_user", "the renewed access token speaks of the same user", _RENEW, gravity="security"),
    Guarantee(
        "renew.keeps_scope", "the renewed access token has the scopes of the one before", _RENEW, gravity="security"
    ),
    Guarantee(
        "renew.widens_nothing",
        "a renewal that asks for more scopes than the token before has is refused, or is given none of them",
        _RENEW,
        refused=1,
        gravity="security",
    ),
    Guarantee("renew.extends", "the renewed access token expires no earlier than the one before", _RENEW),
    Guarantee("refresh.rotates", "whether a renewal replaces the refresh token", _RENEW, describes=True),
    Guarantee(
        "refresh.ends_access",
        "whether a renewal ends the access token before it",
        _RENEW,
        refused=1,
        describes=True,
        gravity="security",
    ),
    Guarantee(
        "revoke.spares_others",
        "a token that another client asks to revoke goes on working",
        ("revoke",),
        ("other_client_id", "other_client_secret"),
        refused=1,
        gravity="security",
    ),
    Guarantee(
        "revoke.ends_access",
        "the access token that came with a refresh token is refused when that is revoked",
        ("revoke",),
        refused=1,
        gravity="security",
    ),
    Guarantee(
        "revoke.minds_no_hint",
        "an access token whose hint says that it is a refresh token is refused when it is revoked",
        ("revoke",),
        refused=1,
        gravity="security",
    ),
    Guarantee(
        "introspection.agrees",
        "what is told of a token was said when it was issued: its client, its expiry, and no scope that it does not have",
        ("introspect",),
        gravity="security",
    ),
    Guarantee(
        "scope.subset",
        "a login that asks for some of the granted scopes gets those and no others",
        _TOKENS,
        gravity="security",
    ),
    Guarantee("scope.listed", "the reply lists the scopes that were granted", _TOKENS, uses="reply"),
    Guarantee(
        "method.allow_header",
        "a method that is not described is refused, and a 405 to it has an Allow header",
        ("issue", "verify", "renew", "revoke", "introspect", "metadata"),
        refused=1,
        gravity="form",
        uses="reply",
    ),
    Guarantee(
        "metadata.names_issuer", "the metadata are those of the issuer that was asked", _METADATA, gravity="security"
    ),
    Guarantee(
        "metadata.issuer_is_url",
        "the issuer is an https URL without a query and a fragment; on this very machine http will do",
        _METADATA,
        gravity="security",
    ),
    Guarantee(
        "metadata.endpoints_are_urls",
        "what the metadata name are https URLs; on this very machine http will do",
        _METADATA,
        gravity="security",
    ),
    Guarantee("metadata.token_endpoint_works", "the token endpoint that the metadata name gives tokens", _METADATA),
    Guarantee(
        "metadata.revocation_endpoint_works",
        "the revocation endpoint that the metadata name revokes",
        _METADATA,
        uses="renewal",
    ),
    Guarantee(
        "metadata.introspection_endpoint_works", "the introspection endpoint that the metadata name answers", _METADATA
    ),
    Guarantee(
        "metadata.names_response_types",
        "metadata that name an authorization endpoint say what it may be asked for",
        _METADATA,
    ),
    Guarantee("metadata.leaves_out_empty", "a list without elements is left out", _METADATA, gravity="form"),
    Guarantee(
        "metadata.names_grants", "the metadata name the grants that are served, and no other", _METADATA, uses="renewal"
    ),
    Guarantee(
        "metadata.names_client_ways",
        "the metadata name the ways in which clients are let show who they are",
        _METADATA,
        refused=1,
        conditions=("basic.in_body",),
    ),
    Guarantee(
        "metadata.knows_issuers", "nobody is given these metadata who asks for another issuer", _METADATA, refused=1
    ),
    Guarantee("metadata.issuer_in_token", "the access token was issued by the issuer of the metadata", _METADATA),
    Guarantee("metadata.members", "what else the metadata tell", _METADATA, describes=True),
    Guarantee(
        "contract.conforms",
        "every reply to generated requests is described: its status, its content type, its schema",
        tuple(PURPOSES),
        generated=(3, 4),
    ),
]

GUARANTEES = MappingProxyType({row.name: row for row in _PROPERTIES})

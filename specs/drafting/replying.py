"""How a wrong request is answered, as far as anybody said: the standards, the document's statuses, else what is usual."""

from __future__ import annotations

from dataclasses import dataclass

from watchword.specs.values.api import Operation
from watchword.specs.vocabulary import Condition

__all__ = ["HARMLESS", "Answer", "answer"]

HARMLESS = frozenset(
    {
        *("access_token.scheme_case", "basic.scheme_case", "body.no_content_type", "scope.empty"),
        *("scope.partly_unknown", "refresh_token.reused", "refresh_token.retired", "access_token.superseded"),
        *("language.unknown", "brand_key.name_case", "brand_key.value_case", "brand_key.padded", "brand_key.repeated"),
    }
)
"""What the mock takes as fine, because documents seldom forbid it."""

_OPEN = HARMLESS | {
    *("username.other_case", "access_token.in_query", "body.in_query", "body.wrong_content_type", "basic.in_body"),
    *("basic.doubled", "refresh_token.foreign", "refresh_token.other_client", "access_token.other_client"),
    *("grant_type.other_case", "grant_type.not_allowed", "access_token.bare"),
    *("access_token.is_refresh_token", "refresh_token.is_access_token", "scope.exceeding", "scope.unknown"),
}
"""What servers treat so differently that a listed status says nothing of it."""

_CASE = "RFC 9110 section 11.1: the scheme is read whatever its case"
_EITHER = "RFC 6749 section 5.2: a refusal"
_CLIENT = ((401, 400), "invalid_client", "RFC 6749 section 5.2: invalid_client")
_REQUEST = ((400,), "invalid_request", "RFC 6749 section 5.2: invalid_request")
_GRANT = ((400,), "invalid_grant", "RFC 6749 section 5.2: invalid_grant")
_TOKEN_ENDPOINT = {
    **dict.fromkeys(("client_id.unknown", "client_secret.wrong", "client_secret.empty"), _CLIENT),
    **dict.fromkeys(("basic.missing", "basic.not_base64", "basic.no_colon", "basic.wrong_scheme"), _CLIENT),
    **dict.fromkeys(("grant_type.missing", "username.missing", "password.missing", "refresh_token.missing"), _REQUEST),
    # Nothing says who asks either, so that a server may miss the client first.
    **dict.fromkeys(("body.empty", "body.malformed"), ((400, 401), "invalid_request", _EITHER)),
    # What has no value is as good as left out (section 3.2), and wrong at the same time: either code is right.
    **dict.fromkeys(("username.empty", "password.empty", "refresh_token.empty"), ((400,), "invalid_request", _EITHER)),
    **dict.fromkeys(("username.unknown", "password.wrong"), _GRANT),
    **dict.fromkeys(("refresh_token.unknown", "refresh_token.expired"), _GRANT),
    "grant_type.unknown": ((400,), "unsupported_grant_type", "RFC 6749 section 5.2: unsupported_grant_type"),
    # Section 3.3 lets a server pass over scopes, so this binds nobody; it is what the mock does.
    "scope.unknown": ((400,), "invalid_scope", "RFC 6749 section 5.2: invalid_scope"),
}
_BEARER = {
    **dict.fromkeys(
        ("access_token.missing", "access_token.wrong_scheme"),
        ((401,), "", "RFC 6750 section 3: a request without a token is answered 401"),
    ),
    **dict.fromkeys(
        ("access_token.unknown", "access_token.expired", "access_token.revoked"),
        ((401,), "invalid_token", "RFC 6750 section 3.1: invalid_token"),
    ),
    "scope.insufficient": ((403,), "insufficient_scope", "RFC 6750 section 3.1: insufficient_scope"),
}
_USUAL = {
    "access_token": (401, 403, 400),
    "refresh_token": (400, 401, 403, 422),
    "basic": (401, 400, 403),
    "body": (400, 415, 422, 401),
    "scope": (400, 403, 401, 422),
    "grant_type": (400, 401, 422),
    "method": (405, 404),
}
_FORMAL = ("missing", "empty", "wrong_type", "null")


@dataclass(frozen=True)
class Answer:
    """How a wrong request is answered: its basis, the statuses that are fine, the first of which a mock gives.

    `source` is where it is written, `error` the code of RFC 6749 or 6750 (empty: none). `accepted`: it is served. Where
    several codes are right, `open_code` tells so, and `error` is only what the mock gives.
    """

    basis: str
    statuses: tuple[int, ...]
    source: str = ""
    error: str = ""
    accepted: bool = False
    open_code: bool = False


def answer(condition: Condition, operation: Operation, family: tuple[str, ...], invokes_rfc: bool) -> Answer:
    """Say how a request is answered in which a condition holds; `family` is it and its broader ones, the nearest first."""
    listed = [int(status) for status in operation.replies if status.isdigit() and status.startswith("4")]
    success = operation.success.status if operation.success else "200"
    served = int(success) if success.isdigit() else 200
    name = condition.name
    if name in ("basic.scheme_case", "access_token.scheme_case"):
        return Answer("rfc", (served,), _CASE, accepted=True)
    if name in HARMLESS:
        return Answer("silent", (served,), accepted=True)
    subject = name.partition(".")[0]
    table = _BEARER if operation.place("access_token") == "bearer" else _TOKEN_ENDPOINT if invokes_rfc else {}
    said = next((table[part] for part in family if part in table), None)
    usual = _USUAL.get("scope" if name == "scope.insufficient" else subject)
    if usual is None:
        usual = (400, 422, 401, 403) if condition.defect in _FORMAL else (401, 400, 403, 422)
    documented = tuple(status for status in usual if status in listed)
    if said is not None:
        statuses, error, source = said
        if error == "invalid_client" and operation.place("client_id") == "basic" and subject != "basic":
            # Whoever tried the header Authorization gets 401 and no other status.
            statuses = (401,)
        fitting = tuple(status for status in statuses if not listed or status in listed)
        if name not in _OPEN and fitting:
            return Answer("rfc", fitting, source, error, open_code=source == _EITHER)
        if fitting:
            return Answer("silent", fitting, error=error)
    if documented and name not in _OPEN:
        return Answer("documented", documented)
    return Answer("silent", documented or usual[:1])

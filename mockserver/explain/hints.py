"""What mends a request, condition by condition: what was expected there, and what to do.

Each row is for a condition or, with a dot before it, for a defect that many conditions share. In the texts, `{field}` is
the part of the request that is meant, `{role}` its role, `{valid}` what would do there, `{pair}` what Basic credentials
are made of, `{fields}` what the body holds, `{media}` its media type, `{methods}` what the path is called with,
`{sent}` the method of the request, `{issuers}` the operations that give tokens.

A condition's own sentence says in which way the suites make a request wrong; where more than that falls under it, the row says
what is to be seen of all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from watchword.specs.vocabulary import CONDITIONS

__all__ = ["HINTS", "Hint", "hint_for"]


class Hint(NamedTuple):
    """Texts with names in braces: what was expected, what to do, and what is wrong, where the condition's own sentence is too narrow."""

    expected: str
    mend: str
    says: str = ""


_BASIC = "`Authorization: Basic` and the base64 of {pair}, joined by a colon"
_BEARER = "`Authorization: Bearer` and an access_token that {issuers} gave"
_OTHER = "Send {field} once, with one value."

HINTS: Mapping[str, Hint] = MappingProxyType(
    {
        # whatever the role
        ".missing": Hint("{valid}", "Send {field}."),
        ".null": Hint("{valid}", "Give {field} a text; null counts as if it was left out."),
        ".empty": Hint("{valid}", "Give {field} a value; it is there and empty."),
        ".blank": Hint("{valid}", "Give {field} a value; it holds nothing but white space."),
        ".wrong_type": Hint(
            "a JSON string",
            "Send {field} as a JSON string, in quotation marks.",
            "the {role} is something else than a text",
        ),
        ".unknown": Hint("{valid}", "Correct {field}: nothing here goes by that {role}."),
        ".garbage": Hint("{valid}", "Send in {field} what the mock gave, whole and unchanged."),
        ".tampered": Hint(
            "{valid}",
            "Send in {field} the {role} as it was given; at least one character differs.",
            "the {role} is nearly one that was given: its end, or a character or two of it, is another",
        ),
        ".unsigned": Hint("{valid}", "Send in {field} the {role} with the signature that it was given with."),
        ".expired": Hint("{valid}", "Renew, or log in again: the {role} in {field} is over, by the mock's clock."),
        ".wrong": Hint("{valid}", "Correct the {role} in {field}."),
        ".truncated": Hint(
            "{valid}",
            "The {role} in {field} breaks off: look for a limit on its length.",
            "the {role} breaks off before its end",
        ),
        ".extended": Hint(
            "{valid}",
            "The {role} in {field} goes on after its end: look for what was appended.",
            "the {role} goes on after its end",
        ),
        ".other_case": Hint(
            "{valid}",
            "Write {field} with its letters in the right case.",
            "the {role} has letters in another case",
        ),
        ".padded": Hint(
            "{valid}",
            "Strip {field}: white space or a line break stands around the {role}.",
            "white space stands around the {role}",
        ),
        ".foreign": Hint(
            "{valid}", "The value of {field} is right for somebody else: bring {role} and owner together."
        ),
        ".in_query": Hint("{valid}", "Move the {role} from the query to {field}."),
        ".other_client": Hint(
            "{valid} of this client",
            "Let the client renew or revoke what it was given itself: {field} is another's {role}.",
        ),
        # what is right in another place
        ".is_username": Hint("{valid}", "Send in {field} the {role}; what is there is the username."),
        ".is_operator_username": Hint("{valid}", "Send in {field} the {role}; what is there is the operator's name."),
        ".is_client_id": Hint("{valid}", "Send in {field} the {role}; what is there is the client_id."),
        ".is_client_secret": Hint("{valid}", "Send in {field} the {role}; what is there is the client_secret."),
        ".is_password": Hint("{valid}", "Send in {field} the {role}; what is there is a user's password."),
        ".is_operator_password": Hint(
            "{valid}", "Send in {field} the {role}; what is there is an operator's password."
        ),
        ".is_operator": Hint("{valid}", "Log operators in by their own operation: {field} names one of them."),
        ".is_user": Hint("{valid}", "Log users in by their own operation: {field} names one of them."),
        # routes
        "method.wrong": Hint("{methods}", "Use the method {methods}; {sent} does nothing on this path."),
        # Basic
        "basic.missing": Hint(_BASIC, "Send the header `Authorization: Basic` with the base64 of {pair}."),
        "basic.empty": Hint(_BASIC, "The header `Authorization` ends after its scheme: append the base64 of {pair}."),
        "basic.not_base64": Hint(
            _BASIC, "Encode {pair}, joined by a colon, in base64 before it goes into `Authorization`."
        ),
        "basic.no_colon": Hint(_BASIC, "Put a colon between {pair} before both go, in base64, into `Authorization`."),
        "basic.wrong_scheme": Hint(
            _BASIC, "Use the scheme Basic in `Authorization`, with {pair}; what is there has another one."
        ),
        "basic.scheme_case": Hint(
            _BASIC,
            "Write `Authorization: Basic` with a capital B and small letters: this server compares them.",
            "the scheme is not written as `Basic` is",
        ),
        "basic.in_body": Hint(_BASIC, "Move {pair} from the body into the header `Authorization: Basic`."),
        "basic.name_in_body": Hint(
            _BASIC,
            "Send {pair} in the header `Authorization: Basic`; the body names somebody, and no secret shows who asks.",
        ),
        "basic.doubled": Hint(_BASIC, "Send {pair} once: leave them out of the body."),
        "basic.in_query": Hint(_BASIC, "Move {pair} from the query into the header `Authorization: Basic`."),
        # the access token
        "access_token.missing": Hint(_BEARER, "Send the access_token in the header `Authorization: Bearer`."),
        "access_token.wrong_scheme": Hint(
            _BEARER, "Use the scheme Bearer in `Authorization`, with the access_token; what is there has another one."
        ),
        "access_token.other_scheme": Hint(
            _BEARER, "Write `Authorization: Bearer` before the access_token; what stands there is another scheme."
        ),
        "access_token.bare": Hint(
            _BEARER, "Write `Authorization: Bearer` before the access_token; the scheme is missing."
        ),
        "access_token.scheme_case": Hint(
            _BEARER,
            "Write `Authorization: Bearer` before the access_token, with a capital B and small letters: this server compares them.",
            "the scheme is not written as `Bearer` is",
        ),
        "access_token.unknown": Hint(
            "{valid}", "Correct {field}: nothing here goes by that access_token.", "no such access_token was given here"
        ),
        "access_token.in_query": Hint(_BEARER, "Move the access_token from the query into `Authorization: Bearer`."),
        "access_token.in_cookie": Hint(_BEARER, "Move the access_token from the cookie into `Authorization: Bearer`."),
        "access_token.empty": Hint(_BEARER, "The header `Authorization` ends after Bearer: append the access_token."),
        "access_token.left_out": Hint("an access_token", "Add {field} with the access_token."),
        "access_token.superseded": Hint(
            "the newest access_token of the session", "Use the access_token that the renewal gave; it ended this one."
        ),
        "access_token.revoked": Hint(_BEARER, "Log in again: the access_token in `Authorization` was revoked."),
        "access_token.is_refresh_token": Hint(
            _BEARER, "Send the access_token in `Authorization`; what is there is a refresh_token, which only renews."
        ),
        # the refresh token
        "refresh_token.unknown": Hint(
            "{valid}",
            "Correct {field}: nothing here goes by that refresh_token.",
            "no such refresh_token was given here",
        ),
        "refresh_token.reused": Hint(
            "a refresh_token that was never used",
            "Keep the refresh_token of the newest reply: {field} was used before.",
        ),
        "refresh_token.retired": Hint(
            "a refresh_token of a session that lives",
            "Log in again: an older refresh_token of this session was used twice, which ended it with {field}.",
        ),
        "refresh_token.revoked": Hint(
            "a refresh_token that nobody revoked", "Log in again: the refresh_token in {field} was revoked."
        ),
        "refresh_token.foreign": Hint(
            "access_token and refresh_token of one user",
            "Send in {field} the refresh_token of the access_token's user.",
        ),
        "refresh_token.is_access_token": Hint(
            "a refresh_token", "Send the refresh_token in {field}; what is there is an access_token."
        ),
        # grants and scopes
        "grant_type.repeated": Hint("{valid}", _OTHER),
        "grant_type.not_allowed": Hint(
            "{valid}",
            "Choose another {role} in {field}: this one exists, and this client or this mock does not have it.",
            "the grant exists, and this client may not use it, or nobody may here",
        ),
        "scope.unknown": Hint("{valid}", "Ask in {field} for scopes that exist, or leave it out."),
        "scope.partly_unknown": Hint("{valid}", "Leave those out of {field} that do not exist."),
        "scope.exceeding": Hint(
            "{valid}",
            "Ask in {field} for no more than the account and the client have.",
            "the scope exists, and the account or the client does not have it",
        ),
        "scope.insufficient": Hint(
            "an access_token with the scope {valid}",
            "Log in with the scope {valid}: the access_token in `Authorization` lacks it.",
        ),
        # the body
        "body.empty": Hint("a body with {fields}", "Send {fields} in the body, as {media}."),
        "body.malformed": Hint("a body in {media}", "Write the body, with {fields}, as valid {media}."),
        "body.not_an_object": Hint(
            "a JSON object",
            "Send a JSON object with {fields} as the body, not a list or a text.",
            "the body is JSON, and no object",
        ),
        "body.null": Hint("a JSON object", "Send a JSON object with {fields} as the body; null is none."),
        "body.trailing_comma": Hint("valid JSON", "Remove the comma behind the last member of the body's JSON object."),
        "body.wrong_content_type": Hint(
            "{media}", "Send {fields} in the body as {media}, and name that in `Content-Type`."
        ),
        "body.no_content_type": Hint(
            "{media}",
            "Send the header `Content-Type: {media}` with the body.",
            "no Content-Type says what the body is",
        ),
        "body.in_query": Hint("a body with {fields}", "Move {fields} from the query into the body, as {media}."),
        # brands
        "brand_key.misplaced": Hint("{valid}", "Send {field}; here it travels in another way than elsewhere."),
        "brand_key.in_body": Hint("{valid}", "Move the brand key from the body to {field}."),
        "brand_key.misnamed": Hint("{valid}", "Spell the name right: {field}."),
        "brand_key.superseded_name": Hint("{valid}", "Use the newer name: {field}."),
        "brand_key.superseded_conflict": Hint("{valid}", _OTHER),
        "brand_key.name_case": Hint("{valid}", "Write the name in just this way: {field}."),
        "brand_key.value_case": Hint("{valid}", "Write the value of {field} with its letters in the right case."),
        "brand_key.repeated": Hint("{valid}", _OTHER),
        "brand_key.conflicting": Hint("{valid}", _OTHER),
        "brand_key.conflicting_places": Hint("{valid}", _OTHER),
        "brand_key.foreign": Hint(
            "the brand of the user or token",
            "Send in {field} the brand that the user, or the login of this token, belongs to.",
        ),
        "language.unknown": Hint(
            "a language tag such as en or pt-BR", "Send a language tag in {field}, or leave it out."
        ),
        "path.alternative": Hint(
            "the path of the operation", "Call the path of the operation: this one is a misprint."
        ),
    }
)


def hint_for(condition: str) -> Hint:
    """Give the row of a condition: its own, or the one of its defect.

    Raises:
        KeyError: there is neither.
    """
    return HINTS[condition] if condition in HINTS else HINTS[f".{CONDITIONS[condition].defect}"]

"""Diagnoses: what a condition cannot say. Each is a special case that only people need to know apart.

Laws:
1. A diagnosis refines conditions and decides nothing: the refusal stays the one of the condition.
2. It says nothing that is not to be seen in the request and the world.
3. Of several that fit, the first is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from watchword.mockserver.explain.slips import (
    bare_basic,
    blank_header,
    comma_scopes,
    composed,
    compressed,
    encoded,
    encoded_again,
    encoded_twice,
    ends_early,
    family,
    forgotten,
    form_elsewhere,
    form_for_json,
    glued,
    is_user,
    json_for_form,
    marked,
    meant,
    multipart,
    not_utf8,
    other_charset,
    replaced,
    shut_account,
    shut_client,
    swapped,
    unencoded,
    unpadded,
    unquoted,
    withdrawn,
)
from watchword.mockserver.rules.case import Case
from watchword.specs.vocabulary import CONDITIONS, broader

__all__ = ["DIAGNOSES", "Diagnosis", "diagnose"]


class Diagnosis(NamedTuple):
    """One special case. The texts are filled in as those of the hints are."""

    name: str
    refines: tuple[str, ...]
    holds: Callable[[Case], bool]
    says: str
    expected: str
    mend: str


_BODIES = ("body.malformed", "body.wrong_content_type", "body.empty", "body.no_content_type", "grant_type.missing")
_SECRETS = ("password.wrong", "operator_password.wrong", "client_secret.wrong")
_NAMES = ("client_id.unknown", "username.unknown")


def _lives(kind: str) -> Callable[[Case, str], bool]:
    return lambda case, name: (kind, name) in case.world.accounts


def _of_account(role: str) -> Callable[[Case, str], bool]:
    def right(case: Case, secret: str) -> bool:
        account = case.account(role)
        return account is not None and account.password == secret

    return right


_KNOWN: Mapping[str, Callable[[Case, str], bool]] = {
    "username": _lives("user"),
    "operator_username": _lives("operator"),
    "client_id": lambda case, name: name in case.world.clients,
    "grant_type": lambda case, name: any(b.const == name for op in case.api.present for b in op.bound("grant_type")),
    "access_token": lambda case, token: token in case.world.access,
    "refresh_token": lambda case, token: token in case.world.refresh,
    "password": _of_account("password"),
    "operator_password": _of_account("operator_password"),
    "client_secret": lambda case, secret: case.client is not None and case.client.client_secret == secret,
}
"""What is right, by role: who is in the world, which grants there are, which tokens were given, and the secrets of whoever asks."""

_PAIRS = (("username", "password"), ("operator_username", "operator_password"), ("client_id", "client_secret"))


def _refused(role: str) -> str:
    """Give the condition of a value that is not right."""
    return f"{role}.wrong" if role.endswith(("password", "secret")) else f"{role}.unknown"


class _Slip(NamedTuple):
    """A slip that any value may show: how it is undone, what is to be said of it, and whether only a form can have it."""

    name: str
    undo: Callable[[str], str]
    says: str
    mend: str
    form: bool = False


_SLIPS = (
    _Slip(
        "spaced",
        str.strip,
        "white space stands around the {role}, which is right without it",
        "Strip {field}: white space or a line break stands around the {role}.",
    ),
    _Slip(
        "doubled_scheme",
        lambda text: text[7:] if text[:7].lower() == "bearer " else text,
        "the word Bearer stands before the {role} where it does not belong, or twice",
        "Leave the word Bearer out of {field}: the client writes Bearer once before an access_token in `Authorization`, and nowhere "
        "else.",
    ),
    _Slip(
        "quoted",
        unquoted,
        "the {role} is right, and something stands around it",
        "Send {field} without the quotation marks or brackets that stand around the {role}.",
    ),
    _Slip(
        "encoded",
        unquote,
        "the {role} is right once its percent-encoding is undone, which nobody does here",
        "Send {field} with one encoding less: the {role} was percent-encoded once too often.",
    ),
    _Slip(
        "plus_for_space",
        lambda text: text.replace(" ", "+"),
        "the {role} is right with a plus sign where it has a space: in a form, + stands for a space",
        "Encode {field} as forms want it: a plus sign is written %2B there.",
        form=True,
    ),
    _Slip(
        "decomposed",
        composed,
        "the {role} is right once its letters and their marks are one character each (Unicode NFC)",
        "Write {field} in the normal form NFC: letters and their marks are apart there.",
    ),
)

DIAGNOSES: tuple[Diagnosis, ...] = (
    Diagnosis(
        "basic.not_utf8",
        ("basic.not_base64",),
        other_charset,
        "what follows Basic is base64, and the text in it is not UTF-8",
        "the base64 of {pair} in UTF-8 (RFC 7617 section 2.1)",
        "Encode {pair} in UTF-8 before base64 in `Authorization`; many clients use Latin-1 unless they are given bytes.",
    ),
    Diagnosis(
        "basic.unpadded",
        ("basic.not_base64",),
        unpadded,
        "what follows Basic is base64 of another alphabet, or lacks its padding",
        "base64 with + and /, padded with = (RFC 4648 section 4)",
        "Use the standard alphabet of base64 and its padding for {pair} in `Authorization`.",
    ),
    *(
        Diagnosis(
            f"{what}.no_space",
            refines,
            glued(scheme),
            f"what follows the word {scheme} is no space",
            f"`Authorization: {scheme}`, one space, and what belongs behind it",
            f"Write one space between {scheme} and what follows it in `Authorization`: no tab, no colon, no other sign.",
        )
        for what, scheme, refines in (
            ("basic", "Basic", ("basic.wrong_scheme",)),
            ("access_token", "Bearer", ("access_token.wrong_scheme", "access_token.bare", "access_token.unknown")),
        )
    ),
    *(
        Diagnosis(
            f"{what}.blank",
            (f"{what}.missing",),
            blank_header,
            "the Authorization header is there, and nothing stands in it",
            f"`Authorization: {scheme}` and what belongs behind it",
            f"Write {scheme} and what belongs behind it into the header `Authorization`: it is empty.",
        )
        for what, scheme in (("basic", "Basic"), ("access_token", "Bearer"))
    ),
    Diagnosis(
        "basic.bare",
        ("basic.wrong_scheme",),
        bare_basic,
        "the credentials stand in the header without a scheme",
        "`Authorization: Basic` with the base64 of {pair}",
        "Write `Authorization: Basic` before the base64 of {pair}; the scheme is missing.",
    ),
    Diagnosis(
        "basic.encoded_twice",
        ("basic.no_colon",),
        encoded_twice,
        "what follows Basic is base64 of base64",
        "the base64 of {pair}",
        "Encode {pair} once: what stands in `Authorization` is base64 of something that was base64 already.",
    ),
    Diagnosis(
        "body.compressed",
        _BODIES,
        compressed,
        "the body is compressed, and the mock reads it as it stands",
        "{media} without a Content-Encoding",
        "Send the body, with {fields}, uncompressed and without the header `Content-Encoding`.",
    ),
    Diagnosis(
        "body.multipart",
        _BODIES,
        multipart,
        "the body is a multipart form, in which nobody looks for fields here",
        "{media}",
        "Send {fields} in the body as {media}: FormData and `files=` make multipart, URLSearchParams and `data=` do not.",
    ),
    Diagnosis(
        "body.other_media_type",
        _BODIES,
        form_elsewhere,
        "the body is a form, and Content-Type names another media type",
        "{media}",
        "Name the body, with {fields}, by the header `Content-Type: {media}`: a text body alone is sent as text/plain.",
    ),
    Diagnosis(
        "body.json_for_form",
        _BODIES,
        json_for_form,
        "the body is JSON, and no Content-Type says so; a form belongs there anyway",
        "{media}",
        "Write the body, with {fields}, as {media}: name=value, joined by &.",
    ),
    Diagnosis(
        "body.form_for_json",
        _BODIES,
        form_for_json,
        "the body is a form, and no Content-Type says so; JSON belongs there anyway",
        "a JSON object",
        "Write the body, with {fields}, as a JSON object.",
    ),
    Diagnosis(
        "body.goes_on",
        ("body.malformed",),
        ends_early,
        "something follows the JSON object in the body",
        "a JSON object and nothing behind it",
        "Remove what follows the JSON object with {fields} in the body.",
    ),
    Diagnosis(
        "body.byte_order_mark",
        _BODIES,
        marked,
        "the body begins with a byte order mark",
        "{media} without a byte order mark",
        "Write the body, with {fields}, in UTF-8 without a byte order mark.",
    ),
    Diagnosis(
        "account.disabled",
        _SECRETS[:2],
        shut_account,
        "the account is disabled, whatever the password is",
        "an account that is enabled",
        "Enable the account that {field} is for, or choose another: only enabled ones get in, with any {role}.",
    ),
    Diagnosis(
        "client.disabled",
        _SECRETS[2:],
        shut_client,
        "the client is disabled, whatever its secret is",
        "a client that is enabled",
        "Choose another client_id: the client that {field} is for is disabled.",
    ),
    Diagnosis(
        "basic.form_encoded",
        (*_NAMES, *_SECRETS),
        encoded,
        "the Basic credentials are right, and encoded as in a form; this server takes them as they stand",
        "{pair} without percent-encoding (RFC 7617)",
        "Send {pair} in `Authorization` without percent-encoding; RFC 6749 section 2.3.1 has clients encode, few servers decode.",
    ),
    Diagnosis(
        "basic.form_encoded_again",
        (*_NAMES, *_SECRETS),
        encoded_again,
        "the Basic credentials are right, and encoded as in a form twice; this server decodes them once",
        "{pair}, each encoded as in a form once (RFC 6749 section 2.3.1)",
        "Encode {pair} as in a form once: what stands in `Authorization` was encoded already when that was done.",
    ),
    Diagnosis(
        "basic.not_form_encoded",
        (*_NAMES, *_SECRETS),
        unencoded,
        "the Basic credentials are right, and stand there as they are; this server decodes them as in a form",
        "{pair}, each encoded as in a form (RFC 6749 section 2.3.1)",
        "Encode {pair} as in a form, one by one, before they are joined and go into `Authorization` in base64.",
    ),
    *(
        Diagnosis(
            f"{role}.{slip.name}",
            (_refused(role),),
            meant(role, right, slip.undo, form=slip.form),
            slip.says,
            "{valid}",
            slip.mend,
        )
        for role, right in _KNOWN.items()
        for slip in _SLIPS
        # Of secrets the vocabulary has a condition that says so.
        if f"{role}.padded" not in CONDITIONS or slip.name != "spaced"
    ),
    *(
        Diagnosis(
            f"{role}.not_utf8",
            (_refused(role),),
            not_utf8(role),
            "the {role} is written in another charset than UTF-8",
            "{valid}",
            "Encode {field} in UTF-8; some clients use Latin-1 unless they are told otherwise.",
        )
        for role in (*dict(_PAIRS), *dict(_PAIRS).values())
    ),
    *(
        Diagnosis(
            f"{name}.swapped",
            (f"{name}.unknown",),
            swapped(name, secret),
            f"the {name} and the {secret} are right, and each stands where the other belongs",
            "{valid}",
            f"Let {name} and {secret} change places: {{field}} holds the {secret}.",
        )
        for name, secret in _PAIRS
    ),
    Diagnosis(
        "client_id.is_username",
        ("client_id.unknown",),
        is_user,
        "a user's name stands where a client's belongs",
        "{valid}",
        "Send {pair} of the client in `Authorization`: what is there is a user's name.",
    ),
    Diagnosis(
        "scope.comma",
        ("scope.unknown", "scope.partly_unknown"),
        comma_scopes,
        "commas stand between scopes that exist, and white space belongs there",
        "scopes with white space between them",
        "Write spaces, and no commas, between the scopes in {field} (RFC 6749 section 3.3).",
    ),
    Diagnosis(
        "access_token.withdrawn",
        ("access_token.unknown",),
        withdrawn("access_token", "control"),
        "the token was issued here, and withdrawn over the control side, or by a reset",
        "an access_token of a session that lives",
        "Log in again: the session of the access_token in `Authorization` was withdrawn by whoever controls the mock.",
    ),
    Diagnosis(
        "refresh_token.withdrawn",
        ("refresh_token.unknown",),
        withdrawn("refresh_token", "control"),
        "the token was issued here, and withdrawn over the control side, or by a reset",
        "a refresh_token of a session that lives",
        "Log in again: the session of {field} was withdrawn by whoever controls the mock.",
    ),
    Diagnosis(
        "access_token.deleted",
        ("access_token.unknown",),
        withdrawn("access_token", "server"),
        "the token was issued here, and deleted when it was presented after its end",
        "an access_token that lives",
        "Renew, or log in again: the access_token in `Authorization` is over, and no longer known.",
    ),
    Diagnosis(
        "refresh_token.deleted",
        ("refresh_token.unknown",),
        withdrawn("refresh_token", "server"),
        "the token was issued here, and deleted when it was presented after its end",
        "a refresh_token that lives",
        "Log in again: {field} is over, and no longer known.",
    ),
    Diagnosis(
        "access_token.forgotten",
        ("access_token.unknown",),
        forgotten("access_token"),
        "the token is unknown, or older than what the mock remembers: it has forgotten tokens to make room for newer ones",
        "an access_token of those that are remembered",
        "Log in again for an access_token in `Authorization`, or start the mock with a higher `--remember`.",
    ),
    Diagnosis(
        "refresh_token.forgotten",
        ("refresh_token.unknown",),
        forgotten("refresh_token"),
        "the token is unknown, or older than what the mock remembers: it has forgotten tokens to make room for newer ones",
        "a refresh_token of those that are remembered",
        "Log in again for {field}, or start the mock with a higher `--remember`.",
    ),
    Diagnosis(
        "access_token.family_ended",
        ("access_token.superseded",),
        family,
        "the session has ended with all its tokens, because a refresh token that was used up was sent again",
        "an access_token of a session that lives",
        "Log in again, and send each refresh_token once: a second use ended the access_token in `Authorization`, too.",
    ),
    Diagnosis(
        "refresh_token.replaced",
        ("refresh_token.retired",),
        replaced,
        "the refresh token was used before, and its session has ended since",
        "a refresh_token of a session that lives",
        "Log in again, and keep the newest refresh_token from then on: {field} holds one that was replaced.",
    ),
)


def diagnose(case: Case, condition: str) -> Diagnosis | None:
    """Give the diagnosis that fits a request refused for a condition; None when the condition says it all."""
    names = {condition, *broader(condition)}
    return next((d for d in DIAGNOSES if names.intersection(d.refines) and d.holds(case)), None)

"""Diagnoses: what a condition cannot say. Each is a special case that only people need to know apart.

Laws:
1. A diagnosis refines conditions and decides nothing: the refusal stays the one of the condition.
2. It says nothing that is not to be seen in the request and the world.
3. Of several that fit, the first is told.
"""

from __future__ import annotations

from watchword.mockserver.explain.diagnosis import Diagnosis
from watchword.mockserver.explain.nearly import OF_VALUES
from watchword.mockserver.explain.slips import (
    bare_basic,
    blank_header,
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
    json_for_form,
    marked,
    multipart,
    other_charset,
    replaced,
    shut_account,
    shut_client,
    unencoded,
    unpadded,
    withdrawn,
)
from watchword.mockserver.rules.case import Case
from watchword.specs.vocabulary import broader

__all__ = ["DIAGNOSES", "diagnose"]

_BODIES = ("body.malformed", "body.wrong_content_type", "body.empty", "body.no_content_type", "grant_type.missing")
_SECRETS = ("password.wrong", "operator_password.wrong", "client_secret.wrong")
_NAMES = ("client_id.unknown", "username.unknown")

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
    *OF_VALUES,
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

"""Diagnoses: what a condition cannot say. Each is a special case that only people need to know apart.

Laws:
1. A diagnosis refines conditions and decides nothing: the refusal stays the one of the condition.
2. It says nothing that is not to be seen in the request and the world.
3. Of several that fit, the first is told.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import unquote_plus

from watchword.mockserver.rules.case import Case
from watchword.specs.values.api import FORM
from watchword.specs.vocabulary import broader

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


def _decoded(case: Case) -> bytes | None:
    token = case.reading.token.translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _other_charset(case: Case) -> bool:
    raw = _decoded(case)
    if raw is None or b":" not in raw:
        return False
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False


def _media(case: Case) -> str:
    return (case.reading.headers.get("content-type") or [""])[0].partition(";")[0].strip().lower()


def _multipart(case: Case) -> bool:
    return _media(case).startswith("multipart/")


def _compressed(case: Case) -> bool:
    coding = (case.reading.headers.get("content-encoding") or [""])[0].strip().lower()
    return coding not in ("", "identity") or case.reading.request.body.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))


def _form_elsewhere(case: Case) -> bool:
    return case.operation.media_type == FORM and _media(case) not in ("", FORM) and b"=" in case.reading.request.body


def _marked(case: Case) -> bool:
    return case.reading.request.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))


def _shut_account(case: Case) -> bool:
    role = "operator_password" if case.operation.bound("operator_password") else "password"
    account = case.account(role) if case.operation.bound(role) else None
    return account is not None and not account.enabled


def _shut_client(case: Case) -> bool:
    return case.client is not None and not case.client.enabled


def _encoded(case: Case) -> bool:
    pair = case.reading.basic
    if pair is None or "%" not in "".join(pair):
        return False
    name, secret = (unquote_plus(part) for part in pair)
    return case.world.opens(name, secret) or case.world.opens(pair[0], secret) or case.world.opens(name, pair[1])


def _given(case: Case) -> str:
    value = case.value("access_token")
    return value if isinstance(value, str) else ""


def _doubled(case: Case) -> bool:
    return _given(case).lower().startswith("bearer ")


def _quoted(case: Case) -> bool:
    return _given(case)[:1] in ("'", '"', "<", "{") and _given(case)[1:-1] in case.world.access


def _withdrawn(role: str, how: str) -> Callable[[Case], bool]:
    return lambda case: case.world.withdrawn.get(str(case.value(role)), ("", ""))[1] == how


def _forgotten(role: str) -> Callable[[Case], bool]:
    return lambda case: case.world.may_have_forgotten(role, str(case.value(role)))


def _family(case: Case) -> bool:
    token = case.access
    return token is not None and token.session.ended and token.value == token.session.newest


def _replaced(case: Case) -> bool:
    return case.refresh is not None and case.refresh.used > 0


DIAGNOSES: tuple[Diagnosis, ...] = (
    Diagnosis(
        "basic.not_utf8",
        ("basic.not_base64",),
        _other_charset,
        "what follows Basic is base64, and the text in it is not UTF-8",
        "the base64 of {pair} in UTF-8 (RFC 7617 section 2.1)",
        "Encode {pair} in UTF-8 before base64 in `Authorization`; many clients use Latin-1 unless they are given bytes.",
    ),
    Diagnosis(
        "basic.unpadded",
        ("basic.not_base64",),
        lambda case: b":" in (_decoded(case) or b""),
        "what follows Basic is base64 of another alphabet, or lacks its padding",
        "base64 with + and /, padded with = (RFC 4648 section 4)",
        "Use the standard alphabet of base64 and its padding for {pair} in `Authorization`.",
    ),
    Diagnosis(
        "body.compressed",
        _BODIES,
        _compressed,
        "the body is compressed, and the mock reads it as it stands",
        "{media} without a Content-Encoding",
        "Send the body, with {fields}, uncompressed and without the header `Content-Encoding`.",
    ),
    Diagnosis(
        "body.multipart",
        _BODIES,
        _multipart,
        "the body is a multipart form, in which nobody looks for fields here",
        "{media}",
        "Send {fields} in the body as {media}: FormData and `files=` make multipart, URLSearchParams and `data=` do not.",
    ),
    Diagnosis(
        "body.other_media_type",
        _BODIES,
        _form_elsewhere,
        "the body is a form, and Content-Type names another media type",
        "{media}",
        "Name the body, with {fields}, by the header `Content-Type: {media}`: a text body alone is sent as text/plain.",
    ),
    Diagnosis(
        "body.byte_order_mark",
        _BODIES,
        _marked,
        "the body begins with a byte order mark",
        "{media} without a byte order mark",
        "Write the body, with {fields}, in UTF-8 without a byte order mark.",
    ),
    Diagnosis(
        "account.disabled",
        _SECRETS[:2],
        _shut_account,
        "the account is disabled, whatever the password is",
        "an account that is enabled",
        "Enable the account that {field} is for, or choose another: only enabled ones get in, with any {role}.",
    ),
    Diagnosis(
        "client.disabled",
        _SECRETS[2:],
        _shut_client,
        "the client is disabled, whatever its secret is",
        "a client that is enabled",
        "Choose another client_id: the client that {field} is for is disabled.",
    ),
    Diagnosis(
        "basic.form_encoded",
        (*_NAMES, *_SECRETS),
        _encoded,
        "the Basic credentials are right, and encoded as in a form; this server takes them as they stand",
        "{pair} without percent-encoding (RFC 7617)",
        "Send {pair} in `Authorization` without percent-encoding; RFC 6749 section 2.3.1 has clients encode, few servers decode.",
    ),
    Diagnosis(
        "access_token.doubled_scheme",
        ("access_token.unknown",),
        _doubled,
        "the scheme stands twice before the token",
        "`Authorization: Bearer` once, then the access_token",
        "Write Bearer once in `Authorization`: the client adds it before an access_token that brings its own.",
    ),
    Diagnosis(
        "access_token.quoted",
        ("access_token.unknown",),
        _quoted,
        "the token is right, and something stands around it",
        "the access_token as it was given",
        "Remove what stands around the access_token in `Authorization`: quotation marks or brackets.",
    ),
    Diagnosis(
        "access_token.withdrawn",
        ("access_token.unknown",),
        _withdrawn("access_token", "control"),
        "the token was issued here, and withdrawn over the control side, or by a reset",
        "an access_token of a session that lives",
        "Log in again: the session of the access_token in `Authorization` was withdrawn by whoever controls the mock.",
    ),
    Diagnosis(
        "refresh_token.withdrawn",
        ("refresh_token.unknown",),
        _withdrawn("refresh_token", "control"),
        "the token was issued here, and withdrawn over the control side, or by a reset",
        "a refresh_token of a session that lives",
        "Log in again: the session of {field} was withdrawn by whoever controls the mock.",
    ),
    Diagnosis(
        "access_token.deleted",
        ("access_token.unknown",),
        _withdrawn("access_token", "server"),
        "the token was issued here, and deleted when it was presented after its end",
        "an access_token that lives",
        "Renew, or log in again: the access_token in `Authorization` is over, and no longer known.",
    ),
    Diagnosis(
        "refresh_token.deleted",
        ("refresh_token.unknown",),
        _withdrawn("refresh_token", "server"),
        "the token was issued here, and deleted when it was presented after its end",
        "a refresh_token that lives",
        "Log in again: {field} is over, and no longer known.",
    ),
    Diagnosis(
        "access_token.forgotten",
        ("access_token.unknown",),
        _forgotten("access_token"),
        "the token is unknown, or older than what the mock remembers: it has forgotten tokens to make room for newer ones",
        "an access_token of those that are remembered",
        "Log in again for an access_token in `Authorization`, or start the mock with a higher `--remember`.",
    ),
    Diagnosis(
        "refresh_token.forgotten",
        ("refresh_token.unknown",),
        _forgotten("refresh_token"),
        "the token is unknown, or older than what the mock remembers: it has forgotten tokens to make room for newer ones",
        "a refresh_token of those that are remembered",
        "Log in again for {field}, or start the mock with a higher `--remember`.",
    ),
    Diagnosis(
        "access_token.family_ended",
        ("access_token.superseded",),
        _family,
        "the session has ended with all its tokens, because a refresh token that was used up was sent again",
        "an access_token of a session that lives",
        "Log in again, and send each refresh_token once: a second use ended the access_token in `Authorization`, too.",
    ),
    Diagnosis(
        "refresh_token.replaced",
        ("refresh_token.retired",),
        _replaced,
        "the refresh token was used before, and its session has ended since",
        "a refresh_token of a session that lives",
        "Log in again, and keep the newest refresh_token from then on: {field} holds one that was replaced.",
    ),
)


def diagnose(case: Case, condition: str) -> Diagnosis | None:
    """Give the diagnosis that fits a request refused for a condition; None when the condition says it all."""
    names = {condition, *broader(condition)}
    return next((d for d in DIAGNOSES if names.intersection(d.refines) and d.holds(case)), None)

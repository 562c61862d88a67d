"""Whether a request makes one of the slips that diagnoses tell: each is a function of a case."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Callable
from urllib.parse import parse_qsl, unquote_plus

from watchword.mockserver.rules.case import Case
from watchword.specs.codec import basic_sent
from watchword.specs.values.api import FORM, JSON

__all__ = [
    "bare_basic",
    "blank_header",
    "comma_scopes",
    "composed",
    "compressed",
    "encoded",
    "encoded_again",
    "encoded_twice",
    "ends_early",
    "family",
    "forgotten",
    "form_elsewhere",
    "form_for_json",
    "glued",
    "is_user",
    "json_for_form",
    "marked",
    "meant",
    "multipart",
    "not_utf8",
    "other_charset",
    "replaced",
    "shut_account",
    "shut_client",
    "swapped",
    "unencoded",
    "unpadded",
    "unquoted",
    "withdrawn",
]


def _base64(text: str) -> bytes | None:
    token = text.translate(str.maketrans("-_", "+/"))
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def _decoded(case: Case) -> bytes | None:
    return _base64(case.reading.token)


def unpadded(case: Case) -> bool:
    """Tell whether what follows Basic can be read once alphabet and padding are those of RFC 4648 section 4."""
    return b":" in (_decoded(case) or b"")


def bare_basic(case: Case) -> bool:
    """Tell whether credentials stand in the Authorization header without a scheme, encoded or as they are."""
    words = (case.reading.authorization or "").split()
    return len(words) == 1 and (":" in words[0] or b":" in (_base64(words[0]) or b""))


def encoded_twice(case: Case) -> bool:
    """Tell whether what follows Basic is the base64 of base64."""
    return b":" in (_base64((_decoded(case) or b"").decode("latin-1").strip()) or b"")


def meant(
    role: str, right: Callable[[Case, str], bool], undo: Callable[[str], str], *, form: bool = False
) -> Callable[[Case], bool]:
    """Make what tells whether a value is right once a slip is undone; one that only a form can have, with `form`."""

    def holds(case: Case) -> bool:
        value = case.value(role)
        if not isinstance(value, str) or (form and case.operation.place(role) != "form"):
            return False
        undone = undo(value)
        return undone != value and right(case, undone)

    return holds


def unquoted(text: str) -> str:
    """Undo what people put around a value: quotation marks or brackets."""
    return text[1:-1] if len(text) > 1 and text[0] + text[-1] in ("''", '""', "``", "<>", "{}", "[]") else text


def not_utf8(role: str) -> Callable[[Case], bool]:
    """Make what tells whether a value is written in another charset than UTF-8."""
    # What cannot be decoded has become the replacement character.
    return lambda case: "\ufffd" in str(case.value(role))


def composed(text: str) -> str:
    """Write letters and their marks as one character each, as most keyboards do and some file systems do not."""
    return unicodedata.normalize("NFC", text)


def swapped(name: str, secret: str) -> Callable[[Case], bool]:
    """Make what tells whether a name and its secret stand in each other's place."""
    return lambda case: case.world.opens(str(case.value(secret)), str(case.value(name)))


def is_user(case: Case) -> bool:
    """Tell whether a user logs in where a client is asked for."""
    pair = case.reading.basic
    return pair is not None and ("user", pair[0]) in case.world.accounts


def glued(scheme: str) -> Callable[[Case], bool]:
    """Make what tells whether something else than a space follows the scheme of the Authorization header."""
    follows = re.compile(rf"\s*{scheme}[^ ]", re.IGNORECASE)
    return lambda case: follows.match(case.reading.authorization or "") is not None


def blank_header(case: Case) -> bool:
    """Tell whether the Authorization header is there and empty."""
    return case.reading.authorization is not None and not case.reading.authorization.strip()


def comma_scopes(case: Case) -> bool:
    """Tell whether commas stand between scopes that exist, where only white space parts them."""
    asked = str(case.value("scope")).replace(",", " ").split()
    return len(asked) > len(case.asked_scopes) and all(scope in case.world.data.scopes for scope in asked)


def other_charset(case: Case) -> bool:
    """Tell whether Basic credentials are base64 of a text that is not UTF-8."""
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


def multipart(case: Case) -> bool:
    """Tell whether the body is a multipart form."""
    return _media(case).startswith("multipart/")


def compressed(case: Case) -> bool:
    """Tell whether the body is compressed."""
    coding = (case.reading.headers.get("content-encoding") or [""])[0].strip().lower()
    return coding not in ("", "identity") or case.reading.request.body.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd"))


def form_elsewhere(case: Case) -> bool:
    """Tell whether a form travels under another media type."""
    return case.operation.media_type == FORM and _media(case) not in ("", FORM) and b"=" in case.reading.request.body


def _text(case: Case) -> str:
    return case.reading.request.body.decode(errors="replace").strip()


def json_for_form(case: Case) -> bool:
    """Tell whether the body is a JSON object that no Content-Type names as one, where a form belongs."""
    if case.operation.media_type != FORM or _media(case) == JSON:
        return False
    try:
        return isinstance(json.loads(_text(case)), dict)
    except (ValueError, RecursionError):
        return False


def form_for_json(case: Case) -> bool:
    """Tell whether the body is a form that no Content-Type names as one, where JSON belongs."""
    names = {name for name, _ in parse_qsl(_text(case))} if case.operation.media_type == JSON else set()
    return any(b.name in names for b in case.operation.bindings if b.place == "json")


def ends_early(case: Case) -> bool:
    """Tell whether a JSON object is over before the body is."""
    try:
        value, end = json.JSONDecoder().raw_decode(_text(case))
    except (ValueError, RecursionError):
        return False
    return case.operation.media_type == JSON and isinstance(value, dict) and end < len(_text(case))


def marked(case: Case) -> bool:
    """Tell whether the body begins with a byte order mark."""
    return case.reading.request.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))


def shut_account(case: Case) -> bool:
    """Tell whether the account is disabled."""
    role = "operator_password" if case.operation.bound("operator_password") else "password"
    account = case.account(role) if case.operation.bound(role) else None
    return account is not None and not account.enabled


def shut_client(case: Case) -> bool:
    """Tell whether the client is disabled."""
    return case.client is not None and not case.client.enabled


def encoded(case: Case) -> bool:
    """Tell whether Basic credentials open something once they are decoded as in a form."""
    pair = case.reading.basic
    if pair is None or "%" not in "".join(pair) or pair != basic_sent(case.reading):
        return False
    return _opens_decoded(case, pair)


def encoded_again(case: Case) -> bool:
    """Tell whether Basic credentials that were decoded as in a form, once, open something when that is done once more."""
    pair = case.reading.basic
    return pair is not None and pair != basic_sent(case.reading) and _opens_decoded(case, pair)


def _opens_decoded(case: Case, pair: tuple[str, str]) -> bool:
    name, secret = (unquote_plus(part) for part in pair)
    if (name, secret) == pair:
        return False
    return case.world.opens(name, secret) or case.world.opens(pair[0], secret) or case.world.opens(name, pair[1])


def unencoded(case: Case) -> bool:
    """Tell whether Basic credentials that were decoded as in a form open something as they were sent."""
    try:
        name, _, secret = (_decoded(case) or b"").decode().partition(":")
    except UnicodeDecodeError:
        return False
    return (name, secret) != case.reading.basic and case.world.opens(name, secret)


def withdrawn(role: str, how: str) -> Callable[[Case], bool]:
    """Make what tells whether a token was withdrawn in one way: by `control`, or by the `server`."""
    return lambda case: case.world.withdrawn.get(str(case.value(role)), ("", ""))[1] == how


def forgotten(role: str) -> Callable[[Case], bool]:
    """Make what tells whether a token may be one of those that were forgotten."""
    return lambda case: case.world.may_have_forgotten(role, str(case.value(role)))


def family(case: Case) -> bool:
    """Tell whether a session has ended with its newest token."""
    token = case.access
    return token is not None and token.session.ended and token.value == token.session.newest


def replaced(case: Case) -> bool:
    """Tell whether a refresh token was used before."""
    return case.refresh is not None and case.refresh.used > 0

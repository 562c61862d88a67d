"""Whether a request makes one of the slips that diagnoses tell: each is a function of a case."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from urllib.parse import unquote_plus

from watchword.mockserver.rules.case import Case
from watchword.specs.values.api import FORM

__all__ = [
    "bare_basic",
    "compressed",
    "doubled",
    "encoded",
    "encoded_twice",
    "family",
    "forgotten",
    "form_elsewhere",
    "marked",
    "multipart",
    "other_charset",
    "quoted",
    "replaced",
    "shut_account",
    "shut_client",
    "spaced",
    "unencoded",
    "unpadded",
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


def spaced(role: str, known: Callable[[Case, str], bool]) -> Callable[[Case], bool]:
    """Make what tells whether white space stands around a value that is known without it."""

    def holds(case: Case) -> bool:
        value = case.value(role)
        return isinstance(value, str) and value != value.strip() and known(case, value.strip())

    return holds


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
    if pair is None or "%" not in "".join(pair):
        return False
    name, secret = (unquote_plus(part) for part in pair)
    return case.world.opens(name, secret) or case.world.opens(pair[0], secret) or case.world.opens(name, pair[1])


def unencoded(case: Case) -> bool:
    """Tell whether Basic credentials that were decoded as in a form open something as they were sent."""
    try:
        name, _, secret = (_decoded(case) or b"").decode().partition(":")
    except UnicodeDecodeError:
        return False
    return (name, secret) != case.reading.basic and case.world.opens(name, secret)


def _given(case: Case) -> str:
    value = case.value("access_token")
    return value if isinstance(value, str) else ""


def doubled(case: Case) -> bool:
    """Tell whether the scheme Bearer stands twice."""
    return _given(case).lower().startswith("bearer ")


def quoted(case: Case) -> bool:
    """Tell whether something stands around a token that is right."""
    return _given(case)[:1] in ("'", '"', "<", "{") and _given(case)[1:-1] in case.world.access


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

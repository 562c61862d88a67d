"""Tokens as text: signing JWTs, making opaque ones, and reading what a client presents.

Signing is done by hand because it is the mock's hot path; the tests hold it against a JWT library.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from watchword.mockserver.clock import Ids

__all__ = ["FORMS", "Jwt", "is_signed", "sign", "unpack"]

_BEGINNING = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=") + b"."
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True, repr=False)
class Jwt:
    """A JWT taken apart (RFC 7519): header and claims as read, unverified; `signed` is the part that a signature covers."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: str
    signature: str


def sign(claims: str, key: bytes) -> str:
    """Make a JWT of claims that are written as JSON, signed with HMAC-SHA256 (RFC 7518 section 3.2)."""
    signed = _BEGINNING + _encoded(claims.encode())
    return (signed + b"." + _encoded(hmac.digest(key, signed, "sha256"))).decode()


def _encoded(data: bytes) -> bytes:
    # As `base64.urlsafe_b64encode` does it, without the calls that take longer than the work.
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")


def is_signed(text: str, key: bytes) -> bool:
    """Tell whether a text is a JWT with a signature that `sign` would have made."""
    jwt = unpack(text)
    if jwt is None:
        return False
    return hmac.compare_digest(_encoded(hmac.digest(key, jwt.signed.encode(), "sha256")), jwt.signature.encode())


def unpack(text: str) -> Jwt | None:
    """Take a JWT apart without verifying it; None when the text is not one."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return Jwt(header, claims, f"{parts[0]}.{parts[1]}", parts[2])


def _uuid(ids: Ids) -> str:
    h = ids.hex(32)
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"


def _triple(ids: Ids) -> str:
    h = ids.hex(78)
    return f"{h[:20]}-{h[20:68]}-{h[68:]}"


def _base64url(ids: Ids) -> str:
    return base64.urlsafe_b64encode(bytes.fromhex(ids.hex(40))).rstrip(b"=").decode()


FORMS: Mapping[str, Callable[[Ids], str]] = MappingProxyType(
    {"uuid": _uuid, "hex": lambda ids: ids.hex(32), "triple_hex": _triple, "base64url": _base64url}
)
"""The opaque forms that a profile may name, and how each is made."""

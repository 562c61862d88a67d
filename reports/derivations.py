"""Derivations: how the wrong values of a check are made of right ones.

The suites say by these names what a value was made of; what is written to repeat a request makes it so again. Each
function stands in a reproduction script as it stands here, so that it needs nothing but the standard library.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["DERIVATIONS", "claimed", "claims"]


def claims(token: Any) -> dict[str, Any]:
    """Read the claims of a JWT without verifying it; empty for everything else."""
    parts = token.split(".") if isinstance(token, str) else []
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))) if len(parts) == 3 else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def claimed(value: Any) -> list[str]:
    """Give the texts of what each JWT claims that stands anywhere in a JSON value, each claim as JSON."""
    found = []
    left = [value]
    while left:
        one = left.pop()
        left += list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
        found += [json.dumps(claim, ensure_ascii=False) for claim in claims(one).values()]
    return found


def cut_short(value: str) -> str:
    """Leave the last character out."""
    return value[:-1]


def extended(value: str) -> str:
    """Write one character more."""
    return value + "x"


def padded(value: str) -> str:
    """Write a blank behind it."""
    return value + " "


def other_case(value: str) -> str:
    """Exchange capital and small letters."""
    return value.swapcase()


def _across(character: str, pool: str) -> str:
    return pool[(pool.index(character) + len(pool) // 2) % len(pool)] if character in pool else pool[0]


def altered(value: str) -> str:
    """Change one character in the middle: of the signature, where there is one."""
    start = value.rindex(".") + 1 if claims(value) else 0
    at = start + (len(value) - start) // 2
    while at < len(value) - 1 and not value[at].isalnum():
        at += 1
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    pool = "0123456789abcdef" if value[at] in "0123456789abcdef" else letters
    return value[:at] + _across(value[at], pool) + value[at + 1 :]


def unsigned(value: str) -> str:
    """Take the signature off a JWT, and have its header say so."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
    return f"{header}.{value.split('.')[1]}."


def never_issued(value: str) -> str:
    """Make a token of the same look: other characters, or the claims of a JWT with another id and a made-up signature."""
    held = claims(value)
    if not held:
        pools = (
            ("0123456789abcdef",)
            if all(c in "0123456789abcdef" or not c.isalnum() for c in value)
            else (
                "abcdefghijklmnopqrstuvwxyz",
                "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
                "0123456789",
            )
        )
        return "".join(next((_across(c, pool) for pool in pools if c in pool), c) for c in value)
    payload = json.dumps({**held, "jti": "0" * 32}, separators=(",", ":")).encode()
    return f"{value.split('.', maxsplit=1)[0]}.{base64.urlsafe_b64encode(payload).decode().rstrip('=')}.{'A' * 43}"


DERIVATIONS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {made.__name__: made for made in (cut_short, extended, padded, other_case, altered, unsigned, never_issued)}
)
"""Every derivation by its name."""

"""Derivations: how the wrong values of a check are made of right ones.

The suites say by these names what a value was made of; what is written to repeat a request makes it so again. Each
function stands in a reproduction script as it stands here, so that it needs nothing but the standard library.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["DERIVATIONS", "claimed", "claims", "speaks_of", "told_alike"]


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


def speaks_of(value: Any, subject: str) -> bool:
    """Tell whether a JSON value names a user: alone, or as a whole word of a longer name such as `user:mira` or `mira@realm`."""
    left = [value]
    while left:
        one = left.pop()
        left += list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else []
        if isinstance(one, str | int) and re.search(
            rf"(?<![\w.+-]){re.escape(subject)}(?![\w.+-])", str(one), re.IGNORECASE
        ):
            return True
    return False


def told_alike(texts: list[str], names: list[str]) -> bool:
    """Tell whether the first text says what the second does, apart from the name that each request had.

    A third text is one more answer to the second request: what differs between these two changes from one time to the next,
    such as the time of day or the number of a request, and says nothing of the first.
    """
    words = []
    for text, name in zip(texts, names, strict=True):
        said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text) if name else text
        words.append(re.split(r"""([\s"'<>,]+)""", said))
    if len({len(one) for one in words}) > 1:
        return False
    return all(one[0] == one[1] or one[1] != one[-1] for one in zip(*words, strict=True))


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
    """Change one character in the middle: of the signature, where there is one.

    Where capital and small letters stand together, they mean different things, and it is a letter that changes into the other.
    """
    start = value.rindex(".") + 1 if claims(value) else 0
    middle = start + (len(value) - start) // 2
    for found in re.finditer("[0-9A-Za-z]+", value):
        word = found.group()
        if found.end() > middle and not word.isupper() and not word.islower():
            letters = (
                n for n in range(max(middle, found.start()), min(found.end(), len(value) - 1)) if value[n].isalpha()
            )
            at = next(letters, None)
            if at is not None:
                return value[:at] + value[at].swapcase() + value[at + 1 :]
    at = middle
    while at < len(value) - 1 and not value[at].isalnum():
        at += 1
    letters_and_digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    pool = "0123456789abcdef" if value[at] in "0123456789abcdef" else letters_and_digits
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

"""Figures of a server: numbers, dates and claims, read so that none of them can upset whoever reckons with it."""

from __future__ import annotations

import base64
import json
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

__all__ = ["claims_of", "header_of", "moment", "number"]

_LARGEST = 1e15
"""Beyond this no figure is a number of seconds or milliseconds, and none is written with a decimal point to its name."""


def number(value: Any) -> float | None:
    """Give a JSON number as such; None for everything else: text that looks like one, and what no clock can reach."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # Infinity, what is not a number, and integers of 400 digits fail the comparison, or have no place in a float.
    return float(value) if -_LARGEST <= value <= _LARGEST else None


def moment(text: str | None) -> float | None:
    """Read an HTTP date, in seconds since 1970; one without a zone is in GMT (RFC 9110 section 5.6.7). None for no date."""
    try:
        found = parsedate_to_datetime(text) if text else None
        return None if found is None else (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _part(token: Any, index: int) -> dict[str, Any]:
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[index] + "=" * (-len(parts[index]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def claims_of(token: Any) -> dict[str, Any]:
    """Read the claims of a JWT without verifying it; empty for other tokens."""
    return _part(token, 1)


def header_of(token: Any) -> dict[str, Any]:
    """Read the header of a JWT; empty for other tokens."""
    return _part(token, 0)

"""The words in which a reader meets levels, bases, topics, steps and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

__all__ = [
    "BASIS_MEANING",
    "GRAVITY_MEANING",
    "LEVEL_MEANING",
    "STEPS",
    "are",
    "count",
    "duration",
    "moment",
    "plain",
    "plural",
    "words",
]

LEVEL_MEANING: Mapping[str, str] = MappingProxyType(
    {"must": "binding", "should": "recommended", "may": "left to the server"}
)

BASIS_MEANING: Mapping[str, str] = MappingProxyType(
    {
        "documented": "the document says so",
        "inferred": "it follows from the document",
        "rfc": "a standard that the document refers to says so",
        "silent": "the document does not say, or contradicts itself",
    }
)

GRAVITY_MEANING: Mapping[str, str] = MappingProxyType(
    {
        "security": "it lets somebody in, keeps alive what has ended, or tells a secret",
        "interoperability": "clients that work elsewhere do not work here",
        "form": "it is untidy, and nobody gets more than he has a right to",
    }
)
"""What it means that a rule is broken, the gravest first."""

STEPS: Mapping[str, str] = MappingProxyType(
    {"prepare": "preparation", "control": "control", "probe": "probe", "verify": "look afterwards"}
)
"""What each step of a check is called in front of a reader."""


def words(name: str) -> str:
    """Write an identifier as words."""
    return name.replace("_", " ")


def count(number: int, noun: str) -> str:
    """Write a number with its noun, in the singular where it is one."""
    return f"{number} {plural(noun, number)}"


def plural(noun: str, number: int) -> str:
    """Give the form of a noun that belongs to a number."""
    return noun if number == 1 else f"{noun}s"


def are(number: int, noun: str, what: str) -> str:
    """Say of a number of things that they are something."""
    return f"{count(number, noun)} {'is' if number == 1 else 'are'} {what}"


def plain(value: Any) -> str:
    """Write a JSON value for a reader who does not want to see JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{words(str(name))} {plain(member)}" for name, member in value.items() if plain(member))
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)


def duration(seconds: float) -> str:
    """Write a duration given in seconds, short and in the unit that suits it."""
    if seconds < 0.0995:
        return f"{seconds * 1000:.1f} ms" if seconds < 0.00995 else f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def moment(text: str) -> str:
    """Write an ISO 8601 time for people, to the second; what is not one stays as it is."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return text

"""Challenges: what `WWW-Authenticate` asks for, as RFC 9110 section 11.6.1 has it.

Challenges stand in one line or in several, with commas between them, and with commas between the parameters of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

__all__ = ["Challenge", "challenges"]

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# An auth-param, or a scheme that may be followed by one or by a token68. What begins with a name and an equals sign is a
# parameter; every other token begins a challenge.
_PARAMETER = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*({_TOKEN}|"(?:[^"\\]|\\.)*")[ \t]*(?=,|$)')
_SCHEME = re.compile(rf"({_TOKEN})(?:[ \t]+(?=\S)|(?=[ \t]*(?:,|$)))")
_TOKEN68 = re.compile(r"[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)")
_BETWEEN = re.compile(r"[ \t,]*")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: its scheme and the names of its parameters in lower case, with their values."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)


def challenges(lines: Iterable[str]) -> list[Challenge]:
    """Read the challenges of a header's lines; what is none ends the line."""
    return [challenge for line in lines for challenge in _of_line(line)]


def _of_line(line: str) -> Iterator[Challenge]:
    at = 0
    current: Challenge | None = None
    while True:
        gap = _BETWEEN.match(line, at)
        at = gap.end() if gap else at
        parameter = _PARAMETER.match(line, at)
        scheme = _SCHEME.match(line, at)
        if current is not None and parameter is not None:
            current.parameters[parameter.group(1).lower()] = _unquoted(parameter.group(2))
            at = parameter.end()
        elif scheme is not None:
            if current is not None:
                yield current
            current = Challenge(scheme.group(1).lower())
            at = scheme.end()
            coded = None if _PARAMETER.match(line, at) else _TOKEN68.match(line, at)
            # What follows a comma is the next challenge; what follows a blank belongs to this one.
            if coded is not None and line[scheme.end() - 1 : scheme.end()] in (" ", "\t"):
                at = coded.end()
        else:
            break
    if current is not None:
        yield current


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value

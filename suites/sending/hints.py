"""What looks like a secret in a reply, wherever it stands and whether or not the reply can be parsed.

A body that is cut, repeats its members, nests too deep or is in UTF-16 hides from a parser what a reader still sees.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Collection, Iterator

from watchword.specs.values.http import Reply

__all__ = ["secrets_in"]

_MOST = 200
"""Secrets that one reply can tell."""
_CALLED = r"token|secret|passw|jwt|assertion|api[_-]?key|session"
_NEXT = r"[\w.\]\[-]{0,40}[\"']{0,2}\s{0,8}[=:>]\s{0,8}"
_QUOTED = r"\"(?P<quoted>(?:[^\"\\]|\\.)+)"
_BARE = r"(?P<bare>[^\s\"'&;,<>{}\\\[\]]+)"
_TOKEN = re.compile(f"(?P<called>(?i:{_CALLED}){_NEXT})(?:{_QUOTED}|{_BARE})")
_NAMES_OF_HEADERS = re.compile(f"{_CALLED}|cookie|authorization", re.IGNORECASE)
_WORDY = re.compile(r"[a-z_ .,-]*|.*\s.*|.*://.*", re.DOTALL)
"""Prose, names of methods and addresses: members about tokens have such values, too."""
_SEEN = 128 * 1024
_TELLING = 16
_COOKIE = 8


def secrets_in(reply: Reply, names: Collection[str]) -> Iterator[str]:
    """Give the values that look like secrets; what is called by one of `names` is one whatever it looks like."""
    return itertools.islice(_all(reply, names), _MOST)


def _all(reply: Reply, names: Collection[str]) -> Iterator[str]:
    for name, value in reply.headers:
        if name.lower() == "set-cookie":
            cookie = value.partition(";")[0].partition("=")[2].strip('" ')
            if len(cookie) >= _COOKIE:
                yield cookie
        elif _NAMES_OF_HEADERS.search(name) and len(value) >= _TELLING and not _WORDY.fullmatch(value):
            yield value
        else:
            yield from _called(value, None)
    exact = _called_one_of(frozenset(names)) if names else None
    # Of what stands behind this nothing is shown, and a parser may still find it.
    text = reply.text[:_SEEN]
    for layer in (text, text.replace('\\"', '"').replace("\\\\", "\\")) if '\\"' in text else (text,):
        yield from _called(layer, exact)


@functools.lru_cache(maxsize=64)
def _called_one_of(names: frozenset[str]) -> re.Pattern[str]:
    return re.compile(f'"(?:{"|".join(map(re.escape, sorted(names)))})"\\s{{0,8}}:\\s{{0,8}}{_QUOTED}')


def _called(text: str, exact: re.Pattern[str] | None) -> Iterator[str]:
    for match in exact.finditer(text) if exact else ():
        yield _plain(match.group("quoted"))
    for match in _TOKEN.finditer(text):
        value = _plain(match.group("quoted")) if match.group("quoted") else match.group("bare")
        if len(value) >= _TELLING and not _WORDY.fullmatch(value):
            yield value


def _plain(quoted: str) -> str:
    try:
        return str(json.loads(f'"{quoted}"'))
    except ValueError:
        return quoted

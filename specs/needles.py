"""Needles: the writings by which known secrets are found in a text, in time that grows with the text alone.

Laws:
1. A needle is found by its first characters, then by its length: ten thousand tokens that all begin alike cost no more
   than one.
2. Of a long secret only its beginning is kept. Where that stands, all goes that stands of the secret behind it, so that a
   secret which is cut off is found as well, and neither time nor memory grow with its length.
3. A word that is short or common is no needle: it is found only as the value of something that is called a secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Container, Iterator
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["Find", "Needles", "bytes_of", "is_common", "pair_of", "strangers"]

_KEY = 4
_LONG = 256
"""Characters of a long secret that are kept, and by which it is found."""
_TELLING = 8
"""Digits that are fewer than these are no secret where they are part of a longer number."""
_BASE64 = "A-Za-z0-9+/_-"
_RUN = re.compile(f"[{_BASE64}]+(?:={{1,2}}(?!=))?")
_REST = re.compile(r"[A-Za-z0-9._~+/=-]*")
_DOTTED = re.compile(r"[A-Za-z0-9._-]+")
# The base64 of `{"` is eyJ, that of `{ "` begins with eyA.
_JWT_HEAD = re.compile(r"ey[JA][A-Za-z0-9_-]{8}")
_BASIC = re.compile(f"basic[ :=\"']+([{_BASE64}]+={{0,2}})", re.IGNORECASE)
_URLSAFE = str.maketrans("+/", "-_")
_STANDARD = str.maketrans("-_", "+/")
_WORDS = frozenset(
    [
        "test",
        "auth",
        "admin",
        "root",
        "user",
        "demo",
        "guest",
        "token",
        "json",
        "html",
        "text",
        "http",
        "https",
        "basic",
        "bearer",
        "access",
        "refresh",
        "client",
        "grant",
        "type",
        "error",
        "scope",
        "code",
        "login",
        "oauth",
        "rest",
        "application",
        "charset",
        "status",
        "value",
        "body",
        "path",
        "header",
        "query",
        "form",
        "none",
        "null",
        "true",
        "false",
        "undefined",
        "passwd",
        "username",
        "secret",
        "password",
        "example",
        "local",
        "localhost",
        "port",
        "host",
        "date",
        "content",
        "length",
        "close",
        "keep",
        "alive",
        "cache",
        "control",
        "no-store",
        "watchword",
    ]
) | {word for role in SECRET_ROLES for word in (role, *role.split("_"))}
"""Words that the texts of any run are full of."""
_CALLED = r"(?:pass|pwd|secret|token|jwt|assertion)[\w.\]\[-]{0,40}[\"'\\]{0,4}\s{0,4}[=:]\s{0,4}[\"'\\]{0,4}"


class Find(NamedTuple):
    """Where something stands that has to go. One without a `name` is a stranger, of some `kind`."""

    start: int
    end: int
    name: str = ""
    kind: str = ""
    value: str = ""
    plain: bool = False


def is_common(value: str, words: Container[str] = frozenset()) -> bool:
    """Tell whether a value is too short to be looked for wherever it may stand, or one of the words that stand anywhere."""
    return len(value) < _KEY or value.lower() in _WORDS or value.lower() in words


class _Long(NamedTuple):
    """What is kept of a long secret: how long it is, what it adds up to, and its name."""

    length: int
    digest: bytes
    name: str


class Needles:
    """The writings of every secret that was added."""

    def __init__(self) -> None:
        self.words: set[str] = set()
        """Further words, in lower case, that are common in what is written."""
        self._needles: dict[str, dict[int, dict[str, tuple[str, bool]]]] = {}
        self._long: dict[str, list[_Long]] = {}
        self._words: list[tuple[re.Pattern[str], str, str]] = []

    def shortest(self, value: str) -> int:
        """Give the least number of characters that a writing of a secret has; 0 where it is found by what stands around it.

        Base64 of so many characters has more, even without those at its ends that depend on what is around.
        """
        return 0 if is_common(value, self.words) else min(len(value), _LONG)

    def add(self, value: str, name: str) -> None:
        """Take in a secret in all its writings."""
        if is_common(value, self.words):
            self._words.append((_word(value), name, value))
            return
        # A header is read as Latin-1, whatever was meant.
        for reading in dict.fromkeys((value, bytes_of(value).decode("latin-1"))):
            beginning = reading[:_LONG]
            if len(reading) > _LONG:
                self._long.setdefault(beginning, []).append(_Long(len(reading), _digest(reading), name))
            self._index(beginning, name, coded=False)
        head = value[:_LONG]
        raw = bytes_of(head)
        # RFC 6749 section 2.3.1 has clients percent-encode before they base64-encode; a JWT holds JSON.
        for form in {raw, quote(raw, safe="").encode(), quote_plus(raw).encode(), json.dumps(head)[1:-1].encode()}:
            for core in _cores(form):
                self.add_coded(core, name)

    def add_coded(self, run: str, name: str) -> None:
        """Take in what stands inside a run of base64, which then goes as a whole."""
        self._index(run, name, coded=True)
        self._index(run.translate(_URLSAFE), name, coded=True)

    def _index(self, needle: str, name: str, *, coded: bool) -> None:
        if len(needle) >= _KEY:
            of_length = self._needles.setdefault(needle[:_KEY], {}).setdefault(len(needle), {})
            of_length.setdefault(needle, (name, coded))

    def finds(self, text: str) -> Iterator[Find]:
        """Give where the secrets stand in a text, in no particular order."""
        known = self._needles
        runs = _Runs(text)
        over: dict[str, int] = {}
        for index in [i for i in range(len(text) - _KEY + 1) if text[i : i + _KEY] in known]:
            for length, needles in known[text[index : index + _KEY]].items():
                needle = text[index : index + length]
                entry = needles.get(needle)
                if entry is None:
                    continue
                name, coded = entry
                if coded:
                    start, end = runs.around(index, index + length)
                    yield Find(start, end, name)
                elif length < _TELLING and needle.isdigit() and _in_number(text, index, index + length):
                    continue
                elif needle not in self._long:
                    yield Find(index, index + length, name, plain=True)
                elif over.get(needle, 0) <= index:
                    found = self._whole(text, index, needle, name)
                    over[needle] = found.end
                    yield found
        for pattern, name, value in self._words:
            if text == value:
                yield Find(0, len(text), name)
            for match in pattern.finditer(text):
                start, end = match.span("it")
                yield Find(*(match.span() if start < 0 else (start, end)), name)

    def _whole(self, text: str, index: int, beginning: str, name: str) -> Find:
        for secret in self._long[beginning]:
            there = text[index : index + secret.length]
            if len(there) == secret.length and _digest(there) == secret.digest:
                return Find(index, index + secret.length, secret.name, plain=True)
        # It begins as a secret does and goes on otherwise, or not at all: what was cut off is as good as the whole.
        rest = _REST.match(text, index + _LONG)
        return Find(index, rest.end() if rest else index + _LONG, name, plain=True)


def _in_number(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start].isdigit() or text[end : end + 1].isdigit()


class _Runs:
    """The runs of base64 characters in a text, looked for when they are first asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans: list[tuple[int, int]] | None = None

    def around(self, start: int, end: int) -> tuple[int, int]:
        if self._spans is None:
            self._spans = [match.span() for match in _RUN.finditer(self._text)]
        at = bisect_right(self._spans, (start, len(self._text))) - 1
        first, last = self._spans[at]
        return min(start, first), max(end, last)


def strangers(text: str) -> Iterator[Find]:
    """Give what is secret whoever it belongs to: JWTs, and pairs of Basic credentials (their value is the run of base64)."""
    # Most texts have nothing that a JWT begins with, or no dots.
    for match in _DOTTED.finditer(text) if "ey" in text and text.count(".") >= 2 else ():
        if match.group().count(".") >= 2:
            yield from _jwts(match.group(), match.start())
    for match in _BASIC.finditer(text):
        if ":" in pair_of(match.group(1)):
            yield Find(match.start(1), match.end(1), "", "credentials", match.group(1))


def _jwts(run: str, offset: int) -> Iterator[Find]:
    at, parts = 0, run.split(".")
    skip = 0
    for number, part in enumerate(parts[:-2]):
        head = _JWT_HEAD.search(part) if number >= skip else None
        if head is not None and len(parts[number + 1]) >= 2:
            start = at + head.start()
            end = at + len(part) + 1 + len(parts[number + 1]) + 1 + len(parts[number + 2])
            yield Find(offset + start, offset + end, "", "jwt", run[start:end])
            # What stands where a signature does begins no other token.
            skip = number + 3
        at += len(part) + 1


def bytes_of(value: str) -> bytes:
    """Give a text as bytes, halves of characters included."""
    return value.encode(errors="surrogatepass")


def _digest(value: str) -> bytes:
    return hashlib.sha256(bytes_of(value)).digest()


def _cores(form: bytes) -> Iterator[str]:
    """Give what the base64 of any text around `form` holds: one run of characters for each offset of three."""
    for shift, foreign in ((0, 0), (1, 2), (2, 3)):
        core = base64.b64encode(bytes(shift) + form).decode()[foreign : (shift + len(form)) * 8 // 6]
        if len(core) >= _KEY:
            yield core


def _word(value: str) -> re.Pattern[str]:
    coded = base64.b64encode(bytes_of(value)).decode()
    forms = sorted({coded, coded.rstrip("="), coded.translate(_URLSAFE)}, key=len, reverse=True)
    # One or two characters are no more telling in base64 than as they stand.
    alone = f"|(?<!\\w)(?:{'|'.join(map(re.escape, forms))})(?!\\w)" if len(value) > 2 else ""
    return re.compile(f"(?i:{_CALLED})(?P<it>{re.escape(value)})(?!\\w){alone}")


def pair_of(run: str) -> str:
    """Give user, colon and password of Basic credentials; empty for what is none."""
    body = run.rstrip("=").translate(_STANDARD)
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return ""
    try:
        pair = raw.decode()
    except UnicodeDecodeError:
        pair = raw.decode("latin-1")
    # Prose goes on after the word, too; what it decodes to can hardly be printed.
    return pair if pair.isprintable() else ""

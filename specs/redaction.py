"""Keeping secrets out of text: every known secret, in whatever way it is written, gives way to its pseudonym.

Laws:
1. A secret is looked for as it stands, behind percent, JSON, Python and HTML escapes, three of them deep, and inside
   base64 at any offset.
2. One value has one pseudonym, so that rotation and reuse stay visible: `access_token#3`.
3. What is masked stays as it is when masked again.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote, quote_plus

from watchword.specs.escapes import views
from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["Masker", "is_secret"]

_KEY = 4
"""Values of this length and longer are looked for inside other text; shorter ones only as whole words."""

_BASE64 = "A-Za-z0-9+/_-"
_RUN_END = re.compile(f"[{_BASE64}]*(?:={{1,2}}(?!=))?")
_IN_RUN = re.compile(f"[{_BASE64}]")
# The base64 of `{"` is eyJ, that of `{ "` begins with eyA.
_JWT = re.compile(r"ey[JA][A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*")
_BASIC = re.compile(f"basic[ :=\"']+([{_BASE64}]+={{0,2}})", re.IGNORECASE)
_URLSAFE = str.maketrans("+/", "-_")
_STANDARD = str.maketrans("-_", "+/")


def is_secret(role: str) -> bool:
    """Tell whether the values of a role, or of its `other_` twin, are secrets."""
    return role.removeprefix("other_") in SECRET_ROLES


class _Find(NamedTuple):
    """Where something stands that has to go. One without a `name` is a stranger, of some `kind`."""

    start: int
    end: int
    name: str = ""
    kind: str = ""
    value: str = ""
    plain: bool = False


class Masker:
    """What is known to be secret, and the names that stand for it. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._variables: dict[str, str] = {}
        # A needle is found by its first characters, then by its length, so that ten thousand tokens that all begin
        # alike cost no more than one. A pattern of that many alternatives would be compiled anew for every token.
        self._needles: dict[str, dict[int, dict[str, tuple[str, bool]]]] = {}
        self._words: list[tuple[re.Pattern[str], str]] = []
        self._spaced = False
        self._pseudonyms = self._pattern()

    def learn(self, role: str, value: str) -> str:
        """Take a value as secret and give its pseudonym: the one it has already, or the role's next."""
        with self._lock:
            known = self._names.get(value)
            if known is not None:
                return known
            if role not in self._counts:
                self._counts[role] = 0
                self._pseudonyms = self._pattern()
            self._counts[role] += 1
            name = self._names[value] = f"{role}#{self._counts[role]}"
            self._spaced = self._spaced or " " in value
            if len(value) >= _KEY:
                self._index(value, name)
            elif value:
                self._words.append((_word(value), name))
            return name

    def learn_pair(self, user: str, password: str, role: str = "password") -> str:
        """Take a user and password that travel as Basic credentials as secret; give the password's pseudonym."""
        with self._lock:
            name = self.learn(role, password)
            if password:
                coded = base64.b64encode(_bytes(f"{user}:{password}")).decode().rstrip("=")
                self._add(coded, name, coded=True)
                self._add(coded.translate(_URLSAFE), name, coded=True)
            return name

    def configure(self, credentials: Mapping[str, str]) -> None:
        """Take configured credentials by role: the secret ones are masked, all get a variable of that name."""
        for role, value in credentials.items():
            self._variables.setdefault(value, f"WATCHWORD_{role.upper()}")
            if is_secret(role):
                self.learn(role, value)

    def known(self, value: str) -> str | None:
        """Give the pseudonym of a value, or None when it was never learned."""
        return self._names.get(value)

    def variable(self, role: str, value: str) -> str:
        """Give the environment variable that stands for a value in a command line: `ACCESS_TOKEN_3`."""
        return self._variables.get(value) or re.sub(r"\W", "_", self.learn(role, value)).upper()

    def mask(self, text: str) -> str:
        """Give the text with every known secret, every JWT and every pair of Basic credentials replaced."""
        # A replacement may meet its surroundings in a way that is a secret again. Each round swallows text that was no
        # pseudonym, so this ends.
        while (masked := self._once(text)) != text:
            text = masked
        return text

    def _pattern(self) -> re.Pattern[str]:
        roles = sorted({*self._counts, "jwt", "credentials"}, key=len, reverse=True)
        return re.compile(f"(?:{'|'.join(map(re.escape, roles))})#[0-9]+")

    def _index(self, value: str, name: str) -> None:
        raw = _bytes(value)
        self._add(value, name, coded=False)
        # A header is read as Latin-1, whatever was meant.
        self._add(raw.decode("latin-1"), name, coded=False)
        # RFC 6749 section 2.3.1 has clients percent-encode before they base64-encode; a JWT holds JSON.
        for form in {raw, quote(raw, safe="").encode(), quote_plus(raw).encode(), json.dumps(value)[1:-1].encode()}:
            for core in _cores(form):
                self._add(core, name, coded=True)
                self._add(core.translate(_URLSAFE), name, coded=True)

    def _add(self, needle: str, name: str, *, coded: bool) -> None:
        if len(needle) >= _KEY:
            of_length = self._needles.setdefault(needle[:_KEY], {}).setdefault(len(needle), {})
            of_length.setdefault(needle, (name, coded))

    def _once(self, text: str) -> str:
        finds: list[_Find] = []
        with self._lock:
            for view in views(text, spaced=self._spaced):
                finds.extend(
                    find._replace(start=view.place(find.start), end=view.place(find.end))
                    for find in self._finds(view.text)
                )
            if not finds:
                return text
            return self._replaced(text, finds)

    def _finds(self, text: str) -> Iterator[_Find]:
        known = self._needles
        for index in [i for i in range(len(text) - _KEY + 1) if text[i : i + _KEY] in known]:
            for length, needles in known[text[index : index + _KEY]].items():
                entry = needles.get(text[index : index + length])
                if entry is not None:
                    name, coded = entry
                    start, end = _run(text, index, index + length) if coded else (index, index + length)
                    yield _Find(start, end, name, plain=not coded)
        for pattern, name in self._words:
            for match in pattern.finditer(text):
                yield _Find(match.start(), match.end(), name)
        for match in _JWT.finditer(text):
            yield _Find(match.start(), match.end(), "", "jwt", match.group())
        for match in _BASIC.finditer(text):
            user, colon, password = _pair(match.group(1))
            if colon:
                name = self._names.get(password) or self._names.get(user) or ""
                yield _Find(match.start(1), match.end(1), name, "credentials", match.group(1))

    def _replaced(self, text: str, finds: list[_Find]) -> str:
        kept = [(match.start(), match.end()) for match in self._pseudonyms.finditer(text)]
        wanted = [find for find in finds if not any(a <= find.start and find.end <= b for a, b in kept)]
        parts: list[str] = []
        done = 0
        for start, end, best in _clusters(wanted, kept):
            if best is not None:
                parts += text[done:start], best.name or self.learn(best.kind, best.value)
                done = end
        return "".join((*parts, text[done:]))


def _clusters(finds: list[_Find], kept: list[tuple[int, int]]) -> Iterator[tuple[int, int, _Find | None]]:
    """Join what overlaps, and give with each stretch the find that names it."""
    everything = [(find.start, find.end, find) for find in finds] + [(a, b, None) for a, b in kept]
    start = end = 0
    best: _Find | None = None
    for a, b, find in sorted(everything, key=lambda entry: entry[:2]):
        if a >= end:
            if end:
                yield start, end, best
            start, end, best = a, b, None
        end = max(end, b)
        if find is not None and (best is None or _weight(find) > _weight(best)):
            best = find
    if end:
        yield start, end, best


def _weight(find: _Find) -> tuple[bool, int, bool]:
    # What is known, as a whole, says more than that something looks like a JWT; a part inside base64 says less.
    return find.plain, find.end - find.start, bool(find.name)


def _bytes(value: str) -> bytes:
    return value.encode(errors="surrogatepass")


def _cores(form: bytes) -> Iterator[str]:
    """Give what the base64 of any text around `form` holds: one run of characters for each offset of three."""
    for shift, foreign in ((0, 0), (1, 2), (2, 3)):
        core = base64.b64encode(bytes(shift) + form).decode()[foreign : (shift + len(form)) * 8 // 6]
        if len(core) >= _KEY:
            yield core


def _word(value: str) -> re.Pattern[str]:
    coded = base64.b64encode(_bytes(value)).decode()
    forms = sorted({value, coded, coded.rstrip("="), coded.translate(_URLSAFE)}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, forms))})(?!\w)")


def _pair(run: str) -> tuple[str, str, str]:
    body = run.rstrip("=").translate(_STANDARD)
    try:
        raw = base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return "", "", ""
    try:
        pair = raw.decode()
    except UnicodeDecodeError:
        pair = raw.decode("latin-1")
    # Prose goes on after the word, too; what it decodes to can hardly be printed.
    return pair.partition(":") if pair.isprintable() else ("", "", "")


def _run(text: str, start: int, end: int) -> tuple[int, int]:
    while start and _IN_RUN.match(text, start - 1):
        start -= 1
    match = _RUN_END.match(text, end)
    return start, match.end() if match else end

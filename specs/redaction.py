"""Keeping secrets out of text: every known secret, in whatever way it is written, gives way to its pseudonym.

Laws:
1. A secret is looked for as it stands, behind percent, JSON, Python and HTML escapes, three of them deep, and inside
   base64 at any offset.
2. One value has one pseudonym, so that rotation and reuse stay visible: `access_token#3`.
3. What is masked stays as it is when masked again.
4. A text is masked before it is cut: what stands at the cut is whole when it is looked at.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from watchword.specs.escapes import views
from watchword.specs.needles import Find, Needles, bytes_of, is_common, pair_of, strangers
from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["Masker", "is_secret"]

_LONG = 256
"""Longer values are remembered by what they add up to."""
_STRANGERS = 1000
"""Strangers that are looked for in every writing; those after them are found only where they show what they are."""
_REPEATED = 200_000
"""Characters of texts whose masks are kept: a run writes the same headers over and over, and a token in several ways."""
_BRIEF = 32
"""Texts of fewer characters, such as the names of headers, have no room for most tokens: what a text reads behind its escapes
is no longer than itself. Their masks are kept when something longer is learned."""
_ROUNDS = 8
"""Replacements after replacements; what is not still by then is taken out as a whole."""


def is_secret(role: str) -> bool:
    """Tell whether the values of a role, or of its `other_` twin, are secrets."""
    return role.removeprefix("other_") in SECRET_ROLES


class Masker:
    """What is known to be secret, and the names that stand for it. Safe to use from several threads.

    With `remembers`, it forgets: of what was learned, so many of the newest values are kept at least, and twice as many at
    most, apart from those that are to last.
    """

    def __init__(self, remembers: int | None = None) -> None:
        self._lock = threading.RLock()
        self._names: dict[str, str] = {}
        self._counts: dict[str, int] = {}
        self._variables: dict[str, str] = {}
        self._needles = Needles()
        self._masked: dict[str, str] = {}
        self._room = _REPEATED
        self._brief: set[str] = set()
        """Brief texts in which there is nothing to mask."""
        self._brief_room = _REPEATED
        self._strangers = 0
        self._spaced = False
        self._pseudonyms: re.Pattern[str] | None = None
        self._remembers = remembers
        self._lasting: list[tuple[str, str]] = []
        self._recent: list[tuple[str, str]] = []
        self.told: Callable[[str, str, bool], None] | None = None
        """Hears of each value that is learned: its role, the value, whether it is to last."""

    def learn(self, role: str, value: str, *, lasting: bool = False) -> str:
        """Take a value as secret and give its pseudonym: the one it has already, or the role's next.

        One that is `lasting` is never forgotten.
        """
        with self._lock:
            known = self.known(value)
            if known is not None:
                return known
            if role not in self._counts:
                self._counts[role] = 0
                self._pseudonyms = None
            self._counts[role] += 1
            name = self._names[_key(value)] = f"{role}#{self._counts[role]}"
            spaced, self._spaced = self._spaced, self._spaced or " " in value
            if value:
                self._needles.add(value, name)
            if self._remembers is not None:
                (self._lasting if lasting else self._recent).append((value, name))
                if len(self._recent) > 2 * self._remembers:
                    self._forget(self._remembers)
            self._lay_aside(self._needles.shortest(value) if spaced == self._spaced else 0)
            if self.told is not None:
                self.told(role, value, lasting)
            return name

    def kept(self) -> tuple[Any, ...]:
        """Give what another process needs to use the same pseudonyms, if this one forgets."""
        with self._lock:
            return dict(self._counts), list(self._lasting), list(self._recent), self._strangers

    def keep(self, kept: tuple[Any, ...]) -> None:
        """Use the pseudonyms of another process."""
        with self._lock:
            self._counts, self._lasting, self._recent, self._strangers = kept
            self._spaced = any(" " in value for value, _ in (*self._lasting, *self._recent))
            self._pseudonyms = self._pattern()
            self._forget(len(self._recent))
            self._lay_aside()

    def _forget(self, kept: int) -> None:
        words = self._needles.words
        self._recent = self._recent[-kept:] if kept else []
        self._names.clear()
        self._needles = Needles()
        self._needles.words = words
        for value, name in (*self._lasting, *self._recent):
            self._names[_key(value)] = name
            if value:
                self._needles.add(value, name)

    def learn_pair(self, user: str, password: str, role: str = "password") -> str:
        """Take a user and password that travel as Basic credentials as secret; give the password's pseudonym."""
        with self._lock:
            name = self.learn(role, password)
            if password:
                coded = base64.b64encode(bytes_of(f"{user}:{password}")).decode().rstrip("=")
                self._needles.add_coded(coded, name)
                self._lay_aside(len(coded))
            return name

    def configure(self, credentials: Mapping[str, str]) -> None:
        """Take configured credentials by role: the secret ones are masked, all get a variable of that name."""
        for role, value in credentials.items():
            self._variables.setdefault(value, f"WATCHWORD_{role.upper()}")
            if is_secret(role):
                self.learn(role, value, lasting=True)

    def expect(self, words: Iterable[str]) -> None:
        """Take words as common: what is secret and one of them, too, goes only where it is the value of a secret."""
        with self._lock:
            self._needles.words.update(word.lower() for word in words)
            self._lay_aside()

    def is_common(self, value: str) -> bool:
        """Tell whether a value would be too short or too common to be looked for wherever it may stand."""
        return is_common(value, self._needles.words)

    def known(self, value: str) -> str | None:
        """Give the pseudonym of a value, or None when it was never learned."""
        return self._names.get(_key(value))

    def variable(self, role: str, value: str) -> str:
        """Give the environment variable that stands for a value in a command line: `ACCESS_TOKEN_3`."""
        return self._variables.get(value) or re.sub(r"\W", "_", self.learn(role, value)).upper()

    def mask(self, text: str) -> str:
        """Give the text with every known secret, every JWT and every pair of Basic credentials replaced."""
        # Whoever learns something lays the table aside when it is known, so that no mask from before comes into the next one.
        brief, table = self._brief, self._masked
        if text in brief:
            return text
        masked = table.get(text)
        if masked is None:
            masked = self._whole(text)
            if masked == text and len(text) < _BRIEF:
                if len(text) < self._brief_room:
                    self._brief_room -= len(text)
                    brief.add(text)
            elif len(text) < self._room:
                self._room -= len(text)
                table[text] = table[masked] = masked
        return masked

    def _lay_aside(self, shortest: int = 0) -> None:
        """Let go of the masks that something new may change: it is at least so many characters long, however it is written."""
        self._masked, self._room = {}, _REPEATED
        if shortest < _BRIEF:
            self._brief, self._brief_room = set(), _REPEATED

    def _whole(self, text: str) -> str:
        # A replacement may meet its surroundings in a way that is a secret again. A server that wants to can make that happen
        # over and over.
        for _ in range(_ROUNDS):
            masked = self._once(text)
            if masked == text:
                return text
            text = masked
        return "(all of it masked)"

    def _pattern(self) -> re.Pattern[str]:
        """Give the pattern of the pseudonyms; it is made when a text first needs it, and most roles come before that."""
        found = self._pseudonyms
        if found is None:
            roles = sorted({*self._counts, "jwt", "credentials"}, key=len, reverse=True)
            found = self._pseudonyms = re.compile(f"(?:{'|'.join(map(re.escape, roles))})#[0-9]+")
        return found

    def _once(self, text: str) -> str:
        finds: list[Find] = []
        with self._lock:
            for view in views(text, spaced=self._spaced):
                finds.extend(
                    find._replace(start=view.place(find.start), end=view.place(find.end))
                    for find in (*self._needles.finds(view.text), *map(self._named, strangers(view.text)))
                )
            if not finds:
                return text
            return self._replaced(text, finds)

    def _named(self, find: Find) -> Find:
        if find.kind != "credentials":
            return find
        user, _, password = pair_of(find.value).partition(":")
        return find._replace(name=self.known(password) or self.known(user) or "")

    def _stranger(self, kind: str, value: str) -> str:
        """Give the pseudonym of what is secret although nobody has learned it."""
        known = self.known(value)
        if known is None and self._strangers >= _STRANGERS:
            return f"{kind}#0"
        self._strangers += known is None
        return self.learn(kind, value)

    def _replaced(self, text: str, finds: list[Find]) -> str:
        kept = [match.span() for match in self._pattern().finditer(text)] if "#" in text else []
        starts = [start for start, _ in kept]
        wanted = [find for find in finds if not _inside(find, kept, starts)]
        parts: list[str] = []
        done = 0
        for start, end, best in _clusters(wanted, kept):
            if best is not None:
                parts += text[done:start], best.name or self._stranger(best.kind, best.value)
                done = end
        return "".join((*parts, text[done:]))


def _key(value: str) -> str:
    return value if len(value) <= _LONG else "sha256 " + hashlib.sha256(bytes_of(value)).hexdigest()


def _inside(find: Find, kept: list[tuple[int, int]], starts: list[int]) -> bool:
    at = bisect_right(starts, find.start) - 1
    return at >= 0 and find.end <= kept[at][1]


def _clusters(finds: list[Find], kept: list[tuple[int, int]]) -> Iterator[tuple[int, int, Find | None]]:
    """Join what overlaps, and give with each stretch the find that names it."""
    everything: list[tuple[int, int, Find | None]] = [(find.start, find.end, find) for find in finds]
    everything += [(a, b, None) for a, b in kept]
    start = end = 0
    best: Find | None = None
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


def _weight(find: Find) -> tuple[bool, int, bool]:
    # What is known, as a whole, says more than that something looks like a JWT; a part inside base64 says less.
    return find.plain, find.end - find.start, bool(find.name)

"""A text as it reads behind its escapes, with the place in the original where each character came from."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

__all__ = ["View", "views"]

_DEPTH = 3


@dataclass(frozen=True, slots=True)
class View:
    """A decoded text. `places` holds, for each character and for the end, where it begins in the original."""

    text: str
    places: list[int] | None = field(default=None, repr=False)

    def place(self, index: int) -> int:
        """Give the place in the original at which the character at `index` begins."""
        return index if self.places is None else self.places[index]


def views(text: str, *, spaced: bool = False) -> Iterator[View]:
    """Give the text as it stands, then as it reads behind up to three layers of escapes.

    `spaced` includes the reading of forms, in which a plus sign is a space.
    """
    layer = [View(text)]
    seen = {text}
    yield layer[0]
    for _ in range(_DEPTH):
        deeper = []
        for view in layer:
            for decode in _decoders(view.text, spaced):
                decoded = decode(view)
                if decoded.text not in seen:
                    seen.add(decoded.text)
                    deeper.append(decoded)
                    yield decoded
        layer = deeper


def _decoders(text: str, spaced: bool) -> Iterator[Callable[[View], View]]:
    if "%" in text:
        yield lambda view: _decoded(view, _PERCENT, _from_percent)
    if spaced and "+" in text:
        yield lambda view: _decoded(view, _FORM, _from_percent)
    if "\\" in text:
        yield lambda view: _decoded(view, _BACKSLASH, _from_backslash)
    if "\0" in text:
        # What was written two or four bytes a character and is read one by one.
        yield lambda view: _decoded(view, _NUL, _from_nothing)
    if "&" in text:
        yield lambda view: _decoded(view, _ENTITY, _from_entity)


_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_FORM = re.compile(r"(?:%[0-9A-Fa-f]{2})+|\+")
_BACKSLASH = re.compile(
    r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}"
    r"|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\U00[01][0-9A-Fa-f]{5}|\\[\\/'\"bfnrt]"
)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_NUL = re.compile("\0+")
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}

Piece = tuple[str, int]
"""A decoded character and how many characters of the source it takes."""


def _decoded(view: View, pattern: re.Pattern[str], pieces: Callable[[str], list[Piece]]) -> View:
    parts: list[str] = []
    sources: list[int] = []
    done = 0
    for match in pattern.finditer(view.text):
        parts.append(view.text[done : match.start()])
        sources.extend(range(done, match.start()))
        at = match.start()
        for piece, width in pieces(match.group()):
            parts.append(piece)
            sources.extend([at] * len(piece))
            at += width
        done = match.end()
    parts.append(view.text[done:])
    sources.extend(range(done, len(view.text) + 1))
    places = sources if view.places is None else [view.places[index] for index in sources]
    return View("".join(parts), places)


def _from_percent(source: str) -> list[Piece]:
    if source == "+":
        return [(" ", 1)]
    raw = bytes.fromhex(source.replace("%", ""))
    try:
        return [(character, 3 * len(character.encode())) for character in raw.decode()]
    except UnicodeDecodeError:
        return [(chr(byte), 3) for byte in raw]


def _from_backslash(source: str) -> list[Piece]:
    kind = source[1]
    if kind == "u" and len(source) == 12:
        pair = bytes.fromhex(source[2:6] + source[8:12])
        return [(pair.decode("utf-16-be"), 12)]
    if kind in "uxU":
        point = int(source[2:], 16)  # noqa: FURB166 - `u` is no prefix that int() knows
        return [(chr(point), len(source))] if point <= 0x10FFFF else [(source, len(source))]
    return [(_LETTERS.get(kind, kind), 2)]


def _from_entity(source: str) -> list[Piece]:
    return [(html.unescape(source), len(source))]


def _from_nothing(source: str) -> list[Piece]:
    return []

"""Which issued token a presented text was made of: found by what it still has of it, not by going through all there are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Reversible
from itertools import islice, takewhile
from typing import Protocol

from watchword.mockserver.state.tokens import unpack

__all__ = ["Alike"]

_NEAR = 2000
"""Of so many of the newest tokens it is still told that a presented one was made of them."""
_CHANGED = 2
"""How many characters of a token may be others; one part more than that stays whole in any case."""
_END = 42
"""So many characters at its end no token shares with another: what is before them may be a JWT's header and claims."""


class _Issued(Collection[str], Reversible[str], Protocol):
    """Issued tokens, the oldest first."""


class Alike:
    """Remembers by their parts the newest tokens of one kind. Each is taken apart once, when somebody presents an unknown one."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, str], str] = {}
        self._taken: set[str] = set()

    def finds(self, value: str, issued: _Issued) -> bool:
        """Tell whether an unknown text is one of the newest `issued` with another signature, or with up to two other characters."""
        self._take(issued)
        jwt = unpack(value)
        if jwt is not None:
            return self._known.get((0, 0, jwt.signed)) in issued
        found = {self._known.get(part) for part in _parts(value)} - {None}
        return any(text in issued and _differs_little(text, value) for text in found if text is not None)

    def _take(self, issued: _Issued) -> None:
        if len(self._taken) > 2 * _NEAR:
            self._known, self._taken = {}, set()
        # Behind one that was taken there are only such as were, too.
        new = [*takewhile(lambda text: text not in self._taken, islice(reversed(issued), _NEAR))]
        self._taken.update(new)
        # Where two share a part, it is the newer one's.
        for text in reversed(new):
            self._known |= dict.fromkeys(_parts(text), text)
            signed, dot, _ = text.rpartition(".")
            if dot:
                self._known[(0, 0, signed)] = text


def _parts(text: str) -> Iterator[tuple[int, int, str]]:
    """Cut the end of a text into one part more than may be changed; each with the text's length and its place."""
    end = text[-_END:]
    size = -(-len(end) // (_CHANGED + 1))
    return ((len(text), at, end[at : at + size]) for at in range(0, len(end), size or 1))


def _differs_little(left: str, right: str) -> bool:
    return sum(a != b for a, b in zip(left, right, strict=True)) <= _CHANGED

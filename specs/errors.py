"""What can be wrong with our data, as values; text is made only when somebody prints one.

SpecError                 a data file says something it cannot say
└── UnknownDialect        no folder of that name, or the folder is not a dialect
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Gathering", "SpecError", "UnknownDialect", "nearest"]


class SpecError(Exception):
    """A data file is wrong: where it is wrong, what was expected and seen, and how to mend it.

    `about` names the operation that it concerns (empty: none), and `others` are what is wrong besides.
    """

    def __init__(self, file: Path | str, line: int | None, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.file = Path(file)
        self.line = line
        self.problem = problem
        self.hint = hint
        self.about = ""
        self.others: tuple[SpecError, ...] = ()

    @property
    def every(self) -> tuple[SpecError, ...]:
        """This error and the others."""
        return (self, *self.others)

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.problem}" + (f"\n\nhint: {self.hint}" if self.hint else "")


class UnknownDialect(SpecError):
    """There is no dialect of that name."""


class Gathering:
    """Lets reading go on behind a mistake, so that all of them are told at once; each is told once."""

    def __init__(self) -> None:
        self.found: list[SpecError] = []
        self._told: set[tuple[Path, int | None, str, str]] = set()

    @contextmanager
    def part(self, about: str = "") -> Iterator[None]:
        """Take down what is wrong with one part of a file, which concerns the operation `about`."""
        try:
            yield
        except SpecError as trouble:
            for one in trouble.every:
                one.about = one.about or about
                key = (one.file, one.line, one.problem, one.hint)
                if key not in self._told:
                    self._told.add(key)
                    self.found.append(one)

    def end(self) -> None:
        """End the reading.

        Raises:
            SpecError: something was wrong; the first such error, which has the others.
        """
        if self.found:
            first, *rest = self.found
            first.others = tuple(rest)
            for one in rest:
                one.others = ()
            raise first


def nearest(word: str, valid: Iterable[str], otherwise: str = "") -> str:
    """Say which of the valid names was probably meant; with none near, say something else, or list them all."""
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    if otherwise:
        return otherwise
    return "valid names: " + ", ".join(names) if names else "there are no valid names here"

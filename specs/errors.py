"""What can be wrong with our data, as values; text is made only when somebody prints one.

SpecError                 a data file says something it cannot say
└── UnknownDialect        no folder of that name, or the folder is not a dialect
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

__all__ = ["SpecError", "UnknownDialect", "nearest"]


class SpecError(Exception):
    """A data file is wrong: where it is wrong, what was expected and seen, and how to mend it."""

    def __init__(self, file: Path | str, line: int | None, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.file = Path(file)
        self.line = line
        self.problem = problem
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.problem}" + (f"\n\nhint: {self.hint}" if self.hint else "")


class UnknownDialect(SpecError):
    """There is no dialect of that name."""


def nearest(word: str, valid: Iterable[str]) -> str:
    """Say which of the valid names was probably meant; with none near, list them all."""
    names = sorted(valid)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return "valid names: " + ", ".join(names) if names else "there are no valid names here"

"""Looking for garbage in memory: seldom or not at all, where nearly all that is made stays to the end."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

__all__ = ["Seldom", "unlooked"]

_SELDOM = (50_000, 20, 50)
"""So many objects more, so many times as many, and again: see `gc.set_threshold`. What a run leaves behind all the same is found."""


@contextlib.contextmanager
def unlooked() -> Iterator[None]:
    """Look for no garbage meanwhile, and afterwards as before."""
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking:
            gc.enable()


class Seldom:
    """Has Python look for garbage seldom, from `begin` to `end`, and not among what is there at `keep`.

    Where somebody else has said how to look for it, nothing changes.
    """

    def __init__(self) -> None:
        self._usual: tuple[int, int, int] | None = None
        self._kept = False

    def begin(self) -> None:
        """Look seldom."""
        usual = gc.get_threshold()
        if gc.isenabled() and 0 < usual[0] < _SELDOM[0]:
            self._usual = usual
            gc.set_threshold(*_SELDOM)

    def keep(self) -> None:
        """Take all that is there for what stays: what was imported, read and collected for the run."""
        if self._usual is not None and not gc.get_freeze_count():
            self._kept = True
            gc.freeze()

    def end(self) -> None:
        """Look as before."""
        if self._kept:
            gc.unfreeze()
        if self._usual is not None and gc.get_threshold() == _SELDOM:
            gc.set_threshold(*self._usual)
        self._usual, self._kept = None, False

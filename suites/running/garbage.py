"""Looking for garbage in memory: seldom while a run lasts, because nearly all that a run makes stays to its end."""

from __future__ import annotations

import gc

__all__ = ["Seldom"]

_SELDOM = (50_000, 20, 50)
"""So many objects more, so many times as many, and again: see `gc.set_threshold`. What a run leaves behind all the same is found."""


class Seldom:
    """Has Python look for garbage seldom, from `begin` to `end`; what somebody else has said meanwhile stays."""

    def __init__(self) -> None:
        self._usual: tuple[int, int, int] | None = None

    def begin(self) -> None:
        """Look seldom; where garbage is looked for even less, or not at all, nothing changes."""
        usual = gc.get_threshold()
        if 0 < usual[0] < _SELDOM[0]:
            self._usual = usual
            gc.set_threshold(*_SELDOM)

    def end(self) -> None:
        """Look as often as before."""
        if self._usual is not None and gc.get_threshold() == _SELDOM:
            gc.set_threshold(*self._usual)
        self._usual = None

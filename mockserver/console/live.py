"""The journal as it is written: server-sent events, as the HTML standard has them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping

from watchword.mockserver.console.journal import Entry, Journal
from watchword.mockserver.http.delivery import Stream

__all__ = ["Live"]

_HEADERS = (("Content-Type", "text/event-stream; charset=utf-8"), ("Cache-Control", "no-store"))

_Take = Callable[[bytes], None]


class Live:
    """Tells whoever listens of each entry. `turn` is held while entries are written; `learn` is told before they are shown."""

    def __init__(self, journal: Journal, turn: threading.RLock, learn: Callable[[], None]) -> None:
        self._journal = journal
        self._turn = turn
        self._learn = learn
        self._listening: dict[_Take, Mapping[str, str]] = {}

    @property
    def is_followed(self) -> bool:
        """Whether somebody listens."""
        return bool(self._listening)

    def tell(self, entry: Entry) -> None:
        """Tell of an entry that was just written."""
        if not self._listening:
            return
        self._learn()
        for take, only in tuple(self._listening.items()):
            if self._journal.fits(entry, only):
                take(self._event(entry))

    def follow(self, only: Mapping[str, str], last: int | None) -> Stream:
        """Give the entries that are limited by `only`, see `Journal.picked`: those after the id `last`, or those to come."""
        since = self._journal.upcoming - 1 if last is None else last
        body = self._since(since, only)
        told = self._journal.upcoming - 1

        def begin(take: _Take) -> Callable[[], None]:
            with self._turn:
                # Others may have asked since.
                rest = self._since(told, only)
                if rest:
                    take(rest)
                self._listening[take] = only
            return lambda: self._end(take)

        return Stream(200, _HEADERS, b": the journal of a mock\n\n" + body, follow=begin)

    def _end(self, take: _Take) -> None:
        with self._turn:
            self._listening.pop(take, None)

    def _since(self, number: int, only: Mapping[str, str]) -> bytes:
        return b"".join(self._event(entry) for entry in self._journal.picked(None, {**only, "since": str(number)}))

    def _event(self, entry: Entry) -> bytes:
        text = json.dumps(self._journal.shown(entry), ensure_ascii=False)
        return f"id: {entry.id}\nevent: request\ndata: {text}\n\n".encode()

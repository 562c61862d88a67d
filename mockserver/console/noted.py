"""The pages about what was asked: the journal in its forms, and the verdicts that it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from watchword.mockserver.console.asked import BadRequest, read_query
from watchword.mockserver.console.journal import Journal
from watchword.mockserver.console.live import Live
from watchword.mockserver.console.problem import as_json
from watchword.specs.errors import SpecError
from watchword.specs.loader import Dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply, Request

__all__ = ["Noted"]

_NUMBER = re.compile("[0-9]{1,18}")

_Page = Callable[[Request, str], Reply]


class Noted:
    """The pages of one journal. `learn` takes note of the secrets that there are, before anything is shown."""

    def __init__(
        self, dialect: Dialect, journal: Journal, live: Live, masker: Masker, learn: Callable[[], None]
    ) -> None:
        self._dialect = dialect
        self._journal = journal
        self._live = live
        self._masker = masker
        self._learn = learn

    def pages(self) -> Mapping[str, Mapping[str, _Page]]:
        """Give the pages by name and method."""
        return {
            "journal": {"GET": self._read, "DELETE": self._clear},
            "journal/live": {"GET": self._follow},
            "journal.har": {"GET": self._har},
            "journal.sh": {"GET": self._curl},
            "verdict": {"GET": lambda request, origin: as_json(self.judged())},
        }

    def judged(self) -> dict[str, Any]:
        """Give the verdicts about the client; see `told`.

        Raises:
            BadRequest: the dialect's `client.yaml` is wrong.
        """
        from watchword.mockserver.console.verdict import told

        try:
            return told(self._dialect, self._journal)
        except SpecError as error:
            raise BadRequest(self._masker.mask(str(error)), 409) from None

    def _read(self, request: Request, origin: str) -> Reply:
        only = read_query(request, "/journal")
        last = int(only.pop("last")) if "last" in only else None
        details = only.pop("details", "false") == "true"
        self._learn()
        entries = self._journal.entries(last, only, details=details)
        return as_json({"dropped": self._journal.dropped, "entries": entries})

    def _clear(self, request: Request, origin: str) -> Reply:
        self._journal.clear()
        return Reply(204)

    def _follow(self, request: Request, origin: str) -> Reply:
        self._learn()
        only = read_query(request, "/journal/live")
        # A browser that lost the connection says how far it has come.
        seen = only.pop("since", None) or request.header("last-event-id") or ""
        return self._live.follow(only, int(seen) if _NUMBER.fullmatch(seen) else None)

    def _har(self, request: Request, origin: str) -> Reply:
        from watchword.mockserver.console.export import har

        self._learn()
        only = read_query(request, "/journal.har")
        return as_json(har(self._journal.entries(None, only, details=True), origin))

    def _curl(self, request: Request, origin: str) -> Reply:
        from watchword.mockserver.console.export import curl_lines

        self._learn()
        picked = self._journal.picked(None, read_query(request, "/journal.sh"))
        for entry in picked:
            self._journal.learn(entry)
        text = curl_lines(picked, origin, self._masker, self._journal.detail)
        return Reply(200, (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")), text.encode())

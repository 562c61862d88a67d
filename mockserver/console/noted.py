"""The pages about what was asked: the journal in its forms, and the verdicts that it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from watchword.mockserver.console.asked import BadRequest, read_query
from watchword.mockserver.console.journal import Journal
from watchword.mockserver.console.live import Live
from watchword.mockserver.console.problem import as_json
from watchword.specs.errors import SpecError, nearest
from watchword.specs.loader import Dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply, Request

__all__ = ["Noted"]

_NUMBER = re.compile("[0-9]{1,18}")

_Page = Callable[[Request, str], Reply]


class Noted:
    """The pages of one journal. `learn` takes note of the secrets that there are, before anything is shown.

    `operations` names the operations that there are now: those of the dialect, and those that the world adds.
    """

    def __init__(
        self,
        dialect: Dialect,
        journal: Journal,
        live: Live,
        masker: Masker,
        learn: Callable[[], None],
        operations: Callable[[], Collection[str]],
    ) -> None:
        self._dialect = dialect
        self._journal = journal
        self._live = live
        self._masker = masker
        self._learn = learn
        self._operations = operations

    def pages(self) -> Mapping[str, Mapping[str, _Page]]:
        """Give the pages by name and method."""
        return {
            "journal": {"GET": self._read, "DELETE": self._clear},
            "journal/live": {"GET": self._follow},
            "journal.har": {"GET": self._har},
            "journal.sh": {"GET": self._curl},
            "verdict": {"GET": self._verdict},
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

    def _verdict(self, request: Request, origin: str) -> Reply:
        read_query(request, "/verdict")
        return as_json(self.judged())

    def _only(self, request: Request, path: str) -> dict[str, str]:
        """Read which entries are meant; a name that nothing can have is a slip, and not a journal without entries."""
        only = read_query(request, path)
        name, condition = only.get("operation"), only.get("condition")
        known = self._operations()
        # What the world has lost since is still in the journal.
        if name is not None and name not in known and not self._journal.picked(only={"operation": name}):
            raise BadRequest(f"operation: expected the name of one that this API has; {nearest(name, known)}")
        if condition is not None and not self._journal.picked(only={"condition": condition}):
            from watchword.mockserver.explain.names import names

            if condition not in names():
                near = nearest(condition, names(), "`watchword vocabulary conditions` lists most")
                raise BadRequest(f"condition: expected a name that refusals go by; {near}")
        return only

    def _read(self, request: Request, origin: str) -> Reply:
        only = self._only(request, "/journal")
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
        only = self._only(request, "/journal/live")
        # A browser that lost the connection says how far it has come.
        seen = only.pop("since", None) or request.header("last-event-id") or ""
        return self._live.follow(only, int(seen) if _NUMBER.fullmatch(seen) else None)

    def _har(self, request: Request, origin: str) -> Reply:
        from watchword.mockserver.console.export import har

        self._learn()
        only = self._only(request, "/journal.har")
        return as_json(har(self._journal.entries(None, only, details=True), origin))

    def _curl(self, request: Request, origin: str) -> Reply:
        from watchword.mockserver.console.export import curl_lines

        self._learn()
        picked = self._journal.picked(None, self._only(request, "/journal.sh"))
        text = curl_lines(picked, origin, self._masker, self._journal.detail, self._journal.learn)
        return Reply(200, (("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")), text.encode())

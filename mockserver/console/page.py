"""The page for people who open the mock in a browser."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from watchword.mockserver.console.drawing import Line
from watchword.mockserver.console.sheet import as_page
from watchword.specs.values.http import Reply

__all__ = ["render_page"]

_WEIGHT = ("fail", "warn", "info", "inconclusive", "pass")
"""The verdicts that are listed, the gravest first; rules that nothing has put to the test are only counted."""


def render_page(
    facts: Mapping[str, Any],
    credentials: Mapping[str, str],
    curl: Sequence[tuple[str, str]],
    now: float,
    entries: Sequence[Mapping[str, Any]],
    dropped: int,
    orders: Mapping[str, Any],
    judged: Mapping[str, Any] | str,
    spaces: Sequence[Mapping[str, Any]] | None,
    lineage: Sequence[Line],
    sessions: Sequence[Mapping[str, Any]],
) -> Reply:
    """Make the page: what runs here, who lives here, what was asked last, what was forced, how the client does.

    `entries` are those of the journal, the newest last, and `dropped` how many it no longer has; `now` is in seconds.
    `orders` are faults and replies that were asked for, `judged` the verdicts about the client, both as the control side
    tells of them, or why there are none; `spaces` is None where there can be none.

    `sessions` are those that began last, as the control side tells of them, the newest first.

    `curl` are names of operations and their command lines, `lineage` the sessions as they are drawn. An empty credential,
    or no `curl` line, is one that the reader is not to know.
    """
    verdicts = [] if isinstance(judged, str) else judged["verdicts"]
    return as_page(
        "index.html",
        "page.js",
        facts=facts,
        credentials=credentials,
        curl=curl,
        now=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)),
        entries=list(reversed(entries)),
        dropped=dropped,
        orders=[*orders["faults"], *orders["over"]],
        verdicts=sorted(
            (row for row in verdicts if row["verdict"] in _WEIGHT),
            key=lambda row: _WEIGHT.index(row["verdict"]),
        ),
        unseen=sum(row["verdict"] == "not_observed" for row in verdicts),
        trouble=judged if isinstance(judged, str) else None,
        spaces=spaces,
        lineage=lineage,
        sessions=sessions,
        at=now,
    )

"""The page for people who open the mock in a browser."""

from __future__ import annotations

import base64
import functools
import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from watchword.mockserver.console.drawing import Line
from watchword.specs.values.http import Reply

__all__ = ["render_page"]

_WEIGHT = ("fail", "warn", "info", "inconclusive", "pass")
"""The verdicts that are listed, the gravest first; rules that nothing has put to the test are only counted."""


@functools.cache
def _text(name: str) -> str:
    return (Path(__file__).with_name("templates") / name).read_text(encoding="utf-8")


def _fingerprint(name: str) -> str:
    """Give the source expression of the policy that lets an inline text in, and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(_text(name).encode()).digest()).decode()}'"


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["clock"] = lambda at: time.strftime("%H:%M:%S", time.gmtime(at))
    return environment.from_string(_text("index.html"))


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
) -> Reply:
    """Make the page: what runs here, who lives here, what was asked last, what was forced, how the client does.

    `entries` are those of the journal, the newest last, and `dropped` how many it no longer has; `now` is in seconds.
    `orders` are faults and replies that were asked for, `judged` the verdicts about the client, both as the control side
    tells of them, or why there are none; `spaces` is None where there can be none.

    `curl` are names of operations and their command lines, `lineage` the sessions as they are drawn. An empty credential,
    or no `curl` line, is one that the reader is not to know.
    """
    verdicts = [] if isinstance(judged, str) else judged["verdicts"]
    html = _template().render(
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
        css=_text("page.css"),
        js=_text("page.js"),
    )
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        (
            "Content-Security-Policy",
            f"default-src 'none'; style-src {_fingerprint('page.css')}; script-src {_fingerprint('page.js')}; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Reply(200, headers, html.encode())

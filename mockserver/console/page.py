"""The page for people who open the mock in a browser."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2

from watchword.specs.values.http import Reply

__all__ = ["render_page"]


@functools.cache
def _template() -> jinja2.Template:
    source = Path(__file__).with_name("templates") / "index.html"
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["clock"] = lambda at: time.strftime("%H:%M:%S", time.gmtime(at))
    return environment.from_string(source.read_text(encoding="utf-8"))


def render_page(
    facts: Mapping[str, Any],
    credentials: Mapping[str, str],
    curl: str | None,
    now: float,
    entries: Sequence[Mapping[str, Any]],
    dropped: int,
) -> Reply:
    """Make the page: what runs here, who lives here, what was asked last.

    `entries` are those of the journal, the newest last, and `dropped` how many it no longer has; `now` is in seconds.
    An empty credential, or no `curl` line, is one that the reader is not to know.
    """
    html = _template().render(
        facts=facts,
        credentials=credentials,
        curl=curl,
        now=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now)),
        entries=list(reversed(entries)),
        dropped=dropped,
    )
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Reply(200, headers, html.encode())

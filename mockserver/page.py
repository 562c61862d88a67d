"""The page for people who open the mock in a browser."""

from __future__ import annotations

import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from watchword.mockserver.curl import login_line
from watchword.specs.wire import Reply

if TYPE_CHECKING:
    from watchword.mockserver.control import Application

__all__ = ["render_page"]

_SHOWN = 50
"""How many of the journal's entries the page shows."""


@functools.cache
def _template() -> jinja2.Template:
    source = Path(__file__).with_name("templates") / "index.html"
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["clock"] = lambda at: time.strftime("%H:%M:%S", time.gmtime(at))
    return environment.from_string(source.read_text(encoding="utf-8"))


def render_page(application: Application, origin: str) -> Reply:
    """Make the page: what runs here, who lives here, what was asked last.

    The values of the credentials, throw-away ones, are shown only where nobody but this machine can ask for them.
    """
    service = application.service
    credentials = service.credentials
    private = application.access.token is None
    html = _template().render(
        facts=application.facts(origin),
        credentials={role: value if private else "" for role, value in credentials.items()},
        curl=login_line(service.dialect.api, credentials, origin) if private else None,
        now=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(service.clock.now())),
        entries=list(reversed(application.entries(_SHOWN))),
        dropped=application.journal.dropped,
    )
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Reply(200, headers, html.encode())

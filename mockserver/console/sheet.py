"""What the pages for people share: how a template becomes a reply that a browser may run nothing else of."""

from __future__ import annotations

import base64
import functools
import hashlib
import time
from pathlib import Path
from typing import Any

import jinja2

from watchword.specs.values.http import Reply

__all__ = ["as_page"]

_TEMPLATES = Path(__file__).with_name("templates")
_CSS = "page.css"


def as_page(template: str, script: str | None = None, **values: Any) -> Reply:
    """Fill a template; it is given the style sheet as `css`, and the script as `js` where it has one.

    The policy lets in nothing but these two, by their hashes, and requests to the mock itself.
    """
    js = "" if script is None else _text(script)
    html = _environment().get_template(template).render(css=_text(_CSS), js=js, **values)
    runs = "'none'" if script is None else _fingerprint(script)
    headers = (
        ("Content-Type", "text/html; charset=utf-8"),
        ("Cache-Control", "no-store"),
        (
            "Content-Security-Policy",
            f"default-src 'none'; style-src {_fingerprint(_CSS)}; script-src {runs}; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Reply(200, headers, html.encode())


@functools.cache
def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@functools.cache
def _fingerprint(name: str) -> str:
    """Give the source expression of the policy that lets an inline text in, and no other."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(_text(name).encode()).digest()).decode()}'"


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["day"] = lambda at: time.strftime("%Y-%m-%d", time.gmtime(at))
    environment.filters["clock"] = lambda at: time.strftime("%H:%M:%S", time.gmtime(at))
    return environment

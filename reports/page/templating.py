"""Templates of pages: text that a reply brought along is text wherever it is put."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from watchword.reports.legible import legible
from watchword.reports.outcome import TONES
from watchword.reports.verdict import Verdict

__all__ = ["environment", "fingerprint", "inside", "source"]

_TEMPLATES = Path(__file__).with_name("templates")


def environment() -> Environment:
    """Make the environment of a page: it escapes, leaves out illegible characters, and knows no undefined names."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_final,
    )
    made.filters["inside"] = inside
    made.globals.update(
        glyphs={verdict: verdict.glyph for verdict in Verdict},
        meanings={verdict: verdict.meaning for verdict in Verdict},
        tones=TONES,
    )
    return made


def _final(value: Any) -> Any:
    return legible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def inside(text: str) -> Markup:
    """Write text as what stands between two tags: quotes, which requests are full of, need no escape there."""
    safe = legible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(safe)  # noqa: S704 - nothing is left in it that begins a tag


def source(*names: str) -> Markup:
    """Give styles or scripts of ours as they stand in their files."""
    return Markup("".join((_TEMPLATES / name).read_text(encoding="utf-8") for name in names))  # noqa: S704 - files of ours


def fingerprint(script: str) -> str:
    """Give the hash by which a page's security policy names its only script."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()

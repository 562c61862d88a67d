"""Replies of the control side: JSON, and problems as RFC 9457 has them."""

from __future__ import annotations

import json
from typing import Any

from watchword.mockserver.http.message import reason
from watchword.specs.values.http import Reply

__all__ = ["as_json", "problem"]


def as_json(value: Any, status: int = 200, *headers: tuple[str, str], media_type: str = "application/json") -> Reply:
    """Make a reply of a JSON value, laid out for people."""
    body = json.dumps(value, indent=2, ensure_ascii=False).encode(errors="replace") + b"\n"
    # What is shown here is for those who asked, and for no page that embeds it.
    safe = (("X-Content-Type-Options", "nosniff"), ("Cross-Origin-Resource-Policy", "same-origin"))
    return Reply(status, (("Content-Type", media_type), ("Cache-Control", "no-store"), *safe, *headers), body)


def problem(status: int, detail: str, *headers: tuple[str, str], **more: Any) -> Reply:
    """Make the reply that says what is wrong with a control request."""
    value = {"type": "about:blank", "title": reason(status), "status": status, "detail": detail, **more}
    return as_json(value, status, *headers, media_type="application/problem+json")

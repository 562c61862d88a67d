"""Exchanges as text, and text as something that every sink can carry."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from watchword.reports.records import ExchangeRecord, RequestRecord, legible

__all__ = ["BODY_LIMIT", "conversation", "legible", "outcome", "reply_text", "request_text", "shell_line"]

BODY_LIMIT = 20_000
"""Characters of a body that a report shows; the records keep the rest."""


def request_text(request: RequestRecord) -> str:
    """Write a request the way it looks on the wire, without the line's version."""
    return _message(f"{request['method']} {request['url']}", request["headers"], request["body"])


def reply_text(exchange: ExchangeRecord) -> str:
    """Write a reply the way it looks on the wire; without one, say what happened instead."""
    if exchange.reply is None:
        return f"No reply: {exchange.trouble or 'nothing came'}"
    return _message(outcome(exchange), exchange.reply["headers"], exchange.reply["body"])


def outcome(exchange: ExchangeRecord) -> str:
    """Write a reply's status with its usual phrase."""
    if exchange.reply is None:
        return "no reply"
    status = exchange.reply["status"]
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def conversation(exchanges: Iterable[ExchangeRecord]) -> str:
    """Write exchanges one after the other, each with the shell line that repeats it, if one does."""
    parts = []
    for exchange in exchanges:
        line = shell_line(exchange)
        again = f"$ {line}\n" if line else ""
        parts.append(
            f"--- {exchange.step}: {exchange.purpose}\n{again}\n"
            f"{request_text(exchange.request)}\n\n{reply_text(exchange)}\n"
        )
    return "\n".join(parts)


def shell_line(exchange: ExchangeRecord) -> str:
    """Give the shell line that repeats a request; empty where a variable in it stands for what only a reply could have given."""
    return "" if "${" in exchange.curl.replace("${WATCHWORD_", "") else exchange.curl


def _message(first: str, headers: Iterable[Iterable[str]], body: str | None) -> str:
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    text = "\n".join(lines)
    if not body:
        return text
    if len(body) > BODY_LIMIT:
        body = f"{body[:BODY_LIMIT]}\n… {len(body) - BODY_LIMIT} more characters, see the records"
    return f"{text}\n\n{body}"

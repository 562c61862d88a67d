"""Replies as bytes: what every reply of the mock has in common, whichever way it leaves."""

from __future__ import annotations

import functools
import http
import math
import time

from watchword.specs.values.http import Reply

__all__ = ["BODY_LIMIT", "HEAD_LIMIT", "DateLine", "date", "finished", "has_body", "head", "reason"]

HEAD_LIMIT = 64 * 1024
"""How many bytes a request's line and headers may have together."""
BODY_LIMIT = 1024 * 1024
"""How many bytes a request's body may have."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_REASONS = {int(status): status.phrase for status in http.HTTPStatus}
_STATUS_LINES = {status: f"HTTP/1.1 {status} {phrase}\r\n".encode() for status, phrase in _REASONS.items()}
_NO_BODY = frozenset({204, 304})


def reason(status: int) -> str:
    """Give the phrase that goes with a status; empty when the standard has none."""
    return _REASONS.get(status, "")


def date(now: float) -> str:
    """Write a time, in seconds since 1970-01-01 UTC, the way the Date header has it (RFC 9110 section 5.6.7)."""
    return _date(math.floor(now))


@functools.lru_cache(maxsize=16)
def _date(now: int) -> str:
    year, month, day, hour, minute, second, weekday, *_ = time.gmtime(now)
    return f"{_DAYS[weekday]}, {day:02} {_MONTHS[month - 1]} {year:04} {hour:02}:{minute:02}:{second:02} GMT"


class DateLine:
    """The Date header as bytes, written once a second."""

    def __init__(self) -> None:
        self._second = -1
        self._line = b""

    def at(self, now: float) -> bytes:
        """Give the header's line for a time."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._line = f"Date: {date(now)}\r\n".encode()
        return self._line


def head(reply: Reply, date_line: bytes, connection: bytes, *, endless: bool = False) -> bytes:
    """Write everything up to the body: status line, Date, the reply's headers, Content-Length, Connection.

    A reply whose first header is a Date keeps it. The length of a body that is `endless` is not told.

    Raises:
        ValueError: a header holds a line break, a NUL, or characters that Latin-1 does not have.
    """
    status = reply.status
    lines = [_STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n".encode()]
    if not _is_dated(reply):
        lines.append(date_line)
    if reply.headers:
        text = "".join([f"{name}: {value}\r\n" for name, value in reply.headers])
        if text.count("\n") != len(reply.headers) or text.count("\r") != len(reply.headers) or "\0" in text:
            raise ValueError(f"a header of the reply with status {status} holds a line break or a NUL")
        lines.append(text.encode("latin-1"))
    if status >= 200 and status not in _NO_BODY and not endless:
        lines.append(b"Content-Length: %d\r\n" % len(reply.body))
    lines += connection, b"\r\n"
    return b"".join(lines)


def _is_dated(reply: Reply) -> bool:
    return bool(reply.headers) and reply.headers[0][0] == "Date"


def has_body(reply: Reply, method: str) -> bool:
    """Tell whether a body follows the head: not after HEAD, and not with 1xx, 204 and 304."""
    return method != "HEAD" and reply.status >= 200 and reply.status not in _NO_BODY


def finished(reply: Reply, method: str, now: float) -> Reply:
    """Give the reply as a client of the HTTP server would receive it, for the ways in that send no bytes."""
    headers = [*reply.headers] if _is_dated(reply) else [("Date", date(now)), *reply.headers]
    if reply.status not in _NO_BODY:
        headers.append(("Content-Length", str(len(reply.body))))
    return Reply(reply.status, tuple(headers), reply.body if has_body(reply, method) else b"")

"""What the HTTP layer itself refuses, and what it says of its own faults: plain text, one sentence."""

from __future__ import annotations

import logging
import traceback

import httptools

from watchword.mockserver.http.message import BODY_LIMIT, HEAD_LIMIT
from watchword.specs.values.http import Reply

__all__ = ["Refused", "body_too_large", "head_too_large", "not_http", "own_error", "refusal"]

_TLS = b"\x16\x03"
"""With which a TLS handshake begins (RFC 8446 section 5.1)."""
_HTTP2 = b"PRI * HTTP/2.0\r\n"
"""With which a client begins that knows of HTTP/2 beforehand (RFC 9113 section 3.4)."""

_log = logging.getLogger("watchword.mockserver")


def refusal(status: int, sentence: str) -> Reply:
    """Make the plain text with which a request is refused before any dialect sees it."""
    return Reply(status, (("Content-Type", "text/plain; charset=utf-8"),), f"{sentence}\n".encode())


class Refused(Exception):
    """The HTTP layer answers in the handler's place."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.reply = refusal(status, sentence)


def head_too_large() -> Refused:
    """Refuse a head beyond the limit."""
    return Refused(431, f"The head of the request is longer than {HEAD_LIMIT} bytes.")


def body_too_large() -> Refused:
    """Refuse a body beyond the limit."""
    return Refused(413, f"The body of the request is longer than {BODY_LIMIT} bytes.")


def not_http(error: httptools.HttpParserError, data: bytes = b"") -> Refused:
    """Refuse what the parser does not accept; `data` is what came, where it is the first of its connection."""
    if data.startswith(_TLS):
        return Refused(
            400, "This is TLS, and plain HTTP is spoken here: ask for http://, or start the mock with --tls."
        )
    if data.startswith(_HTTP2):
        return Refused(505, "This is HTTP/2, and HTTP/1.1 is spoken here.")
    method = data.partition(b" ")[0]
    if method.isalpha() and method != method.upper():
        return Refused(501, "The method is not written in upper case.")
    if isinstance(error, httptools.HttpParserInvalidMethodError):
        return Refused(501, "This method is not known here.")
    return Refused(400, f"This is not HTTP/1.1: {str(error).rstrip('.')}.")


def own_error(error: Exception) -> Reply:
    """Log an exception that a handler let escape, and make the reply that admits it."""
    # The message of an exception may quote the request; its kind and where it was raised cannot.
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("the mock failed on a request: %s\n%s", type(error).__name__, where)
    return refusal(500, f"The mock itself failed on this request: {type(error).__name__}.")

"""What is refused before it is a request: the HTTP layer's refusals, and the mock's own failures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from watchword.mockserver.explain.explanation import Cause, Explanation, Found

__all__ = ["NAMES", "of_http"]

_ROWS: Mapping[int, tuple[str, str, str]] = MappingProxyType(
    {
        400: ("http.malformed", "HTTP/1.1 (RFC 9112)", "Correct the request's line, its headers or its framing."),
        413: ("http.body_too_large", "a body of up to 1 MiB", "Send a smaller body."),
        414: (
            "http.target_too_long",
            "a target of up to 64 KiB",
            "Shorten path and query; long values belong in the body.",
        ),
        417: ("http.expectation", "no Expect, or 100-continue", "Leave out the header Expect."),
        431: ("http.head_too_large", "headers of up to 64 KiB in all", "Send fewer or shorter headers."),
        500: ("mock.failed", "a reply", "Report it with the request: the mock itself is wrong here, not the request."),
        501: (
            "http.not_implemented",
            "a method and a coding that HTTP names",
            "Choose a method of HTTP, in upper case, or another coding.",
        ),
        505: ("http.version", "HTTP/1.1 or HTTP/1.0", "Speak HTTP/1.1."),
    }
)


_MENDS: tuple[tuple[str, str], ...] = (
    ("This is TLS", "Ask for http:// here, or start the mock with `--tls`."),
    ("This is HTTP/2", "Let the client begin with HTTP/1.1; that it offers to change to HTTP/2 does no harm."),
    ("no proxy", "Name the mock in the URL, and not as the proxy of the client."),
    ("upper case", "Write the method in upper case."),
    (
        "method is not known",
        "Begin with the line of the request, as in `GET /path HTTP/1.1`, and with a method of HTTP.",
    ),
    ("transfer coding", "Send the body with a Content-Length, or in chunks and in no other coding."),
    ("Host header", "Send the header `Host` once, with the host of the URL."),
    ("The host of the request", "Write in `Host`, and in the URL, a name or an address with an optional port."),
    ("The target of the request is neither", "Ask for a path from its first slash on, or for a whole http:// URL."),
    ("can't be present with", "Leave out `Content-Length` where the body is sent in chunks."),
    ("Content-Length", "Send `Content-Length` once, as the number of bytes of the body."),
    ("chunk", "Write each chunk as its length in hexadecimal digits, a line break, that many bytes and a line break."),
    ("whitespace after header", "Write each header in one line: no header goes on in the next one."),
    (
        "header token",
        "Write each header as its name, a colon and its value in one line, with letters, digits and - in the name.",
    ),
    ("url path", "Percent-encode what is no plain letter, digit or sign in the path."),
    ("Expected CRLF", "End each line of the head with carriage return and line feed."),
)
"""What mends a refusal whose sentence has such a part; of several that fit, the first is told, and else the row of the status."""

NAMES = tuple(name for name, _, _ in _ROWS.values())
"""What the refusals of this layer go by."""


def of_http(status: int, sentence: str) -> Explanation:
    """Explain a refusal of the HTTP layer, whose reply has that status and says that sentence."""
    condition, expected, mend = _ROWS.get(status, _ROWS[400])
    says = sentence.strip().rstrip(".")
    mend = next((better for part, better in _MENDS if part in sentence), mend)
    cause: Cause = "mock" if status == 500 else "http"
    return Explanation(cause, condition, says, "the HTTP message", expected, Found(note=says), mend)

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


NAMES = tuple(name for name, _, _ in _ROWS.values())
"""What the refusals of this layer go by."""


def of_http(status: int, sentence: str) -> Explanation:
    """Explain a refusal of the HTTP layer, whose reply has that status and says that sentence."""
    condition, expected, mend = _ROWS.get(status, _ROWS[400])
    says = sentence.strip().rstrip(".")
    cause: Cause = "mock" if status == 500 else "http"
    return Explanation(cause, condition, says, "the HTTP message", expected, Found(note=says), mend)

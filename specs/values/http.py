"""HTTP requests and replies as values. Their reprs hold no secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from watchword.specs.values.fleeting import fleeting

__all__ = ["Pairs", "Reply", "Request"]


def _no_json(name: str) -> Any:
    # Python reads and writes NaN and Infinity; RFC 8259 section 6 knows neither.
    raise ValueError(f"{name} is no JSON")


_READER = json.JSONDecoder(parse_constant=_no_json)
"""Made once: `json.loads` would make one for each text, since it is told what a constant is."""

Pairs = tuple[tuple[str, str], ...]


@fleeting(frozen=True, slots=True, repr=False)
class Request:
    """One HTTP request. `base` names the base URL that `path` hangs on: `url`, `resource_url` or `issuer` of a target."""

    method: str
    path: str
    query: str = ""
    headers: Pairs = ()
    body: bytes = b""
    base: str = "url"

    def header(self, name: str) -> str | None:
        """Give the first value of a header, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def __repr__(self) -> str:
        # Headers, query and body carry secrets; a traceback shows this text.
        return f"<Request {self.method} {self.path}>"


@fleeting(frozen=True, repr=False)
class Reply:
    """One HTTP reply, as received or as about to be sent. `cut` tells that the body goes on beyond what was kept of it."""

    status: int
    headers: Pairs = ()
    body: bytes = b""
    cut: bool = False

    @classmethod
    def of_json(cls, status: int, headers: Pairs, value: Any, body: bytes) -> Reply:
        """Make a reply whose body is known to say a value, so that it need not be read again."""
        made = cls(status, headers, body)
        made.__dict__["json"] = value
        return made

    def with_headers(self, headers: Pairs) -> Reply:
        """Give the same reply with other headers."""
        made = Reply(self.status, headers, self.body, self.cut)
        if "json" in self.__dict__:
            made.__dict__["json"] = self.__dict__["json"]
        return made

    def header(self, name: str) -> str | None:
        """Give the first value of a header, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def lines(self, name: str) -> tuple[str, ...]:
        """Give every value of a header, in the order of its lines."""
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    @property
    def size(self) -> int:
        """The bytes of the body."""
        return len(self.body)

    @property
    def media_type(self) -> str:
        """The media type of the body, in lower case and without parameters; empty when none is named."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text: in UTF-8 unless its first bytes tell of UTF-16 or UTF-32 (RFC 4627 section 3)."""
        return self.body.decode(json.detect_encoding(self.body), errors="replace")

    @cached_property
    def json(self) -> Any:
        """The body read as JSON whatever its media type says, or None when it is not JSON."""
        try:
            # As `json.loads` reads bytes.
            return _READER.decode(self.body.decode(json.detect_encoding(self.body), "surrogatepass"))
        except (ValueError, RecursionError):
            return None

    @property
    def members(self) -> Mapping[str, Any]:
        """The members of the body's JSON object; empty when it is not one."""
        value = self.json
        return value if isinstance(value, dict) else {}

    def __repr__(self) -> str:
        return f"<Reply {self.status} {self.media_type or 'no content type'} {len(self.body)} bytes>"

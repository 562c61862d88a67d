"""A command line that logs in at the mock."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.specs.codec import draft, encode
from watchword.specs.shell import ShellLine
from watchword.specs.values.api import Api
from watchword.specs.values.draft import MissingRole

__all__ = ["login_line"]


def login_line(api: Api, credentials: Mapping[str, str], origin: str) -> str | None:
    """Write the curl line of the first operation that gives tokens for these credentials; None when there is none."""
    for operation in api.with_purpose("issue"):
        try:
            request = encode(draft(operation, credentials))
        except MissingRole:
            continue
        return ShellLine(origin + api.bases.get(operation.base, "")).write(request)
    return None

"""Command lines for the operations of an API."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.specs.codec import draft, encode
from watchword.specs.shell import ShellLine
from watchword.specs.values.api import Api
from watchword.specs.values.draft import MissingRole
from watchword.specs.vocabulary import SECRET_ROLES

__all__ = ["lines", "login_line"]


def login_line(api: Api, credentials: Mapping[str, str], origin: str) -> str | None:
    """Write the curl line of the first operation that gives tokens for these credentials; None when there is none."""
    for operation in api.with_purpose("issue"):
        try:
            request = encode(draft(operation, credentials))
        except MissingRole:
            continue
        return ShellLine(origin + api.bases.get(operation.base, "")).write(request)
    return None


def lines(api: Api, credentials: Mapping[str, str], origin: str) -> list[tuple[str, str]]:
    """Write a curl line for each operation that these credentials can be used for, with the operation's name.

    What a reply has to give first, such as a token, is an environment variable in the line: `ACCESS_TOKEN`.
    """
    # No base64 can be read as such a value, so that it is never taken for a pair.
    later = {role: f"@{role}@" for role in SECRET_ROLES if role not in credentials}
    variables = {value: role.upper() for role, value in later.items()}
    found = []
    for operation in api.operations.values():
        try:
            request = encode(draft(operation, {**credentials, **later}))
        except MissingRole:
            continue
        line = ShellLine(origin + api.bases.get(operation.base, ""), variables).write(request)
        found.append((operation.name, line))
    return found

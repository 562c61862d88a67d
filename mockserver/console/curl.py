"""A command line that logs in at the mock."""

from __future__ import annotations

import base64
import binascii
import shlex
from collections.abc import Mapping

from watchword.specs.codec import draft, encode
from watchword.specs.values.api import Api, Operation
from watchword.specs.values.draft import MissingRole
from watchword.specs.values.http import Request

__all__ = ["login_line"]


def login_line(api: Api, credentials: Mapping[str, str], origin: str) -> str | None:
    """Write the curl line of the first operation that gives tokens for these credentials; None when there is none."""
    for operation in api.with_purpose("issue"):
        try:
            request = encode(draft(operation, credentials))
        except MissingRole:
            continue
        return _line(request, origin + _base(api, operation))
    return None


def _base(api: Api, operation: Operation) -> str:
    return api.bases.get(operation.base, "")


def _line(request: Request, base: str) -> str:
    words = ["curl", "-sS"]
    if request.method != ("POST" if request.body else "GET"):
        words += ["-X", request.method]
    for name, value in request.headers:
        pair = _basic(value) if name == "Authorization" else None
        words += ["-u", pair] if pair else ["-H", f"{name}: {value}"]
    if request.body:
        # curl takes what begins with @ for the name of a file.
        words += ["--data-raw", request.body.decode()]
    words.append(base + request.path + (f"?{request.query}" if request.query else ""))
    return " ".join(shlex.quote(word) for word in words)


def _basic(value: str) -> str | None:
    scheme, _, coded = value.partition(" ")
    try:
        return base64.b64decode(coded, validate=True).decode() if scheme == "Basic" else None
    except (binascii.Error, ValueError):
        return None

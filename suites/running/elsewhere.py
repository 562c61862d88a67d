"""Looking for the base of the documented paths where the target file's is none: the other documented base, too much, too little.

Nothing is looked for at another host or port, and no credential is sent: what is there refuses a request that has none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from watchword.specs.values.api import Operation
from watchword.specs.values.http import Reply, Request
from watchword.suites.acting.steps import Halt
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.transport import Transport
from watchword.suites.sending.unreachable import Unreachable

__all__ = ["found_elsewhere", "wrong_base"]

_ABSENT = (404, 405, 501)
_NOWHERE = "/watchword-no-such-path"


def wrong_base(session: TargetSession, operation: Operation, path: str) -> str:
    """Say that a base URL is none of the documented paths, and which one is, where one is found."""
    found = found_elsewhere(session, operation, path)
    return found or (
        f"is {session.target.base(operation.base)} the base of the documented paths? If it is, say where this one is "
        f'under [endpoints], as {operation.endpoint} = "/…"'
    )


def found_elsewhere(session: TargetSession, operation: Operation, path: str) -> str:
    """Name the base URL below which the path of an operation is found, and the key to write it to; empty where none is."""
    if session.wire is not None:
        return ""
    for base in _candidates(session, operation):
        if _is_there(session, base, operation.method, path):
            return (
                f"it is found at {base}{path}, so write {base} for target.{operation.base} "
                f"instead of {session.target.base(operation.base)}"
            )
    return ""


def _candidates(session: TargetSession, operation: Operation) -> Iterator[str]:
    """Give other bases: what the document names, with and without what stands before it, and the address less a path."""
    bases = session.target.dialect.api.bases
    given = session.target.base(operation.base)
    parts = urlsplit(given)
    root = f"{parts.scheme}://{parts.netloc}"
    prefix = parts.path.rstrip("/")
    own = bases.get(operation.base, bases.get("url", "")).rstrip("/")
    others = [base.rstrip("/") for base in bases.values() if base.rstrip("/")]
    paths = [
        # The base of the others, where this one was meant.
        *(prefix.removesuffix(base) + own for base in others if prefix.endswith(base)),
        # The path of an operation, which belongs behind the base.
        *(
            prefix.removesuffix(op.path)
            for op in session.target.dialect.api.operations.values()
            if prefix.endswith(op.path)
        ),
        # The base left out, behind a prefix or not; and a prefix too many.
        prefix + own,
        own,
        prefix.rpartition("/")[0],
    ]
    for path in dict.fromkeys(paths):
        if path != prefix:
            yield root + path


def _is_there(session: TargetSession, base: str, method: str, path: str) -> bool:
    """Tell whether an operation answers below a base, where a path that nobody documented does not."""
    moved = Transport(replace(session.target, url=base, resource_url=base))
    with contextlib.closing(moved):
        found = _status(moved, method, path)
        return found is not None and _answers(found) and not _answers(_status(moved, method, _NOWHERE))


def _status(transport: Transport, method: str, path: str) -> Reply | None:
    try:
        reply, _ = transport.send(Request(method, path))
    except (Unreachable, Halt):
        return None
    return reply


def _answers(reply: Reply | None) -> bool:
    return reply is not None and (
        200 <= reply.status < 300 or (400 <= reply.status < 500 and reply.status not in _ABSENT)
    )

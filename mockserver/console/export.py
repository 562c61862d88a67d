"""The journal in the forms of other tools: HTTP Archive (HAR 1.2), and curl lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from watchword.mockserver.console.detail import Detail
from watchword.mockserver.console.journal import LEFT_OUT, Entry
from watchword.specs.redaction import Masker
from watchword.specs.shell import ShellLine

__all__ = ["curl_lines", "har"]


def har(entries: Iterable[Mapping[str, Any]], origin: str) -> dict[str, Any]:
    """Write entries, shown with details, as an HTTP Archive 1.2. Secrets are pseudonyms there, too."""
    rows = [_har_entry(entry, origin) for entry in entries if entry.get("request") is not None]
    return {"log": {"version": "1.2", "creator": {"name": "Watchword", "version": "1"}, "entries": rows}}


def _har_entry(entry: Mapping[str, Any], origin: str) -> dict[str, Any]:
    request, reply = entry["request"], entry["reply"]
    url = origin + entry["path"] + (f"?{entry['query']}" if entry["query"] else "")
    kind = next((value for name, value in request["headers"] if name.lower() == "content-type"), "")
    given = next((value for name, value in reply["headers"] if name.lower() == "content-type"), "")
    sent = {} if request["body"] is None else {"postData": {"mimeType": kind, "text": request["body"]}}
    body = reply["body"] or ""
    whole = int(entry["at"])
    milliseconds = int((entry["at"] - whole) * 1000)
    spent = max(0.0, round(entry["took"] * 1000, 3))
    return {
        "startedDateTime": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{milliseconds:03}Z",
        "time": spent,
        "request": {
            "method": entry["method"],
            "url": url,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _named(request["headers"]),
            "queryString": _named(parse_qsl(entry["query"], keep_blank_values=True)),
            **sent,
            "headersSize": -1,
            "bodySize": -1 if request["body"] is not None else 0,
        },
        "response": {
            "status": entry["status"],
            "statusText": _phrase(entry["status"]),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _named(reply["headers"]),
            "content": {"size": len(body.encode()), "mimeType": given, "text": body},
            "redirectURL": next((value for name, value in reply["headers"] if name.lower() == "location"), ""),
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": {"send": 0, "wait": spent, "receive": 0},
        "_watchword": {name: entry[name] for name in ("id", "operation", "condition", "hint", "lineage")},
    }


def _named(pairs: Iterable[Any]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def curl_lines(
    entries: Iterable[Entry], origin: str, masker: Masker, detail: Detail, learn: Callable[[Entry], None]
) -> str:
    """Write the requests of entries as a shell script, with an environment variable in place of each secret.

    A credential that is nobody's has one, too: it may be somebody's elsewhere. `learn` takes note of the secrets of an entry
    just before it is written: the masker does not remember all of many entries.
    """
    lines = []
    for entry in entries:
        if entry.request is None:
            continue
        learn(entry)
        hidden = detail.hidden(entry.request)
        variables = {value: masker.variable(role, value) for value, role in hidden.items()}
        lines.append(f"# {entry.id}: {entry.status}" + (f" {entry.operation}" if entry.operation else ""))
        if LEFT_OUT in entry.request.headers:
            lines.append("# Its body was too long to be kept.")
        lines.append(ShellLine(origin, variables, masker.mask).write(_bare(entry)))
    return "".join(f"{line}\n" for line in lines)


def _bare(entry: Entry) -> Any:
    """Leave out what curl says by itself."""
    request = entry.request
    assert request is not None  # noqa: S101 - asked before
    own = (
        "host",
        "content-length",
        "connection",
        "accept-encoding",
        "user-agent",
        "transfer-encoding",
        "watchword-body",
    )
    headers = tuple((name, value) for name, value in request.headers if name.lower() not in own)
    return type(request)(request.method, request.path, request.query, headers, request.body)

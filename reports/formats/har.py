"""A run's evidence as HAR 1.2, for the tools that open what a browser recorded: a page a clause, an entry an exchange.

Law: what stands there is what stands in the records, masked. What they do not hold, the moment of each exchange, is
reckoned from the start of the run, and the file says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from watchword.reports.formats.cases import named, version
from watchword.reports.legible import legible, outcome
from watchword.reports.records import ExchangeRecord, RequestRecord, Run

__all__ = ["har"]

_COMMENT = (
    "Made from records in which secrets are masked. They hold how long each exchange took and not when it began: the "
    "moments are reckoned as if one had followed the other."
)
_UNKNOWN = -1


def har(run: Run) -> str:
    """Write the exchanges of a run as a HAR log.

    Raises:
        ValueError: the run's start is not an ISO 8601 time.
    """
    name = named(run)
    now = datetime.fromisoformat(run.run.started)
    pages: list[dict[str, Any]] = []
    entries: list[dict[str, Any]] = []
    for number, record in enumerate(run.clauses, start=1):
        page = f"page_{number}"
        title = legible(f"{name(record)}: {record.verdict}")
        pages.append({"startedDateTime": now.isoformat(), "id": page, "title": title, "pageTimings": {}})
        for exchange in record.exchanges:
            entries.append({"pageref": page, "startedDateTime": now.isoformat(), **_entry(exchange)})
            now += timedelta(seconds=exchange.seconds)
    creator = {"name": "Watchword", "version": version(run)}
    log = {"version": "1.2", "creator": creator, "pages": pages, "entries": entries, "comment": _COMMENT}
    return json.dumps({"log": log}, ensure_ascii=False, indent=1) + "\n"


def _entry(exchange: ExchangeRecord) -> dict[str, Any]:
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "time": milliseconds,
        "request": _request(exchange.request),
        "response": _response(exchange),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": legible(f"{exchange.step}: {exchange.purpose}"),
    }


def _request(request: RequestRecord) -> dict[str, Any]:
    url = legible(request["url"])
    written: dict[str, Any] = {
        "method": request["method"],
        "url": url,
        **_headers(request["headers"]),
        "queryString": _pairs(parse_qsl(urlsplit(url).query, keep_blank_values=True)),
    }
    if request["body"] is not None:
        written["postData"] = {"mimeType": _media(request["headers"]), "text": legible(request["body"])}
    return written


def _response(exchange: ExchangeRecord) -> dict[str, Any]:
    reply = exchange.reply
    headers: Sequence[Sequence[str]] = reply["headers"] if reply else ()
    text = legible((reply and reply["body"]) or "")
    status = reply["status"] if reply else 0
    phrase = outcome(exchange).partition(" ")[2] if reply else exchange.trouble or "no reply"
    return {
        # What browsers write where no reply came.
        "status": status,
        "statusText": legible(phrase),
        **_headers(headers),
        "content": {"size": len(text.encode()), "mimeType": _media(headers), "text": text},
        "redirectURL": legible(next((v for n, v in headers if n.lower() == "location"), "")),
    }


def _headers(headers: Sequence[Sequence[str]]) -> dict[str, Any]:
    return {
        "httpVersion": "unknown",
        # They stand among the headers, masked as a whole.
        "cookies": [],
        "headers": _pairs(headers),
        "headersSize": _UNKNOWN,
        "bodySize": _UNKNOWN,
    }


def _pairs(pairs: Iterable[Sequence[str]]) -> list[dict[str, str]]:
    return [{"name": legible(name), "value": legible(value)} for name, value in pairs]


def _media(headers: Sequence[Sequence[str]]) -> str:
    return legible(next((value for name, value in headers if name.lower() == "content-type"), ""))

"""Verdicts about a client as the records of a run, which the reports are made of."""

from __future__ import annotations

import importlib.metadata
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from watchword.mockserver.steer.mock import Mock
from watchword.mockserver.steer.verdicts import in_requests
from watchword.reports.exits import Exit
from watchword.reports.outcome import outcome
from watchword.reports.records import ClauseRecord, EndRecord, ExchangeRecord, Run, RunRecord, TargetRecord, Untested

__all__ = ["run_of"]

_WORDS = {"info": "observed"}
"""What is called otherwise in records: a breach of a rule that does not bind is something that was seen."""

_SHOWN = 12
"""So many exchanges are shown of a rule: the newest."""


def run_of(mock: Mock, *, strict: bool = False) -> Run:
    """Read the verdicts of a mock, with the requests that show them, as a run of one target: its client.

    Raises:
        OSError: nobody answers there.
        ControlProblem: the control side refuses.
        ValueError: the dialect says nothing of clients.
    """
    told = mock._channel.ask("GET", "verdict")
    if not told["verdicts"]:
        raise ValueError(
            f"expected rules about clients in a client.yaml of the dialect {told['dialect']}; there is none"
        )
    entries = {entry["id"]: entry for entry in mock._channel.ask("GET", "journal?details=true")["entries"]}
    name = f"client of {told['dialect']}"
    records = tuple(_record(row, told["dialect"], name, entries, mock.url) for row in told["verdicts"])
    untested = tuple(
        Untested(
            f"{told['dialect']}:{row['rule']}",
            told["dialect"],
            "client",
            "may",
            "silent",
            row["rule"],
            "",
            row["reason"],
        )
        for row in told["left_out"]
    )
    begun = RunRecord(
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        {"watchword": importlib.metadata.version("watchword")},
        (TargetRecord(name=name, dialect=told["dialect"], url=mock.url),),
        {"strict": strict, "selected": len(records)},
        untested,
    )
    ended = EndRecord(dict(Counter(record.verdict for record in records)), Exit.CONFORMING, 0.0)
    run = Run(begun, records, ended)
    found = outcome(run)
    return replace(run, end=replace(ended, exit=found.exit, message=found.words))


def _record(
    row: Mapping[str, Any], dialect: str, name: str, entries: Mapping[int, Mapping[str, Any]], url: str
) -> ClauseRecord:
    said = [f"{breach['says']} ({in_requests(breach['entries'])})" for breach in row["breaches"]]
    shown = [number for number in row["entries"] if number in entries][-_SHOWN:]
    seen = "; ".join(said) or row["reason"] or f"it was kept in {in_requests(row['entries'])}"
    return ClauseRecord(
        clause=f"{dialect}:{row['rule']}",
        dialect=dialect,
        target=name,
        topic=row["topic"],
        verdict=_WORDS.get(row["verdict"], row["verdict"]),
        level=row["level"],
        basis=row["basis"],
        says=row["says"],
        source=row["source"],
        expected=row["says"],
        observed=seen,
        exchanges=tuple(_exchange(entries[number], url) for number in shown),
        differences=tuple(said),
        reason=row["reason"],
        check=row["rule"],
    )


def _exchange(entry: Mapping[str, Any], url: str) -> ExchangeRecord:
    request, reply = entry.get("request"), entry.get("reply")
    target = entry["path"] + (f"?{entry['query']}" if entry["query"] else "")
    origin = "/".join(url.split("/")[:3])
    got = None if reply is None or entry["lost"] else {name: reply[name] for name in ("status", "headers", "body")}
    return ExchangeRecord(
        "probe",
        f"request {entry['id']}" + (f": {entry['says']}" if entry.get("says") else ""),
        {
            "method": entry["method"],
            "url": origin + target,
            "headers": [] if request is None else request["headers"],
            "body": None if request is None else request["body"],
        },
        got,  # type: ignore[arg-type]
        "the reply was lost" if got is None else "",
        "",
        entry.get("took", 0.0),
    )

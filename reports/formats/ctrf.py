"""A run as CTRF, the common test report format: one JSON object, a test a clause.

Law: what could not be decided is never `passed`, and a run that ended badly for another reason than a broken rule has one
failed test more that says so.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from typing import Any

from watchword.reports.formats.cases import named, seen, told, version
from watchword.reports.legible import legible
from watchword.reports.outcome import outcome
from watchword.reports.records import Exit, Run
from watchword.reports.summary import headline

__all__ = ["ctrf"]

_STATUSES = {"passed": "passed", "failed": "failed", "skipped": "skipped", "error": "other"}


def ctrf(run: Run) -> str:
    """Write a run as a CTRF report; times are milliseconds, those of the run since 1970."""
    strict = bool(run.run.options.get("strict"))
    name = named(run)
    tests: list[dict[str, Any]] = []
    for record in run.clauses:
        test = {
            "name": legible(name(record)),
            "status": _STATUSES[record.shown(strict)],
            "duration": round(record.duration * 1000),
            "suite": [legible(record.target), record.topic],
            "rawStatus": record.verdict,
            "tags": [record.level, record.basis],
            "extra": {"operation": record.operation, "source": legible(record.source)},
        }
        if test["status"] != "passed" or record.judgement.broken:
            test |= {"message": legible(seen(record)), "trace": legible(told(record))}
        tests.append(test)
    found = outcome(run)
    if found.exit != Exit.CONFORMING and not any(test["status"] == "failed" for test in tests):
        tests.append({"name": "run", "status": "failed", "duration": 0, "message": legible(str(found))})
    start = _milliseconds(run.run.started)
    counted = Counter(test["status"] for test in tests)
    summary = {
        "tests": len(tests),
        **{status: counted[status] for status in ("passed", "failed", "skipped", "pending", "other")},
        "suites": len({tuple(test.get("suite", ())) for test in tests}),
        "start": start,
        "stop": start + round(run.end.seconds * 1000 if run.end else 0),
        "extra": {"headline": legible(headline(run)), "exit": found.exit, "whole": run.end is not None},
    }
    results = {"tool": {"name": "Watchword", "version": version(run)}, "summary": summary, "tests": tests}
    report = {"reportFormat": "CTRF", "specVersion": "0.0.0", "results": results}
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def _milliseconds(moment: str) -> int:
    try:
        return round(datetime.fromisoformat(moment).timestamp() * 1000)
    except ValueError:
        return 0

"""A run as SARIF 2.1.0, for code scanning: a run a target, a rule a clause, a result for what is broken or open.

Laws:
1. What is open has the kind `open`, and what is excused a suppression: neither is told as a failure, or left out.
2. A result's fingerprint is the signature of how the clause fails, so that another failure is another alert.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

from watchword.reports.baseline import signature
from watchword.reports.formats.cases import seen, version
from watchword.reports.legible import legible
from watchword.reports.outcome import outcome
from watchword.reports.records import RECORDS_FILE, ClauseRecord, ExchangeRecord, Run
from watchword.reports.summary import TargetSummary, summarize

__all__ = ["sarif"]

# The name by which readers know the format; nothing is fetched from there.
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"must": "error", "should": "warning"}


def sarif(run: Run) -> str:
    """Write a run as a SARIF log.

    A result's place is the line of `records.jsonl` that holds its evidence, because some readers pass over what has none.
    """
    lines = {id(record): number for number, record in enumerate(run.clauses, start=2)}
    targets = summarize(run)[1]
    runs = [_run(run, target, lines) for target in targets] or [_run(run, None, lines)]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": runs}, ensure_ascii=False, indent=1) + "\n"


def _run(run: Run, target: TargetSummary | None, lines: dict[int, int]) -> dict[str, Any]:
    records = target.clauses if target else ()
    whole = outcome(run)
    strict = bool(run.run.options.get("strict"))
    rules = {record.clause: _rule(record) for record in records}
    index = {clause: number for number, clause in enumerate(rules)}
    name = f"{target.dialect}/{target.name}" if target else "nothing"
    note = {"level": "note" if whole.tone == "good" else "warning", "message": {"text": legible(str(whole))}}
    return {
        "tool": {"driver": {"name": "Watchword", "version": version(run), "rules": list(rules.values())}},
        "automationDetails": {"id": legible(f"watchword/{name}/")},
        "invocations": [
            {
                "executionSuccessful": run.end is not None and not whole.title.startswith("Nothing"),
                "exitCode": whole.exit,
                "startTimeUtc": run.run.started,
                "toolExecutionNotifications": [note],
            }
        ],
        "results": list(_results(records, index, lines, strict=strict)),
    }


def _rule(record: ClauseRecord) -> dict[str, Any]:
    return {
        "id": record.clause,
        "shortDescription": {"text": legible(record.says)},
        "help": {"text": legible(f"{record.says}\nsource: {record.source}\nexpected: {record.expected}")},
        "defaultConfiguration": {"level": _LEVELS.get(record.level, "note")},
        "properties": {"tags": [record.topic, record.level, record.basis]},
    }


def _results(
    records: Iterable[ClauseRecord], index: dict[str, int], lines: dict[int, int], *, strict: bool
) -> Iterator[dict[str, Any]]:
    for record in records:
        verdict = record.judgement
        undecided = record.level == "must" and verdict.undecided
        if not (verdict.broken or verdict.shown() == "error" or undecided):
            continue
        level = "error" if verdict.fails(strict) else "warning"
        kind = {"kind": "fail", "level": level} if verdict.broken else {"kind": "open", "level": "none"}
        result = {
            "ruleId": record.clause,
            "ruleIndex": index[record.clause],
            **kind,
            "message": {"text": legible(f"{record.says} {seen(record)}")},
            "locations": [_location(record, lines[id(record)])],
            "partialFingerprints": {"watchword/v1": signature(record)},
            "properties": {
                "verdict": record.verdict,
                "expected": legible(record.expected),
                "observed": legible(record.observed),
            },
        }
        if record.excuse:
            result["suppressions"] = [{"kind": "external", "justification": legible(record.excuse)}]
        yield result | _web(record.judged)


def _location(record: ClauseRecord, line: int) -> dict[str, Any]:
    place: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": RECORDS_FILE}, "region": {"startLine": line}}
    }
    if record.operation:
        full = legible(f"{record.target}/{record.operation}")
        place["logicalLocations"] = [{"name": record.operation, "fullyQualifiedName": full, "kind": "function"}]
    return place


def _web(exchange: ExchangeRecord | None) -> dict[str, Any]:
    if exchange is None:
        return {}
    request, reply = exchange.request, exchange.reply
    asked = {"method": request["method"], "target": legible(request["url"])} | _message(
        request["headers"], request["body"]
    )
    if reply is None:
        return {"webRequest": asked, "webResponse": {"noResponseReceived": True}}
    phrases = {status.value: status.phrase for status in HTTPStatus}
    answered = {"statusCode": reply["status"], "reasonPhrase": phrases.get(reply["status"], "")}
    return {"webRequest": asked, "webResponse": answered | _message(reply["headers"], reply["body"])}


def _message(headers: Iterable[Iterable[str]], body: str | None) -> dict[str, Any]:
    told: dict[str, str] = {}
    for name, value in headers:
        # A header that stands twice is one with both values, as HTTP has it.
        told[legible(name)] = f"{told[legible(name)]}, {legible(value)}" if legible(name) in told else legible(value)
    return {"headers": told} | ({"body": {"text": legible(body)}} if body else {})

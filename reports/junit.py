"""A run as JUnit XML, for the tools that read nothing else.

Laws:
1. What could not be decided is never written as passed.
2. A run that was cut short, or that ended badly without a broken rule, holds one case more that says so: a gate that
   only counts must not take an empty file for a good one.
3. It holds only what the common schemas let stand where it stands: readers that validate, such as the xUnit plugin of
   Jenkins (`junit-10.xsd`), pass over a whole file for one element too many. A case has no properties there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType
from xml.etree import ElementTree as ET

from watchword.reports.legible import conversation, legible
from watchword.reports.outcome import Outcome, outcome
from watchword.reports.records import ClauseRecord, Exit, Run
from watchword.reports.summary import TargetSummary, summarize
from watchword.reports.wording import plain, words

__all__ = ["junit"]

_TAGS = MappingProxyType({"passed": "", "failed": "failure", "error": "error", "skipped": "skipped"})
_COUNTED = ("failure", "error", "skipped")


def junit(run: Run) -> str:
    """Write a run as a JUnit XML document: a suite a target, a case a clause."""
    strict = bool(run.run.options.get("strict"))
    root = ET.Element("testsuites", name="watchword")
    targets = summarize(run)[1]
    tested = Counter(target.dialect for target in targets)
    for target in targets:
        root.append(_suite(target, run, strict, twin=tested[target.dialect] > 1))
    found = outcome(run)
    # A broken rule is a failure of its own case; whatever else closes a gate is told by no case.
    if found.exit != Exit.CONFORMING and not (found.exit == Exit.BROKEN and root.find(".//failure") is not None):
        root.append(_run_suite(run, found))
    _total(root, root.iter("testcase"))
    # The totals of a document have no place for what was skipped; each suite says it.
    del root.attrib["skipped"]
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(target: TargetSummary, run: Run, strict: bool, *, twin: bool) -> ET.Element:
    suite = ET.Element("testsuite", name=legible(target.name), timestamp=legible(run.run.started))
    _properties(suite, ((name, plain(value)) for name, value in {"dialect": target.dialect, **target.identity}.items()))
    for record in target.clauses:
        case = _case(record, strict)
        if twin:
            # CI systems tell cases apart by these two alone, and take a second one for the first that ran again.
            case.set("name", legible(f"{record.clause}@{target.name}"))
        suite.append(case)
    _total(suite, suite.iter("testcase"))
    return suite


def _case(record: ClauseRecord, strict: bool) -> ET.Element:
    case = ET.Element(
        "testcase",
        classname=legible(f"{record.dialect}.{record.topic}"),
        name=legible(record.clause),
        time=f"{record.duration:.3f}",
    )
    tag = _TAGS[record.shown(strict)]
    if tag:
        message = record.excuse or record.reason or "; ".join(record.differences) or record.judgement.meaning
        child = ET.SubElement(case, tag, type=record.verdict, message=legible(f"{words(record.verdict)}: {message}"))
        if tag != "skipped":
            child.text = legible(_explanation(record))
    ET.SubElement(case, "system-out").text = legible(
        f"{_facts(record)}\n\n{conversation(record.exchanges)}".rstrip("\n")
    )
    return case


def _facts(record: ClauseRecord) -> str:
    told = ("clause", "level", "basis", "verdict", "source", "expected", "observed", "known", "accepted")
    return "\n".join(f"{name}: {getattr(record, name)}" for name in told if getattr(record, name))


def _explanation(record: ClauseRecord) -> str:
    rows = [
        record.says,
        f"source:   {record.source}",
        f"expected: {record.expected}",
        f"observed: {record.observed}",
        *(f"- {difference}" for difference in record.differences),
        *((f"reason:   {record.reason}",) if record.reason else ()),
        *((f"attempts: broken in {record.broken} of {record.attempts}",) if record.attempts > 1 else ()),
    ]
    return "\n".join(rows)


def _run_suite(run: Run, found: Outcome) -> ET.Element:
    suite = ET.Element("testsuite", name="run", timestamp=legible(run.run.started))
    case = ET.SubElement(suite, "testcase", classname="watchword", name="run", time="0.000")
    tag = "failure" if found.exit == Exit.BROKEN else "error"
    ET.SubElement(case, tag, type="run", message=legible(str(found)))
    _total(suite, (case,))
    return suite


def _properties(suite: ET.Element, rows: Iterable[tuple[str, str]]) -> None:
    properties = ET.SubElement(suite, "properties")
    for name, value in rows:
        ET.SubElement(properties, "property", name=legible(name), value=legible(value))


def _total(parent: ET.Element, cases: Iterable[ET.Element]) -> None:
    rows = list(cases)
    found = Counter(child.tag for case in rows for child in case)
    parent.set("tests", str(len(rows)))
    for tag, name in zip(_COUNTED, ("failures", "errors", "skipped"), strict=True):
        parent.set(name, str(found[tag]))
    parent.set("time", f"{sum(float(case.get('time', 0)) for case in rows):.3f}")

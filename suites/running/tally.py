"""One run of the suites: its targets, what was selected, what came of it, and the exit code that follows."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from watchword.reports.records import VERDICTS, VERIFIED, ClauseRecord, EndRecord, Exit, RunRecord, Untested
from watchword.specs.redaction import Masker
from watchword.specs.values.clause import Clause
from watchword.suites.running.session import TargetSession
from watchword.suites.target import Target

__all__ = ["Tally"]

_LIBRARIES = ("watchword", "pytest", "requests", "schemathesis", "jsonschema")


@dataclass(repr=False)
class Tally:
    """What the plugin keeps of a run. `selected` maps a target's name to the clauses that will be checked there."""

    targets: list[Target]
    strict: bool = False
    repeat: int = 1
    masker: Masker = field(default_factory=Masker)
    records: list[ClauseRecord] = field(default_factory=list)
    selected: dict[str, list[Clause]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def __post_init__(self) -> None:
        self.sessions = {target.name: TargetSession(target, self.masker, self.repeat) for target in self.targets}

    def close(self) -> None:
        """Close every connection and every target that was started for this run."""
        for session in self.sessions.values():
            session.close()

    def label(self, target: Target, clause: Clause) -> str:
        """Give the id of a test item: the clause's, and the target's too where one dialect is tested at several."""
        twins = [t for t in self.targets if t.dialect.name == target.dialect.name]
        return clause.full_id if len(twins) == 1 else f"{clause.full_id}@{target.name}"

    def header(self, options: Mapping[str, Any]) -> RunRecord:
        """Write the record that a run begins with."""
        mask = self.masker.mask
        targets = []
        for session in self.sessions.values():
            target = session.target
            limits = target.limits
            targets.append(
                {
                    "name": target.name,
                    "dialect": target.dialect.name,
                    "title": target.dialect.api.title,
                    "url": mask(target.url),
                    "resource_url": mask(target.resource_url),
                    "credentials": sorted(target.credentials),
                    "clock": target.control is not None,
                    "limits": {
                        "requests_per_second": limits.requests_per_second,
                        "bad_logins": session.budget.bad_logins,
                        "max_wait": limits.max_wait,
                        "timeout": limits.timeout,
                    },
                }
            )
        return RunRecord(self.started, _versions(), tuple(targets), dict(options), tuple(self._untested()))

    def _untested(self) -> list[Untested]:
        dialects = {t.dialect.name: t.dialect for t in self.targets}
        return [
            Untested(c.full_id, c.dialect, c.topic, c.level, c.basis, c.says, str(c.source), c.untested)
            for dialect in dialects.values()
            for c in dialect.clauses
            if c.untested
        ]

    def counts_as_broken(self, record: ClauseRecord) -> bool:
        """Tell whether a record makes the run fail: a broken rule that nobody knows of."""
        return (record.verdict == "fail" or (self.strict and record.verdict == "warn")) and not record.known

    def exit_code(self, stale: bool) -> tuple[Exit, str]:
        """Give the exit code that the records call for, and one sentence why."""
        broken = sum(self.counts_as_broken(r) for r in self.records)
        if broken:
            return Exit.BROKEN, f"{broken} {'rule is' if broken == 1 else 'rules are'} broken"
        if any(r.verdict == "error" for r in self.records):
            return Exit.INTERNAL, "a check ended in an error of our own"
        unverified = [
            r for r in self.records if r.level == "must" and r.verdict in ("blocked", "inconclusive") and not r.known
        ]
        if unverified:
            return Exit.TOO_LITTLE, f"{len(unverified)} clauses of level must could not be verified"
        if not any(r.verdict in VERIFIED for r in self.records):
            return Exit.TOO_LITTLE, "not one clause was verified"
        if stale:
            return Exit.STALE_BASELINE, "the baseline is stale"
        left = sum(r.level != "may" and r.verdict == "not_observable" for r in self.records)
        more = f"; the limits left {left} {'rule' if left == 1 else 'rules'} unchecked" if left else ""
        warned = sum(r.verdict == "warn" for r in self.records)
        broken_advice = f"{warned} {'recommendation is' if warned == 1 else 'recommendations are'}"
        holds = f"no binding rule is broken, {broken_advice}" if warned else "every rule that was checked holds"
        return Exit.CONFORMING, f"{holds}{more}"

    def footer(self, code: int, message: str) -> EndRecord:
        """Write the record that a run ends with."""
        counted = Counter(r.verdict for r in self.records)
        verdicts = {v: counted[v] for v in VERDICTS if counted[v]}
        return EndRecord(verdicts, int(code), round(time.monotonic() - self.began, 3), message)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found

"""One run of the suites: its targets, what was selected, what came of it, and the exit code that follows."""

from __future__ import annotations

import functools
import platform
import shlex
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from watchword.reports.outcome import Outcome, outcome
from watchword.reports.records import VERDICTS, ClauseRecord, EndRecord, Exit, Run, RunRecord, TargetRecord, Untested
from watchword.specs.redaction import Masker
from watchword.specs.values.clause import Clause
from watchword.suites.running.session import TargetSession
from watchword.suites.target import Target

__all__ = ["Tally"]

_LIBRARIES = ("watchword", "pytest", "requests", "schemathesis", "jsonschema")


@dataclass(repr=False)
class Tally:
    """What the plugin keeps of a run. `selected` maps a target's name to the clauses that will be checked there.

    `warnings` are what was found before the first check and is to be known of it, without secrets.
    """

    targets: list[Target]
    strict: bool = False
    repeat: int = 1
    masker: Masker = field(default_factory=Masker)
    records: list[ClauseRecord] = field(default_factory=list)
    selected: dict[str, list[Clause]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def __post_init__(self) -> None:
        self.sessions = {target.name: TargetSession(target, self.masker, self.repeat) for target in self.targets}

    def close(self) -> None:
        """Close every connection and every target that was started for this run."""
        for session in self.sessions.values():
            session.close()

    @functools.cached_property
    def testable(self) -> tuple[tuple[Target, Clause], ...]:
        """Every clause that can be checked, with the target to check it at.

        Raises:
            SpecError: the register of a target's dialect is wrong.
        """
        return tuple((t, c) for t in self.targets for c in t.dialect.clauses if not c.untested)

    @property
    def whole(self) -> bool:
        """Whether everything was selected that can be checked."""
        return sum(map(len, self.selected.values())) == len(self.testable)

    def label(self, target: Target, clause: Clause) -> str:
        """Give the id of a test item: the clause's, and the target's too where one dialect is tested at several."""
        twins = [t for t in self.targets if t.dialect.name == target.dialect.name]
        return clause.full_id if len(twins) == 1 else f"{clause.full_id}@{target.label}"

    def header(self, options: Mapping[str, object]) -> RunRecord:
        """Write the record that a run begins with; a target of which no clause was selected is not spoken of."""
        mask = self.masker.mask
        targets: list[TargetRecord] = []
        for chosen in self._chosen():
            session = self.sessions[chosen.name]
            target = session.target
            limits = target.limits
            targets.append(
                {
                    "name": target.name,
                    "dialect": target.dialect.name,
                    "title": target.dialect.api.title,
                    "revision": target.dialect.revision,
                    "url": mask(target.url),
                    "resource_url": mask(target.resource_url),
                    "credentials": sorted(target.credentials),
                    "clock": target.control is not None,
                    "limits": {
                        "requests_per_second": limits.requests_per_second,
                        "bad_logins": session.budget.bad_logins,
                        "max_wait": limits.max_wait,
                        "timeout": limits.timeout,
                        "concurrency": session.concurrency,
                    },
                }
            )
            tls = {name: value for name, value in asdict(target.tls).items() if value}
            if tls:
                targets[-1]["tls"] = tls
        return RunRecord(self.started, _versions(), tuple(targets), dict(options), tuple(self._untested()))

    def _chosen(self) -> list[Target]:
        """Give the targets that the run is about: all of them as long as nothing was selected."""
        return [target for target in self.targets if not self.selected or target.name in self.selected]

    def _untested(self) -> list[Untested]:
        dialects = {t.dialect.name: t.dialect for t in self._chosen()}
        return [
            Untested(c.full_id, c.dialect, c.topic, c.level, c.basis, c.says, str(c.source), c.untested)
            for dialect in dialects.values()
            for c in dialect.clauses
            if c.untested
        ]

    def options(self, keyword: str = "", command: Sequence[str] = ()) -> dict[str, object]:
        """Give the options that shaped the run, as its first record holds them; `command` are the words that began it."""
        options: dict[str, object] = {"strict": self.strict, "repeat": self.repeat}
        if self.selected:
            options["selected"] = sum(map(len, self.selected.values()))
            options["testable"] = len(self.testable)
        if command:
            program, *words = command
            where = Path(program)
            # Of a module that Python was told to run, the file is given.
            name = f"python -m {where.parent.name}" if where.name == "__main__.py" else where.name
            options["command"] = self.masker.mask(f"{name} {shlex.join(words)}".rstrip())
        if self.warnings:
            options["warnings"] = "; ".join(self.warnings)
        return options | ({"keyword": keyword} if keyword else {})

    def outcome(self, spoilt: int = Exit.CONFORMING, trouble: str = "") -> Outcome:
        """Reckon what the run comes to.

        `spoilt` is the exit code that something beside the clauses calls for, and `trouble` says what that is.
        """
        begun = RunRecord(self.started, {}, (), self.options())
        return outcome(Run(begun, tuple(self.records), EndRecord({}, int(spoilt), 0.0, trouble=trouble)))

    def exit_code(self, stale: bool) -> tuple[int, str]:
        """Give the exit code that the records call for, and one sentence why."""
        found = self.outcome(*((Exit.STALE_BASELINE, "the baseline is stale") if stale else ()))
        return found.exit, found.words

    def footer(self, found: Outcome, trouble: str = "") -> EndRecord:
        """Write the record that a run ends with."""
        counted = Counter(r.verdict for r in self.records)
        verdicts = {v: counted[v] for v in VERDICTS if counted[v]}
        return EndRecord(verdicts, found.exit, round(time.monotonic() - self.began, 3), str(found), trouble)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found

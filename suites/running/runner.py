"""One pytest session of the suites: targets, items, preflight, budgets, verdicts and the exit code."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from watchword.specs.garbage import Seldom
from watchword.suites.running.handover import Handover

if TYPE_CHECKING:
    from watchword.reports.records import ClauseRecord
    from watchword.specs.values.clause import Clause
    from watchword.suites.judging.workshop import Workshop
    from watchword.suites.options import Options
    from watchword.suites.running.preflight import RuleBroken
    from watchword.suites.running.session import TargetSession
    from watchword.suites.running.tally import Tally
    from watchword.suites.running.verdicts import Finding
    from watchword.suites.running.waiting import Waiting
    from watchword.suites.started import StartedServer
    from watchword.suites.target import Target

__all__ = ["EVERY_OTHER", "FIXTURE", "Runner"]

FIXTURE = "conformance"
"""The fixture by which a test says that it is about a clause."""
EVERY_OTHER = "*"
"""The topic of the suite that takes the clauses whose topic has no suite of its own."""
_TOPIC = "TOPIC"


class Runner:
    """The state of one pytest session: the run, as soon as a suite is collected."""

    def __init__(self, config: pytest.Config, options: Options) -> None:
        self.config = config
        self.options = options
        self.targets: list[Target] = []
        self.run: Tally | None = None
        self.waiting: Waiting | None = None
        self.stale: list[str] = []
        self.message = ""
        self.trouble = ""
        self.began = False
        self._found: dict[tuple[str, str], Finding] = {}
        self._testable: tuple[tuple[Target, Clause], ...] = ()
        self._handover = Handover(config)
        self._seldom = Seldom()
        # After pytest's own last look for garbage, which comes when nothing of the run is left.
        config.add_cleanup(self._seldom.end)
        self._workshop: Workshop | None = None

    # -- targets

    def read_targets(self) -> None:
        """Read the targets that the command line names.

        Raises:
            pytest.UsageError: one is described wrongly.
        """
        from watchword.suites.running.roster import named
        from watchword.suites.target import TargetError

        try:
            self.targets = named(self.options, os.environ)
        except TargetError as trouble:
            raise pytest.UsageError(str(trouble)) from None

    def begin(self) -> None:
        """Begin the run, with every clause that can be checked; what stands in its way is kept in `trouble`."""
        from watchword.specs.errors import SpecError
        from watchword.specs.reading.generated import kept_requests
        from watchword.suites.running.roster import started, unambiguous
        from watchword.suites.running.tally import Tally
        from watchword.suites.target import TargetError

        options = self.options
        self._seldom.begin()
        try:
            targets = self.targets or started(self._offers(), options.dialect)
            self.run = Tally(unambiguous(targets), strict=options.strict, repeat=options.repeat)
            self._testable = self.run.testable
            for target in self.run.targets:
                # A file that is none is told of before anything is sent; what it holds is asked for later.
                kept_requests(target.dialect.api)
        except (TargetError, SpecError) as trouble:
            # Raised here, it would be an error of each module that is being collected.
            self.trouble = str(trouble)

    def _offers(self) -> list[StartedServer]:
        answers: list[list[StartedServer]] = self.config.hook.pytest_watchword_default_targets(config=self.config)
        return [offer for answer in answers for offer in answer]

    # -- collection

    @pytest.hookimpl
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one item of each clause of the module's topic; the module whose topic is `*` has those of all topics without one."""
        topic = getattr(metafunc.module, _TOPIC, None)
        if FIXTURE not in metafunc.fixturenames or topic is None:
            return
        if self.run is None and not self.trouble:
            self.begin()
        chosen = [(target, clause) for target, clause in self._testable if self._is_of(clause, topic)]
        labels = [self.run.label(target, clause) for target, clause in chosen] if self.run is not None else []
        metafunc.parametrize(FIXTURE, chosen, indirect=True, ids=labels)

    def _is_of(self, clause: Clause, topic: str) -> bool:
        from watchword.specs.vocabulary import TOPICS

        if topic != EVERY_OTHER:
            return clause.topic == topic
        return clause.topic not in TOPICS and (not self.options.topics or clause.topic in self.options.topics)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the suites of topics of which no target has a clause; pytest makes an empty item of each.

        Raises:
            pytest.UsageError: there is nothing to test, or it cannot be tested in this way.
        """
        if self.trouble:
            raise pytest.UsageError(self.trouble)
        items[:] = [item for item in items if isinstance(_params(item).get(FIXTURE, ()), tuple)]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what was selected, plan the budgets, and make sure that the targets can be tested at all."""
        run = self.run
        chosen = [pair for item in session.items if isinstance(pair := _params(item).get(FIXTURE), tuple)]
        if run is None or self.trouble or not chosen or self.options.collect_only:
            return
        for target, clause in chosen:
            clauses = run.selected.setdefault(target.name, [])
            # A plugin that repeats tests selects a clause more than once; it is examined once all the same.
            if clause not in clauses:
                clauses.append(clause)
        self._open_workshop(run)
        if not self.options.plan:
            self._preflight(run)
        for name, clauses in run.selected.items():
            run.sessions[name].plan(clauses)

    def _open_workshop(self, run: Tally) -> None:
        """Let generated requests be made while other checks are; where none can be, say so once for the whole run."""
        from watchword.suites.judging.workshop import GENERATED, caveat, workshop_for

        wanted = []
        for name, clauses in run.selected.items():
            session = run.sessions[name]
            for clause in clauses:
                if clause.guarantee == GENERATED:
                    operation = session.operation(clause)
                    wanted.append((session.target.dialect.api, operation.described_at, operation.method))
        if said := caveat(len(wanted)):
            run.warnings.append(said)
            self._print([f"warning: {said}"])
        if self.options.plan:
            return
        self._workshop = workshop_for(wanted)
        for session in run.sessions.values():
            session.workshop = self._workshop

    def _preflight(self, run: Tally) -> None:
        from watchword.reports.records import Exit
        from watchword.suites.running.preflight import PreflightError, RuleBroken, preflight

        for name in run.selected:
            try:
                found = preflight(run.sessions[name])
            except PreflightError as trouble:
                text = run.masker.mask(f"preflight failed: {trouble}")
                self._hand_over_begin(run)
                code = Exit.PREFLIGHT
                if isinstance(trouble, RuleBroken):
                    self._keep_broken(run.sessions[name], trouble)
                    code = Exit.TOO_LITTLE
                ended = self._hand_over_end(run, code, text)
                # pytest says it itself.
                self.message = ""
                pytest.exit(text, returncode=ended)
            told = [run.masker.mask(f"{name}: {says}") for says in found.warnings]
            run.warnings += told
            self._print(f"warning: {line}" for line in told)

    def _keep_broken(self, session: TargetSession, trouble: RuleBroken) -> None:
        """Judge and record the rules that a preflight has found broken."""
        from watchword.suites.running.check import weigh
        from watchword.suites.running.recording import write

        for clause in trouble.rules:
            self._keep(write(session, clause, weigh(session, clause, [trouble.attempt]), time.monotonic()), None)

    def _hand_over_begin(self, run: Tally) -> None:
        self._handover.begin(run.header(run.options(self.options.keyword, sys.argv)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Print the plan instead of running, or write the record that the run begins with."""
        run = self.run
        if run is None or not run.selected or self.options.collect_only or session.testsfailed:
            return None
        if self.options.plan:
            self._print_plan(run)
            return True
        self._hand_over_begin(run)
        self.began = True
        self._seldom.keep()
        return None

    def _print_plan(self, run: Tally) -> None:
        from watchword.suites.running.plan import plan_lines

        for name, clauses in run.selected.items():
            self._print(("", *plan_lines(run.sessions[name], clauses)))

    def _print(self, lines: Iterable[str]) -> None:
        reporter = self._terminal()
        for line in lines:
            if reporter is not None:
                reporter.write_line(line)

    def _terminal(self) -> pytest.TerminalReporter | None:
        found: pytest.TerminalReporter | None = self.config.pluginmanager.get_plugin("terminalreporter")
        return found

    # -- one clause

    def check(self, item: pytest.Item, target: Target, clause: Clause) -> Finding:
        """Examine and judge one clause, hand the record over and give what was found.

        A clause is examined once a run: where a plugin runs an item again, it would try the same passwords again.
        """
        from watchword.suites.running.recording import write
        from watchword.suites.running.verdicts import Finding
        from watchword.suites.running.waiting import Waiting

        run = self.run
        if run is None:
            raise RuntimeError("a clause is checked before the run has begun")
        if self.waiting is None:
            self.waiting = Waiting((run.sessions[name], c) for name, clauses in run.selected.items() for c in clauses)
        found = self._found.get((target.name, clause.id))
        if found is None:
            session = run.sessions[target.name]
            judged, seconds = self.waiting.check(session, clause)
            record = self._keep(write(session, clause, judged, time.monotonic() - seconds), item)
            found = self._found[target.name, clause.id] = Finding(record, record.shown(run.strict))
        facts = [(name, getattr(found.record, name)) for name in ("clause", "level", "basis", "verdict")]
        item.user_properties += [fact for fact in facts if fact not in item.user_properties]
        return found

    def _keep(self, record: ClauseRecord, item: pytest.Item | None) -> ClauseRecord:
        """Keep and hand over a record; gives it with the reason for which it is excused, if it is."""
        if self.run is None:
            raise RuntimeError("a record is kept before the run has begun")
        if record.judgement.excusable:
            record = replace(record, known=self._handover.excuse(record))
        self.run.records.append(record)
        self._handover.add(record, item)
        return record

    # -- what is printed holds no secret

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Mask what a report says before any reporter sees it."""
        report = yield
        if self.run is not None:
            from watchword.suites.running.verdicts import NonConformance

            mask = self.run.masker.mask
            if call.excinfo is not None and call.excinfo.errisinstance(NonConformance):
                # The rule and the evidence are the message; where in our code it was raised says nothing.
                report.longrepr = str(call.excinfo.value)
            if isinstance(report.longrepr, tuple):
                path, line, reason = report.longrepr
                report.longrepr = (path, line, mask(reason))
            elif report.longrepr is not None:
                text = str(report.longrepr)
                report.longrepr = report.longrepr if mask(text) == text else mask(text)
            report.sections = [(title, mask(content)) for title, content in report.sections]
        return report

    # -- the end

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Turn the verdicts into the exit code and write the record that the run ends with."""
        from watchword.reports.exits import EXIT_MEANING, STALE, STOPS, Exit

        run = self.run
        # It ends while the reports are written.
        if self._workshop is not None:
            self._workshop.close()
        if run is None or not self.began or exitstatus == Exit.INTERRUPTED:
            return
        if exitstatus in STOPS:
            self._hand_over_end(run, exitstatus, EXIT_MEANING[exitstatus])
            return
        if run.whole:
            self.stale = self._handover.stale(run.records)
        spoilt, trouble = Exit.CONFORMING, ""
        if self.stale:
            spoilt, trouble = Exit.STALE_BASELINE, f"{STALE}: {' '.join(self.stale)}"
        if any(not _is_ours(report) for report in self._failed_reports()):
            spoilt, trouble = Exit.BROKEN, "tests failed that left no record"
        session.exitstatus = self._hand_over_end(run, spoilt, trouble)

    def _hand_over_end(self, run: Tally, spoilt: int, trouble: str) -> int:
        """Hand over the record that the run ends with, and give the exit code."""
        found = run.outcome(spoilt, trouble)
        self.message = str(found)
        self._handover.end(run.footer(found, trouble))
        return found.exit

    def _failed_reports(self) -> list[pytest.TestReport | pytest.CollectReport]:
        reporter = self._terminal()
        return [] if reporter is None else [*reporter.stats.get("failed", []), *reporter.stats.get("error", [])]

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what the exit code means, and which known deviations are none any more."""
        if not self.message:
            return
        for line in self.stale:
            terminalreporter.write_line(f"baseline: {line}")
        terminalreporter.write_line(f"watchword: {self.message}")

    @pytest.hookimpl
    def pytest_unconfigure(self) -> None:
        """Close connections and started targets, and let go of what was found."""
        if self._workshop is not None:
            self._workshop.close()
        if self.run is not None:
            self.run.close()
        self._found.clear()
        self.run = self.waiting = None


def _params(item: pytest.Item) -> dict[str, object]:
    # Only an item of a test function that is parametrized has them.
    return getattr(getattr(item, "callspec", None), "params", {})


def _is_ours(report: pytest.TestReport | pytest.CollectReport) -> bool:
    return isinstance(report, pytest.TestReport) and any(name == "clause" for name, _ in report.user_properties)

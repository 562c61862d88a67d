"""One pytest session of the suites: targets, items, preflight, budgets, verdicts and the exit code."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

__all__ = ["FIXTURE", "Runner"]

FIXTURE = "conformance"
"""The fixture by which a test says that it is about a clause."""
_TOPIC = "TOPIC"
_PREFLIGHT = 6


class Runner:
    """The state of one pytest session: the run, as soon as a suite is collected."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.targets: list[Any] = []
        self.run: Any = None
        self.waiting: Any = None
        self.stale: list[str] = []
        self.message = ""
        self.trouble = ""
        self.began = False

    # -- targets

    def read_targets(self) -> None:
        """Read the targets that the command line names."""
        from watchword.suites.target import TargetError, from_environment, read_target

        option = self.config.option
        try:
            folder = self.config.invocation_params.dir
            self.targets = [read_target(folder / Path(name)) for name in option.target]
            if option.target_url:
                self.targets.append(from_environment(option.target_url, option.dialect, os.environ))
        except TargetError as trouble:
            raise pytest.UsageError(str(trouble)) from None

    def start(self) -> Any:
        """Give the run, begun when it is first asked for; None when there is some trouble."""
        if self.run is None and not self.trouble:
            from watchword.specs.errors import SpecError
            from watchword.suites.running.tally import Tally
            from watchword.suites.target import TargetError

            option = self.config.option
            try:
                targets = self.targets or self._started()
                self.run = Tally(_unambiguous(targets), strict=_is_strict(self.config), repeat=option.repeat)
                for target in targets:
                    _ = target.dialect.clauses
            except (TargetError, SpecError, pytest.UsageError) as trouble:
                # Raised here, it would be an error of each module that is being collected.
                self.trouble = str(trouble)
        return self.run

    def _started(self) -> list[Any]:
        from watchword.suites.target import from_description

        offers = [d for answer in self.config.hook.pytest_watchword_default_targets(config=self.config) for d in answer]
        wanted = self.config.option.dialect
        for offer in offers:
            if wanted and Path(str(offer["dialect"])).name != wanted:
                offer["close"]()
        chosen = [o for o in offers if not wanted or Path(str(o["dialect"])).name == wanted]
        if not chosen:
            known = ", ".join(sorted(Path(str(o["dialect"])).name for o in offers))
            what = (
                f"nobody can start a target of the dialect {wanted!r}; {known or 'none'} can be"
                if wanted
                else "no target was given and none can be"
            )
            raise pytest.UsageError(f"{what} started: name one with --target FILE or --target-url URL --dialect NAME")
        return [from_description(offer) for offer in chosen]

    # -- collection

    @pytest.hookimpl
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make one item of each clause of the module's topic."""
        topic = getattr(metafunc.module, _TOPIC, None)
        if FIXTURE not in metafunc.fixturenames or topic is None:
            return
        run = self.start()
        targets = run.targets if run is not None else []
        pairs = [(t, c) for t in targets for c in t.dialect.clauses if c.topic == topic and not c.untested]
        metafunc.parametrize(FIXTURE, pairs, indirect=True, ids=[run.label(t, c) for t, c in pairs])

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
        chosen = [_params(item)[FIXTURE] for item in session.items if FIXTURE in _params(item)]
        if self.trouble or not chosen or self.config.option.collectonly:
            return
        run = self.run
        for target, clause in chosen:
            run.selected.setdefault(target.name, []).append(clause)
        if not self.config.option.plan:
            self._preflight()
        for name, clauses in run.selected.items():
            run.sessions[name].budget.plan(clauses, run.repeat)

    def _preflight(self) -> None:
        from watchword.suites.running.preflight import PreflightError, preflight

        for name in self.run.selected:
            try:
                preflight(self.run.sessions[name])
            except PreflightError as trouble:
                text = self.run.masker.mask(f"preflight failed: {trouble}")
                self._begin()
                self._call("pytest_watchword_end", record=self.run.footer(_PREFLIGHT, text))
                pytest.exit(text, returncode=_PREFLIGHT)

    def _begin(self) -> None:
        option = self.config.option
        options = {
            "strict": self.run.strict,
            "repeat": self.run.repeat,
            "selected": sum(map(len, self.run.selected.values())),
        }
        options |= {"keyword": option.keyword} if option.keyword else {}
        self._call("pytest_watchword_run", record=self.run.header(options))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Print the plan instead of running, or write the record that the run begins with."""
        run = self.run
        if run is None or not run.selected or self.config.option.collectonly or session.testsfailed:
            return None
        if self.config.option.plan:
            self._print_plan()
            return True
        self._begin()
        self.began = True
        return None

    def _print_plan(self) -> None:
        from watchword.suites.running.plan import plan_lines

        reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        reporter.write_line("")
        for name, clauses in self.run.selected.items():
            for line in plan_lines(self.run.sessions[name], clauses):
                reporter.write_line(line)

    # -- one clause

    def check(self, item: pytest.Item, target: Any, clause: Any) -> Any:
        """Examine and judge one clause, hand the record over and give it."""
        from watchword.suites.running.recording import write
        from watchword.suites.running.waiting import Waiting

        sessions = self.run.sessions
        if self.waiting is None:
            self.waiting = Waiting((sessions[name], c) for name, clauses in self.run.selected.items() for c in clauses)
        session = sessions[target.name]
        judged, seconds = self.waiting.check(session, clause)
        record = write(session, clause, judged, time.monotonic() - seconds)
        if record.verdict in ("fail", "warn", "blocked", "inconclusive"):
            known = self._call("pytest_watchword_known", record=record)
            record = replace(record, known=known) if known else record
        self.run.records.append(record)
        for name, value in (
            ("clause", record.clause),
            ("level", record.level),
            ("basis", record.basis),
            ("verdict", record.verdict),
        ):
            item.user_properties.append((name, value))
        self._call("pytest_watchword_clause", record=record, item=item)
        return record

    def _call(self, name: str, **arguments: Any) -> Any:
        hook = getattr(self.config.hook, name, None)
        return hook(**arguments) if hook is not None else None

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
        from watchword.reports.records import Exit

        run = self.run
        if run is None or not self.began or int(exitstatus) in (2, 3, 4, 6):
            return
        if not self._selective():
            self.stale = self._call("pytest_watchword_stale", records=run.records) or []
        code, self.message = run.exit_code(bool(self.stale))
        if any(not _is_ours(report) for report in self._failed_reports()):
            code, self.message = Exit.BROKEN, f"{self.message}; tests that are none of the suites' failed"
        session.exitstatus = int(code)
        self._call("pytest_watchword_end", record=run.footer(int(code), self.message))

    def _selective(self) -> bool:
        everything = sum(1 for t in self.run.targets for c in t.dialect.clauses if not c.untested)
        return sum(map(len, self.run.selected.values())) < everything

    def _failed_reports(self) -> list[Any]:
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        return [] if reporter is None else [*reporter.stats.get("failed", []), *reporter.stats.get("error", [])]

    @pytest.hookimpl
    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what the exit code means, and which known deviations are none any more."""
        if not self.began or not self.message:
            return
        for line in self.stale:
            terminalreporter.write_line(f"baseline: {line}")
        terminalreporter.write_line(f"watchword: {self.message}")

    @pytest.hookimpl
    def pytest_unconfigure(self) -> None:
        """Close connections and started targets."""
        if self.run is not None:
            self.run.close()


def _params(item: pytest.Item) -> dict[str, Any]:
    return getattr(getattr(item, "callspec", None), "params", {})


def _is_strict(config: pytest.Config) -> bool:
    # `--strict` is pytest's own switch, which turns on its ini option of that name; a project whose ini file has it
    # turned on has not asked for stricter verdicts.
    return "strict=true" in (getattr(config.option, "override_ini", None) or ())


def _is_ours(report: Any) -> bool:
    return any(name == "clause" for name, _ in report.user_properties)


def _unambiguous(targets: list[Any]) -> list[Any]:
    """Give every target a name of its own: a second one of the same name gets a number."""
    seen: dict[str, int] = {}
    named = []
    for target in targets:
        name = re.sub(r"[^\w.:@/-]+", "-", target.name)
        seen[name] = seen.get(name, 0) + 1
        named.append(replace(target, name=name if seen[name] == 1 else f"{name}-{seen[name]}"))
    return named

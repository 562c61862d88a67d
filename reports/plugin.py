"""The pytest plugin that turns the records of a run into reports. Without records it does nothing.

It owns `--watchword-report-dir`, `--watchword-baseline` and `--watchword-history`, which a run of the suites calls
`--report-dir`, `--baseline` and `--history`:
the names are long because a project that has Watchword merely installed may have such options of its own. Whoever makes records calls the hooks of `watchword.reports.hooks`.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from watchword.reports import hooks
from watchword.reports.sink import Sink

# pytest loads this module in every project where Watchword is installed: what only a run of ours needs is imported by it.
if TYPE_CHECKING:
    from watchword.reports.baseline import Baseline
    from watchword.reports.records import ClauseRecord, EndRecord, RunRecord

_SINK = pytest.StashKey[Sink]()


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hooks known to the suites."""
    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that concern reports."""
    group = parser.getgroup(
        "watchword",
        "Watchword: conformance of auth APIs (in a run of the suites the names do without 'watchword-', as in --target)",
    )
    group.addoption(
        "--watchword-report-dir",
        metavar="DIR",
        type=Path,
        help="where report.html, records.jsonl and junit.xml go (default: reports/out under the root directory)",
    )
    group.addoption(
        "--watchword-baseline",
        metavar="FILE",
        type=Path,
        help="a TOML file of known deviations, which are reported and not counted as broken",
    )
    group.addoption(
        "--watchword-history",
        metavar="FILE",
        type=Path,
        help="a file of JSON lines that gets one a run; the page shows the trend",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Look at the options before any test, and stand ready.

    Raises:
        pytest.UsageError: the report directory cannot be written, or the baseline cannot be read.
    """
    asked: Path | None = config.option.watchword_report_dir
    known: Path | None = config.option.watchword_baseline
    folder = config.rootpath / "reports" / "out" if asked is None else config.invocation_params.dir / asked
    past: Path | None = config.option.watchword_history
    sink = Sink(folder, None if past is None else config.invocation_params.dir / past)
    if sink.history is not None and not _is_worker(config):
        _look_back(sink.history)
    if asked is not None and not _is_worker(config):
        _claim(sink)
    baseline = None
    if known is not None:
        from watchword.reports.baseline import BaselineError, read_baseline

        try:
            baseline = read_baseline(config.invocation_params.dir / known)
        except BaselineError as trouble:
            raise pytest.UsageError(f"--baseline: {trouble}") from trouble
    config.stash[_SINK] = sink
    config.pluginmanager.register(_Reporter(config, config.stash[_SINK], baseline), "watchword-reporter")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Make the reports of a run that got no further, and let go of its records."""
    sink = config.stash.get(_SINK, None)
    if sink is not None:
        sink.close()
        sink.run = None
    reporter = config.pluginmanager.get_plugin("watchword-reporter")
    if reporter is not None:
        reporter.forget()


def _claim(sink: Sink) -> None:
    try:
        sink.claim()
    except OSError as trouble:
        raise pytest.UsageError(
            f"--report-dir: {sink.folder} cannot be written: {trouble.strerror or trouble}"
        ) from trouble


def _look_back(history: Path) -> None:
    from watchword.reports.history import BrokenHistory, read_history

    if not history.parent.is_dir():
        raise pytest.UsageError(f"--history: {history} cannot be written: there is no folder {history.parent}")
    try:
        read_history(history)
    except BrokenHistory as trouble:
        raise pytest.UsageError(f"--history: {trouble}") from trouble


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


class _Reporter:
    """The hooks of one session."""

    def __init__(self, config: pytest.Config, sink: Sink, baseline: Baseline | None) -> None:
        self._config = config
        self._sink = sink
        self._baseline = baseline
        self._today = _today()
        self._records: dict[str, ClauseRecord] = {}
        self._attached: set[str] = set()
        self._columns = False

    def forget(self) -> None:
        """Let go of the records."""
        self._records.clear()

    def pytest_watchword_run(self, record: RunRecord) -> None:
        if _is_worker(self._config):
            return
        try:
            self._sink.begin(record)
        except OSError as trouble:
            raise pytest.UsageError(
                f"the report directory {self._sink.folder} cannot be written: {trouble.strerror or trouble}"
            ) from trouble

    def pytest_watchword_clause(self, record: ClauseRecord, item: pytest.Item | None) -> None:
        if item is not None:
            self._records[item.nodeid] = record
        self._sink.add(record)

    def pytest_watchword_end(self, record: EndRecord) -> None:
        self._sink.end(record)

    def pytest_watchword_known(self, record: ClauseRecord) -> str | None:
        return self._baseline.excuses(record, self._today) or None if self._baseline else None

    def pytest_watchword_stale(self, records: Sequence[ClauseRecord]) -> list[str] | None:
        return self._baseline.stale(records, self._today) if self._baseline else None

    # The outermost wrapper: the suites may still make the record in theirs.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        record = self._records.get(item.nodeid)
        if record is not None:
            from watchword.reports.page.cells import properties

            told = dict(report.user_properties)
            report.user_properties += [row for row in properties(record) if row[0] not in told]
            if self._config.getoption("htmlpath", None):
                self._attach(item, report, record)
        return report

    def _attach(self, item: pytest.Item, report: pytest.TestReport, record: ClauseRecord) -> None:
        from watchword.reports.page.cells import unfolding

        extras = self._config.pluginmanager.getplugin("html").extras
        # pytest-html gathers the extras of all phases, so one phase carries them.
        if item.nodeid not in self._attached:
            self._attached.add(item.nodeid)
            found: list[object] = getattr(report, "extras", [])
            report.extras = [*found, extras.html(unfolding(record))]  # type: ignore[attr-defined]

    # Outermost again, so that nothing else of the session's end is lost when this one speaks up.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        result = yield
        self._sink.close()
        if self._sink.trouble:
            raise pytest.UsageError(self._sink.trouble)
        return result

    # Outermost: pytest's own account of what failed would come before, a page for each clause and in no order.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> Generator[None, object, object]:
        run = self._sink.run
        if run is None:
            return (yield)
        from watchword.reports.remedies import remedies
        from watchword.reports.summary import headline, verdict_line
        from watchword.reports.terminal import told

        self._sink.publish()
        stats = terminalreporter.stats
        kept = {name: stats[name] for name in ("failed", "error") if name in stats}
        for name, reports in kept.items():
            stats[name] = [report for report in reports if not self._tells(report)]
        result = yield
        for name, reports in kept.items():
            stats[name] = reports
        for title, lines in told(run, self._records_file()) if self._config.option.tbstyle != "no" else ():
            terminalreporter.write_sep("=", title)
            for line in lines:
                terminalreporter.write_line(line)
        terminalreporter.write_sep("=", "watchword")
        terminalreporter.write_line(headline(run))
        terminalreporter.write_line(verdict_line(run))
        for line in remedies(run.clauses):
            terminalreporter.write_line(f"  {line}")
        terminalreporter.write_line(f"report: {self._sink.page}")
        return result

    def _tells(self, report: object) -> bool:
        """Tell whether what a report says is said of its clause below, in whatever style pytest was not asked for."""
        record = self._records.get(getattr(report, "nodeid", ""))
        if record is None or self._config.option.tbstyle != "auto":
            return False
        return record.judgement.broken or record.judgement.shown() == "error"

    def _records_file(self) -> str:
        folder, here = self._sink.folder, self._config.invocation_params.dir
        return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        # pytest-html fixes its columns before the collection, when nobody can be sure that a clause will be checked.
        expected = self._config.hook.pytest_watchword_expected(config=self._config)
        self._columns = self._sink.run is not None or bool(expected)
        if self._columns:
            from watchword.reports.page.cells import COLUMNS, header

            cells[1:1] = [header(column) for column in COLUMNS]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        if self._columns and cells:
            from watchword.reports.page.cells import COLUMNS, cell

            found = dict(getattr(report, "user_properties", ()))
            cells[1:1] = [cell(column, found) for column in COLUMNS]


def _today() -> date:
    return datetime.now(UTC).date()

"""The pytest plugin of the suites: options, targets, one item a clause, verdicts and exit codes.

Without a suite of ours among the collected tests it does nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

__all__ = ["conformance"]

_FOLDER = Path(__file__).resolve().parent
_PACKAGE = "watchword.suites"

_PATHS = ("--target", "--report-dir", "--baseline")
"""The options whose values are paths."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hook known by which other plugins start targets."""
    from watchword.suites import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say what is tested and how."""
    group = parser.getgroup("watchword", "Watchword: conformance of auth APIs")
    group.addoption(
        "--target",
        action="append",
        default=[],
        metavar="FILE",
        help="a TOML file that describes a server under test (repeatable)",
    )
    group.addoption(
        "--target-url",
        metavar="URL",
        help="the base URL of a server under test; credentials come from WATCHWORD_<ROLE> variables",
    )
    group.addoption(
        "--dialect", metavar="NAME", help="the dialect of --target-url, or the only one to test without a target"
    )
    group.addoption(
        "--repeat",
        type=int,
        default=1,
        metavar="N",
        help="check each clause N times; a rule that is broken once is broken",
    )
    group.addoption("--plan", action="store_true", help="print what would be sent, and send nothing")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """See that no value of an option has been taken for a path to tests.

    Raises:
        pytest.UsageError: one has, and it cannot be mended.
    """
    if any(argument.startswith(_PATHS) for argument in args):
        from watchword.suites.running.settings import look_again

        look_again(early_config, args)


def pytest_configure(config: pytest.Config) -> None:
    """Register the run's own plugin, and read the targets that are named, so that a mistake shows before any test.

    Raises:
        pytest.UsageError: a target or option is wrong.
    """
    option = config.option
    if option.repeat < 1:
        raise pytest.UsageError(f"--repeat wants a number of 1 or more, not {option.repeat}")
    if option.target_url and not option.dialect:
        raise pytest.UsageError("--target-url wants --dialect NAME beside it")
    if getattr(option, "numprocesses", None) and (option.target or option.target_url or _names_suites(config)):
        raise pytest.UsageError("the suites count logins and refusals, so they run in one process: leave out -n")
    from watchword.suites.running.runner import Runner

    runner = Runner(config)
    config.pluginmanager.register(runner, "watchword.run")
    if option.target or option.target_url:
        runner.read_targets()


@pytest.hookimpl(optionalhook=True)
def pytest_watchword_expected(config: pytest.Config) -> bool | None:
    """Tell whether the command line names the suites, or a folder that they are in."""
    return _names_suites(config) or any(path in _FOLDER.parents for _, path in _named(config)) or None


def _names_suites(config: pytest.Config) -> bool:
    return any(
        name.split(".")[:2] == _PACKAGE.split(".") or path == _FOLDER or _FOLDER in path.parents
        for name, path in _named(config)
    )


def _named(config: pytest.Config) -> list[tuple[str, Path]]:
    names = [argument.partition("::")[0] for argument in config.args]
    return [(name, (config.invocation_params.dir / name).resolve()) for name in names]


@pytest.fixture
def conformance(request: pytest.FixtureRequest) -> Any:
    """Check the clause of this item at its target; gives what was found.

    What could not be checked ends here, as an error or a skip; what was checked goes on to the test, which judges it.
    """
    from watchword.suites.running.console import explain, short
    from watchword.suites.running.verdicts import Finding

    runner: Any = request.config.pluginmanager.get_plugin("watchword.run")
    target, clause = request.param
    record = runner.check(request.node, target, clause)
    shown = record.shown(runner.run.strict)
    if shown == "error":
        pytest.fail(explain(record), pytrace=False)
    if shown == "skipped" and not record.known:
        pytest.skip(short(record))
    return Finding(record, shown)

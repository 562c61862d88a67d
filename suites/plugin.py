"""The pytest plugin of the suites: options, targets, one item a clause, verdicts and exit codes.

Without a suite of ours among the collected tests it does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from watchword.suites.options import (
    add_options,
    is_run_of_suites,
    names_suites,
    read_options,
    spelled_out,
    strays,
)

# pytest loads this module in every project where Watchword is installed: what is heavy is imported when it is needed.
if TYPE_CHECKING:
    from watchword.specs.values.clause import Clause
    from watchword.suites.running.runner import Runner
    from watchword.suites.running.verdicts import Finding
    from watchword.suites.target import Target

__all__ = ["conformance"]

_CHECKOUT = Path(__file__).resolve().parent.parent
_SUITES = Path(__file__).resolve().parent
_RUNNER: pytest.StashKey[Runner] = pytest.StashKey()


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the hook known by which other plugins start targets."""
    from watchword.suites import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say what is tested and how."""
    add_options(parser)


# The outermost wrapper, so that nobody has begun anything yet when the run turns out to need another beginning.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> Generator[None, None, None]:
    """In a run of the suites, spell our options out; where a path has led pytest astray, begin again with those words.

    Raises:
        pytest.UsageError: the path stands where pytest reads it anew each time.
        SystemExit: the run that was begun again is over.
    """
    folder = early_config.invocation_params.dir
    if is_run_of_suites(args, folder, early_config.rootpath):
        given = [os.fspath(word) for word in early_config.invocation_params.args]
        if strays(given, folder):
            raise SystemExit(int(pytest.main(spelled_out(given), early_config.invocation_params.plugins)))
        if strays(args, folder):
            raise pytest.UsageError(
                "a path that stands behind an option in PYTEST_ADDOPTS leads pytest away from its settings: "
                "join the two, such as --target=FILE"
            )
        args[:] = spelled_out(args)
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Register the run's own plugin, and read the targets that are named, so that a mistake shows before any test.

    Raises:
        pytest.UsageError: a target or option is wrong.
    """
    options = read_options(config)
    if options.repeat < 1:
        raise pytest.UsageError(f"--repeat wants a number of 1 or more, not {options.repeat}")
    if options.url and not options.dialect:
        raise pytest.UsageError("--target-url wants --dialect NAME beside it")
    if options.processes and (options.names_targets or names_suites(config.args, config.invocation_params.dir)):
        raise pytest.UsageError("the suites count logins and refusals, so they run in one process: leave out -n")
    if options.disconnected and options.names_targets:
        raise pytest.UsageError("a server is asked over sockets: leave out --disable-socket, or add --allow-hosts=HOST")
    if options.names_targets or names_suites(config.args, config.invocation_params.dir):
        _have_collected(config)
    from watchword.suites.running.runner import Runner

    runner = Runner(config, options)
    config.stash[_RUNNER] = runner
    config.pluginmanager.register(runner, "watchword.run")
    if options.names_targets:
        runner.read_targets()


def _have_collected(config: pytest.Config) -> None:
    """Have the suites collected in a project whose own tests are named in another way; each has one test, named as its file."""
    config.addinivalue_line("python_files", str(_SUITES / "test_*.py"))
    for suite in _SUITES.glob("test_*.py"):
        config.addinivalue_line("python_functions", suite.stem)


@pytest.hookimpl(optionalhook=True)
def pytest_watchword_expected(config: pytest.Config) -> bool | None:
    """Tell whether the command line names the suites, or the checkout that they are in."""
    folder = config.invocation_params.dir
    return names_suites(config.args, folder) or any((folder / n).resolve() == _CHECKOUT for n in config.args) or None


@pytest.fixture
def conformance(request: pytest.FixtureRequest) -> Finding:
    """Check the clause of this item at its target; gives what was found.

    What could not be checked ends here, as an error or a skip; what was checked goes on to the test, which judges it.
    """
    from watchword.suites.running.console import explain, short

    chosen: tuple[Target, Clause] = request.param
    finding = request.config.stash[_RUNNER].check(request.node, *chosen)
    if finding.shown == "error":
        pytest.fail(explain(finding.record), pytrace=False)
    if finding.shown == "skipped" and not finding.record.known:
        pytest.skip(short(finding.record))
    return finding

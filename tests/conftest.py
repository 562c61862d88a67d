"""What all tests share: a mock and the suites in one process, and the tools that not every machine has."""

from __future__ import annotations

import gc
import os
import shutil
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from watchword.mockserver.clock import StillClock
from watchword.mockserver.http.message import finished
from watchword.mockserver.service import Outcome, Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply, Request
from watchword.suites.judging.shapes import schema_errors
from watchword.suites.running.check import Judged, check
from watchword.suites.running.session import TargetSession
from watchword.suites.target import from_description

if TYPE_CHECKING:
    from tests.forked import Forks

# A slow machine is no defect, and what fails once has to fail again.
settings.register_profile("ours", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")
# Each run of the suites that a test starts would make Hypothesis' tables of Unicode anew.
os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", str(Path(__file__).resolve().parent.parent / ".hypothesis"))

ORIGIN = "http://mock.localhost"
TROUBLE = ("fail", "error", "blocked", "inconclusive")
"""The verdicts that a right server never gets."""


NODE = Path(__file__).resolve().parent.parent / ".venv-node" / "node_modules"
FROM_NPM = "make node-packages"
TOOLS = {
    "chromium": "apt-get install chromium",
    "chromedriver": "apt-get install chromium-driver",
    "curl": "apt-get install curl",
    "go": "apt-get install golang-go",
    "java": "apt-get install default-jdk-headless",
    "node": "apt-get install nodejs",
    "openssl": "apt-get install openssl",
    "redis-server": "apt-get install redis-server",
    "redocly": FROM_NPM,
    "spectral": FROM_NPM,
    "node-oauth2-server": FROM_NPM,
    "oidc-provider": FROM_NPM,
    "axe": FROM_NPM,
    "ctrf": FROM_NPM,
    "har-schema": FROM_NPM,
    "jest-sarif": FROM_NPM,
}
"""What some tests need beside Python, and what installs it. Some of it comes from npm, which nobody has to have."""
LIBRARIES = {
    "node-oauth2-server": "@node-oauth/oauth2-server",
    "oidc-provider": "oidc-provider",
    "axe": "axe-core",
    "ctrf": "ctrf",
    "har-schema": "har-schema",
    "jest-sarif": "@microsoft/jest-sarif",
}
"""Of these, packages without a command, which programs of Node import, or which carry the schema of a format."""


FIRST = (
    "tests/test_readme.py",
    "tests/detection/",
    "tests/suites/hostile/test_bounds.py",
    "tests/suites/test_any_reply.py",
    "tests/test_packaging.py",
    "tests/acceptance/test_awkward_names.py",
    "tests/acceptance/test_generated_runs.py",
    "tests/clients/test_fusio_sdk.py",
    "tests/strangers/test_oauth_servers.py",
    "tests/acceptance/test_plugins_of_others.py",
    "tests/acceptance/test_live_target.py",
)
"""The longest files, and one that installs something: who begins with one of them at the end is waited for."""

LONG = (
    "tests/acceptance/",
    "tests/clients/test_fusio_sdk.py",
    "tests/detection/",
    "tests/mockserver/test_background.py",
    "tests/mockserver/test_command.py",
    "tests/mockserver/test_control_document.py",
    "tests/mockserver/test_fuzz.py",
    "tests/mockserver/test_live.py",
    "tests/mockserver/test_tls.py",
    "tests/mockserver/test_verdict_command.py",
    "tests/mockserver/test_verdicts.py",
    "tests/reports/test_outcome.py",
    "tests/reports/test_plugin.py",
    "tests/strangers/",
    "tests/suites/hostile/",
    "tests/suites/test_ahead.py",
    "tests/suites/test_any_reply.py",
    "tests/suites/test_generating.py",
    "tests/suites/test_harmless.py",
    "tests/suites/test_profiles_",
    "tests/suites/test_waiting.py",
    "tests/suites/test_window.py",
    "tests/test_ci_templates.py",
    "tests/test_container.py",
    "tests/test_fictional.py",
    "tests/test_imports.py",
    "tests/test_left_out.py",
    "tests/test_new.py",
    "tests/test_openapi_linters.py",
    "tests/test_packaging.py",
    "tests/test_readme.py",
)
"""What takes long: the matrices, packaging, the README, and whatever starts suites, mocks, pytest or linters anew for each test."""

MATRICES = "tests/detection/test_laws.py"
"""The longest of all: each dialect's matrix, which is measured once, by the process that holds it against the laws."""


def is_long(item: pytest.Item) -> bool:
    """Tell whether a test takes long: by its module, or because it starts a browser or somebody else's program."""
    return item.nodeid.startswith(LONG) or item.get_closest_marker("needs") is not None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let CI insist on every tool, and somebody in a hurry do without what takes long."""
    parser.addoption("--all-tools", action="store_true", help="fail a test whose tool is missing, rather than skip it")
    parser.addoption("--quick", action="store_true", help="leave out what takes long (LONG in tests/conftest.py)")


def pytest_xdist_auto_num_workers() -> int:
    """Give one process more than there are cores: some tests wait for somebody, and those that do not get into each other's way."""
    return 1 + (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


class Spread(LoadFileScheduling):
    """Gives a process a file of tests at a time, and of the matrices one dialect's."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        return f"{file}[{test.partition('[')[2]}" if file == MATRICES else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Spread files, where files are spread."""
    return Spread(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: [not item.nodeid.startswith(early) for early in (MATRICES, FIRST, LONG)])
    if config.getoption("quick"):
        config.hook.pytest_deselected(items=[item for item in items if is_long(item)])
        items[:] = [item for item in items if not is_long(item)]


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Look for what nobody needs any more seldom, and never among what was collected: ten thousand tests are there to stay."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark of a test that needs a tool, and let a test fail for what it does, not for what another left."""
    gc.disable()
    # Python finds a socket that somebody left open in the middle of another test, which is not to blame: it is told below all.
    config.addinivalue_line(
        "filterwarnings", "default:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
    )
    config.addinivalue_line("markers", "needs(name): the test needs this tool, one of TOOLS in tests/conftest.py")


def find_tool(config: pytest.Config, name: str) -> str:
    """Give the path of a tool; where it is missing, end the test as skipped, or as failed with `--all-tools`."""
    folder = NODE / LIBRARIES.get(name, ".bin")
    if name not in LIBRARIES:
        path = shutil.which(name, path=f"{folder}{os.pathsep}{os.environ['PATH']}")
    else:
        path = str(folder) if folder.is_dir() and shutil.which("node") else None
    if path is not None:
        return path
    reason = f"{name} is missing: {TOOLS[name]}"
    if config.getoption("all_tools") and (TOOLS[name] != FROM_NPM or shutil.which("npm")):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for the tools of a test before anything is set up for it."""
    for mark in item.iter_markers("needs"):
        find_tool(item.config, mark.args[0])


@pytest.fixture(scope="session")
def tool(pytestconfig: pytest.Config) -> Callable[[str], str]:
    """Find a tool by its name: `tool("redocly")` gives its path."""
    return lambda name: find_tool(pytestconfig, name)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Say below everything else what was left out, and why: a green run without it is half a run.

    pytest may load this file in a run of the suites, too. A clause that is not applicable is no test that was left out.
    """
    yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    here, root = Path(__file__).resolve().parent, session.config.rootpath
    skipped = [
        report
        for report in (terminal.stats.get("skipped", []) if terminal else [])
        if here in (root / report.nodeid.partition("::")[0]).resolve().parents
    ]
    if skipped and not hasattr(session.config, "workerinput"):
        reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
        terminal.write_line(f"LEFT OUT: {len(skipped)} tests did not run", yellow=True, bold=True)
        for reason, count in reasons.most_common():
            terminal.write_line(f"{count:4}  {reason}", yellow=True)


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The process that others are forked from, for whoever wants a run or a mock in a process of its own, and many of them."""
    # This file alone may stand elsewhere, too.
    from tests.forked import Forks, environment

    found = Forks(environment())
    yield found
    found.close()


class InProcess:
    """A mock of one profile and the suites against it. `answered` is everything that the mock was asked."""

    def __init__(self, dialect: str, profile: str = "documented", *, still: bool = False) -> None:
        self.service = Service(load_dialect(dialect), profile, clock=StillClock() if still else None)
        self.answered: list[tuple[Request, Outcome]] = []
        bases = self.service.dialect.api.bases
        masker = Masker()
        masker.configure(self.service.credentials)
        target = from_description(
            {
                "name": profile,
                "dialect": dialect,
                "url": ORIGIN + bases["url"],
                "issuer": ORIGIN + bases["url"],
                "resource_url": ORIGIN + bases.get("resource_url", bases["url"]),
                "credentials": self.service.credentials,
                "control": self.service.clock,
            }
        )
        self.session = TargetSession(target, masker, wire=self)

    def send(self, request: Request) -> tuple[Reply, float]:
        """Answer a request of the suites, as a wire does, which names the suites: some releases refuse who stays unnamed."""
        base = self.service.dialect.api.bases[request.base]
        headers = (("User-Agent", "watchword"), *request.headers)
        return self.ask(replace(request, path=base + request.path, headers=headers)), 0.0

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def ask(self, request: Request) -> Reply:
        """Answer a request whose path begins at the root of the mock."""
        outcome = self.service.handle(request, ORIGIN)
        self.answered.append((request, outcome))
        return finished(outcome.reply, request.method, outcome.at)

    def check_all(self) -> dict[str, Judged]:
        """Check every clause that can be checked; gives what was judged by clause, without the name of the dialect."""
        return {c.id: check(self.session, c) for c in self.service.dialect.clauses if not c.untested}

    def undescribed(self) -> list[str]:
        """Give what deviates from the description in the replies that the mock has given since it began."""
        api = self.service.dialect.api
        found = []
        for request, outcome in self.answered:
            if outcome.operation is not None:
                for where, rule, seen, _ in schema_errors(api, api.operations[outcome.operation], outcome.reply):
                    found.append(f"{request.method} {request.path} ({outcome.condition}): {where} {rule}; {seen}")
        return sorted(set(found))


@pytest.fixture(scope="session")
def in_process() -> Callable[..., InProcess]:
    """Join a mock with the suites: `in_process("dialect", "profile")`; with `still=True` its clock stands still."""
    return InProcess


@pytest.fixture(scope="session")
def trouble() -> Callable[[dict[str, Judged]], dict[str, str]]:
    """Pick what a right server never gets: clause → verdict and what was seen."""

    def pick(found: dict[str, Judged]) -> dict[str, str]:
        return {
            clause: f"{judged.verdict}: {'; '.join(map(str, judged.differences)) or judged.reason}"
            for clause, judged in found.items()
            if judged.verdict in TROUBLE
        }

    return pick

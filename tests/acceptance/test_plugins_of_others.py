"""Other people's plugins and settings: plain pytest gives the verdicts that it gives without them, and spends no more logins."""

from __future__ import annotations

import itertools
import subprocess
import sys
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_socket

from tests.acceptance.conftest import ROOT, target_file
from tests.acceptance.test_lockout import Counting
from tests.forked import Forks, environment
from watchword.reports.records import read_run
from watchword.suites.sending.deadline import Deadline
from watchword.suites.sending.unreachable import Unreachable
from watchword.suites.sending.way import reach

CLAUSES = "token.password-wrong or token.password-empty or token.works or renew.works or token.reply"
# A rule that spends a login is broken, so that whoever repeats what failed spends more of them.
FAULT = "answers-400:password.wrong@createToken"


@dataclass(frozen=True)
class Left:
    """What a run left: its exit code, the verdict of each clause, the failed logins of each account, and its words."""

    code: int
    verdicts: dict[str, str]
    failed: Counter[str]
    text: str


@pytest.fixture
def project(tmp_path: Path, announce: Any, serve: Any, forks: Forks, request: pytest.FixtureRequest) -> Any:
    """Run plain pytest in a project of its own, against a server that counts failed logins.

    With `python`, it is started anew, with these words to Python: what that takes from its command line and environment counts.
    """
    folders = itertools.count()

    def run(
        *words: str,
        python: tuple[str, ...] | None = None,
        env: dict[str, str] | None = None,
        unset: str = "",
        ini: str = "",
        reports: str = "out",
    ) -> Left:
        folder = tmp_path / f"project-{next(folders)}"
        folder.mkdir()
        counting = Counting(announce("sensu", "--fault", FAULT), serve, request)
        limits = {"requests_per_second": 1000, "bad_logins": 40, "max_wait": 0}
        file = target_file(folder / "staging.toml", counting.facts(), {"limits": limits})
        (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n", encoding="utf-8")
        (folder / "netrc").write_text("machine 127.0.0.1 login stranger password Somebody-elses-9\n", encoding="utf-8")
        line = [
            "--pyargs",
            "watchword.suites",
            "-k",
            CLAUSES,
            f"--target={file.name}",
            f"--report-dir={reports}",
            *words,
        ]
        # The project's folder is where a netrc file may be asked for.
        told = {name: value.replace("FOLDER", str(folder)) for name, value in (env or {}).items()}
        around = {k: v for k, v in environment(told).items() if k != unset}
        # As for an installed command, the folder is no place where modules are looked for.
        if python is None:
            code, *text = forks.run(
                ["-c", "import pytest; raise SystemExit(pytest.main())", *line], cwd=folder, env=around
            )
        else:
            done = subprocess.run(
                [sys.executable, "-P", *python, "-m", "pytest", *line],
                cwd=folder,
                env=around,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
            code, text = done.returncode, [done.stdout, done.stderr]
        kept = folder / reports / "records.jsonl"
        verdicts = {r.clause: r.verdict for r in read_run(kept).clauses} if kept.exists() else {}
        return Left(code, verdicts, counting.failed, "".join(text))

    return run


BROKEN = {"token.password-wrong", "token.password-empty"}
PASSED = {
    "renew.works",
    "renew.works-again",
    "token.reply-fields",
    "token.reply-json",
    "token.reply-schema",
    "token.reply-types",
    "token.works",
    "token.works-again",
}
VERDICTS = {f"sensu:{name}": "fail" for name in BROKEN} | {f"sensu:{name}": "pass" for name in PASSED}
# One login for each of the broken rules.
FAILED = {"mira": 2}
OURS = [word for name in ("mockserver", "suites", "reports") for word in ("-p", f"watchword.{name}.plugin")]
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
DEAD = "http://127.0.0.1:9"


def beside(
    *plugins: str, words: tuple[str, ...] = (), env: dict[str, str] | None = None, **more: Any
) -> dict[str, Any]:
    """Settings with these plugins beside ours: what a setting is about does not take those that it does not concern."""
    named = [word for plugin in plugins for word in ("-p", plugin)]
    return {"words": [*OURS, *named, *words], "env": ALONE | (env or {}), **more}


SETTINGS: dict[str, dict[str, Any]] = {
    "no plugin but ours": beside(),
    "every plugin": {"python": ()},
    "a time limit": beside("pytest_timeout", words=("--timeout=300",)),
    "a time limit by a thread": beside("pytest_timeout", words=("--timeout=300", "--timeout-method=thread")),
    "one order": {"words": ["--randomly-seed=7"]},
    "another order": beside("pytest_randomly", words=("--randomly-seed=8",)),
    "what failed again": {"words": ["--reruns=2"]},
    "what failed again, by the settings": beside("pytest_rerunfailures", ini="reruns = 2"),
    "files of tests with other names": beside(ini="python_files = tests.py *_tests.py"),
    "tests with other names": beside(ini="python_functions = check_* it_*"),
    "coverage": {"words": ["--cov=."]},
    "sockets to the target": {"words": ["--disable-socket", "--allow-hosts=127.0.0.1"]},
    "no cache": beside(words=("-p", "no:cacheprovider")),
    "no pytest-html": {"words": ["-p", "no:html"]},
    "warnings are errors": {"words": ["-W", "error"]},
    "no assertions": beside(python=("-O",)),
    "no home": beside(unset="HOME"),
    "a locale without UTF-8": beside(python=(), env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
    "a dead proxy for the rest": beside(env={"HTTP_PROXY": DEAD, "http_proxy": DEAD, "NO_PROXY": "127.0.0.1"}),
    "somebody else's netrc": beside(env={"NETRC": "FOLDER/netrc", "HOME": "FOLDER"}),
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_settings(setting: dict[str, Any], project: Any) -> None:
    """Whatever is set around it, a run gives the same verdicts, and no account sees another failed login."""
    others = {name: value for name, value in setting.items() if name != "words"}
    left = project(*setting.get("words", ()), **others)

    assert VERDICTS == left.verdicts, left.text
    assert FAILED == left.failed
    assert 1 == left.code
    assert "Traceback" not in left.text
    assert "INTERNALERROR" not in left.text


def test_repeated_on_purpose(project: Any) -> None:
    """`--repeat` is the way to check a clause again: what a plugin repeats besides costs nothing."""
    left = project("--repeat=2", "--reruns=2")

    assert VERDICTS == left.verdicts, left.text
    assert FAILED != left.failed
    assert left.failed["mira"] <= 2 * FAILED["mira"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no sockets": ({"words": ["--disable-socket"]}, "leave out --disable-socket, or add --allow-hosts=HOST"),
    "no sockets, by the settings": ({"ini": "addopts = --disable-socket"}, "leave out --disable-socket"),
    "processes": ({"words": ["-n", "2"]}, "so they run in one process: leave out -n"),
    "a folder that cannot be made": ({"reports": "pytest.ini/out"}, "pytest.ini/out"),
}


@pytest.mark.parametrize(("setting", "says"), REFUSED.values(), ids=REFUSED)
def test_refusals(setting: dict[str, Any], says: str, project: Any) -> None:
    """What would spoil a run, or keep nothing of it, is refused in one line before a request is sent."""
    others = {name: value for name, value in setting.items() if name != "words"}
    left = project(*setting.get("words", ()), **others)

    assert 4 == left.code, left.text
    assert [says in line for line in left.text.splitlines() if line.startswith("ERROR")] == [True]
    assert not left.failed
    assert "Traceback" not in left.text


@pytest.mark.filterwarnings("default:A test tried to use socket")
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize(("level", "named"), [("default", "SocketBlockedError"), ("error", "UserWarning")])
def test_no_sockets_at_all(host: str, level: Literal["default", "error"], named: str) -> None:
    """A guard of sockets raises what no socket raises: that is told as what it is, wherever it strikes."""
    pytest_socket.disable_socket()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(level)
            with pytest.raises(Unreachable) as raised:
                reach(host, 80, Deadline(5))
    finally:
        pytest_socket.enable_socket()

    assert "connection" == raised.value.kind
    assert f"something in this process forbids it ({named})" == raised.value.detail


def test_the_words_of_the_readme() -> None:
    """The README names the plugins as they are named here."""
    assert f"pytest {' '.join(OURS)} --pyargs watchword.suites" in (ROOT / "README.md").read_text(encoding="utf-8")

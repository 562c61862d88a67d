"""The examples of the README and of the pages about the mock, live servers and dialects, run as they stand.

A comment before a block says what becomes of it: `file: NAME` writes it, `run` runs it, `run: TOOL` does so where that tool is
tried, `serve: COMMAND` and `starts` start a server that runs until the end, `baseline` reads it. The ports that a document names are replaced by free ones.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from watchword.reports.baseline import read_baseline
from watchword.reports.records import EXIT_MEANING, VERDICTS
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.reading.generated import kept_requests
from watchword.specs.redaction import Masker
from watchword.suites.running.plan import plan_lines
from watchword.suites.running.preflight import LOOKS
from watchword.suites.running.session import TargetSession
from watchword.suites.target import from_description

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
MOCK = (ROOT / "docs" / "mock.md").read_text("utf-8")
LIVE = (ROOT / "docs" / "live.md").read_text("utf-8")
DIALECTS = (ROOT / "docs" / "dialects.md").read_text("utf-8")
LANGUAGES = (ROOT / "docs" / "languages.md").read_text("utf-8")
SMALLEST = ROOT / "tests" / "dialects" / "smallest"
BLOCK = re.compile(r"((?:^<!-- .*? -->\n)+)^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A marked block: its marks, its language, its text, and the line on which it begins."""

    marks: tuple[str, ...]
    language: str
    text: str
    line: int


def examples(document: str = README) -> list[Example]:
    """Give the marked blocks of a document in their order."""
    found = []
    for match in BLOCK.finditer(document):
        marks = tuple(re.findall(r"<!-- (.*?) -->", match[1]))
        found.append(Example(marks, match[2], match[3], document[: match.start(3)].count("\n") + 1))
    return found


class Shell:
    """A folder in which examples run one after the other, and the ports that stand for those of the document."""

    def __init__(self, folder: Path, servers: ExitStack) -> None:
        self.folder = folder
        self.ports: dict[str, str] = {}
        self._servers = servers
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "WATCHWORD"))}
        self._environ = {**inherited, "PATH": path}

    def adapted(self, text: str) -> str:
        """Give a text with the ports that the servers really listen on."""
        for written, real in self.ports.items():
            text = text.replace(f":{written}", f":{real}")
        return text

    def serve(self, command: str) -> None:
        """Start a server on a free port."""
        written = re.search(r"--port (\d+)", command)
        ready = self.folder / f"ready-{len(self.ports)}.json"
        words = [*command.split(), "--port", "0", "--ready-file", str(ready)]
        server = subprocess.Popen(words, cwd=self.folder, env=self._environ, stdout=subprocess.PIPE, text=True)
        self._servers.enter_context(server)
        self._servers.callback(server.terminate)
        assert server.stdout is not None
        # The command prints after it has written the file.
        server.stdout.readline()
        facts = json.loads(ready.read_text("utf-8"))
        self.ports[written[1] if written else "8080"] = str(urlsplit(facts["url"]).port)

    def run(self, example: Example) -> str:
        """Run a block, each line of a shell block on its own merits, and give what it printed."""
        text = self.adapted(example.text)
        words = ["bash", "-eux", "-c", text] if example.language == "sh" else [sys.executable, "-c", text]
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"line {example.line}\n{done.stdout[-4000:]}"
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """Give an empty folder to run in, and stop what was started there."""
    with ExitStack() as servers:
        yield Shell(tmp_path, servers)


def play(shell: Shell, document: str, tool: str = "") -> str:
    """Do what the marks of a document say, in the order of the text; give everything that was printed.

    Of the blocks for a tool, only those for this one are run.
    """
    outputs = []
    for example in examples(document):
        for mark in example.marks:
            word, _, rest = mark.partition(": ")
            if word == "file":
                (shell.folder / rest).write_text(shell.adapted(example.text), "utf-8")
            elif word == "serve":
                shell.serve(rest)
                # The files before it name the port, too.
                for file in shell.folder.glob("*.toml"):
                    file.write_text(shell.adapted(file.read_text("utf-8")), "utf-8")
            elif word == "starts":
                shell.serve(example.text.strip())
            elif word == "run" and rest in ("", tool):
                outputs.append(shell.run(example))
    return "".join(outputs)


@pytest.mark.needs("curl")
def test_the_examples_work(shell: Shell) -> None:
    """Every marked example does what the text around it says, in the order of the text."""
    # That no fault of Sensu's gets past is shown in tests/detection. Here the line has to work, for a register of four clauses.
    short = re.sub(
        "^watchword faults sensu (.*)$",
        rf"watchword faults {SMALLEST} \1 || test $? -eq 1",
        README,
        flags=re.MULTILINE,
    )
    printed = play(shell, short)

    assert short != README
    assert all((shell.folder / name).is_file() for name in ("report/report.html", "figures.json", "heatmap.html"))
    assert '"condition": "basic.missing"' in printed


@pytest.mark.needs("curl")
def test_the_examples_of_the_mock_work(shell: Shell) -> None:
    """Every marked example of the page about the mock does what the text around it says."""
    printed = play(shell, MOCK)

    assert '"username": "nadia"' in printed
    assert MOCK.count("<!-- ") == sum(len(example.marks) for example in examples(MOCK))


def test_the_examples_of_the_live_server_work(shell: Shell) -> None:
    """Every marked example of the page about live servers does what the text around it says."""
    printed = play(shell, LIVE)

    assert "nothing stands in the way of a run" in printed
    assert "the credentials are refused: check username, password" in printed
    assert "4 bad logins for the account of username" in printed
    [says] = re.findall(r"as in `(limits.*?)`", LIVE)
    assert says in printed
    assert (shell.folder / "report" / "report.html").is_file()
    assert LIVE.count("<!-- ") == sum(len(example.marks) for example in examples(LIVE))


def test_the_examples_of_the_dialects_work(shell: Shell) -> None:
    """From a plain OpenAPI file to a register of more than 60 clauses that no fault gets past, as the page has it."""
    printed = play(shell, DIALECTS)

    dialect = load_dialect(shell.folder / "lodge")
    told = re.findall(
        r"^lodge: (\d+) faults, (\d+) killed, (\d+) survived; .* (\d+) false alarms", printed, re.MULTILINE
    )
    first, last = [tuple(map(int, figures)) for figures in told]
    assert first[2] > 0
    assert last == (last[0], last[0], 0, 0)
    assert last[0] > first[0]
    assert sum(clause.can_fail for clause in dialect.clauses) >= 60
    assert dialect.declared
    assert kept_requests(dialect.api)
    assert "broken" in printed
    assert DIALECTS.count("<!-- ") == sum(len(example.marks) for example in examples(DIALECTS))


def test_the_page_about_live_servers_is_complete() -> None:
    """It explains every line of the doctor, every verdict about a server and every exit code, and no others."""
    _, doctor, test = re.split(r"^\| exit code of `\w+` \|", LIVE, flags=re.MULTILINE)
    rows = re.findall(r"^\| `([\w ]+)` \|", LIVE, re.MULTILINE)

    assert [look.name for look in LOOKS] == rows[: len(LOOKS)]
    verdicts = [verdict for verdict in VERDICTS if verdict != "not_observed"]  # which clients get, of the mock
    assert sorted(verdicts) == sorted(rows[-len(verdicts) :])
    assert [str(int(code)) for code in EXIT_MEANING] == re.findall(r"^\| (\d+) \|", test, re.MULTILINE)
    assert {"0", "1", "2", "3", "4", "6"} == set(re.findall(r"^\| (\d+) \|", doctor, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(bundled()))
def test_the_figures_of_a_run_are_right(name: str) -> None:
    """A whole run sends about what the page says, and charges an account with no more than that."""
    row = re.search(rf"^\| `{name}` \| (\d+) \| (\d+) \|$", LIVE, re.MULTILINE)
    dialect = load_dialect(name)
    about = {"name": name, "dialect": name, "url": "http://127.0.0.1:9", "credentials": dialect.world.credentials}
    session = TargetSession(from_description(about), Masker())
    clauses = [clause for clause in dialect.clauses if not clause.untested]
    session.plan(clauses)
    *_, total = plan_lines(session, clauses)

    assert row is not None
    assert int(re.search(r": (\d+) requests", total)[1]) == pytest.approx(int(row[1]), rel=0.15)
    assert {row[2]} == set(re.findall(r"(\d+) bad logins", total))


@pytest.mark.parametrize(
    "tool", [pytest.param(name, marks=pytest.mark.needs(name)) for name in ("curl", "node", "java", "go")]
)
def test_the_examples_of_other_languages_work(shell: Shell, tool: str) -> None:
    """The example of each language does what its page says, against a mock that a script starts and stops."""
    try:
        play(shell, LANGUAGES, tool)
    finally:
        ready = shell.folder / "watchword-mock.json"
        left = ready.exists()
        if left:
            shell.run(Example(("run",), "sh", "watchword stop", 0))
    assert not left
    assert LANGUAGES.count("<!-- ") == sum(len(example.marks) for example in examples(LANGUAGES))


def test_every_mark_is_known() -> None:
    """No example goes unread because of a slip in its mark."""
    words = [mark.partition(":")[0] for example in examples() for mark in example.marks]

    assert {"baseline", "file", "run", "serve", "starts"} == set(words)
    assert len(words) == README.count("<!-- ")


def test_the_baseline_is_one(tmp_path: Path) -> None:
    """The known deviation is written as the reader of baselines wants it, and names a clause that exists."""
    [example] = [e for e in examples() if "baseline" in e.marks]
    file = tmp_path / "known.toml"
    file.write_text(example.text, "utf-8")

    [known] = read_baseline(file).known

    assert known.clause == load_dialect("sensu").clause(known.clause.partition(":")[2]).full_id


def test_the_tables_are_complete() -> None:
    """The README explains every verdict and every exit code, and no others."""
    verdicts = re.findall(r"^\| `(\w+)` \|[^|]*\|(?: passed| failed| skipped| error)", README, re.MULTILINE)
    codes = re.findall(r"^\| (\d+) \|", README, re.MULTILINE)

    assert sorted(VERDICTS) == sorted(verdicts)
    assert [str(int(code)) for code in EXIT_MEANING] == codes


@pytest.mark.parametrize("name", sorted(bundled()))
def test_the_credentials_are_those_of_the_dialects(name: str) -> None:
    """The table of credentials says what the dialects say."""
    row = re.search(rf"^\| `{name}` \| (.*?) \| (.*?) \|$", README, re.MULTILINE)
    api = load_dialect(name).api

    assert row is not None
    assert sorted(api.required_credentials) == sorted(re.findall(r"`(\w+)`", row[1]))
    assert sorted(api.optional_credentials) == sorted(re.findall(r"`(\w+)`", row[2]))


def test_what_the_documents_link_to_exists() -> None:
    """Every relative link of every document leads to a file."""
    found = []
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text("utf-8"))
        found += [f"{path.name}: {link}" for link in links if not (path.parent / link).exists()]

    assert [] == found

"""Reproduction scripts: run at the server that a record is of, each shows what the record says; at a right one, it does not.

The suites examine mocks with forty different faults, of all kinds and dialects. The script of one clause that failed is
written from its record alone and run over the loopback.
"""

from __future__ import annotations

import functools
import html
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest
from click.testing import CliRunner

from watchword.detection.servers import begin, describe
from watchword.mockserver.clock import SeededIds, StillClock
from watchword.mockserver.faults.catalogue import catalogue
from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.reports.page.document import render
from watchword.reports.records import ClauseRecord, RunRecord, TargetRecord, write_line
from watchword.reports.records import Run as Of
from watchword.reports.reproducecommand import reproduce
from watchword.reports.reproducing.script import Unwritable, script
from watchword.specs.codec import draft
from watchword.specs.loader import Dialect, load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply, Request
from watchword.suites.acting.steps import Call, Exchange, Pause
from watchword.suites.running.survey import survey_each
from watchword.suites.sending.provenance import Provenance
from watchword.suites.sending.recipe import Recipes

DIALECTS = ("sensu", "fusio", "rator", "oauth2")
FAULTS = 40

Run = Callable[..., "tuple[int, str]"]


@functools.cache
def dialect_of(name: str) -> Dialect:
    """Load a dialect once."""
    return load_dialect(name)


def one_of_each_kind(name: str) -> list[tuple[str, str, str]]:
    """Give a fault of each kind with one of the clauses that it breaks: now one of the first, now one of the last."""
    found: dict[str, tuple[str, str, str]] = {}
    for fault, broken in sorted((dialect_of(name).declared or {}).items()):
        kind = fault.rpartition("@")[0].partition(":")[0] or fault
        if broken and kind not in found:
            found[kind] = (name, fault, sorted(broken)[len(found) % len(broken)])
    return list(found.values())


def sample() -> list[tuple[str, str, str]]:
    """Give faults of all kinds, from each dialect in turn."""
    turns = zip_longest(*(one_of_each_kind(name) for name in DIALECTS))
    return [case for turn in turns for case in turn if case is not None][:FAULTS]


def record_of(name: str, fault: str, clause: str) -> tuple[RunRecord, ClauseRecord]:
    """Examine one clause at a mock with a fault; gives the records of it."""
    dialect = dialect_of(name)
    distortion = catalogue(dialect)[fault]
    description = describe(dialect, "documented")
    server = functools.partial(begin, dialect, "documented", distortion)
    (found,) = survey_each(description, server, [clause], distortion.period)
    record = found.record()
    target: TargetRecord = {
        "name": record.target,
        "dialect": name,
        "url": description["url"],
        "resource_url": str(description["resource_url"]),
    }
    return RunRecord("2026-11-27T06:00:00", {}, (target,)), record


@pytest.fixture
def served() -> Iterator[Callable[..., Running]]:
    """Serve a dialect over the loopback, with a fault or without; the clock stands still until it is set ahead."""
    running: list[Running] = []

    def serve(name: str, fault: str = "") -> Running:
        dialect = dialect_of(name)
        distortion = catalogue(dialect)[fault] if fault else None
        service = Service(dialect, "documented", clock=StillClock(), ids=SeededIds(), fault=distortion)
        running.append(start(service))
        return running[-1]

    yield serve
    for mock in running:
        mock.stop()


def environment(mock: Running) -> dict[str, str]:
    """Give the variables that a script wants for a mock."""
    secrets = {f"WATCHWORD_{role.upper()}": value for role, value in mock.credentials.items()}
    return secrets | {"WATCHWORD_URL": mock.url, "WATCHWORD_RESOURCE_URL": mock.resource_url}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a script in this process; gives its exit code and what it printed."""

    def go(text: str, mock: Running) -> tuple[int, str]:
        for name, value in environment(mock).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as end:
            exec(compile(text, "reproduction.py", "exec"), {"__name__": "__main__"})
        return int(str(end.value.code)), capsys.readouterr().out

    return go


def test_there_are_forty_of_many_kinds() -> None:
    """The sample has so many faults of so many kinds, and each dialect has its share."""
    chosen = sample()

    assert FAULTS == len({(name, fault) for name, fault, _ in chosen})
    assert set(DIALECTS) == {name for name, _, _ in chosen}


def test_a_pause_ends_with_what_is_called_an_expiry() -> None:
    """Other numbers of a reply, such as that of a role, may be nearer to its end by chance."""
    operations = dialect_of("fusio").api.operations
    provenance = Provenance({}, str)
    for name, reply, sent in (
        ("login", b'{"token": "a.b.c", "expires_in": 3600}', 1000.0),
        ("whoami", b'{"roleId": 5}', 4597.0),
    ):
        values = {"username": "a", "password": "b", "access_token": "a.b.c"}
        call = Call(replace(draft(operations[name], values), fields=()), "probe", "x")
        provenance.learn(Exchange(call, Request("GET", "/"), Reply(200, (), reply), "", sent, 0.0))

    told = provenance.of_pause(Pause(0, "the access token is over", until=4602.0, stated=True))

    assert (["reply", 1, "expires_in"], 2.0) == (told["until"], told["plus"])


@pytest.mark.parametrize(("name", "fault", "clause"), sample(), ids=str)
def test_a_script_shows_the_fault_and_nothing_else(
    name: str, fault: str, clause: str, served: Callable[..., Running], run: Run
) -> None:
    """A script exits with 1 at the server that deviates, and with 0 at the one that does not."""
    about, record = record_of(name, fault, clause)
    assert record.verdict in ("fail", "warn")

    text = script(about, record).text

    wrong, said = run(text, served(name, fault))
    right, told = run(text, served(name))
    assert (1, 0) == (wrong, right), f"{said}\n--- and at a right server:\n{told}"


@pytest.mark.parametrize("name", DIALECTS)
def test_a_script_holds_no_secret(name: str, served: Callable[..., Running]) -> None:
    """What a script needs that is secret, it asks for."""
    case = next(one for one in one_of_each_kind(name) if one[1].startswith("accepts"))

    text = script(*record_of(*case)).text

    held = {value for role, value in served(name).credentials.items() if role.endswith(("password", "secret"))}
    assert [] == [value for value in held if value in text]
    assert 'secret("WATCHWORD_' in text


def test_a_script_runs_where_nothing_of_ours_is(tmp_path: Path, served: Callable[..., Running]) -> None:
    """A Python without site-packages runs a script; without a secret, it says which one it wants and how to give it."""
    case = ("sensu", "accepts:password.truncated@createToken", "token.password-truncated")
    file = tmp_path / "reproduction.py"
    file.write_text(script(*record_of(*case)).text, encoding="utf-8")
    bare = [sys.executable, "-I", "-S", str(file)]
    mock = served(*case[:2])

    found = subprocess.run(bare, env=environment(mock), capture_output=True, text=True, check=False)
    lacking = subprocess.run(bare, env={"WATCHWORD_URL": mock.url}, capture_output=True, text=True, check=False)

    assert (1, 2) == (found.returncode, lacking.returncode)
    assert "The deviation shows." in found.stdout
    assert "export WATCHWORD_PASSWORD=" in lacking.stderr


def test_a_server_that_is_gone_decides_nothing(
    monkeypatch: pytest.MonkeyPatch, served: Callable[..., Running], run: Run
) -> None:
    """Where no reply comes, a script ends with 2 and says so."""
    case = one_of_each_kind("sensu")[0]
    mock = served("sensu")
    mock.stop()

    code, said = run(script(*record_of(*case)).text, mock)

    assert 2 == code
    assert "Nobody can tell: there is no reply to request 1" in said


def test_a_reply_that_breaks_off_is_shown(served: Callable[..., Running], run: Run) -> None:
    """Where no whole reply came and nothing could be judged, a script shows that none comes; with a wrong secret, it does not."""
    case = ("fusio", "half-body@login", "login.password-wrong")
    about, record = record_of(*case)
    assert "inconclusive" == record.verdict

    text = script(about, record).text

    assert [1, 0] == [run(text, served(*case[:2]))[0], run(text, served("fusio"))[0]]


def test_a_wrong_secret_shows_no_deviation(monkeypatch: pytest.MonkeyPatch, served: Callable[..., Running]) -> None:
    """Where the environment has the wrong password, a script says that the right request was refused, and ends with 2."""
    about, record = record_of("sensu", "constant-for-user@createToken", "token.distinct-logins")
    mock = served("sensu")
    for name, value in {**environment(mock), "WATCHWORD_PASSWORD": "wrong"}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as end:
        exec(compile(script(about, record).text, "reproduction.py", "exec"), {"__name__": "__main__"})

    assert 2 == end.value.code


def test_a_script_says_what_its_connections_trusted() -> None:
    """Where a target file names certificates, or believes anybody, the script says how to have it so again."""
    about, record = record_of(*one_of_each_kind("sensu")[0])
    target: TargetRecord = {**about.targets[0], "tls": {"ca_file": "my ca.pem", "insecure": True}}

    text = script(replace(about, targets=(target,)), record).text

    assert "# As the run had it: export SSL_CERT_FILE='my ca.pem'." in text
    assert "# As the run had it: export WATCHWORD_INSECURE=True." in text


def test_what_a_server_said_is_never_code(run: Run, served: Callable[..., Running]) -> None:
    """Line breaks and quotes in a record stay inside comments and strings."""
    about, record = record_of(*one_of_each_kind("sensu")[0])
    bad = 'x"\n\r\u2028raise SystemExit(9)\n"'
    said = replace(record, says=bad, observed=bad, expected=bad, differences=(f"expected {bad}, saw {bad}",))
    said = replace(said, exchanges=tuple(replace(e, purpose=bad) for e in said.exchanges))

    code, _ = run(script(about, said).text, served("sensu"))

    assert code in (0, 1)


def test_a_value_that_nobody_knows_makes_no_script() -> None:
    """A record whose recipe or assertion names something else than there is gives an error, or is left out."""
    about, record = record_of(*one_of_each_kind("sensu")[0])
    (first, *rest) = record.exchanges
    strange = replace(first, recipe={**first.recipe, "url": [["made", "os.system", ["secret", "password"]]]})

    with pytest.raises(Unwritable, match=r"os\.system"):
        script(about, replace(record, exchanges=(strange, *rest)))


def test_the_command_prints_the_script(tmp_path: Path) -> None:
    """`watchword reproduce` finds a clause by its id or the part behind the colon, and says what it was near to."""
    about, record = record_of(*one_of_each_kind("sensu")[0])
    records = tmp_path / "records.jsonl"
    records.write_text("".join(f"{write_line(one)}\n" for one in (about, record)), encoding="utf-8")
    name = record.clause.partition(":")[2]

    whole, short, wrong = (
        CliRunner().invoke(reproduce, [str(tmp_path), clause]) for clause in (record.clause, name, name[:-1])
    )

    assert script(about, record).text == whole.output == short.output
    assert (4, True) == (wrong.exit_code, f"did you mean {name}?" in wrong.output)


@pytest.mark.needs("chromium")
def test_what_the_button_of_the_page_copies_runs(
    tmp_path: Path, tool: Callable[[str], str], run: Run, served: Callable[..., Running]
) -> None:
    """A click on the copy button of a failed clause gives the whole script, with the functions that the page has once."""
    case = ("rator", "accepts:password.truncated@issueByPassword", "login.password-truncated")
    about, record = record_of(*case)
    page = render(Of(about, (record,), None))
    clicking = """<script>addEventListener("load", () => {
      Object.defineProperty(navigator, "clipboard", {value: {writeText: async (text) => {
        const copied = document.createElement("pre");
        copied.id = "copied";
        copied.textContent = text;
        document.body.append(copied);
      }}});
      for (const details of document.querySelectorAll("details")) details.open = true;
      setTimeout(() => document.querySelector("pre[data-library]").closest(".code").querySelector(".copy").click());
    });</script></body>"""
    file = tmp_path / "page.html"
    # Without the page's own policy, which rightly refuses this test's script.
    file.write_text(re.sub("<meta http-equiv[^>]*>", "", page).replace("</body>", clicking), encoding="utf-8")
    browser = [
        tool("chromium"),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    shown = subprocess.run([*browser, "--dump-dom", file.as_uri()], capture_output=True, text=True, check=True).stdout

    copied = html.unescape(shown.partition('<pre id="copied">')[2].partition("</pre>")[0])

    assert (1, 0) == (run(copied, served(*case[:2]))[0], run(copied, served(case[0]))[0])


@pytest.mark.parametrize(("body", "told"), [(b"\xff{}", {"bytes": "/3t9"}), (b"\xffHeather9-Pass", {"lost"})])
def test_a_body_that_is_no_text(body: bytes, told: object) -> None:
    """A body that is no text is kept as it is, unless a secret stands in it."""
    api = dialect_of("sensu").api
    call = Call(
        replace(draft(api.operations["createToken"], {"username": "a", "password": "b"}), fields=()), "probe", "x"
    )
    masker = Masker()
    masker.learn("password", "Heather9-Pass")

    found = Recipes({"password": "Heather9-Pass"}, masker.mask).write(
        Exchange(call, Request("POST", "/auth", body=body), None, "gone", 0.0, 0.0), "http://mock.test/auth"
    )

    assert told in (found, set(found))

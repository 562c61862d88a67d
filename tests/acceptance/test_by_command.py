"""`watchword test`: the suites against a server, whatever project the command is given in."""

from __future__ import annotations

import pytest

FAULT = "accepts:password.wrong@createToken"


@pytest.fixture
def project(tmp_path):
    """Give a project in which nothing that pytest reads is as the suites would have it."""
    folder = tmp_path / "project"
    (folder / "suites").mkdir(parents=True)
    (folder / "reports").mkdir()
    for name in ("conftest.py", "suites/__init__.py", "suites/conftest.py", "suites/test_auth.py", "requests.py"):
        (folder / name).write_text("raise RuntimeError('a module of the project was imported')\n", "utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --no-such-option -n 2 -k nothing\nminversion = 99\nstrict = true\n", "utf-8"
    )
    (folder / "schemathesis.toml").write_text("no TOML", "utf-8")
    return folder


@pytest.fixture
def plugin(tmp_path):
    """Give a folder in which a plugin of pytest is installed that suffers no other tests than its own."""
    installed = tmp_path / "installed"
    described = installed / "theirs-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", "utf-8")
    (described / "entry_points.txt").write_text("[pytest11]\ntheirs = their_plugin\n", "utf-8")
    (installed / "their_plugin.py").write_text("def pytest_collection_modifyitems(items): items.clear()\n", "utf-8")
    return installed


def test_no_project_has_a_say(project, plugin, announce, write_target, suites, by_command):
    """The verdicts are those of a run in the checkout, and all that is left in the project is the reports."""
    path = write_target(announce("sensu").facts)
    choice = ("-k", "token.password or renew.works or contract")
    before = set(project.rglob("*"))
    usual = suites("--target", path, *choice)
    told = {"PYTEST_ADDOPTS": "--collect-only", "PYTEST_PLUGINS": "no_such_plugin", "PYTHONPATH": str(plugin)}
    done = by_command(path, *choice, cwd=project, env=told)

    assert (0, usual.verdicts) == (done.code, done.verdicts), done.text
    assert len(done.verdicts) > 10
    assert {"junit.xml", "out", "records.jsonl", "report.html"} == {p.name for p in set(project.rglob("*")) - before}


def test_a_broken_rule(announce, write_target, by_command):
    """A server with a fault is found out, and the exit code says so."""
    path = write_target(announce("sensu", "--fault", FAULT).facts)
    done = by_command(path, "--topic", "auth", "--report-dir", "elsewhere", "-k", "token.password-wrong")

    assert 1 == done.code, done.text
    assert "sensu:token.password-wrong (must, documented)" in done.out
    assert not done.folder.exists()
    assert (done.folder.parents[1] / "elsewhere" / "report.html").is_file()


def test_a_url(announce, by_command):
    """A URL, a dialect and variables take the place of a file; topics choose suites."""
    mock = announce("sensu")
    variables = {f"WATCHWORD_{role.upper()}": value for role, value in mock.credentials.items()}
    words = ("--url", mock.url, "--dialect", "sensu", "--topic", "refresh", "--topic", "scopes", "-k", "valid or works")
    done = by_command(*words, env=variables)

    assert 0 == done.code, done.text
    assert {"refresh"} == {record.topic for record in done.run.clauses}


def test_our_own_mocks(by_command):
    """With no server named, it says that the mocks are tested, and `--dialect` chooses one."""
    done = by_command("--dialect", "fusio", "--topic", "scopes")

    assert 0 == done.code, done.text
    assert "No server is named, so Watchword's own mocks are tested.\n" == done.err
    assert {"fusio"} == {record.dialect for record in done.run.clauses}


def test_a_plan(serve, made_up, write_target, by_command):
    """A plan sends nothing and makes no place for reports."""
    front = serve(lambda asked: (200, {}, b""))
    done = by_command(write_target(made_up("sensu", front.url)), "--plan", "-k", "token.password-wrong")

    assert (0, []) == (done.code, front.asked), done.text
    assert "sensu:token.password-wrong (must, documented)" in done.out
    assert not done.folder.exists()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("-k", "no-such-clause"), 5, "deselected"),
        (("-k", "token.valid"), 6, "preflight failed: target '127.0.0.1:9' (sensu) cannot be reached"),
        (("--baseline", "nowhere.toml"), 4, "nowhere.toml: cannot be read: No such file or directory"),
        (("--", "--no-such-option"), 4, "unrecognized arguments: --no-such-option"),
    ],
)
def test_exit_codes(words, code, says, made_up, write_target, by_command):
    """The exit code is that of the run."""
    done = by_command(write_target(made_up("sensu", "http://127.0.0.1:9")), *words)

    assert code == done.code, done.text
    assert says in done.text
    assert "Traceback" not in done.text


def test_what_stands_behind_the_dashes(announce, write_target, tmp_path, by_command):
    """Words behind -- are pytest's: how much it says, a page of pytest-html, a plugin by its name."""
    path = write_target(announce("sensu").facts)
    page = tmp_path / "page.html"
    done = by_command(
        path, "-k", "token.password-wrong", "--", "-vv", "-p", "xdist", f"--html={page}", "--self-contained-html"
    )

    assert 0 == done.code, done.text
    assert "test_auth[sensu:token.password-wrong] PASSED" in done.out
    assert "sensu:token.password-wrong" in page.read_text("utf-8")


MISTAKES = [
    (["stagin.toml"], "stagin.toml: cannot be read: No such file or directory (did you mean 'staging.toml'?)"),
    (["sensu"], "sensu is a dialect, and a target file is wanted; --dialect sensu tests its mock"),
    (["staging.toml"], "staging.toml: the key 'target' is missing"),
    (
        ["--url", "http://127.0.0.1:9"],
        "--url wants --dialect NAME beside it: one of fusio, oauth2, rator, sensu, or a folder",
    ),
    (["--url", "127.0.0.1:9", "--dialect", "sensu"], "--url: '127.0.0.1:9' is not an http or https URL"),
    (["--url", "http://127.0.0.1:9", "--dialect", "sensu"], "--url: sensu requires the credential 'username'"),
    (["staging.toml", "--dialect", "sensu"], "--dialect goes with --url: a target file names its own"),
    (["--maxfail=1"], "(if it is one of pytest's own, put it behind --: watchword test … -- --maxfail)"),
    (["--", "-n", "2"], "so they run in one process: leave out -n"),
    (["--", "--numprocesses=2"], "so they run in one process: leave out -n"),
    (["--repeat", "0"], "'--repeat': 0 is not in the range x>=1"),
    (["--topic", "authh"], "there is no topic 'authh': did you mean 'auth'?"),
]


@pytest.mark.parametrize(("words", "says"), MISTAKES, ids=[" ".join(words) for words, _ in MISTAKES])
def test_mistakes(words, says, tmp_path, by_command):
    """A mistake ends with 4 before pytest begins, in one line that says how to mend it."""
    folder = tmp_path / "away"
    folder.mkdir()
    (folder / "staging.toml").touch()
    done = by_command(*words)
    told = [line for line in done.err.splitlines() if line.startswith("Error: ")]

    assert (4, "", 1) == (done.code, done.out, len(told)), done.text
    assert says in told[0]

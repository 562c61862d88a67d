"""`watchword doctor`, and the start of a run: its words and exit codes, and the way to a server, over real sockets."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import pytest

from tests.acceptance.consulting import bad, keeper, notes_of, problem_of
from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.suites.running.preflight import LOOKS


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_all_is_well(dialect, announce, write_target, command):
    """At a right server every line is good, each check has one, and no secret is told."""
    mock = announce(dialect)
    done = command("doctor", write_target(mock.facts, target={"name": "staging"}))
    lines = done.out.splitlines()
    checks = {line[11:26].strip() for line in lines if line.startswith("  ")}

    assert 0 == done.code, done.text
    assert "nothing stands in the way of a run" == lines[-1]
    assert {"ok"} == {line[:11].strip() for line in lines if line.startswith("  ")}
    assert {"address", "proxy", "name", "connection", "login", "other user", "clock", "resource", "release"} <= checks
    assert checks <= {look.name for look in LOOKS}
    assert not [role for role, value in mock.credentials.items() if "password" in role and value in done.text]


def test_an_address_without_a_file(announce, command):
    """A URL and variables do instead of a file, as for `watchword test`."""
    mock = announce("sensu")
    held = {f"WATCHWORD_{role.upper()}": value for role, value in mock.credentials.items()}

    assert 0 == command("doctor", "--url", mock.url, "--dialect", "sensu", env=held).code


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_a_name_that_the_terminal_cannot_write(encoding, made_up, write_target, command):
    """What an encoding lacks is written in another way, and ends nothing."""
    path = write_target(made_up("sensu", "http://127.0.0.1:9"), target={"name": "größe \N{SNOWMAN}"})
    done = command("doctor", path, env={"PYTHONIOENCODING": encoding})

    assert 6 == done.code, done.text
    assert "Traceback" not in done.text
    assert "1 problem" in done.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "name a server"),
        (["--url", "http://127.0.0.1:9"], "--dialect"),
        (["nowhere.toml"], "cannot be read"),
        (["sensu"], "a target file is wanted"),
    ],
)
def test_wrong_words(words, says, command):
    """What cannot be meant ends with 4 and one line."""
    done = command("doctor", *words)

    assert 4 == done.code
    assert says in done.err
    assert "Traceback" not in done.text


def test_the_worst_of_several(announce, write_target, command):
    """Of several servers each has its lines, and the exit code is that of the worst."""
    mock = announce("sensu")
    good = write_target(mock.facts)
    wrong = write_target(mock.facts, credentials={"password": "Not-The-Canary77"})
    done = command("doctor", good, wrong, good)

    assert 6 == done.code
    assert 2 == done.out.count("nothing stands in the way of a run")
    assert 1 == done.out.count("PROBLEM")
    assert "check username, password" in done.out
    assert "Canary77" not in done.text


def test_ipv6(made_up, write_target):
    """A server that listens on IPv6 alone is reached, by its name, too."""
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    running = start(Service(load_dialect("sensu")), host="::1")
    try:
        notes = notes_of(write_target(made_up("sensu", running.url), credentials=running.credentials))
    finally:
        running.stop()

    assert [] == bad(notes)
    assert notes["connection"][0][1].startswith("::1, port ")


def test_dead_host(made_up, write_target):
    """A host that nobody knows."""
    check, says = problem_of(write_target(made_up("sensu", "http://watchword.invalid")))

    assert "name" == check
    assert "is the name spelled right" in says


def test_closed_port(made_up, write_target):
    """A port at which nobody listens: what needs it is not looked at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    path = write_target(made_up("sensu", f"http://127.0.0.1:{port}"))
    check, says = problem_of(path)

    assert "connection" == check
    assert "is the server running" in says
    assert [("skipped", "not looked at, since connection has to be mended first")] == notes_of(path)["tls"]


def test_a_name_that_is_looked_up_for_ever(monkeypatch, made_up, write_target):
    """A name server that does not answer costs the time limit, at every look-up, and leaves one thread behind, not many."""
    silence = threading.Event()
    ask = socket.getaddrinfo

    def hang(host, *rest, **more):
        if host == "slow.example.test":
            silence.wait(60)
        return ask(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    path = write_target(made_up("sensu", "http://slow.example.test"), limits={"timeout": 0.2})
    before = threading.active_count()
    try:
        check, says = problem_of(path)
        left = threading.active_count() - before
    finally:
        silence.set()

    assert "name" == check
    assert "timeout: its name was not looked up within the time limit" in says
    assert 1 == left


@pytest.fixture
def proxied(monkeypatch):
    """Let the environment name a proxy, and nothing else."""

    def name(url, exempt=""):
        for key in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
            monkeypatch.delenv(key, raising=False)
            monkeypatch.delenv(key.lower(), raising=False)
        monkeypatch.setenv("http_proxy", url)
        monkeypatch.setenv("no_proxy", exempt)

    return name


def test_proxy(proxied, serve, made_up, write_target):
    """By way of a proxy: that is said, and the name is looked up by it, not here."""
    between = serve(keeper)
    proxied(between.url)
    notes = notes_of(write_target(made_up("sensu", "http://api.example.test")))

    assert [
        (
            "ok",
            f"api.example.test is reached by way of the proxy 127.0.0.1, port {between.url[17:]}, as the environment says",
        )
    ] == notes["proxy"]
    assert "http://api.example.test/auth" in {asked.path for asked in between.asked}
    # Whoever is on the way may read along.
    assert ["warning"] == [kind for kind, _ in notes["address"]]
    assert 1 == len(bad(notes))


def test_dead_proxy(proxied, made_up, write_target):
    """A proxy that is not there is told as such."""
    proxied("http://127.0.0.1:9")
    check, says = problem_of(write_target(made_up("sensu", "http://api.example.test")))

    assert "connection" == check
    assert "(proxy: " in says
    assert "NO_PROXY" in says


def test_no_proxy(proxied, serve, made_up, write_target):
    """An exempted host is reached directly, and so is this machine."""
    proxied("http://127.0.0.1:9", "api.watchword.invalid")
    front = serve(keeper)

    assert (
        "since NO_PROXY names it"
        in notes_of(write_target(made_up("sensu", "http://api.watchword.invalid")))["proxy"][0][1]
    )
    assert "no proxy is asked" in notes_of(write_target(made_up("sensu", front.url)))["proxy"][0][1]


@pytest.fixture
def command(tmp_path):
    """Run `watchword` in an empty folder and wait for its end."""
    script = "from watchword.specs.cli import main; main(prog_name='watchword')"

    def run(*words, env=None):
        return finished([sys.executable, "-P", "-c", script, *map(str, words)], tmp_path, env)

    return run


def finished(words, folder, env):
    """Run a process; gives its code and what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WATCHWORD_", "PYTEST", "COV_"))}
    done = subprocess.run(
        words,
        cwd=folder,
        env=kept | dict(env or {}),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )

    class Done:
        code, out, err, text = done.returncode, done.stdout, done.stderr, done.stdout + done.stderr

    return Done

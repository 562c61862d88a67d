"""`watchword mock`: what it prints, how it starts and stops, and what it says when it cannot."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from watchword.mockserver import command
from watchword.mockserver.http.address import AddressError
from watchword.mockserver.telling import print_entry
from watchword.specs.cli import main
from watchword.specs.loader import bundled

SCRIPT = str(Path(sys.executable).with_name("watchword"))


class Mock:
    """A mock in a process of its own."""

    def __init__(self, ready: Path, *words: str, start: tuple[str, ...] = (SCRIPT, "mock")) -> None:
        self.ready = ready
        self.process = subprocess.Popen(
            [*start, *words, "--port", "0", "--ready-file", str(ready)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + 10
        while not ready.exists():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < end
            time.sleep(0.01)
        self.facts: dict[str, Any] = json.loads(ready.read_text())

    def stop(self, number: int = signal.SIGTERM) -> tuple[float, int, str, str]:
        """Send a signal; give the seconds until the end, the exit code and what was printed."""
        start = time.perf_counter()
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=10)
        return time.perf_counter() - start, self.process.returncode, out, err


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Callable[..., Mock]]:
    """Start mocks that end with the test."""
    started: list[Mock] = []

    def start(*words: str, **options: Any) -> Mock:
        mock = Mock(tmp_path / f"ready-{len(started)}.json", *words, **options)
        started.append(mock)
        return mock

    yield start
    for mock in started:
        if mock.process.poll() is None:
            mock.process.kill()
            mock.process.communicate()


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("dialect", sorted(bundled()))
def test_ready_file(begin: Callable[..., Mock], dialect: str) -> None:
    """The ready file is there when the mock answers, is for its owner only, and goes when the mock goes."""
    mock = begin(dialect)

    assert {"dialect", "profile", "url", "resource_url", "control_url", "credentials", "pid", "host"} == set(mock.facts)
    assert mock.process.pid == mock.facts["pid"]
    assert stat.S_IRUSR | stat.S_IWUSR == stat.S_IMODE(mock.ready.stat().st_mode)
    assert {"status": "ok"} == requests.get(mock.facts["control_url"] + "health", timeout=3).json()
    assert requests.get(mock.facts["resource_url"] + "/nothing", timeout=3).status_code in (400, 401, 403, 404)
    _, code, _, err = mock.stop()
    assert (0, "") == (code, err)
    assert not mock.ready.exists()
    assert [] == list(mock.ready.parent.glob(".ready*"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["terminate", "interrupt"])
def test_stop_in_the_middle(begin: Callable[..., Mock], number: int) -> None:
    """With half a request in flight and an idle connection open, the mock still ends within a second, with 0."""
    times = []
    # On a machine that is busy with other things, a process may not get to end in time: the best of three counts.
    while not times or (min(times) >= 1 and len(times) < 3):
        mock = begin("sensu")
        address = ("127.0.0.1", int(mock.facts["url"].rpartition(":")[2]))
        with socket.create_connection(address) as half, socket.create_connection(address):
            half.sendall(b"POST /auth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{")
            time.sleep(0.05)
            seconds, code, _, err = mock.stop(number)
            times.append(seconds)
        assert (0, "") == (code, err)

    assert min(times) < 1


def signal_thread(process: int, number: int) -> None:
    """Hand a signal to a thread that is not the main one, as the system may do with any."""
    other = next(int(path.name) for path in Path(f"/proc/{process}/task").iterdir() if int(path.name) != process)
    assert 0 == ctypes.CDLL(None).tgkill(process, other, number)


@pytest.mark.skipif(sys.platform != "linux", reason="threads are told apart by what Linux shows of them")
def test_the_first_signal_is_enough(begin: Callable[..., Mock]) -> None:
    """Whichever thread a signal meets, the mock ends by it, takes its file along and says nothing."""
    mock = begin("sensu")
    signal_thread(mock.process.pid, signal.SIGTERM)
    _, err = mock.process.communicate(timeout=10)

    assert (0, "", False) == (mock.process.returncode, err, mock.ready.exists())


def test_signals_in_a_row(begin: Callable[..., Mock]) -> None:
    """A mock that is told to end again and again ends once, as after one signal; nohup keeps the end of a terminal from it."""
    mock = begin("sensu", start=("nohup", SCRIPT, "mock"))
    mock.process.send_signal(signal.SIGHUP)
    assert requests.get(mock.facts["control_url"] + "health", timeout=3).ok
    for _ in range(100):
        mock.process.send_signal(signal.SIGTERM)
        mock.process.send_signal(signal.SIGINT)
    _, err = mock.process.communicate(timeout=10)

    assert (0, False) == (mock.process.returncode, mock.ready.exists())
    assert "Traceback" not in err


def test_module(begin: Callable[..., Mock]) -> None:
    """The module does what the command does."""
    mock = begin("sensu", start=(sys.executable, "-m", "watchword.mockserver"))

    assert "sensu" == mock.facts["dialect"]
    assert 0 == mock.stop()[1]


@pytest.mark.needs("curl")
@pytest.mark.parametrize("dialect", sorted(bundled()))
def test_printed_lines(begin: Callable[..., Mock], dialect: str) -> None:
    """The mock prints its URLs and accounts, and the curl line logs in when it is pasted."""
    mock = begin(dialect)
    assert mock.process.stdout is not None
    lines = []
    while not (lines and lines[-1].strip().startswith("curl ")):
        lines.append(mock.process.stdout.readline())
    text = "".join(lines)
    shell = subprocess.run(lines[-1], shell=True, capture_output=True, text=True, check=True)

    assert all(mock.facts[key] in text for key in ("url", "resource_url", "control_url"))
    assert all(role in text and value in text for role, value in mock.facts["credentials"].items())
    assert any("token" in name for name in json.loads(shell.stdout))


def test_off_loopback(begin: Callable[..., Mock]) -> None:
    """On every address, the ready file and the output hold the token that control wants."""
    mock = begin("sensu", "--host", "0.0.0.0")
    url, token = mock.facts["control_url"], mock.facts["control_token"]

    assert 401 == requests.get(url, timeout=3).status_code
    assert 200 == requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=3).status_code
    assert token in mock.stop()[2]


def test_world_file(begin: Callable[..., Mock], tmp_path: Path) -> None:
    """A world file says who lives in the mock."""
    world = tmp_path / "world.yaml"
    world.write_text("accounts:\n  - {username: zoe, password: 'it''s \"odd\" & ü'}\n", encoding="utf-8")
    mock = begin("sensu", "--world", str(world))
    pair = mock.facts["credentials"]

    assert {"username": "zoe", "password": 'it\'s "odd" & ü'} == pair
    token = requests.get(mock.facts["url"] + "/auth", auth=(b"zoe", pair["password"].encode()), timeout=3)
    assert 200 == token.status_code


def test_folder(begin: Callable[..., Mock], tmp_path: Path) -> None:
    """A folder does as well as a name."""
    folder = tmp_path / "mine"
    shutil.copytree(bundled()["sensu"], folder)

    assert "mine" == begin(str(folder)).facts["dialect"]


def test_ipv6(begin: Callable[..., Mock]) -> None:
    """An IPv6 address stands in brackets in the URL."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("there is no IPv6 here")
    mock = begin("sensu", "--host", "::1")

    assert mock.facts["url"].startswith("http://[::1]:")
    assert 200 == requests.get(mock.facts["control_url"], timeout=3).status_code


def test_stale_ready_file_of_another(begin: Callable[..., Mock]) -> None:
    """A ready file that another mock has taken over is left alone."""
    mock = begin("sensu")
    mock.ready.unlink()
    mock.ready.write_text(json.dumps({"pid": os.getpid()}))
    mock.stop()

    assert mock.ready.exists()


def run(*words: str) -> tuple[int, str, str]:
    """Run the command to its end."""
    result = CliRunner().invoke(main, list(words))
    return result.exit_code, result.stdout, result.stderr


WRONG: dict[str, tuple[list[str], str]] = {
    "no dialect": (["mock"], "DIALECT"),
    "unknown dialect": (["mock", "sensuu"], "did you mean 'sensu'?"),
    "unknown profile": (["mock", "sensu", "--profile", "documentd"], "did you mean 'documented'?"),
    "port beyond": (["mock", "sensu", "--port", "65536"], "65535"),
    "port no number": (["mock", "sensu", "--port", "x"], "x"),
    "unknown host": (["mock", "sensu", "--host", "no-such-host.invalid"], "cannot be resolved"),
    "empty host": (["mock", "sensu", "--host", ""], "cannot be resolved"),
    "not our address": (["mock", "sensu", "--host", "192.0.2.1"], "does not have that address"),
    "no such world": (["mock", "sensu", "--world", "harbour"], "sensu has none"),
    "no public URL": (["mock", "sensu", "--public-url", "sso.test"], "expected a URL such as"),
    "no name for a certificate": (["mock", "sensu", "--port", "0", "--tls-name", "a b"], "a certificate cannot be for"),
    "no folder for certificates": (["mock", "sensu", "--port", "0", "--tls-dir", "/dev/null/x"], "/dev/null/x"),
    "no world file": (["mock", "sensu", "--world", "/nowhere/world.yaml"], "/nowhere/world.yaml"),
    "ready file nowhere": (
        ["mock", "sensu", "--port", "0", "--ready-file", "/nowhere/ready.json"],
        "/nowhere/ready.json",
    ),
    "no ready file": (["stop", __file__], "expected the ready file of a mock"),
    "unknown option": (["mock", "sensu", "--prot", "1"], "--port"),
    "unknown command": (["mok"], "did you mean 'mock'?"),
    "unknown dialect of clauses": (["clauses", "sensuu"], "did you mean 'sensu'?"),
    "unknown topic": (["clauses", "--topic", "all"], "brand_keys"),
}


@pytest.mark.parametrize(("words", "said"), list(WRONG.values()), ids=list(WRONG))
def test_wrong_command_lines(words: list[str], said: str) -> None:
    """A wrong command line ends with 4, one clear message on standard error, and nothing on standard output."""
    code, out, err = run(*words)

    assert (4, "") == (code, out)
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts: []\n", "world.yaml:1"),
        ("accounts:\n  - {username: zoe}\n", "password"),
        ("accounts: [\n", "is not YAML"),
        ("", "is empty"),
        ("acounts: []\n", "accounts"),
    ],
    ids=["nobody", "no password", "no yaml", "empty", "misspelt"],
)
def test_wrong_world(tmp_path: Path, text: str, said: str) -> None:
    """A wrong world file is named with what is wrong in it."""
    world = tmp_path / "world.yaml"
    world.write_text(text)
    code, out, err = run("mock", "sensu", "--world", str(world))

    assert (4, "") == (code, out)
    assert "world.yaml" in err
    assert said in err


def test_port_in_use() -> None:
    """A port that is taken is said to be, with what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = run("mock", "sensu", "--port", str(port))

    assert (4, "") == (code, out)
    assert f"127.0.0.1 port {port}" in err
    assert "--port 0" in err


def test_privileged_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that only the administrator may use is said to be one."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    code, _, err = run("mock", "sensu", "--port", "80")

    assert 4 == code
    assert "1024" in err


def test_address_error_in_code() -> None:
    """Code that starts a mock gets the same message as an exception."""
    from watchword.mockserver.launch import start
    from watchword.mockserver.service import Service
    from watchword.specs.loader import load_dialect

    with pytest.raises(AddressError, match="cannot be resolved"):
        start(Service(load_dialect("sensu")), "no-such-host.invalid")


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["mock", "--help"], ["clauses", "--help"]], ids=" ".join)
def test_help(words: list[str]) -> None:
    """Help goes to standard output and ends with 0."""
    code, out, err = run(*words)

    assert (0, "") == (code, err)
    assert "Usage:" in out


def test_version() -> None:
    """The version is the installed one."""
    from importlib.metadata import version

    assert (0, f"watchword {version('watchword')}\n") == run("--version")[:2]


def test_mock_imports_nothing_heavy() -> None:
    """What only tests of clients need is not imported to serve a mock."""
    heavy = "requests responses jinja2 pytest schemathesis http.client"
    # Releases of jsonschema before 4.26 need http.client themselves.
    code = (
        "import sys, jsonschema; theirs = set(sys.modules); import watchword.mockserver.command; "
        f"print(sorted((set('{heavy}'.split()) & set(sys.modules)) - theirs))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert shown == "[]"
    assert command.mock.name == "mock"


def lines_of(mock: Mock) -> list[str]:
    """Stop a mock and give what it printed."""
    return mock.stop()[2].splitlines()


def test_log(begin: Callable[..., Mock]) -> None:
    """With --log there is a line a request; a refusal's says what mends it, and none holds a secret."""
    mock = begin("sensu", "--log")
    user = (mock.facts["credentials"]["username"], mock.facts["credentials"]["password"])
    token = requests.get(mock.facts["url"] + "/auth", auth=user, timeout=3).json()["access_token"]
    requests.get(f"{mock.facts['url']}/auth/{token}", timeout=3)
    requests.get(mock.facts["url"] + "/auth", auth=(user[0], "wrong"), timeout=3)
    served, unknown, refused = lines_of(mock)[-3:]

    assert served.endswith("#1 200 GET /auth")
    assert "#2 404 GET /auth/access_token#1  path.unknown: " in unknown
    assert "#3 401 GET /auth  password.wrong: Correct the password" in refused


def test_quiet(begin: Callable[..., Mock]) -> None:
    """With --quiet nothing is printed, whatever else was asked for."""
    mock = begin("sensu", "--quiet", "--log")
    requests.get(mock.facts["url"] + "/auth", timeout=3)

    assert [] == lines_of(mock)


def test_the_log_is_safe_to_print(capsys: pytest.CaptureFixture[str]) -> None:
    """What a client sends cannot steer the terminal that the log is printed on."""
    entry = {"id": 1, "at": 0.0, "status": 404, "method": "GET", "path": "/\x1b[2J\r\n", "condition": "c", "hint": "h"}
    print_entry(entry)

    assert "00:00:00 #1 404 GET /?[2J??  c: h\n" == capsys.readouterr().out


def test_world_is_read_again(begin: Callable[..., Mock], tmp_path: Path) -> None:
    """A world file that changes is read again, as is one for which SIGHUP asks; a broken one changes nothing."""
    world = tmp_path / "world.yaml"

    def live(*names: str) -> None:
        rows = "".join(f"  - {{username: {name}, password: Alder1-Gate}}\n" for name in names)
        # In one step, so that the mock never sees half of it.
        (tmp_path / "next").write_text(f"accounts:\n{rows}")
        (tmp_path / "next").replace(world)

    def wait_for(name: str) -> None:
        end = time.monotonic() + 30
        while requests.get(mock.facts["url"] + "/auth", auth=(name, "Alder1-Gate"), timeout=3).status_code != 200:
            assert time.monotonic() < end
            time.sleep(0.02)

    live("first")
    mock = begin("sensu", "--world", str(world))
    wait_for("first")
    live("second")
    wait_for("second")
    world.write_text("accounts: nobody\n")
    mock.process.send_signal(signal.SIGHUP)
    assert mock.process.stderr is not None
    seen = [mock.process.stderr.readline(), mock.process.stderr.readline()]
    wait_for("second")

    assert seen[0].startswith("The world was read again from")
    assert seen[1].startswith("The world stays as it was:")
    assert "world.yaml:1" in seen[1]
    live("third")
    wait_for("third")
    mock.process.send_signal(signal.SIGHUP)
    wait_for("third")


@pytest.mark.parametrize("way", ["option", "variable"])
def test_control_token(begin: Callable[..., Mock], monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """The control token can be chosen; it is wanted on this machine, too, and is printed nowhere."""
    if way == "variable":
        monkeypatch.setenv("WATCHWORD_CONTROL_TOKEN", "harbour-lantern-7")
    mock = begin("sensu", *(["--control-token", "harbour-lantern-7"] if way == "option" else []))
    url = mock.facts["control_url"]
    bearer = {"Authorization": "Bearer harbour-lantern-7"}

    assert [401, 200, 200] == [
        requests.get(url + "why", timeout=3).status_code,
        requests.get(url + "why", headers=bearer, timeout=3).status_code,
        requests.get(url + "health", timeout=3).status_code,
    ]
    assert "harbour-lantern-7" not in "".join(lines_of(mock))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--control-token", "short"), "at least 8"),
        (("--control-token", "with a space in it"), "without spaces"),
        (("--cors", "localhost:3000"), "expected an origin such as http://localhost:3000, or *"),
        (("--cors", "http://localhost:3000/"), "expected an origin"),
        (("--control-cors", "*"), "expected an origin"),
        (("--access-token-lifetime", "0"), "1<=x"),
    ],
)
def test_bad_options(words: tuple[str, ...], told: str) -> None:
    """An option that cannot be meant is refused with what was expected."""
    done = CliRunner().invoke(main, ["mock", "sensu", "--port", "0", *words])

    assert (4, True) == (done.exit_code, told in done.output)


def test_lifetimes_and_cors(begin: Callable[..., Mock]) -> None:
    """Short lifetimes and an allowed origin reach the mock."""
    mock = begin("rator", "--access-token-lifetime", "5", "--cors", "http://localhost:3000", "--cors", "http://b.test")
    c = mock.facts["credentials"]
    form = {"grant_type": "password", "username": c["username"], "password": c["password"]}
    reply = requests.post(
        f"{mock.facts['url']}/oauth/token?brand_key={c['brand_key']}",
        data=form,
        auth=(c["client_id"], c["client_secret"]),
        headers={"Origin": "http://b.test"},
        timeout=3,
    )

    assert reply.json()["expires_in"] in (4, 5)
    assert "http://b.test" == reply.headers["Access-Control-Allow-Origin"]


def test_the_list_of_faults_is_grouped_and_filtered() -> None:
    """The list has the groups that a client would care about, and `--for` limits it; each is counted once."""
    whole, renewal = (
        CliRunner().invoke(main, ["mock", "sensu", "--fault", "list", *more]) for more in ([], ["--for", "renewal"])
    )
    heads = [line for line in whole.output.splitlines() if line.endswith(":") and not line.startswith(" ")]

    assert (0, 0, 8) == (whole.exit_code, renewal.exit_code, len(heads))
    assert heads[0].startswith("The connection fails")
    assert "lost-reply" in renewal.output
    assert "@renewToken" in renewal.output
    assert "@createToken" not in renewal.output
    rows = [line for line in whole.output.splitlines() if line.startswith("  ")]
    assert f"{len(rows)} faults" == whole.output.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--for", "renewal"], "--for goes with --fault list"),
        (["--fault", "list", "--for", "money"], "'money' is not one of"),
        (["--fault", "unavailable@nowhere"], "there is no operation 'nowhere'"),
        (["--fault", "unavailble"], "there is no fault 'unavailble'"),
    ],
)
def test_faults_that_there_are_not(words: list[str], told: str) -> None:
    """A fault that makes no sense ends with the exit code 4, and says what would."""
    ended = CliRunner().invoke(main, ["mock", "sensu", "--port", "0", *words])

    assert 4 == ended.exit_code
    assert told in ended.output


def test_a_fault_of_a_client_from_the_start(begin: Callable[..., Mock]) -> None:
    """What a client meets can be had from the start; a reset leaves it, and the control side takes it away."""
    mock = begin("sensu", "--fault", "unavailable@createToken")
    url, control = mock.facts["url"] + "/auth", mock.facts["control_url"]

    assert [503, 503] == [requests.get(url, timeout=5).status_code for _ in range(2)]
    assert 401 == requests.get(mock.facts["url"] + "/auth/test", timeout=5).status_code
    requests.post(f"{control}reset", timeout=5)
    assert 503 == requests.get(url, timeout=5).status_code
    requests.delete(f"{control}faults", timeout=5)
    assert 401 == requests.get(url, timeout=5).status_code
    assert "fault         unavailable: createToken answers 503" in mock.stop()[2]

"""One surface for Python: the ways to a mock take the same and give the same."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import requests

from watchword import mockserver
from watchword.mockserver import connect, intercept, mount, start
from watchword.mockserver.control import ROOT
from watchword.mockserver.http.address import AddressError
from watchword.mockserver.launch import Running
from watchword.mockserver.service import Service
from watchword.mockserver.steer.channel import ControlProblem
from watchword.mockserver.steer.expecting import Wanted
from watchword.mockserver.steer.mock import ROOT as STEERED
from watchword.mockserver.steer.mock import Mock
from watchword.specs.errors import SpecError
from watchword.specs.loader import bundled, load_dialect

pytest_plugins = ["pytester"]

ACCOUNTS = [{"username": "nadia", "password": "Spruce3-Window"}]
NAMESPACES = "/api/core/v2/namespaces"

Way = Callable[..., tuple[Mock, requests.Session]]


@pytest.fixture(params=["start", "fixture", "intercept", "mount", "connect"])
def way(request: pytest.FixtureRequest, watchword_mock: Callable[..., Running]) -> Iterator[Way]:
    """Each way to a mock, and a session that reaches it."""
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())
        session.trust_env = False

        def begin(dialect: Any, **options: Any) -> tuple[Mock, requests.Session]:
            if request.param == "start":
                return stack.enter_context(start(dialect, **options)), session
            if request.param == "fixture":
                return watchword_mock(dialect, **options), session
            if request.param == "intercept":
                return stack.enter_context(intercept(dialect, **options)), session
            if request.param == "mount":
                mock = mount(dialect, **options)
                return mock, mock.into(session)
            near = stack.enter_context(start(dialect, **options))
            return connect(near.url), session

        yield begin


def log_in(mock: Mock, session: requests.Session) -> dict[str, Any]:
    """Log in with the announced credentials; gives the tokens."""
    user = (mock.credentials["username"], mock.credentials["password"])
    reply = session.get(mock.url + "/auth", auth=user, timeout=5)
    assert 200 == reply.status_code, reply.text
    tokens: dict[str, Any] = reply.json()
    return tokens


def use(mock: Mock, session: requests.Session, tokens: dict[str, Any]) -> int:
    """Use an access token; gives the status."""
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    return session.get(mock.resource_url + NAMESPACES, headers=headers, timeout=5).status_code


def test_the_same_is_given(way: Way) -> None:
    """Whatever the way: addresses, credentials, clock, why, journal, sessions, users, explain and reset do the same."""
    mock, session = way("sensu")
    tokens = log_in(mock, session)

    assert 200 == use(mock, session, tokens)
    assert mock.control_url.endswith(ROOT)
    assert abs(mock.clock.now() - mock.clock.advance(0)) < 5
    at = mock.clock.freeze()
    assert (0, at) == (mock.clock.pace, mock.clock.now())
    assert at + 5 == mock.clock.advance(5)
    [known] = mock.sessions.list()
    assert (mock.credentials["username"], False) == (known.subject, known.access_tokens[0].over)
    mock.clock.after_expiry()
    assert 401 == use(mock, session, tokens)
    why = mock.why()
    assert ("access_token.expired", 401, "listNamespaces") == (why.condition, why.status, why.operation)
    assert (why.clause or {})["says"]
    assert (why.accepted or {})["path"]
    mock.clock.before_expiry()
    assert 200 == use(mock, session, tokens)
    assert [200, 200, 401, 200] == [entry.status for entry in mock.journal]
    assert [why.id] == [entry.id for entry in mock.journal.entries(status="4xx")]
    assert 0 == mock.journal.dropped
    mock.journal.clear()
    assert [] == mock.journal.entries()
    assert [known.id] == [session.id for session in mock.sessions.expire(username=known.subject)]
    assert mock.sessions.list()[0].access_tokens[0].over
    mock.users.add("nadia", "Spruce3-Window", scopes=["a"])
    assert not mock.users.disable("nadia").enabled
    told = mock.explain("/auth", basic=["nadia", "Spruce3-Window"])
    assert "account.disabled" == told["why"]["condition"]
    assert mock.users.enable("nadia").enabled
    assert "nadia" in [user.username for user in mock.users.list()]
    mock.users.change("nadia", password="Spruce4-Window")
    assert mock.explain("/auth", basic=["nadia", "Spruce4-Window"])["served"]
    log_in(mock, session)
    mock.sessions.revoke()
    mock.reset()
    assert () == mock.sessions.list()
    assert mock.clock.scale(60) < mock.clock.set(4_000_000_000)
    assert mock.clock.real() < 4_000_000_000


def test_faults_are_the_same(way: Way) -> None:
    """Whatever the way: faults, forced replies, clients, the ends of sessions, and races."""
    mock, session = way("sensu")
    fault = mock.faults.add("unavailable", purpose="login", retry_after=7)
    user = (mock.credentials["username"], mock.credentials["password"])
    struck = session.get(mock.url + "/auth", auth=user, timeout=5)

    assert (503, "7") == (struck.status_code, struck.headers["Retry-After"])
    [known] = mock.faults.list()
    assert (fault.id, "unavailable", 1, True) == (known.id, known.fault, known.struck, known.over)
    mock.faults.force(418, text="short and stout", purpose="login")
    assert "short and stout" == session.get(mock.url + "/auth", auth=user, timeout=5).text
    mock.faults.remove(mock.faults.force(condition="password.wrong"))
    mock.faults.add("slow", wait=0.05)
    tokens = log_in(mock, session)
    assert any("unavailable" in faults for faults in mock.faults.catalogue("login").values())
    with pytest.raises(ValueError, match="did you mean 'redirect'"):
        mock.faults.add("redirct")
    mock.race.arm(1)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    body = {"refresh_token": tokens["refresh_token"]}
    assert 200 == session.post(mock.url + "/auth/token", json=body, headers=bearer, timeout=5).status_code
    assert [1] == [race["successors"] for race in mock.race.shown()["races"]]
    mock.race.go()
    mock.race.clear()
    mock.faults.clear()
    assert () == mock.faults.list()
    mock.clients.add("robot", "Larch8-Ferry", grants=[])
    assert not mock.clients.change("robot", enabled=False).enabled
    assert "robot" in [client.client_id for client in mock.clients.list()]
    assert 1 == len(mock.sessions.end())
    assert () == mock.sessions.list()


@pytest.mark.parametrize("library", ["requests", "httpx"])
def test_slow_replies_time_out(library: str) -> None:
    """A reply that comes too late for a client's patience is the time-out that its library knows."""
    with intercept("sensu", origin="https://api.example.test") as mock:
        mock.faults.add("slow", wait=0.2, count=1)
        if library == "requests":
            with pytest.raises(requests.ReadTimeout):
                requests.get(mock.url + "/auth", timeout=(5, 0.05))
        else:
            with pytest.raises(httpx.ReadTimeout):
                httpx.get(mock.url + "/auth", timeout=0.05)
        assert 401 == requests.get(mock.url + "/auth", timeout=5).status_code


def test_a_fault_of_the_start() -> None:
    """What a client meets can be there from the start, in the spaces, too."""
    with start("sensu", fault="unavailable") as running:
        urls = [running.url, running.space("a").url]

        assert [503, 503] == [requests.get(url + "/auth", timeout=5).status_code for url in urls]


def test_problems_are_told(way: Way) -> None:
    """What the control side refuses is an exception with what was expected."""
    mock, _ = way("sensu")

    with pytest.raises(ControlProblem, match="log in first") as caught:
        mock.clock.after_expiry()
    assert 409 == caught.value.status
    with pytest.raises(ValueError, match="no entry 99"):
        mock.why(99)
    with pytest.raises(ValueError, match="less than the minimum"):
        mock.clock.advance(-1)
    with pytest.raises(ValueError, match="lives here already"):
        mock.users.add(mock.credentials["username"], "x")
    assert mock.why().id is None


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"opertion": "createToken"}, "did you mean 'operation'"),
        ({"operation": "creatToken"}, "did you mean 'createToken'"),
        ({"condition": "password.wrng"}, "did you mean 'password.wrong'"),
        ({"purpose": "login"}, "issue, verify, renew"),
        ({"status": "4x"}, "such as 4xx"),
    ],
)
def test_slips_in_what_a_test_wants(wanted: dict[str, Any], said: str) -> None:
    """A slip in a name is told at once: it would have a test pass that sees that something does not happen."""
    journal = mount("sensu").journal
    for ask in (
        lambda: journal.never_within(0, **wanted),
        lambda: journal.called_with(times=0, **wanted),
        lambda: journal.eventually(within=0, **wanted),
        lambda: journal.in_sequence(cast(Wanted, wanted)),
    ):
        with pytest.raises((TypeError, ControlProblem), match=said):
            ask()
    assert [] == journal.called_with(times=0, condition="password.wrong")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"prt": 1}, TypeError, "did you mean 'port'"),
        ({"port": 99999}, AddressError, "from 0 to 65535"),
        ({"tls": "mutal"}, ValueError, "True or 'mutual'"),
        ({"access_token_lifetime": 0}, ValueError, "at least 1 second"),
        ({"fault": "unavailble"}, SpecError, "did you mean 'unavailable'"),
        ({"spaces": "blue"}, TypeError, "several names"),
    ],
)
def test_slips_at_the_start(options: dict[str, Any], error: type[Exception], said: str) -> None:
    """An option that there is not, or a value that it cannot have, is told in a line and not passed over."""
    with pytest.raises(error, match=said):
        start("sensu", **options).stop()


def test_other_slips_of_whoever_steers() -> None:
    """A rule that there is not is told with the one that was meant, and a session that is none by what it is."""
    mock = mount("sensu")

    with pytest.raises(KeyError, match=r"did you mean 'credentials\.not-in-url'"):
        mock.verdict()["credentials.not-in-ur"]
    with pytest.raises(TypeError, match="session of requests, seen object"):
        mock.into(object())  # type: ignore[arg-type]
    with start("sensu") as running:
        url = running.space("blue", port=0).url
        assert url == running.space("blue", port=0).url
        with pytest.raises(ControlProblem, match="already"):
            running.space("blue", port=running.port)


def test_the_same_is_taken(way: Way, tmp_path: Path) -> None:
    """Whatever the way: dialect by folder, profile, fault, world, lifetimes, spaces, public URL."""
    folder = tmp_path / "mine"
    shutil.copytree(bundled()["sensu"], folder)
    mock, session = way(
        folder,
        profile="sensu-6.9",
        fault="stall@renewToken",
        world={"accounts": ACCOUNTS},
        access_token_lifetime=7,
        spaces=["a", "b"],
    )
    facts = session.get(mock.control_url, timeout=5).json()

    assert ("mine", "sensu-6.9", "stall@renewToken") == (facts["dialect"], facts["profile"], facts["fault"]["name"])
    assert {"username": "nadia", "password": "Spruce3-Window"} == mock.credentials
    mock.clock.freeze()
    assert 7 == log_in(mock, session)["expires_at"] - int(mock.clock.now())
    assert ("a", "b") == mock.spaces.list()


def test_worlds(way: Way, tmp_path: Path) -> None:
    """A world is the name of one of the dialect's own, a file, or what a file says."""
    folder = tmp_path / "mine"
    shutil.copytree(bundled()["sensu"], folder)
    (folder / "worlds").mkdir()
    for file, name in ((folder / "worlds" / "harbour.yaml", "zoe"), (tmp_path / "town.yaml", "otto")):
        file.write_text(f"accounts: [{{username: {name}, password: Larch8-Ferry}}]\n", "utf-8")

    names = []
    for world in ("harbour", str(tmp_path / "town.yaml"), tmp_path / "town.yaml", {"accounts": ACCOUNTS}):
        mock, session = way(folder, world=world, port=0)
        names.append(mock.credentials["username"])
        log_in(mock, session)

    assert ["zoe", "otto", "otto", "nadia"] == names


@pytest.mark.parametrize(
    ("world", "said"),
    [
        ("harbor", "did you mean 'harbour'?"),
        ({"accounts": []}, "the world: "),
        ({"acounts": ACCOUNTS}, "accounts"),
        ("nowhere.yaml", "cannot be read"),
    ],
)
def test_bad_worlds(tmp_path: Path, world: Any, said: str) -> None:
    """A world that there is not, or that is wrong, is said to be with what was probably meant."""
    folder = tmp_path / "mine"
    shutil.copytree(bundled()["sensu"], folder)
    (folder / "worlds").mkdir()
    (folder / "worlds" / "harbour.yaml").write_text("accounts: []\n", "utf-8")

    with pytest.raises(SpecError) as caught:
        mount(folder, world=world)
    assert said in str(caught.value)


def test_no_worlds() -> None:
    """A dialect without worlds of its own says so."""
    with pytest.raises(SpecError, match="no world 'harbour'") as caught:
        mount("sensu", world="harbour")
    assert "sensu has none" in str(caught.value)


def test_a_service_is_made_already() -> None:
    """A service may be given, and then nothing that one is made of."""
    service = Service(load_dialect("sensu"))

    assert service is mount(service).service
    with pytest.raises(TypeError, match="beside profile"):
        mount(service, profile="documented")


@pytest.mark.parametrize(
    ("options", "origin"),
    [
        ({}, "http://mock.test"),
        ({"port": 81}, "http://mock.test:81"),
        ({"tls": True, "port": 444}, "https://mock.test:444"),
        ({"origin": "https://api.test/"}, "https://api.test"),
    ],
)
def test_invented_origins(options: dict[str, Any], origin: str) -> None:
    """Without an origin, port and TLS make that of a host which there is not."""
    assert origin == mount("sensu", **options).url
    with intercept("sensu", **options) as mock:
        assert 401 == requests.get(f"{origin}/auth", timeout=3).status_code
        assert origin == mock.url


def test_the_names_stay_functions() -> None:
    """`intercept` of the package is the function, even when the module of that name was imported before or after."""
    module = importlib.import_module("watchword.mockserver.intercept")

    assert module.intercept is intercept is mockserver.intercept
    code = (
        "import watchword.mockserver.intercept; from watchword.mockserver import intercept, start, mount, connect;"
        "print([f.__name__ for f in (intercept, start, mount, connect)])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert "['intercept', 'start', 'mount', 'connect']" == shown
    with pytest.raises(AttributeError, match="has no attribute 'begin'"):
        mockserver.begin  # noqa: B018 - looked up, and not found


def test_nothing_is_imported_early() -> None:
    """The package itself imports nothing but itself."""
    code = "import sys; b = set(sys.modules); import watchword.mockserver; print(sorted(m for m in set(sys.modules) - b if 'watchword.' in m))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    assert "['watchword.mockserver']" == shown


def test_both_sides_name_the_same_root() -> None:
    """The client and the control side agree on where the control side is."""
    assert ROOT == STEERED


def test_connect_by_token() -> None:
    """Off loopback, a token is wanted and taken."""
    with start("sensu", "0.0.0.0") as running:
        with pytest.raises(ControlProblem, match="control token"):
            connect(running.url)
        far = connect(running.control_url, token=running.control_token)
        assert running.credentials == far.credentials
        assert far.control_token not in repr(far.clock)


def test_connect_to_nobody(tmp_path: Path) -> None:
    """Where there is no mock, the error says so."""
    (tmp_path / "ready.json").write_text("[]", "utf-8")

    with pytest.raises(ValueError, match="expected a ready file"):
        connect(tmp_path / "ready.json")
    with pytest.raises(OSError, match="No such file"):
        connect(tmp_path / "nothing.json")
    with pytest.raises(OSError, match=r"nobody answers at http://127\.0\.0\.1:9/.*refused"):
        connect("http://127.0.0.1:9")


SCOPES = """
import pytest, requests
@pytest.fixture(scope="session")
def shared(session_watchword_mock):
    return session_watchword_mock("sensu")
@pytest.fixture(scope="module")
def of_module(module_watchword_mock):
    return module_watchword_mock("sensu")
@pytest.fixture(scope="class")
def of_class(class_watchword_mock):
    return class_watchword_mock("sensu")
@pytest.fixture(scope="package")
def of_package(package_watchword_mock):
    return package_watchword_mock("sensu")
seen = []
@pytest.mark.parametrize("n", range(3))
def test_own_space(shared, of_module, of_class, of_package, watchword_mock, n):
    seen.append(tuple(m.port for m in (shared, of_module, of_package)))
    with shared.space() as mine:
        mine.clock.advance(n * 1000)
        user = (mine.credentials["username"], mine.credentials["password"])
        assert requests.get(mine.url + "/auth", auth=user, timeout=5).ok
        assert ["createToken"] == [entry.operation for entry in mine.journal]
def test_one_each(shared, of_module):
    assert len(set(seen)) == 1
    assert [] == shared.journal.entries()
    assert () == shared.spaces.list()
"""


def test_fixture_scopes(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a fixture for every scope, and tests that share a mock have a space each."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile(SCOPES)

    pytester.runpytest_subprocess("-p", "watchword.mockserver.plugin", "-q").assert_outcomes(passed=4)

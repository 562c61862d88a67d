"""What the doctor, and the start of a run, say of a server that answers: the base of its paths, its clock, every credential."""

from __future__ import annotations

import email.utils
import re
import time

import pytest

from tests.acceptance.consulting import GIVEN, JSON, bad, keeper, notes_of, problem_of
from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect


@pytest.mark.parametrize("where", ["/auth/", "https://sso.example.test/login?next=/auth"])
def test_redirect(where, serve, made_up, write_target):
    """A redirect, to a slash or to another origin, is told and not followed."""
    front = serve(lambda asked: (307, {"Location": where}, b""))
    check, says = problem_of(write_target(made_up("sensu", front.url)))

    assert "login" == check
    assert f"a redirect to {where.partition('?')[0]}: give the address it leads to" in says
    assert {"/auth"} == {asked.path for asked in front.asked}


@pytest.mark.parametrize(
    ("dialect", "key", "wrong", "right"),
    [
        # The other documented base, the base left out, too much of it, and an operation's path.
        ("rator", "url", "/rest-api-core", "/rest-api-auth"),
        ("rator", "url", "", "/rest-api-auth"),
        ("rator", "url", "/rest-api-auth/oauth/token", "/rest-api-auth"),
        ("rator", "url", "/rest-api-auth/v1", "/rest-api-auth"),
        ("rator", "resource_url", "/rest-api-auth", "/rest-api-core"),
        ("sensu", "url", "/auth", ""),
        ("sensu", "url", "/api/core/v2", ""),
        ("fusio", "url", "/index.php", ""),
    ],
)
def test_wrong_base(dialect, key, wrong, right, announce, write_target):
    """A wrong base URL: the right one is looked for, without any credential, and named."""
    facts = announce(dialect).facts
    root = re.match("http://[^/]+", facts["url"])[0]
    keys = {"url": facts["url"], "resource_url": facts["resource_url"]} | {key: root + wrong}
    _, says = problem_of(write_target(facts, target=keys))
    named = "url" if key == "url" else "resource_url"

    assert f"write {root}{right} for target.{named} instead of {root}{wrong}" in says


def test_no_base_anywhere(serve, made_up, write_target):
    """Where the documented paths are nowhere, nothing is made up; no credential is sent but in the documented way."""
    front = serve(lambda asked: (404, {}, b""))
    _, says = problem_of(write_target(made_up("rator", f"{front.url}/rest-api-core")))
    elsewhere = [asked for asked in front.asked if asked.path.partition("?")[0] != "/rest-api-core/oauth/token"]

    assert f"is {front.url}/rest-api-core the base of the documented paths?" in says
    assert elsewhere
    assert not [asked for asked in elsewhere if "Authorization" in asked.headers or asked.body or "?" in asked.path]


def test_a_server_that_answers_everything(serve, made_up, write_target):
    """What refuses every path alike is not taken for the documented base."""
    front = serve(lambda asked: (404, {}, b"") if asked.path.startswith("/old") else (401, {}, b""))

    assert "the base of the documented paths?" in problem_of(write_target(made_up("sensu", f"{front.url}/old")))[1]


@pytest.mark.parametrize(
    ("away", "says"),
    [
        (7200, "2 hours ahead of this machine's clock"),
        (-600, "10 minutes behind this machine's clock"),
        (-30, "30 seconds behind"),
    ],
)
def test_skewed_clock(away, says, plain_socket, made_up, write_target):
    """A clock that goes wrong is told, with what is uncertain on account of it."""
    notes = notes_of(write_target(made_up("sensu", plain_socket(dated(lambda: time.time() + away)))))

    assert ["warning"] == [kind for kind, _ in notes["clock"]]
    assert says in notes["clock"][0][1] or says.replace("30", "29") in notes["clock"][0][1]


@pytest.mark.parametrize("date", [time.time, lambda: None])
def test_right_clock(date, plain_socket, made_up, write_target):
    """A clock that agrees, or is not told, is no trouble."""
    assert [] == bad(notes_of(write_target(made_up("sensu", plain_socket(dated(date))))))


def dated(now):
    """A right server of sensu whose replies have the date of `now`, or none."""

    def serve_one(connection):
        with connection:
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            right = b"GET /auth " in head or b"Bearer a-b-c-d" in head
            moment = now()
            date = "" if moment is None else f"Date: {email.utils.formatdate(moment, usegmt=True)}\r\n"
            line = "200 OK" if right else "401 Unauthorized"
            connection.sendall(
                f"HTTP/1.1 {line}\r\n{date}Content-Type: application/json\r\nConnection: close\r\n"
                f"Content-Length: {len(GIVEN)}\r\n\r\n".encode()
                + GIVEN
            )

    return serve_one


@pytest.mark.parametrize(
    ("dialect", "role", "named"),
    [
        ("sensu", "username", "check username, password"),
        ("sensu", "password", "check username, password"),
        ("sensu", "other_username", "check other_username, other_password"),
        ("sensu", "other_password", "check other_username, other_password"),
        ("fusio", "password", "check username, password"),
        ("fusio", "client_id", "check client_id, client_secret"),
        ("fusio", "client_secret", "check client_id, client_secret"),
        ("fusio", "other_password", "check other_username, other_password"),
        ("rator", "password", "username, password"),
        ("rator", "client_secret", "client_id, client_secret"),
        ("rator", "brand_key", "brand_key"),
        ("rator", "other_password", "other_username, other_password"),
        ("rator", "operator_username", "check operator_username and operator_password"),
        ("rator", "operator_password", "check operator_username and operator_password"),
    ],
)
def test_wrong_credential(dialect, role, named, mock, write_target):
    """A wrong credential of each role is told by its role, not by its value."""
    facts = mock(dialect)
    _, says = problem_of(write_target(facts, credentials={role: f"{facts['credentials'][role]}-Canary77"}))

    assert named in says
    assert "Canary77" not in says


@pytest.mark.parametrize("ending", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(
    ("dialect", "role"),
    [("sensu", "other_password"), ("fusio", "client_secret"), ("rator", "brand_key"), ("rator", "operator_password")],
)
def test_a_line_break(dialect, role, ending, mock, write_target):
    """A credential with the end of its line is told by name."""
    facts = mock(dialect)
    _, says = problem_of(write_target(facts, credentials={role: facts["credentials"][role] + ending}))

    assert f"a line break ends or begins the {role}, leave it out" in says


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_no_login_is_tried_twice(dialect, serve, made_up, write_target):
    """Where every login is refused, the doctor sends a user's right secret no more often than the start of a run does."""
    front = serve(lambda asked: (401, {}, b'{"error": "invalid_grant"}'))
    path = write_target(
        made_up(dialect, front.url), credentials={"other_username": "jon", "other_password": "Canary88"}
    )
    notes_of(path)
    mine = [
        asked for asked in front.asked if b"Quarry7-Lantern" in asked.body or "bWlyYTpRdWFycnk3" in str(asked.headers)
    ]

    assert 1 == len(mine), [(asked.method, asked.path) for asked in front.asked]


def test_what_goes_with_a_refused_login_is_spared(serve, made_up, write_target):
    """Where a client and a user are refused together, no other account is tried with that client."""
    front = serve(lambda asked: (401, {}, b'{"error": "invalid_client"}'))
    more = {
        "operator_username": "desk",
        "operator_password": "Canary99",
        "other_username": "jon",
        "other_password": "Canary88",
    }
    notes = notes_of(write_target(made_up("rator", front.url), credentials=more))

    assert not [asked for asked in front.asked if b"Canary" in asked.body]
    for check in ("other user", "further login"):
        [(kind, says)] = notes[check]

        assert "skipped" == kind
        assert "is not tried with what was refused already" in says


@pytest.mark.parametrize("dialect", ["fusio", "rator"])
def test_a_server_that_hangs_is_asked_once(dialect, plain_socket, mock, made_up, write_target):
    """Where a login has no answer, no other one is waited for."""
    held = {role: value for role, value in mock(dialect)["credentials"].items() if role != "other_brand_key"}
    url = plain_socket(lambda connection: None)
    notes = notes_of(write_target(made_up(dialect, url), credentials=held, limits={"timeout": 0.3}))
    problems = [(check, text) for check, lines in notes.items() for kind, text in lines if kind == "problem"]

    assert ["login"] == [check for check, _ in problems]
    assert "(timeout: " in problems[0][1]
    assert ["skipped"] == [kind for kind, _ in notes["other user"]]


def test_a_right_server_sees_no_bad_login(serve, made_up, write_target):
    """At a right server nothing but the token that is none is refused."""
    refused = []

    def answer(asked):
        reply = keeper(asked)
        if reply[0] != 200:
            refused.append(asked.path)
        return reply

    notes_of(write_target(made_up("sensu", serve(answer).url)))

    assert ["/api/core/v2/namespaces"] == refused


def test_a_capability_that_is_not_offered(serve, made_up, mock, write_target):
    """An optional grant that the server declines is told, with what becomes of its rules, and is no problem."""
    facts = mock("rator")
    granted = b'{"access_token": "a-b-c-d", "refresh_token": "e-f-g-h", "token_type": "bearer", "expires_in": 60}'

    def answer(asked):
        if asked.path.endswith("/balance"):
            return (200, JSON, b"{}") if "Bearer a-b-c-d" in str(asked.headers) else (401, {}, b"")
        if b"grant_type=password" in asked.body:
            return 200, JSON, granted
        return 400, JSON, b'{"error": "unsupported_grant_type"}'

    held = {role: facts["credentials"][role] for role in ("operator_username", "operator_password")}
    notes = notes_of(write_target(made_up("rator", serve(answer).url), credentials=held))

    assert [] == bad(notes)
    assert [("ok", "issueByOperatorPassword is declined (400), so its rules will be not supported")] == notes[
        "further login"
    ]
    assert [("ok", "issueByClientCredentials is not offered (400), so its rules will be not supported")] == notes[
        "grants"
    ]


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_token_that_opens_nothing(status, serve, made_up, write_target):
    """Where a token is answered like one that is none, or not at all, that is told, and is for the suites to judge."""

    def answer(asked):
        return keeper(asked) if asked.path == "/auth" else (status, {}, b"")

    [(kind, says)] = notes_of(write_target(made_up("sensu", serve(answer).url)))["resource"]

    assert "warning" == kind
    assert f"answered {status} to a valid token: rules about it will be broken or undecided" in says


def test_credentials_that_could_be_given(announce, write_target):
    """What the target file could give besides, with the rules that wait for it."""
    facts = announce("sensu").facts
    notes = notes_of(write_target(facts, credentials={"other_username": None, "other_password": None}))
    rules = sum(
        clause.untested is None and "other_user" in str(clause.when) for clause in load_dialect("sensu").clauses
    )

    assert 2 == len(notes["options"])
    assert re.match(r"credentials.other_username is not given, so \d+ rules will be", notes["options"][0][1])
    assert int(re.search(r"so (\d+)", notes["options"][0][1])[1]) >= max(rules, 1)


@pytest.mark.parametrize(
    ("profile", "alike"), [("documented", {"documented"}), ("sensu-6.12", {"sensu-6.12", "sensu-6.9"})]
)
def test_release(profile, alike, mock, write_target):
    """Which releases answer like this one."""
    notes = notes_of(write_target(mock("sensu", profile)))
    named = set(re.search(r"as by (.*?) \(", notes["release"][0][1])[1].split(", "))

    assert alike <= named
    assert ("documented" in named) is (profile == "documented")


@pytest.fixture
def mock():
    """Start mocks in this process."""
    started = []

    def begin(dialect, profile="documented"):
        running = start(Service(load_dialect(dialect), profile))
        started.append(running)
        return {
            "dialect": dialect,
            "url": running.url,
            "resource_url": running.resource_url,
            "credentials": running.credentials,
        }

    yield begin
    for running in started:
        running.stop()

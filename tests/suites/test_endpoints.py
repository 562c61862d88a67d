"""`[endpoints]`: the suites at a server that has its endpoints elsewhere, or has not all of them."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest

from watchword.specs.redaction import Masker
from watchword.suites.running.check import check
from watchword.suites.running.preflight import PreflightError, preflight
from watchword.suites.running.session import TargetSession
from watchword.suites.target import TargetError, from_description, read_target

HERE = {"token": "/oauth/token", "resource": "/api/me"}
FILE = """\
[target]
dialect = "oauth2"
url = "http://127.0.0.1:9"

[credentials]
client_id = "harbour-desk"
client_secret = "Quay7Lantern-Moss3"

[endpoints]
token = "/oauth/token"
renew = false
"""


@pytest.fixture(scope="module")
def server(module_watchword_mock):
    """A mock that has its endpoints elsewhere."""
    return module_watchword_mock("oauth2", endpoints=HERE)


@pytest.fixture
def session():
    """Begin sessions at mocks whose endpoints are said to be somewhere."""
    with contextlib.ExitStack() as stack:

        def begin(running, endpoints, **more):
            facts = {"name": "there", "dialect": "oauth2", "url": running.url, "credentials": running.credentials}
            facts |= {"control": running.service.clock, "endpoints": endpoints, **more}
            return stack.enter_context(contextlib.closing(TargetSession(from_description(facts), Masker())))

        yield begin


def written(tmp_path, text=FILE):
    """Write a target file."""
    path = tmp_path / "target.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_says_where_endpoints_are(tmp_path):
    """A path replaces the described one, and false leaves an operation out."""
    api = read_target(written(tmp_path)).dialect.api

    assert "/oauth/token" == api.operations["issueByPassword"].path
    assert {"renew"} == api.absent


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("token =", "tokn =", 10, "oauth2 has no endpoint 'tokn' (did you mean 'token'?)"),
        ("renew = false", 'resource = "/oauth/{x}"', 11, "nothing is put in place of {x}"),
        ("renew = false", "renew = true", 11, "false: the server has no such endpoint"),
        ('"/oauth/token"', '"oauth/token"', 10, "a path that begins with a slash"),
    ],
)
def test_mistakes(old, new, line, said, tmp_path):
    """What is wrong in the table is told with its line."""
    with pytest.raises(TargetError) as told:
        read_target(written(tmp_path, FILE.replace(old, new)))

    assert f"target.toml:{line}: " in str(told.value)
    assert said in str(told.value)


def test_a_server_whose_endpoints_are_elsewhere(server, session):
    """A run finds every endpoint where the file says, generated requests included, and breaks no rule."""
    run = session(server, HERE)
    preflight(run)
    chosen = [c for c in run.target.dialect.clauses if c.id in ("token.conforms", "renew.works", "resource.accepted")]

    assert ["pass", "pass", "pass"] == [check(run, clause).verdict for clause in chosen]


def test_a_404_names_the_table(server, session):
    """Where an endpoint is not found, the start of a run says which key tells where it is."""
    with pytest.raises(PreflightError, match=r'under \[endpoints\], as token = "/…"'):
        preflight(session(server, {}))


def test_what_is_absent_is_left_alone(server, session):
    """Rules about what the server is said not to have are not applicable, and nothing is sent for them."""
    run = session(server, HERE | {"renew": False, "issueByPassword": False})
    clauses = [c for c in run.target.dialect.clauses if c.operation in run.target.dialect.api.absent and not c.untested]
    run.plan(clauses)
    judged = [check(run, clause) for clause in clauses]

    assert {"not_applicable"} == {one.verdict for one in judged}
    assert {"the server has no renew, as its target says"} < {one.reason for one in judged}
    assert [] == [exchange for one in judged for exchange in one.attempt.transcript.exchanges]


def test_a_login_that_is_the_only_one(server, session):
    """Where the usual login is said to be absent, a run begins with one that the target can use."""
    run = session(server, HERE | {"issueByClientCredentials": False})
    found = preflight(run)

    assert found.tokens is not None
    assert "issueByPassword" == found.tokens.operation.name


def test_a_server_that_lacks_operations(module_watchword_mock, session):
    """What a server does without breaks no rule: it is not supported."""
    least = module_watchword_mock("oauth2", profile="least")
    run = session(least, {})
    clauses = [c for c in run.target.dialect.clauses if not c.untested and c.guarantee != "contract.conforms"]
    found = Counter((c.operation, check(run, c).verdict) for c in clauses)

    assert {"pass", "observed", "not_supported", "not_applicable"} >= {verdict for _, verdict in found}
    assert {"not_supported"} == {verdict for name, verdict in found if name in ("renew", "issueByPassword")}


def test_the_login_whose_tokens_open(tmp_path):
    """The file names the login whose tokens open the protected operation, and a slip is told with its line."""
    good = FILE.replace("[endpoints]", '[resource]\nlogin = "issueByPassword"\n\n[endpoints]')
    target = read_target(written(tmp_path, good))

    assert ("issueByPassword",) == target.opened_by == target.resource_operation.opened_by
    with pytest.raises(TargetError, match=r"target.toml:10: resource.login: oauth2 has no login 'issueByPasword'"):
        read_target(written(tmp_path, good.replace("issueByPassword", "issueByPasword")))


def test_tokens_that_are_not_meant_to_open(server, session):
    """Where one login's tokens open the protected operation, those of others are not held to it, and a run begins with that one."""
    run = session(server, HERE, opened_by=["issueByPassword"])
    found = preflight(run)
    verdicts = {
        name: check(run, run.target.dialect.clause(name)).verdict
        for name in ("token.works", "token.expiry-holds", "login.works", "renew.works", "resource.accepted")
    }

    assert "issueByClientCredentials" == found.tokens.operation.name
    assert verdicts == {
        "token.works": "not_applicable",
        "token.expiry-holds": "not_applicable",
        "login.works": "pass",
        "renew.works": "pass",
        "resource.accepted": "pass",
    }


def test_a_refusal_names_the_other_logins(watchword_mock, session):
    """Where the protected operation is closed to the first login's token, the start of a run says how to name another."""
    closed = watchword_mock("oauth2")
    closed.faults.force(401, purpose="resource", count="all")

    assert any(
        "with login under [resource]: issueByPassword" in line for line in preflight(session(closed, {})).warnings
    )

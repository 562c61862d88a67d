"""Client credentials that the encoding of a form changes: encoded in Basic, named in no record, and told of where refused."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from dataclasses import asdict, replace

import pytest

from tests.acceptance.test_secrets import leaks
from watchword.mockserver.faults.fault import Distortion, Fault
from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.reports.records import RunRecord
from watchword.reports.reproducing.script import script
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.suites.running.check import check, weigh
from watchword.suites.running.preflight import PreflightError, RuleBroken, preflight
from watchword.suites.running.recording import write
from watchword.suites.running.session import TargetSession
from watchword.suites.target import Limits, from_description

SECRET = "p+s s%41:ü"
UNLIMITED = Limits(requests_per_second=10000, bad_logins=1000)
CLAUSES = (
    "token.accepted",
    "token.credentials-encoded",
    "token.credentials-scheme-case",
    "token.credentials-twice",
    "token.client-secret-wrong",
    "token.client-secret-truncated",
    "token.client-secret-extended",
    "token.client-id-unknown",
    "login.accepted",
    "introspect.active",
)


class Noting:
    """A service that keeps the Authorization headers it gets."""

    def __init__(self, service):
        self._service = service
        self.asked = []

    def handle(self, request, origin):
        """Answer and keep."""
        self.asked.append(request.header("authorization"))
        return self._service.handle(request, origin)

    def __getattr__(self, name):
        return getattr(self._service, name)


def service_of(dialect, secret, name="desk no+1", *, decodes=True):
    """A mock whose first client has that name and secret; with `decodes` off it takes Basic as it stands."""
    loaded = load_dialect(dialect)
    first, *others = loaded.world.clients
    world = replace(loaded.world, clients=(replace(first, client_id=name, client_secret=secret), *others))
    fault = Fault("raw", "dialect", "Basic is taken as it stands.", lambda: Distortion(profile=as_it_stands), bool)
    return Noting(Service(loaded, world=world, fault=None if decodes else fault))


def as_it_stands(profile):
    """A profile without the decoding of Basic."""
    return replace(profile, form_encoded_basic=False)


def session_of(mock, given=None, limits=UNLIMITED):
    """A session with a mock as if it were somebody's server."""
    facts = {"name": "it", "dialect": "oauth2", "url": mock.url, "resource_url": mock.resource_url}
    credentials = mock.credentials if given is None else dict(mock.credentials) | {"client_secret": given}
    return TargetSession(replace(from_description(facts | {"credentials": credentials}), limits=limits), Masker())


@pytest.fixture(scope="module")
def examined():
    """A right server whose first client has such credentials: (mock, session, the check and the record of each clause)."""
    with start(service_of("oauth2", SECRET)) as mock:
        session = session_of(mock)
        preflight(session)
        clauses = [c for c in session.target.dialect.clauses if c.id in CLAUSES]
        judged = [check(session, clause) for clause in clauses]
        records = [write(session, clause, one, 0.0) for clause, one in zip(clauses, judged, strict=True)]
        yield mock, session, judged, records
        session.close()


def test_a_right_server_is_right(examined):
    """What every character of a form means is sent encoded, and whatever is wrong then is wrong in one thing alone."""
    mock, _, _, records = examined
    sent = base64.b64encode(b"desk+no%2B1:p%2Bs+s%2541%3A%C3%BC").decode()

    assert len(CLAUSES) == len(records)
    assert [] == [
        (r.clause, r.verdict, r.reason) for r in records if r.verdict not in ("pass", "documented", "observed")
    ]
    assert f"Basic {sent}" in mock.service.asked


def test_no_record_tells_the_secret(examined):
    """The secret stands in no record, neither as it is nor encoded."""
    mock, _, _, records = examined
    told = json.dumps([asdict(record) for record in records], ensure_ascii=False).encode()
    secrets = {value: role for value, role in mock.service.state.secrets() if value}

    assert SECRET in secrets
    assert [] == leaks(secrets, {"records": told})
    assert b"p%2Bs" not in told


@pytest.mark.needs("curl")
def test_curl_lines_encode(examined):
    """The curl line of each request with the right secret sends what the suites sent."""
    mock, session, judged, _ = examined
    values = {f"WATCHWORD_{role.upper()}": value for role, value in mock.credentials.items()}
    sample = [e for one in judged[:3] for e in one.attempt.transcript.exchanges]
    seen = []
    for exchange in sample:
        line = session.evidence.record(exchange).curl
        mock.service.asked.clear()
        subprocess.run(["bash", "-c", line], env=dict(os.environ) | values, capture_output=True, check=True)
        seen.append(mock.service.asked[0])

    assert [e.request.header("authorization") for e in sample] == seen
    assert len({header.partition(" ")[0] for header in seen}) == 2


def test_scripts_encode(examined, monkeypatch, capsys):
    """A script made of a record alone sends what the suites sent, wrong secrets among them."""
    mock, _, judged, records = examined
    for role, value in mock.credentials.items():
        monkeypatch.setenv(f"WATCHWORD_{role.upper()}", value)
    target = {"name": "it", "dialect": "oauth2", "url": mock.url, "resource_url": mock.resource_url}
    begun = RunRecord("2026-11-27T06:00:00", {}, (target,))
    monkeypatch.setenv("WATCHWORD_URL", mock.url)
    monkeypatch.setenv("WATCHWORD_RESOURCE_URL", mock.resource_url)
    for one, record in zip(judged, records, strict=True):
        if record.clause.startswith("oauth2:token."):
            mock.service.asked.clear()
            with pytest.raises(SystemExit):
                exec(compile(script(begun, record).text, "reproduction.py", "exec"), {"__name__": "__main__"})

            assert [
                e.request.header("authorization") for e in one.attempt.transcript.exchanges
            ] == mock.service.asked, (
                record.clause,
                capsys.readouterr().out,
            )


def ends(mock, given=None, limits=UNLIMITED):
    """The line in which a preflight ends."""
    session = session_of(mock, given, limits)
    try:
        with pytest.raises(PreflightError) as caught:
            preflight(session)
    finally:
        session.close()
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "secret", "told"),
    [
        ("desk", SECRET, "either the target gives the client_secret encoded already"),
        ("desk no+1", "p-s", "either the target gives the client_id encoded already"),
    ],
)
def test_credentials_that_may_be_encoded_already(name, secret, told):
    """Where they are served as they stand and a right server would decode that, too, both are told, and no rule is broken."""
    with start(service_of("oauth2", secret, name, decodes=False)) as mock:
        line = ends(mock)

    assert told in line
    assert "credentials are refused" not in line
    assert "\n" not in line
    assert 2 == len(mock.service.asked)


def test_a_server_that_does_not_decode():
    """Where only as they stand they are served, that is the broken rule, and the two requests show it."""
    with start(service_of("oauth2", "p s:ü", "desk", decodes=False)) as mock:
        session = session_of(mock)
        try:
            with pytest.raises(RuleBroken, match="the server does not decode them") as caught:
                preflight(session)
            (rule,) = caught.value.rules
            found = weigh(session, rule, [caught.value.attempt])
        finally:
            session.close()

    assert "oauth2:token.credentials-encoded" == rule.full_id
    assert "fail" == found.verdict
    assert 2 == len(found.attempt.transcript.exchanges) == len(mock.service.asked)


@pytest.mark.parametrize(
    ("secrets", "verdict"),
    [(("Quay7", "Gull4"), "not_applicable"), (("Quay7", "Gull+4"), "pass"), (("Quay 7", "Gull4"), "pass")],
)
def test_what_shows_nothing_is_not_green(secrets, verdict):
    """Whether encoded credentials are taken is shown by a client whose encoding changes something, and by no other."""
    loaded = load_dialect("oauth2")
    first, second, *others = loaded.world.clients
    pair = (replace(first, client_secret=secrets[0]), replace(second, client_secret=secrets[1]))
    with start(Service(loaded, world=replace(loaded.world, clients=(*pair, *others)))) as mock:
        session = session_of(mock)
        rule = next(c for c in session.target.dialect.clauses if c.id == "token.credentials-encoded")
        found = check(session, rule)
        session.close()

    assert verdict == found.verdict


@pytest.mark.parametrize(("bad_logins", "asked"), [(1, 1), (4, 2)])
def test_a_wrong_secret(bad_logins, asked):
    """A wrong secret is called wrong, with how it went, and is sent again only where the limits allow it."""
    with start(service_of("oauth2", SECRET)) as mock:
        line = ends(mock, "other+one", replace(UNLIMITED, bad_logins=bad_logins))
        logins = [header for header in mock.service.asked if header and header.startswith("Basic")]

    assert "credentials are refused" in line
    assert "the client_id and the client_secret went form-encoded (RFC 6749 section 2.3.1)" in line
    assert "other" not in line
    assert asked <= len(set(logins))
    assert (bad_logins == 1) == (len(set(logins)) == 1)

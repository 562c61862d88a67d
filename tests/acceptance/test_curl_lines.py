"""The curl lines of a run's records: each runs in a shell, and sends what the suites sent."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.api import FORM
from watchword.suites.running.check import check
from watchword.suites.running.session import TargetSession
from watchword.suites.target import from_description

pytestmark = pytest.mark.needs("curl")

SAMPLE = 40
AWKWARD = "+/=:&%ü $HOME`id`'\"\\x"


class Noting:
    """A service that keeps the requests it gets."""

    def __init__(self, service):
        self._service = service
        self.asked = []

    def handle(self, request, origin):
        """Answer and keep."""
        self.asked.append(request)
        return self._service.handle(request, origin)

    def __getattr__(self, name):
        return getattr(self._service, name)


@pytest.fixture(params=["plain", "awkward"])
def world(request):
    """Whether the passwords are plain words or such that break shells."""
    return request.param


@pytest.fixture
def mock(dialect, world):
    """A mock in this process, which keeps what it is asked."""
    loaded = load_dialect(dialect)
    people = loaded.world
    if world == "awkward":
        accounts = tuple(replace(a, password=f"{a.password}{AWKWARD}") for a in people.accounts)
        people = replace(people, accounts=accounts)
    with start(Noting(Service(loaded, world=people))) as running:
        yield running


@pytest.fixture
def exchanges(dialect, mock):
    """What the checks of all clauses sent, one of each kind, as (session, exchange)."""
    facts = {"name": "mock", "dialect": dialect, "url": mock.url, "resource_url": mock.resource_url}
    target = from_description(facts | {"credentials": mock.credentials, "control": mock.service.clock})
    session = TargetSession(target, Masker())
    kinds = {}
    for clause in target.dialect.clauses:
        if not clause.untested and clause.guarantee != "contract.conforms":
            for exchange in check(session, clause).attempt.transcript.exchanges:
                kinds.setdefault(
                    (exchange.request.method, exchange.call.purpose.partition(" (")[0], exchange.request.path),
                    exchange,
                )
    found = sorted(kinds.values(), key=lambda e: e.call.step != "control")
    step = max(1, len(found) // SAMPLE)
    # Of what curl has no option for, nothing is left to chance.
    yield session, found[::step] + [exchange for exchange in found if "scheme" in exchange.call.purpose]
    session.close()


def essence(request):
    """What of a request has to arrive: method, path, query, body, and the headers that mean something here."""
    kind = request.header("content-type")
    form = kind == FORM and parse_qsl(request.body.decode(), keep_blank_values=True)
    headers = [(k.lower(), v.rstrip()) for k, v in request.headers]
    meant = sorted(
        (k, v) for k, v in headers if k in ("authorization", "content-type", "accept-language") or "brand" in k
    )
    return request.method, request.path, parse_qsl(request.query, keep_blank_values=True), form or request.body, meant


@pytest.mark.parametrize("dialect", ["sensu", "fusio", "rator"])
def test_lines_run(dialect, mock, exchanges):
    """Each line exits with 0, prints a status, and what arrives is what the suites sent."""
    session, sample = exchanges
    values = {session.masker.variable(role, value): value for value, role in mock.service.state.secrets()}
    for field in (field for exchange in sample for field in exchange.call.draft.fields):
        # Wrong values that are the suites' own are no secrets, and stand in the line as they are.
        if isinstance(field.value, str) and session.masker.known(field.value):
            values[session.masker.variable(field.role or "", field.value)] = field.value
    values |= {f"WATCHWORD_{role.upper()}": value for role, value in mock.credentials.items()}
    bases = mock.service.dialect.api.bases
    wrong = []
    for exchange in sample:
        line = session.evidence.record(exchange).curl
        mock.service.asked.clear()
        done = subprocess.run(
            ["bash", "-c", line], env={"PATH": os.environ["PATH"]} | values, capture_output=True, check=False
        )
        sent = replace(exchange.request, path=bases[exchange.request.base] + exchange.request.path)
        if (
            done.returncode
            or not done.stdout.startswith(b"HTTP/1.1 ")
            or [essence(sent)] != [essence(r) for r in mock.service.asked]
        ):
            wrong.append(
                (
                    exchange.call.purpose,
                    line,
                    done.stderr.decode()[:200],
                    [essence(r) for r in mock.service.asked],
                    essence(sent),
                )
            )

    assert len(sample) >= 30
    assert [] == wrong

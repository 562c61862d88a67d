"""The catalogue of faults: what it holds, how often a fault is found that does not always strike, and how a connection fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from watchword.detection.wire import ORIGIN, MockWire
from watchword.mockserver.faults.catalogue import catalogue, find_fault
from watchword.mockserver.faults.fault import STAGES, Fault
from watchword.mockserver.inprocess import mount
from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.specs.codec import draft, encode
from watchword.specs.errors import SpecError
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.suites.running.survey import survey

FICTIONAL = Path(__file__).parent.parent / "dialects" / "lanternhouse"
DIALECTS = [*bundled(), str(FICTIONAL)]
_OTHER_PLACES = ("json-only", "client-in-body-only")


def described(dialect: Dialect, fault: Fault) -> dict[str, Any]:
    """Describe a service with a fault, in this process, as a target."""
    service = Service(dialect, fault=fault)
    bases = dialect.api.bases
    return {
        "name": "faulty",
        "dialect": dialect.folder,
        "url": ORIGIN + bases["url"],
        "credentials": service.credentials,
        "control": service.clock,
        "wire": MockWire(service),
    }


@pytest.mark.parametrize("name", DIALECTS)
def test_every_fault_says_what_it_is(name: str) -> None:
    """A fault has a name that tells where it is, one of the four stages, and one sentence."""
    faults = catalogue(load_dialect(name))
    sentences = [fault.says for fault in faults.values()]

    assert set(STAGES) == {fault.stage for fault in faults.values()}
    assert all(says.endswith(".") and says[0].isalpha() for says in sentences)
    assert len(sentences) == len(set(sentences))


def test_a_new_dialect_inherits_its_faults() -> None:
    """A dialect that is data only has several hundred faults without a line of code."""
    assert len(catalogue(load_dialect(FICTIONAL))) > 200


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sensu", set()),
        ("fusio", {"form-only@login", *(f"{kind}@issueByClientCredentials" for kind in _OTHER_PLACES)}),
        ("rator", {f"{kind}@issueByPassword" for kind in _OTHER_PLACES}),
        (str(FICTIONAL), {"form-only@logIn", *(f"{kind}@issueByPassword" for kind in _OTHER_PLACES)}),
    ],
)
def test_another_place_is_a_fault_where_there_is_a_documented_one(name: str, expected: set[str]) -> None:
    """A login has another place only where the description has a body or Basic for it, and no server may lack it."""
    begins = (*_OTHER_PLACES, "form-only")

    assert expected == {fault for fault in catalogue(load_dialect(name)) if fault.startswith(begins)}


def test_an_intermittent_fault_is_counted() -> None:
    """A fault that shows every third time is broken in one of three attempts, and the record says so."""
    dialect = load_dialect("sensu")
    fault = find_fault(dialect, "every-third:basic.missing@createToken")
    clause = next(c for c in dialect.clauses if c.when == ("basic.missing",) and c.can_fail)
    (found,) = survey(described(dialect, fault), only=[clause.id], repeat=3)
    record = found.record()

    assert ("fail", 3, 1) == (record.verdict, record.attempts, record.broken)
    assert "broken in 1 of 3 attempts" in record.reason


@pytest.mark.parametrize("kind", ["drop", "reset", "half-body", "stall"])
def test_a_fault_of_the_transport_is_no_failure(kind: str) -> None:
    """When the connection fails, clauses end inconclusive or blocked, and never as broken."""
    dialect = load_dialect("sensu")
    found = {
        one.verdict for one in survey(described(dialect, find_fault(dialect, f"{kind}@createToken")), generated=False)
    }

    assert {"fail", "warn", "error"}.isdisjoint(found)
    assert "inconclusive" in found


def test_an_unknown_fault_names_the_nearest() -> None:
    """A misspelt fault is an error that names the one that was probably meant."""
    with pytest.raises(SpecError) as caught:
        find_fault(load_dialect("sensu"), "accepts:pasword.wrong@createToken")

    assert "accepts:password.wrong@createToken" in caught.value.hint


@pytest.fixture
def faulty() -> Any:
    """Starts mocks with a fault, and stops them."""
    running: list[Running] = []

    def begin(dialect: str, fault: str) -> Running:
        loaded = load_dialect(dialect)
        mock = start(Service(loaded, fault=find_fault(loaded, fault)))
        running.append(mock)
        return mock

    yield begin
    for mock in running:
        mock.stop()


def login(mock: Running, session: requests.Session, origin: str | None = None) -> requests.Response:
    """Send the first operation's right request."""
    api = mock.service.dialect.api
    request = encode(draft(api.with_purpose("issue")[0], mock.credentials))
    headers = dict(request.headers)
    url = (origin or mock.origin) + request.path
    return session.request(request.method, url, headers=headers, data=request.body, timeout=1)


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("drop", requests.ConnectionError),
        ("reset", requests.ConnectionError),
        ("half-body", (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)),
        ("stall", requests.ReadTimeout),
    ],
)
def test_the_connection_fails(faulty: Callable[[str, str], Running], kind: str, error: Any) -> None:
    """A client of the HTTP server meets the connection's end, and the server has acted all the same."""
    mock = faulty("sensu", f"{kind}@createToken")
    with requests.Session() as session, pytest.raises(error):
        login(mock, session)

    assert 1 == len(mock.service.state.access)


@pytest.mark.parametrize("fault", ["half-body@testCredentials", "half-body@createToken"])
@pytest.mark.parametrize("known", [True, False], ids=["right", "refused"])
def test_half_a_reply_is_never_a_whole_one(faulty: Callable[[str, str], Running], fault: str, known: bool) -> None:
    """However short a reply is, a client that gets half of it notices."""
    mock = faulty("sensu", fault)
    api = mock.service.dialect.api
    operation = api.operations[fault.partition("@")[2]]
    credentials = mock.credentials if known else {**mock.credentials, "password": "wrong"}
    request = encode(draft(operation, credentials))
    with requests.Session() as session, pytest.raises(requests.RequestException):
        session.request(request.method, mock.origin + request.path, headers=dict(request.headers), timeout=5)


@pytest.mark.parametrize(("kind", "error"), [("drop", requests.ConnectionError), ("stall", requests.ReadTimeout)])
def test_the_connection_fails_in_process(faulty: Callable[[str, str], Running], kind: str, error: Any) -> None:
    """A client of the in-process adapter meets the exception that a socket would have led to."""
    mock = faulty("sensu", f"{kind}@createToken")
    with requests.Session() as session:
        mount(session, mock)
        with pytest.raises(error):
            login(mock, session, "http://mock.test")

    assert 1 == len(mock.service.state.access)


def test_a_damaged_reply_leaves_through_the_socket(faulty: Callable[[str, str], Running]) -> None:
    """A fault of the reply shows to a client as it stands in the catalogue."""
    mock = faulty("sensu", "missing:expires_at@createToken")
    with requests.Session() as session:
        reply = login(mock, session)

    assert (200, {"access_token", "refresh_token"}) == (reply.status_code, set(reply.json()))

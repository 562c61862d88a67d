"""What the journal shows of requests: headers and bodies without any secret, lineage, other tools' forms, and what tests ask for."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from watchword.mockserver import connect
from watchword.mockserver.launch import Running, start
from watchword.mockserver.steer.journal import Inconclusive
from watchword.mockserver.steer.mock import Mock
from watchword.specs.values.http import Request

TOKEN = "/oauth/token?brand_key=BRAND1"
BALANCE = "/api/billing-groups/201506171857210002/balance"


@pytest.fixture
def mock() -> Iterator[Running]:
    """A mock with forms, brands and Basic."""
    with start("rator") as running:
        yield running


@pytest.fixture(params=["near", "far"])
def steered(request: pytest.FixtureRequest, mock: Running) -> Mock:
    """The mock as its process has it, and as another one does."""
    return mock if request.param == "near" else connect(mock.url)


def post(mock: Running, query: str = TOKEN, **form: str) -> requests.Response:
    """Ask for tokens."""
    user = (mock.credentials["client_id"], mock.credentials["client_secret"])
    return requests.post(mock.url + query, data=form, auth=user, timeout=5)


def log_in(mock: Running, **more: str) -> dict[str, Any]:
    """Log in; gives the tokens."""
    names = ("username", "password")
    reply = post(mock, grant_type="password", **{n: mock.credentials[n] for n in names}, **more)
    tokens: dict[str, Any] = reply.json()
    return tokens


def use(mock: Running, token: str, **headers: str) -> int:
    """Use an access token."""
    own = {"Authorization": f"Bearer {token}", "X-RATOR-brand-key": "BRAND1", **headers}
    return requests.get(mock.resource_url + BALANCE, headers=own, timeout=5).status_code


def renew(mock: Running, tokens: dict[str, Any]) -> dict[str, Any]:
    """Renew; gives the tokens."""
    found: dict[str, Any] = post(mock, grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    return found


def test_who_asked(mock: Running) -> None:
    """Two who have the same secret are told apart, and a name in another place than its own is shown."""
    for name in ("selfcare-app", "another-app"):
        pair = (name, mock.credentials["client_secret"])
        form = {"grant_type": "client_credentials", "client_id": name}
        requests.post(f"{mock.url}/oauth/token?brand_key=BRAND1", data=form, auth=pair, timeout=5)
    first, second = (entry.told["request"] for entry in mock.journal.entries(details=True))

    assert "Basic selfcare-app:client_secret#1" == dict(first["headers"])["Authorization"]
    assert "Basic another-app:client_secret#1" == dict(second["headers"])["Authorization"]
    assert "grant_type=client_credentials&client_id=another-app" == second["body"]


def test_details(mock: Running) -> None:
    """Headers and bodies are shown by name: names and brands as they are, secrets as pseudonyms, the rest not at all."""
    tokens = log_in(mock, coupon="Winter-Coupon-8812")
    use(mock, tokens["access_token"], **{"X-Api-Key": "Nobody-Knows-5512", "Accept-Language": "it"})
    first, second = (entry.told for entry in mock.journal.entries(details=True))
    headers = dict(second["request"]["headers"])

    fields = dict(pair.split("=") for pair in first["request"]["body"].split("&"))
    assert {"grant_type": "password", "username": "marta.holm", "password": "password#1", "***": "***"} == fields
    assert (
        f"Basic {mock.credentials['client_id']}:client_secret#1" == dict(first["request"]["headers"])["Authorization"]
    )
    assert "access_token#1" == json.loads(first["reply"]["body"])["access_token"]
    assert "Bearer access_token#1" == headers["Authorization"]
    assert ("BRAND1", "it", "***") == (headers["X-RATOR-brand-key"], headers["Accept-Language"], headers["X-Api-Key"])
    assert "request" not in mock.journal.entries()[0].told


SECRETS = ["Quite-Wrong-4471", "Loose-Token-9912-aa", "Cookie-Value-31337", "Odd-Field-77123", "In-Json-55190"]


def test_no_secret_is_shown(mock: Running) -> None:
    """Whatever a client sends in the wrong place or form, no view of the journal shows it."""
    tokens = log_in(mock)
    wrong, loose, cookie, odd, inside = SECRETS
    post(mock, grant_type="password", username="marta.holm", password=wrong, odd=odd)
    use(mock, loose, Cookie=f"session={cookie}")
    requests.post(mock.url + TOKEN, json={"password": wrong, "deep": [{"token": inside}]}, timeout=5)
    requests.post(mock.url + TOKEN, data=f"<login>{odd}</login>", headers={"Content-Type": "text/xml"}, timeout=5)
    coded = base64.b64encode(f"nobody:{wrong}".encode()).decode()
    requests.get(mock.resource_url + BALANCE, headers={"Authorization": f"Basic {coded}"}, timeout=5)
    requests.get(mock.resource_url + BALANCE, headers={"Authorization": loose}, timeout=5)
    control = mock.control_url
    views = ("journal?details=true", "journal.har", "journal.sh", "verdict", "why")
    shown = {view: requests.get(control + view, timeout=5).text for view in views}

    hidden = [*SECRETS, *tokens.values(), mock.credentials["password"], mock.credentials["client_secret"], coded]
    texts = [value for value in hidden if isinstance(value, str) and len(value) > 8]
    assert [] == [(view, text) for view in views for text in texts if text in shown[view]]
    assert 7 == len(mock.journal.entries())


def test_no_secret_is_shown_in_the_place_of_a_name(mock: Running) -> None:
    """A secret that stands where a name belongs, or inside of a field that is none, is no secret told; nor is one long ago."""
    first = log_in(mock)["access_token"]
    c = mock.credentials
    user, app = (c["username"], c["password"]), (c["client_id"], c["client_secret"])
    form = {"grant_type": f"password;password={user[1]}", "username": user[1], "password": user[0]}
    requests.post(mock.url + TOKEN, data=form, auth=app[::-1], timeout=5)
    for pair in ((first, ""), ("Some-Key-Of-Others-81", "")):
        requests.get(mock.resource_url + BALANCE, auth=pair, timeout=5)
    requests.get(f"{mock.url}/{first}.json", headers={"Accept-Language": user[1]}, timeout=5)
    for n in range(1100):
        # The masker remembers a thousand tokens: the first one is not among them any more.
        mock.application.desk.masker.learn("access_token", f"Other-Token-Of-This-Mock-{n}")
    views = ("journal.sh", "journal?details=true", "journal.har")
    shown = "".join(requests.get(mock.control_url + view, timeout=5).text for view in views)

    assert [] == [text for text in (first, user[1], app[1], "Some-Key-Of-Others-81") if text in shown]


def test_long_bodies_are_left_out(mock: Running) -> None:
    """A body that is too long is left out as a whole, and its entry says so."""
    requests.post(mock.url + TOKEN, data="a=" + "b" * 9000, timeout=5)
    told = mock.journal.entries(details=True)[0].told["request"]

    assert told["body"] is None
    assert ["Watchword-Body", "left out"] in told["headers"]


def test_lineage(steered: Mock, mock: Running) -> None:
    """Each request says whose token it presents, and with which login that began."""
    tokens = log_in(mock)
    use(mock, tokens["access_token"])
    renewed = renew(mock, tokens)
    use(mock, renewed["access_token"])
    log_in(mock)
    use(mock, "unknown-to-everybody")

    lines = [(entry.parent, entry.session) for entry in steered.journal]
    assert [(None, 1), (1, 1), (1, 1), (3, 1), (None, 5), (None, None)] == lines
    assert [1, 2, 3, 4] == [entry.id for entry in steered.journal.entries(session=1)]
    assert [3] == [entry.id for entry in steered.journal.entries(purpose="renew")]


def test_har(steered: Mock, mock: Running) -> None:
    """An HTTP Archive holds what HAR 1.2 asks for, request by request."""
    use(mock, log_in(mock)["access_token"])
    log = steered.journal.har()["log"]

    assert "1.2" == log["version"]
    assert ["name", "version"] == sorted(log["creator"])
    for row in log["entries"]:
        assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(row)
        asked = {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
        assert asked <= set(row["request"])
        given = {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize"}
        assert given <= set(row["response"])
    first = log["entries"][0]
    assert mock.url + TOKEN == first["request"]["url"]
    assert "application/x-www-form-urlencoded" == first["request"]["postData"]["mimeType"]
    assert (200, "OK") == (first["response"]["status"], first["response"]["statusText"])


@pytest.mark.needs("curl")
def test_curl_lines_run(mock: Running) -> None:
    """The curl lines repeat what was asked, once the variables are set."""
    tokens = log_in(mock)
    use(mock, tokens["access_token"])
    renew(mock, tokens)
    script = mock.journal.curl()
    values = {
        "WATCHWORD_PASSWORD": mock.credentials["password"],
        "WATCHWORD_CLIENT_SECRET": mock.credentials["client_secret"],
        "ACCESS_TOKEN_1": tokens["access_token"],
        "REFRESH_TOKEN_1": tokens["refresh_token"],
    }
    before = [(entry.method, entry.path, entry.query, entry.operation) for entry in mock.journal]
    mock.journal.clear()
    subprocess.run(["bash", "-eu", "-c", script], env={**os.environ, **values}, check=True, capture_output=True)

    assert before == [(entry.method, entry.path, entry.query, entry.operation) for entry in mock.journal]
    # The access token ended with the renewal.
    assert [200, 401, 200] == [entry.status for entry in mock.journal]


def test_called_with(steered: Mock, mock: Running) -> None:
    """A test may ask for requests by what they are, carry and get."""
    use(mock, log_in(mock)["access_token"])
    journal = steered.journal

    assert [1] == [e.id for e in journal.called_with(fields={"username": "marta.holm", "password": "password#1"})]
    assert [1] == [e.id for e in journal.called_with(query={"brand_key": "BRAND1"}, status=200)]
    assert [2] == [e.id for e in journal.called_with(purpose="resource", headers={"x-rator-brand-key": "BRAND1"})]
    assert 2 == len(journal.called_with(2, status="2xx"))
    assert [] == journal.called_with(0, status="4xx")
    with pytest.raises(AssertionError, match=r"expected one of .*BRAND2.*the journal has"):
        journal.called_with(query={"brand_key": "BRAND2"})
    with pytest.raises(AssertionError, match=r"expected 3 of .* seen 2"):
        journal.called_with(3, status=200)
    with pytest.raises(TypeError, match="did you mean 'operation'"):
        journal.called_with(operatoin="issueByPassword")  # type: ignore[call-arg]


def test_in_sequence(steered: Mock, mock: Running) -> None:
    """Requests in an order, whatever came between them."""
    tokens = log_in(mock)
    use(mock, tokens["access_token"])
    renew(mock, tokens)
    found = steered.journal.in_sequence({"purpose": "issue"}, {"purpose": "renew", "status": 200})

    assert [1, 3] == [entry.id for entry in found]
    with pytest.raises(AssertionError, match="step 2 of 2"):
        steered.journal.in_sequence({"purpose": "renew"}, {"purpose": "issue"})


def test_eventually(steered: Mock, mock: Running) -> None:
    """A request that comes later is waited for; one that does not come ends the wait."""
    later = threading.Timer(0.15, lambda: log_in(mock))
    later.start()

    assert 1 == steered.journal.eventually(purpose="issue").id
    later.join()
    with pytest.raises(AssertionError, match=r"within 0\.1 seconds"):
        steered.journal.eventually(0.1, purpose="renew")


def test_never_within(steered: Mock, mock: Running) -> None:
    """What came before does not count, and what comes does."""
    log_in(mock)
    steered.journal.never_within(0.1, purpose="issue")
    later = threading.Timer(0.05, lambda: log_in(mock))
    later.start()
    with pytest.raises(AssertionError, match="seen request 2"):
        steered.journal.never_within(5, purpose="issue")
    later.join()


def test_inconclusive(steered: Mock, mock: Running) -> None:
    """What could depend on forgotten entries is neither true nor false."""
    journal = mock.application.desk.journal
    journal._entries = deque(maxlen=2)
    tokens = log_in(mock)
    for _ in range(3):
        use(mock, tokens["access_token"])

    assert 2 == len(steered.journal.called_with(purpose="resource"))
    for asked in (
        lambda: steered.journal.called_with(purpose="issue"),
        lambda: steered.journal.called_with(2, purpose="resource"),
        lambda: steered.journal.called_with(0, purpose="renew"),
        lambda: steered.journal.in_sequence({"purpose": "issue"}, {"purpose": "resource"}),
        lambda: steered.journal.eventually(0.0, purpose="issue"),
    ):
        with pytest.raises(Inconclusive):
            asked()
    # Too many are too many, whatever came before.
    with pytest.raises(AssertionError, match="seen 2") as raised:
        steered.journal.called_with(1, purpose="resource")
    assert not isinstance(raised.value, Inconclusive)


def test_never_within_is_inconclusive(mock: Running) -> None:
    """A burst that the journal cannot hold may have had what is never to come."""
    mock.application.desk.journal._entries = deque(maxlen=2)

    def burst() -> None:
        for _ in range(50):
            mock.application.from_inside(Request("GET", "/nowhere"), mock.origin)

    later = threading.Timer(0.05, burst)
    later.start()
    with pytest.raises(Inconclusive, match="of that time are forgotten"):
        mock.journal.never_within(2, purpose="issue")
    later.join()


def test_messages_have_a_budget(mock: Running) -> None:
    """Many long bodies take no more room than there is: the oldest entries lose what travelled, and assertions know."""
    for _ in range(700):
        request = Request("POST", "/rest-api-auth/oauth/token", body=b"a=" + b"b" * 8000)
        mock.application.from_inside(request, mock.origin)
    journal = mock.application.desk.journal
    kept = [entry.id for entry in mock.journal.entries(details=True) if not entry.told["forgotten"]]

    assert journal._weight <= 4 * 1024 * 1024
    assert list(range(kept[0], 701)) == kept
    assert 400 < len(kept) < 700
    assert 700 == len(mock.journal.called_with(700, method="POST"))
    with pytest.raises(Inconclusive):
        mock.journal.called_with(fields={"grant_type": "password"})
    mock.journal.clear()
    assert 0 == journal._weight
    post(mock, a="b" * 9000)
    with pytest.raises(Inconclusive):
        mock.journal.called_with(0, fields={"grant_type": "password"})
    with pytest.raises(AssertionError, match="expected one of"):
        mock.journal.called_with(headers={"X-Nothing": "1"})


@pytest.mark.parametrize("depth", [100, 480, 900, 3000])
def test_deep_bodies(mock: Running, depth: int) -> None:
    """However deep a body is, every view of the journal shows it or leaves it out."""
    body = b'{"grant_type":' * depth + b'"Deep-Secret-99177"' + b"}" * depth
    headers = {"Content-Type": "application/json"}
    requests.post(mock.url + TOKEN, data=body[:8192], headers=headers, timeout=5)
    requests.post(mock.url + TOKEN, data=b"[" * depth + b"]" * depth, headers=headers, timeout=5)
    for view in ("journal?details=true", "journal.har", "journal.sh", "verdict"):
        reply = requests.get(mock.control_url + view, timeout=5)
        assert 200 == reply.status_code, (view, reply.text)


ODD = [None, 1, True, [], {}, [1, "a"], {"a": [None]}]


def test_odd_values() -> None:
    """Values of any type where text belongs disturb neither journal nor verdicts."""
    with start("fusio") as mock:
        for odd in ODD:
            for name in ("username", "password", "refresh_token", "grant_type"):
                requests.post(
                    mock.url + "/consumer/login", json={"username": "a", "password": "b", name: odd}, timeout=5
                )
            requests.post(mock.url + "/consumer/login", json=odd, timeout=5)
        for view in ("journal?details=true", "journal.har", "journal.sh", "verdict"):
            assert 200 == requests.get(mock.control_url + view, timeout=5).status_code

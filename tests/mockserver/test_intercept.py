"""The mock in place of an origin."""

from __future__ import annotations

import pytest
import requests

from watchword.mockserver.clock import Clock
from watchword.mockserver.control import ROOT
from watchword.mockserver.intercept import intercept
from watchword.mockserver.service import Service
from watchword.specs.errors import SpecError

ORIGIN = "https://api.example.test"


def log_in(service: Service, origin: str = ORIGIN) -> requests.Response:
    """Log in with the announced credentials."""
    credentials = service.credentials
    return requests.get(origin + "/auth", auth=(credentials["username"], credentials["password"]), timeout=3)


def test_any_client() -> None:
    """Whatever asks the origin through requests is answered, by the service that the block is given."""
    with intercept("sensu", origin=ORIGIN) as service:
        token = log_in(service).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        reply = requests.get(ORIGIN + "/api/core/v2/namespaces", headers=bearer, timeout=3)
        service.clock.advance(10_000_000)
        late = requests.get(ORIGIN + "/api/core/v2/namespaces", headers=bearer, timeout=3)

    assert (200, 401) == (reply.status_code, late.status_code)


def test_other_origins() -> None:
    """A request to any other origin does not get out."""
    with intercept("sensu", origin=ORIGIN):
        for url in (
            "http://api.example.test/auth",
            "https://example.test/auth",
            "https://api.example.test:444/",
            "https://api.example.test.evil/",
        ):
            with pytest.raises(requests.ConnectionError):
                requests.get(url, timeout=3)


@pytest.mark.parametrize(
    "url", ["https://api.example.test:443/auth", "https://API.example.test/auth", "https://api.example.test"]
)
def test_spellings(url: str) -> None:
    """The default port and the case of the host make no other origin."""
    with intercept("sensu", origin=ORIGIN):
        assert requests.get(url, timeout=3).status_code in (401, 404)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_methods(method: str) -> None:
    """Every method is answered."""
    with intercept("sensu", origin=ORIGIN):
        assert requests.request(method, ORIGIN + "/auth", timeout=3).status_code in (400, 401, 404, 405)


@intercept("sensu", origin=ORIGIN)
def test_decorator() -> None:
    """It decorates a function, too."""
    assert 200 == requests.get(ORIGIN + ROOT + "health", timeout=3).status_code


def test_two_origins() -> None:
    """Two mocks stand side by side, each in its own block."""
    with intercept("sensu", origin=ORIGIN) as outer:
        assert 200 == log_in(outer).status_code
        with intercept("sensu", origin="http://other.test:81", profile="documented", clock=Clock(1_000_000.0)) as inner:
            reply = log_in(inner, "http://other.test:81")
            assert "Jan 1970" in reply.headers["Date"]
        assert 200 == log_in(outer).status_code


def test_nothing_stays() -> None:
    """After the block requests leave as ever: here, to a port where nobody listens."""
    with intercept("sensu", origin="http://127.0.0.1:9"):
        assert 404 == requests.get("http://127.0.0.1:9/x", timeout=3).status_code
    with pytest.raises(requests.ConnectionError):
        requests.get("http://127.0.0.1:9/x", timeout=3)


def test_bad_arguments() -> None:
    """A path is not an origin, and an unknown dialect or profile is named."""
    with pytest.raises(ValueError, match="expected an origin"), intercept("sensu", origin=ORIGIN + "/v1"):
        pass
    with pytest.raises(SpecError, match="no dialect"), intercept("sensuu", origin=ORIGIN):
        pass
    with pytest.raises(SpecError, match="no profile"), intercept("sensu", origin=ORIGIN, profile="nothing"):
        pass

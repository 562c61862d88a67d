"""Cross-origin requests: what browsers are told, by profile and by `--cors`."""

from __future__ import annotations

import pytest

from watchword.mockserver.control import Application
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Reply, Request

ORIGIN = "http://127.0.0.1:8080"
PAGE = "http://localhost:3000"
LOGINS = [("rator", "/rest-api-auth/oauth/token"), ("fusio", "/authorization/token"), ("sensu", "/auth")]


def ask(application: Application, method: str, path: str, **headers: str) -> Reply:
    """Send a request; `access_control_request_method` stands for that header."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    answer = application(Request(method, path, headers=pairs), ORIGIN)
    assert isinstance(answer, Reply)
    return answer


def sharing(reply: Reply) -> dict[str, str]:
    """Give the headers of a reply that speak of sharing."""
    return {n.lower(): v for n, v in reply.headers if n.lower().startswith("access-control") or n.lower() == "vary"}


@pytest.mark.parametrize(("dialect", "path"), LOGINS)
@pytest.mark.parametrize("allowed", [PAGE, "*"])
def test_preflight(dialect: str, path: str, allowed: str) -> None:
    """A browser may send what it asks for, from the origin that was named or from all."""
    application = Application(Service(load_dialect(dialect)), cors=(allowed,))
    wanted = {"access_control_request_method": "POST", "access_control_request_headers": "authorization,content-type"}
    reply = ask(application, "OPTIONS", path, origin=PAGE, **wanted)
    told = sharing(reply)

    assert (204, allowed) == (reply.status, told["access-control-allow-origin"])
    assert ("POST", "authorization,content-type") == (
        told["access-control-allow-methods"],
        told["access-control-allow-headers"],
    )
    assert (allowed == PAGE) == ("access-control-allow-credentials" in told)
    assert [] == application.entries()


@pytest.mark.parametrize(("dialect", "path"), LOGINS)
def test_refusals_can_be_read(dialect: str, path: str) -> None:
    """A page can read refusals, too, with their challenge and the id by which `why` explains them."""
    application = Application(Service(load_dialect(dialect)), cors=(PAGE,))
    told = sharing(ask(application, "POST", path, origin=PAGE))

    assert (PAGE, "Origin") == (told["access-control-allow-origin"], told["vary"])
    assert all(name in told["access-control-expose-headers"] for name in ("WWW-Authenticate", "Watchword-Request"))


def test_other_origins() -> None:
    """Pages of other origins are told nothing, neither before nor after."""
    application = Application(Service(load_dialect("sensu")), cors=(PAGE,))
    other = "http://localhost:3001"
    before = ask(application, "OPTIONS", "/auth", origin=other, access_control_request_method="GET")

    assert {"vary": "Origin"} == sharing(before) == sharing(ask(application, "GET", "/auth", origin=other))
    assert {"vary": "Origin"} == sharing(ask(application, "GET", "/auth"))


@pytest.mark.parametrize(("dialect", "path"), LOGINS)
def test_nothing_unless_asked(dialect: str, path: str) -> None:
    """The documented profiles share nothing unless the mock is told to."""
    application = Application(Service(load_dialect(dialect)))

    assert {} == sharing(ask(application, "POST", path, origin=PAGE))


@pytest.mark.parametrize(
    ("dialect", "profile", "path", "status", "allow", "shared"),
    [
        ("fusio", "fusio-5.0", "/consumer/login", 200, "OPTIONS, POST", "*"),
        ("fusio", "fusio-6.1", "/authorization/token", 200, None, "*"),
        ("rator", "spring-2.5.2", "/rest-api-auth/oauth/token", 200, "POST, OPTIONS", None),
        ("sensu", "sensu-6.12", "/auth", 405, None, None),
        ("fusio", "documented", "/consumer/login", 405, "POST", None),
    ],
)
def test_options_of_profiles(
    dialect: str, profile: str, path: str, status: int, allow: str | None, shared: str | None
) -> None:
    """OPTIONS is answered as the server of the profile answers it."""
    reply = ask(Application(Service(load_dialect(dialect), profile)), "OPTIONS", path, origin=PAGE)

    assert (status, allow) == (reply.status, reply.header("allow"))
    assert shared == reply.header("access-control-allow-origin")

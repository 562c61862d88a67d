"""The mock at the paths of the server that a client is for, and without what that server has not."""

from __future__ import annotations

import pytest
import requests
from click.testing import CliRunner

from watchword.mockserver.command import mock
from watchword.specs.errors import SpecError


def asked(running, path, **form):
    """Ask the token endpoint; gives the status and the code of a refusal."""
    client = (running.credentials["client_id"], running.credentials["client_secret"])
    reply = requests.post(running.url + path, data=form, auth=client, timeout=10)
    return reply.status_code, reply.json().get("error") if reply.content else None


def test_another_path(watchword_mock):
    """An endpoint answers where it is said to be, and nowhere else."""
    running = watchword_mock("oauth2", endpoints={"token": "/oauth/token"})

    assert (200, None) == asked(running, "/oauth/token", grant_type="client_credentials")
    assert (404, None) == asked(running, "/token", grant_type="client_credentials")


def test_a_grant_that_is_left_out(watchword_mock):
    """A grant that the server has not is refused at the path of the others."""
    running = watchword_mock("oauth2", endpoints={"issueByPassword": False})

    assert (400, "unauthorized_client") == asked(running, "/token", grant_type="password", username="a", password="b")
    assert (200, None) == asked(running, "/token", grant_type="client_credentials")


def test_an_endpoint_that_is_left_out(watchword_mock):
    """An endpoint without operations is no path at all."""
    running = watchword_mock("oauth2", endpoints={"resource": False})

    assert 404 == requests.get(f"{running.url}/resource", timeout=10).status_code


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["token"], "expected NAME=PATH"),
        (["token="], "expected NAME=PATH"),
        (["token=/a", "token=/b"], "token is given twice"),
    ],
)
def test_options_that_say_nothing(given, said):
    """The command says what it expects."""
    ended = CliRunner().invoke(mock, ["oauth2", *(word for text in given for word in ("--endpoint", text))])

    assert 4 == ended.exit_code
    assert said in ended.output


def test_an_unknown_endpoint_is_named(watchword_mock):
    """A slip is told with what was probably meant."""
    with pytest.raises(SpecError) as told:
        watchword_mock("oauth2", endpoints={"tokn": "/x"})

    assert "did you mean 'token'?" in str(told.value)

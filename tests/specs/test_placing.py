"""Placing: a dialect as one server has it, whose endpoints are elsewhere, or that lacks some."""

from __future__ import annotations

import pytest

from watchword.specs.errors import SpecError
from watchword.specs.loader import load_dialect


def test_an_endpoint_moves_with_all_its_operations() -> None:
    """The grants of one endpoint are at one path, wherever that is, and the register stays the same."""
    dialect = load_dialect("oauth2")
    placed = dialect.placed({"token": "/oauth/token", "resource": "/me"})
    paths = {name: operation.path for name, operation in placed.api.operations.items()}

    assert {"/oauth/token"} == {paths[name] for name in ("issueByClientCredentials", "issueByPassword", "renew")}
    assert "/me" == paths["resource"]
    assert [clause.id for clause in dialect.clauses] == [clause.id for clause in placed.clauses]
    assert "/token" == dialect.api.operations["renew"].path
    assert "/token" == placed.api.operations["renew"].described_at


def test_an_operation_goes_before_its_endpoint() -> None:
    """What is said of one grant holds for it, and what is said of its endpoint for the others."""
    api = load_dialect("oauth2").placed({"token": "/a", "renew": "/b", "issueByPassword": False}).api

    assert ("/a", "/b") == (api.operations["issueByClientCredentials"].path, api.operations["renew"].path)
    assert {"issueByPassword"} == api.absent
    assert ["issueByClientCredentials"] == [op.name for op in api.with_purpose("issue")]


def test_what_is_absent_wants_no_credentials() -> None:
    """A credential that only an absent operation wants is none that is required."""
    without = load_dialect("oauth2").placed({"issueByClientCredentials": False, "renew": False})
    user = load_dialect("sensu").placed(dict.fromkeys(load_dialect("sensu").api.operations, False))

    assert () == without.api.required_credentials
    assert () == user.api.required_credentials


def test_what_a_path_no_longer_carries_is_not_written() -> None:
    """A path without the variable of the described one carries no value for it."""
    described = load_dialect("rator").api.operations["getBalance"]
    placed = load_dialect("rator").placed({"getBalance": "/balance"}).api.operations["getBalance"]

    assert "path" in {binding.place for binding in described.bindings}
    assert "path" not in {binding.place for binding in placed.bindings}


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        ({"tokn": "/x"}, "oauth2 has no endpoint 'tokn'\n\nhint: did you mean 'token'?"),
        ({"token": "x"}, "'x' is no path for the endpoint token"),
        ({"token": True}, "True is no path for the endpoint token"),
        ({"token": "/x?y=1"}, "'/x?y=1' is no path"),
        ({"token": "/x/{tenant}"}, "nothing is put in place of {tenant}"),
    ],
)
def test_what_is_wrong_is_told(endpoints: dict[str, str | bool], said: str) -> None:
    """A name that is none, a path that is none and a variable that nobody fills are mistakes."""
    with pytest.raises(SpecError) as told:
        load_dialect("oauth2").placed(endpoints)

    assert said in str(told.value)


def test_two_endpoints_at_one_path() -> None:
    """Two endpoints of one method cannot be at one path."""
    with pytest.raises(SpecError, match="login and token are both POST /authorization/token"):
        load_dialect("fusio").placed({"login": "/authorization/token"})

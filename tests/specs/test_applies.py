"""Which condition and which guarantee fits which operation, and why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from watchword.specs.applies import applicable_conditions, other_binding, why_not, why_not_guarantee
from watchword.specs.loader import load_dialect
from watchword.specs.values.api import Operation
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES

API = load_dialect(Path(__file__).parent.parent / "dialects" / "lanternhouse").api


def operation(name: str) -> Operation:
    """Give an operation of the invented dialect."""
    return API.operations[name]


@pytest.mark.parametrize(
    ("condition", "name", "reason"),
    [
        ("password.wrong", "logIn", ""),
        ("password.wrong_type", "logIn", ""),
        (
            "method.wrong",
            "readLamp",
            "method.wrong is for operations that issue or verify or renew or revoke or introspect or metadata",
        ),
        ("password.wrong", "readLamp", "readLamp does not carry a password"),
        ("password.wrong_type", "issueByPassword", "the password of issueByPassword travels in form, not in json"),
        ("basic.missing", "logIn", "logIn has nothing in basic"),
        ("basic.in_body", "checkCredentials", "checkCredentials has no body"),
        ("body.empty", "readLamp", "readLamp has nothing in json or form"),
        ("body.in_query", "logIn", "logIn has nothing in form"),
        ("path.alternative", "logIn", "logIn has no x-alternative-paths"),
        ("brand_key.in_body", "readLamp", "readLamp has no body"),
        ("brand_key.in_body", "logIn", "the brand_key of logIn travels in header, not in query"),
        ("brand_key.superseded_name", "renewSession", "renewSession has no superseded name for the brand key"),
        ("refresh_token.foreign", "revoke", "revoke carries no access token beside the refresh token"),
        ("scope.insufficient", "readLamp", ""),
        ("refresh_token.reused", "revoke", "refresh_token.reused is for operations that renew"),
    ],
)
def test_why_not(condition: str, name: str, reason: str) -> None:
    """Why a condition cannot be provoked at an operation; nothing where it can."""
    assert reason == why_not(CONDITIONS[condition], operation(name), API)


def test_conditions_that_hang_on_the_whole_api() -> None:
    """Some conditions want another operation: one that revokes, one that renews, one that has the brand key elsewhere."""
    lamp = operation("readLamp")
    alone = replace(API, operations={"readLamp": lamp})
    reasons = [
        why_not(CONDITIONS[name], lamp, alone)
        for name in ("access_token.revoked", "access_token.superseded", "brand_key.misplaced")
    ]

    assert [
        "lanternhouse describes no operation that revokes",
        "lanternhouse describes no renewal",
        "every operation carries the brand key in the same way",
    ] == reasons
    assert "readLamp names no scope that its access token needs" == why_not(
        CONDITIONS["scope.insufficient"], replace(lamp, scopes=()), API
    )


def test_applicable_conditions() -> None:
    """The conditions of an operation come in the order of the vocabulary."""
    found = [c.name for c in applicable_conditions(operation("endSession"), API)]

    assert [name for name in CONDITIONS if name in found] == found
    assert {name.partition(".")[0] for name in found} == {"method", "access_token"}


def test_other_binding() -> None:
    """The other way to carry a role is another operation's, in the query or in a header."""
    lamp, login = (other_binding(operation(name), "brand_key", API) for name in ("readLamp", "logIn"))

    assert (("header", "Lantern-House"), ("query", "house")) == tuple(
        (b.place, b.name) for b in (lamp, login) if b is not None
    )
    assert other_binding(operation("logIn"), "password", API) is None


@pytest.mark.parametrize("name", GUARANTEES)
def test_why_not_guarantee(name: str) -> None:
    """A guarantee fits the operations of its purposes and no others."""
    fitting = {op.purpose for op in API.operations.values() if not why_not_guarantee(name, op)}

    assert set(GUARANTEES[name].purposes) == fitting

"""A reply that holds a secret is noticed, and one that only names its user is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from watchword.detection.wire import ORIGIN, MockWire
from watchword.mockserver.faults.catalogue import find_fault
from watchword.mockserver.service import Service
from watchword.specs.loader import load_dialect
from watchword.suites.running.survey import survey

FOLDER = Path(__file__).parent.parent / "dialects" / "lanternhouse"
CLAUSE = "login.no-credentials"


def verdict(password: str | None = None, fault: str | None = None) -> str:
    """Give what becomes of the clause at an API whose reply to a login names the user."""
    dialect = load_dialect(FOLDER)
    first, *others = dialect.world.accounts
    named = first if password is None else replace(first, password=password)
    world = replace(dialect.world, accounts=(named, *others))
    service = Service(dialect, world=world, fault=find_fault(dialect, fault) if fault else None)
    description = {
        "name": "leaks",
        "dialect": FOLDER,
        "url": ORIGIN + dialect.api.bases["url"],
        "resource_url": ORIGIN + dialect.api.bases["resource_url"],
        "credentials": service.credentials,
        "wire": MockWire(service),
    }
    (found,) = survey(description, only=[CLAUSE])
    return found.verdict


@pytest.mark.parametrize("password", [None, load_dialect(FOLDER).world.accounts[0].username], ids=["usual", "his name"])
def test_no_alarm(password: str | None) -> None:
    """The user's name in the reply is no leak, even if it is his password, too."""
    assert "pass" == verdict(password)


@pytest.mark.parametrize("password", [None, load_dialect(FOLDER).world.accounts[0].username], ids=["usual", "his name"])
def test_a_leak(password: str | None) -> None:
    """Passwords and client secrets in the reply are one."""
    assert "fail" == verdict(password, "echoes-secrets@logIn")

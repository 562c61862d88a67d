"""Passwords with what Basic, forms, JSON and shells care about, and targets with odd names: right runs, and no secret told."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import asdict, replace
from typing import Any, cast

import pytest

from tests.acceptance.test_secrets import leaks
from watchword.mockserver.launch import start
from watchword.mockserver.service import Outcome, Service
from watchword.specs.loader import load_dialect
from watchword.specs.values.http import Request
from watchword.specs.values.profile import WorldData
from watchword.suites.target import from_description

PASSWORDS = {
    "Basic, forms, JSON": "a:Quarry&7=Lan+tern%41%Qua\"rry\\7'Lan\\u0041tern:b:",
    "shells, spaces, umlauts": " $HOME`id`;#Quärry  7!*-Läntérn€ ",
}
"""Each is awkward for several at once, at the ends as within: a register is checked with each of them."""


def world_of(dialect: str, password: str) -> WorldData:
    """The dialect's world, with that password for everybody who has one, in each account another."""
    world = load_dialect(dialect).world
    accounts = tuple(replace(a, password=f"{password}{n}") for n, a in enumerate(world.accounts))
    clients = tuple(replace(c, client_secret=f"{n}{password}9") for n, c in enumerate(world.clients))
    return replace(world, accounts=accounts, clients=clients)


@pytest.mark.parametrize("dialect", ["sensu", "rator"])
@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS)
def test_awkward_passwords(password: str, dialect: str, examined: Any) -> None:
    """A right server is right whatever stands in its passwords, and neither records nor page tell one."""
    service = Service(load_dialect(dialect), world=world_of(dialect, password))
    with start(service) as mock:
        facts = {"dialect": dialect, "url": mock.url, "resource_url": mock.resource_url}
        target = from_description(facts | {"name": "ä[1],x", "credentials": mock.credentials})
        run = examined(replace(target, limits=replace(target.limits, requests_per_second=1000, bad_logins=1000)))
    found = Counter(record.verdict for record in run.records)
    told = json.dumps([asdict(record) for record in run.records], ensure_ascii=False)
    secrets = {value: role for value, role in service.state.secrets() if value}

    trouble = [
        (r.clause, r.reason) for r in run.records if r.verdict in ("fail", "warn", "error", "blocked", "inconclusive")
    ]
    assert [] == trouble
    assert found["pass"] > 80
    assert {"password", "access_token"} <= set(secrets.values())
    assert [] == leaks(secrets, {"records": told.encode()})


def test_two_targets_of_one_dialect(announce: Any, write_target: Any, suites: Any) -> None:
    """Each case of the JUnit file is told from every other by its class and name, whatever the targets are called."""
    facts = announce("sensu").facts
    words = [f"--target={write_target(facts, target={'name': name})}" for name in ("a b", "ä[1],x", "a@b")]
    done = suites(*words, "-k", "token.password-wrong or token.works")
    cases = [(c.get("classname"), c.get("name")) for c in ET.parse(done.folder / "junit.xml").iter("testcase")]

    assert 0 == done.code, done.text
    assert 9 == len(cases)
    assert len(set(cases)) == len(cases)
    assert ("sensu.auth", "sensu:token.works@ä[1],x") in cases


class Echoing:
    """A service whose replies may tell the password."""

    def __init__(self, service: Service, told: str) -> None:
        self._service = service
        self._told = told

    def handle(self, request: Request, origin: str) -> Outcome:
        """Answer a request."""
        outcome = self._service.handle(request, origin)
        headers = (*outcome.reply.headers, ("X-Seen", self._told))
        return replace(outcome, reply=replace(outcome.reply, headers=headers))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)


@pytest.mark.parametrize(("told", "verdict"), [("no json at all", "pass"), ("json", "fail")])
def test_a_password_that_is_a_word(told: str, verdict: str, examined: Any) -> None:
    """A short password that stands in a reply by chance is no echo; where it is all that a header tells, it is one."""
    world = load_dialect("sensu").world
    first, *others = world.accounts
    world = replace(world, accounts=(replace(first, password="json"), *others))
    service = Service(load_dialect("sensu"), world=world)
    with start(cast(Service, Echoing(service, told))) as mock:
        target = from_description({"name": "t", "dialect": "sensu", "url": mock.url, "credentials": mock.credentials})
        run = examined(replace(target, limits=replace(target.limits, requests_per_second=1000, bad_logins=1000)))

    assert [verdict] == [record.verdict for record in run.records if record.clause.endswith("token.no-credentials")]

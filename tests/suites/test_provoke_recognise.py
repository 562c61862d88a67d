"""The suites' way to provoke a condition and the mock's way to recognise it, held against each other.

Each condition that fits an operation is provoked at a mock without a socket, and the mock has to see just that.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from watchword.mockserver.rules.case import Case
from watchword.mockserver.rules.decide import Refusal, decide
from watchword.mockserver.rules.recognise.table import RECOGNISERS, RIGHT, narrowest
from watchword.mockserver.service import Service
from watchword.specs.applies import applicable_conditions
from watchword.specs.codec import decode
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES, broader
from watchword.suites.acting.context import Context
from watchword.suites.acting.provoking import provoked
from watchword.suites.acting.scenarios import SCENARIOS
from watchword.suites.acting.steps import Call, NotApplicable
from watchword.suites.judging.judge import JUDGES
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.drive import Drive
from watchword.suites.target import from_description

TOY = Path(__file__).parent.parent / "dialects" / "lanternhouse"
DIALECTS = [*bundled().values(), TOY]
ROUTED = {name for name, row in CONDITIONS.items() if row.concerns == "route"}
"""What the router sees, before anything is read through an operation's bindings."""

# What cannot be provoked at a mock of the documented profile, and why.
NOT_HERE = {
    "unsigned": "is not a JWT",
    "superseded": "gives the same access token again",
    "retired": "gives the same refresh token again",
    "expired": "has no expiry",
    "exceeding": "every scope that the dialect names",
    "insufficient": "has no scope but those",
    "missing": "does without the",
    "is_refresh_token": "gave no refresh_token",
    "other_case": "has no letters",
    "value_case": "has no letters",
}


# Where two conditions are one and the same request, the mock gives the one that it meets first.
SAME = {
    ("grant_type.missing", "body.empty"): "the grant is all that the form holds",
    ("refresh_token.missing", "body.empty"): "the refresh token is all that the form holds",
    ("username.empty", "client_id.empty"): "clients and users log in at one path by Basic",
    ("username.unknown", "client_id.unknown"): "clients and users log in at one path by Basic",
    ("username.other_case", "client_id.unknown"): "clients and users log in at one path by Basic",
    (
        "basic.in_query",
        "basic.missing",
    ): "clients and users log in at one path, and the names tell which of them is meant",
    ("access_token.truncated", "access_token.tampered"): "a signature that was cut short was altered",
    ("refresh_token.revoked", "access_token.revoked"): "the access token beside it is of the session that has ended",
    ("refresh_token.retired", "access_token.revoked"): "the access token beside it is of the session that has ended",
}

# What holds only in worlds of another kind than the mock's at these operations.
NOT_OF_THIS_WORLD = {
    ("oauth2", "renew", "refresh_token.retired"): "using an older refresh token again ends nothing here",
    ("fusio", "renewByRefreshToken", "refresh_token.retired"): "using an older refresh token again ends nothing here",
    ("rator", "issueByClientCredentials", "brand_key.foreign"): "a client belongs to every brand",
    ("lanternhouse", "issueByClientCredentials", "brand_key.foreign"): "a client belongs to every brand",
    ("lanternhouse", "logIn", "brand_key.foreign"): "the user belongs to both brands",
    ("lanternhouse", "issueByPassword", "brand_key.foreign"): "the user belongs to both brands",
    ("lanternhouse", "logInOfficer", "brand_key.foreign"): "the operator belongs to both brands",
}


class Watching:
    """A mock as a wire that notes of each request what it is recognised as, and what the mock made of it."""

    def __init__(self, service):
        self.service = service
        self.watched = ""
        self.seen = []
        self.wrongly_right = set()

    def send(self, request):
        """Hand a request to the mock."""
        bases = self.service.dialect.api.bases
        moved = replace(request, path=bases.get(request.base, bases["url"]) + request.path)
        holds = self.watched not in ROUTED and RECOGNISERS[self.watched](self.case(moved))
        if self.leads_to_operation(moved):
            self.compare(self.case(moved))
        outcome = self.service.handle(moved, "http://mock.test")
        self.seen.append((holds, outcome))
        return outcome.reply, 0.0

    def case(self, request):
        """Read a request as the operation that is being watched reads it."""
        return Case(self.service.dialect.api, self.operation, decode(self.operation, request, {}), self.service.state)

    def leads_to_operation(self, request):
        """Tell whether it is a request to the operation that is being watched."""
        judged = self.service.would(request)
        return judged.operation is self.operation and judged.condition not in ROUTED

    def compare(self, case):
        """Hold what is compiled against a plain walk over the rules, and note what is right and refused all the same."""
        profile = self.service.profile.operations[self.operation.name]
        assert plainly(case, profile) == decide(case, profile)
        names = [condition.name for condition in applicable_conditions(self.operation, case.api)]
        for name in {*names} - ROUTED:
            right = RIGHT.get(name.partition(".")[0])
            if right is not None and RECOGNISERS[name](case) and right(case):
                self.wrongly_right.add(name)

    def close(self):
        """Do nothing."""


def plainly(case, profile):
    """The plain reading of a profile: every rule is asked, in its order."""
    for rule in profile.rules:
        if RECOGNISERS[rule.condition](case):
            condition = narrowest(case, rule.condition)
            if condition not in profile.accepts:
                return Refusal(condition, rule.reply, rule.then)
    return None


def pairs():
    """Every condition with every operation that it fits, in every dialect."""
    for folder in DIALECTS:
        api = load_dialect(folder).api
        for operation in api.operations.values():
            for condition in applicable_conditions(operation, api):
                yield pytest.param(
                    folder, operation.name, condition.name, id=f"{folder.name}-{operation.name}-{condition.name}"
                )


@pytest.mark.parametrize(("folder", "operation", "condition"), list(pairs()))
def test_round_trip(folder, operation, condition):
    """What is provoked is recognised: as itself where it is refused, and as holding where it is taken as fine."""
    service = Service(load_dialect(folder))
    wire = Watching(service)
    facts = {
        "name": "mock",
        "dialect": folder,
        "url": "http://mock.test",
        "credentials": service.credentials,
        "control": service.clock,
    }
    target = from_description(facts)
    session = TargetSession(target, Masker(), wire=wire)
    wire.operation = service.dialect.api.operations[operation]
    wire.watched = condition
    transcript, halt = to_the_end(
        session.probe, lambda: provoked(Context(target, wire.operation, session.tag), (condition,))
    )
    assert set() == wire.wrongly_right
    if halt is not None:
        assert isinstance(halt, NotApplicable), halt.reason
        assert NOT_HERE.get(condition.partition(".")[2], "this one is always possible") in halt.reason
        return
    assert "probe" == transcript.exchanges[-1].call.step
    holds, outcome = wire.seen[-1]

    assert condition in ROUTED or holds or (folder.name, operation, condition) in NOT_OF_THIS_WORLD
    if outcome.condition is None and holds:
        assert {condition, *broader(condition)} & service.profile.operations[operation].accepts
    elif holds or condition in ROUTED:
        assert condition == outcome.condition or (condition, outcome.condition) in SAME


def to_the_end(probe, make):
    """Drive a scenario at a mock, whose clock is set ahead where others wait; gives the transcript and what halted it."""
    drive = Drive(probe, make)
    drive.go()
    return drive.outcome


def test_right_requests_hold_nothing():
    """A right request is in no condition at all, so that what is recognised is what was provoked."""
    found = set()
    for folder in DIALECTS:
        service = Service(load_dialect(folder))
        facts = {"name": "mock", "dialect": folder, "url": "http://mock.test", "credentials": service.credentials}
        target = from_description(facts | {"control": service.clock})
        for operation in service.dialect.api.operations.values():
            wire = Watching(service)
            session = TargetSession(target, Masker(), wire=wire)
            wire.operation = operation
            for condition in applicable_conditions(operation, service.dialect.api):
                if condition.name in ROUTED:
                    continue
                wire.watched = condition.name
                context = Context(target, operation, session.tag)
                to_the_end(session.probe, lambda context=context: right(context))
                found |= {(condition.name, operation.name)} if wire.seen[-1][0] else set()

    # Who logs in for a client may name an operator, and does without.
    assert {("operator_username.missing", "issueByClientCredentials")} == found


def right(context):
    """Send a right request."""
    values, _ = yield from context.prepare(context.operation)
    yield Call(context.write(context.operation, values), "control", "a right request")
    return {}


def test_one_vocabulary():
    """Guarantees have a scenario each, and a judge or a description."""
    assert set(GUARANTEES) == set(SCENARIOS) | {"contract.conforms"}
    described = {name for name, row in GUARANTEES.items() if row.describes}

    assert set(GUARANTEES) - {"contract.conforms"} == set(JUDGES) | described
    assert set() == set(JUDGES) & described


def test_broader_conditions_exist():
    """The condition of which another is a special case is one of the vocabulary, and none is its own."""
    for name in CONDITIONS:
        assert set(broader(name)) <= set(CONDITIONS) - {name}

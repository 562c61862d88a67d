"""The plan tells what a run sends, and nothing of what stands in for the target."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from watchword.specs.loader import bundled
from watchword.specs.redaction import Masker
from watchword.suites.judging.workshop import GENERATED
from watchword.suites.running.check import check
from watchword.suites.running.plan import plan_lines
from watchword.suites.running.session import TargetSession
from watchword.suites.target import Limits

DIALECTS = [*bundled(), "tests/dialects/lanternhouse"]
_TITLE = re.compile(r"\w+:(\S+) \(")


def planned(session, target):
    """The lines of a plan by clause."""
    plan = TargetSession(replace(target, control=None, limits=Limits(firewall=False, bad_logins=999)), Masker())
    clauses = [c for c in target.dialect.clauses if not c.untested]
    lines = list(plan_lines(plan, clauses))
    found: dict[str, list[str]] = {}
    for line in lines[:-1]:
        title = _TITLE.match(line)
        if title:
            found[title[1]] = []
        else:
            found[[*found][-1]].append(line.strip())
    return clauses, found, lines


@pytest.mark.parametrize("dialect", DIALECTS)
def test_all_that_is_sent_is_planned(dialect, in_process):
    """Whatever a check sends to a right server stands in the plan of its clause, in that order."""
    session = in_process(dialect).session
    clauses, plan, _ = planned(session, session.target)
    unplanned = {}
    for clause in clauses:
        if clause.guarantee == GENERATED:
            continue
        sent = [
            f"{e.call.step} {e.request.method} {e.request.path}"
            for e in check(session, clause).attempt.transcript.exchanges
        ]
        told = iter([" ".join(line.split()[:3]) for line in plan[clause.id]])
        if not all(request in told for request in sent):
            unplanned[clause.id] = sent

    assert {} == unplanned


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_word_of_the_stand_in(dialect, in_process):
    """A plan says nothing of tokens, scopes or expiries that nobody has given yet."""
    session = in_process(dialect).session
    _, _, lines = planned(session, session.target)
    about = re.compile(r"not granted|gives? the same|is not a JWT|no expiry|nothing tells|gave no|carries no|what time")

    assert [] == [line for line in lines if about.search(line)]


def test_what_is_not_given(in_process):
    """What the target file does not give is told by name, in place of the requests."""
    session = in_process("rator").session
    held = session.target.credentials
    poor = replace(session.target, credentials={r: held[r] for r in session.target.dialect.api.required_credentials})
    _, plan, _ = planned(session, poor)

    assert ["not sent: the target gives no operator_username, which issueByOperatorPassword wants"] == plan[
        "operator.accepted"
    ]

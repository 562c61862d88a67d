"""A clause that is checked alone gets the verdict that it gets in the whole run, whatever the server tells."""

from __future__ import annotations

import random

import pytest

from watchword.detection.servers import begin, describe
from watchword.mockserver.faults.catalogue import catalogue
from watchword.specs.loader import load_dialect
from watchword.suites.running.survey import survey

FAULTS, CLAUSES = 20, 2
# What these lie about is which login or request it is, counted over the life of a server: alone and in a run it is another.
REMEMBERING = ("every-third:", "first-session-only@", "constant@", "constant-for-user@")


def verdicts(dialect, fault, only=None):
    """Check some clauses, or all of them, at one server; gives the verdicts by clause."""
    server = begin(dialect, "documented", fault)
    started = {**describe(dialect, "documented"), "control": server.control, "wire": server.wire}
    return {one.clause.id: one.verdict for one in survey(started, only=only)}


@pytest.mark.parametrize("name", ["sensu", "fusio"])
def test_alone_as_in_the_whole_run(name):
    """Forty clauses picked at random have alone, under twenty faults, the verdicts of the whole run."""
    dialect = load_dialect(name)
    chance = random.Random(f"alone at {name}")
    faults = [
        f for n, f in sorted(catalogue(dialect).items()) if not n.startswith(REMEMBERING) and f.stage != "transport"
    ]
    differing, tried = {}, 0
    for fault in chance.sample(faults, FAULTS):
        whole = verdicts(dialect, fault)
        # One that the fault breaks, where there is one, and one that it need not.
        for clause in [*sorted(fault.breaks)[:1], *chance.sample(sorted(whole), CLAUSES)][:CLAUSES]:
            tried += 1
            alone = verdicts(dialect, fault, only=[clause])
            if alone != {clause: whole[clause]}:
                differing[fault.name, clause] = (whole[clause], alone)

    assert FAULTS * CLAUSES == tried
    assert {} == differing

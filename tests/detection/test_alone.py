"""A clause that is checked alone gets the verdict that it gets in the whole run, whatever the server tells."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from watchword.detection.servers import begin, describe
from watchword.mockserver.faults.catalogue import catalogue
from watchword.specs.loader import bundled, load_dialect
from watchword.suites.running.check import scene_of
from watchword.suites.running.survey import survey, survey_each

FICTIONAL = str(Path(__file__).parent.parent / "dialects" / "lanternhouse")
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


class Noting:
    """A wire that notes what is sent and, to ten seconds, when: a wait for the next second is as long as a reply took."""

    def __init__(self, server, sent):
        self._server = server
        self._sent = sent

    def send(self, request):
        """Send a request."""
        self._sent.append((self._server.control.now() // 10, request))
        return self._server.wire.send(request)

    def close(self):
        """Do nothing."""


@pytest.mark.parametrize("name", [*bundled(), pytest.param(FICTIONAL, id="lanternhouse")])
def test_clauses_of_one_scene_send_the_same(name):
    """Clauses that may be judged together send the same when each is checked at a server of its own, and many may."""
    dialect = load_dialect(name)
    sent, scenes = [], {}

    def server():
        made = begin(dialect, "documented")
        return replace(made, wire=Noting(made, sent))

    for one in survey_each(describe(dialect, "documented"), server):
        scenes.setdefault(scene_of(one.clause), []).append((one.clause.id, tuple(sent)))
        sent.clear()
    differing = [[clause for clause, _ in found] for found in scenes.values() if len({what for _, what in found}) > 1]

    assert [] == differing
    assert len(scenes) < 0.9 * sum(map(len, scenes.values()))

"""Checking one clause at one target: scenario, judge, verdict, record. The table of verdicts is `verdict_of`."""

from __future__ import annotations

import functools
import time
import traceback
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from watchword.reports.verdict import Verdict
from watchword.specs.values.clause import Clause
from watchword.specs.values.fleeting import fleeting
from watchword.specs.vocabulary import CONDITIONS
from watchword.suites.acting.conflicts import which_counted
from watchword.suites.acting.context import Context, declined
from watchword.suites.acting.provoking import provoked
from watchword.suites.acting.scenarios import SCENARIOS
from watchword.suites.acting.steps import Halt, NotSupported, Remedy, Scenario, Transcript
from watchword.suites.judging.contract import conforms, described
from watchword.suites.judging.expect import Difference
from watchword.suites.judging.judge import judge
from watchword.suites.judging.observe import describe
from watchword.suites.judging.workshop import GENERATED
from watchword.suites.running.session import TargetSession
from watchword.suites.sending.drive import Drive

__all__ = [
    "Attempt",
    "Check",
    "Judged",
    "check",
    "scenario_of",
    "scene_of",
    "verdict_of",
    "weigh",
]


@fleeting(frozen=True, slots=True, repr=False)
class Attempt:
    """One try at a clause: what happened, and what halted it before there was something to judge."""

    transcript: Transcript
    halt: Halt | None


@fleeting(frozen=True, slots=True, repr=False)
class Judged:
    """What a try at a clause came to; of several tries the one that weighs most, and in how many of them it was broken."""

    attempt: Attempt
    verdict: Verdict
    differences: tuple[Difference, ...]
    seen: str
    reason: str
    remedy: Remedy
    attempts: int = 1
    broken: int = 0


class Check:
    """The check of one clause on its way: `judged` is what it came to, None before it is over.

    It goes on its way as far as it can without a wait. Whatever goes wrong in our own code is a verdict, too. With `attempts`
    of another check that sent the same (`scene_of`), nothing is sent, and they are judged.
    """

    def __init__(self, session: TargetSession, clause: Clause, attempts: Sequence[Attempt] = ()) -> None:
        self.session = session
        self.clause = clause
        self.judged: Judged | None = None
        self.attempts = list(attempts)
        self.drives: list[Drive] = []
        self.seconds = 0.0
        self._fell: Exception | None = None

    @property
    def waiting(self) -> Drive | None:
        """The drive that goes on first, of those that wait; None when none does."""
        waiting = [drive for drive in self.drives if drive.due is not None]
        return min(waiting, key=lambda drive: drive.due or 0.0, default=None)

    def go(self) -> None:
        """Begin, or go on, and judge when all is done."""
        began = time.monotonic()
        try:
            self._go()
        except Exception as trouble:  # noqa: BLE001 - one check that falls over must not keep the others from being made
            self.drives = []
            self.judged = _fallen(self.session, self.clause, trouble)
        self.seconds += time.monotonic() - began

    @property
    def is_sent(self) -> bool:
        """Whether everything has been sent, so that it has only to be judged."""
        return bool(self.drives) and all(drive.outcome for drive in self.drives)

    @property
    def is_torn(self) -> bool:
        """Whether it was left in the middle of something, so that it has to be begun anew to be right."""
        return self._fell is not None or not all(drive.complete for drive in self.drives)

    @property
    def troubled(self) -> bool:
        """Whether the target did not take to being asked beside others."""
        return any(drive.troubled for drive in self.drives)

    @property
    def kept(self) -> int:
        """How many bytes of bodies it has been answered so far."""
        return sum(drive.kept for drive in self.drives)

    def tell(self) -> None:
        """Tell whoever listens of what was sent beside others."""
        for drive in self.drives:
            drive.tell()

    def go_ahead(self, is_over: Callable[[], bool]) -> None:
        """Send what can be sent beside others, and tell nobody before `tell`; to be judged, it has to `go` then."""
        began = time.monotonic()
        try:
            if self.session.halt(self.clause) is None:
                self._begin()
                for drive in self.drives:
                    drive.go_beside(is_over)
        except Exception as trouble:  # noqa: BLE001 - it is told when it is this check's turn
            self._fell = trouble
        self.seconds += time.monotonic() - began

    def rest(self, *, free: bool = False) -> None:
        """Do nothing until the next wait is over; it is `free` where something is waited for whatever the limits."""
        drive = self.waiting
        if drive is not None and drive.due is not None:
            self.session.budget.rest(drive.due - self.session.probe.now(), free=free or drive.short)

    def _begin(self) -> None:
        if not self.drives:
            make = functools.partial(scenario_of, self.session, self.clause)
            self.drives = [Drive(self.session.probe, make) for _ in range(self.session.repeat)]

    def _go(self) -> None:
        if self._fell is not None:
            raise self._fell
        if self.attempts:
            self.judged = weigh(self.session, self.clause, self.attempts)
            return
        left_open = self.session.halt(self.clause)
        if left_open is not None:
            self.attempts = [Attempt(Transcript(), left_open)]
        else:
            self._begin()
        for drive in self.drives:
            drive.go()
        if all(drive.outcome for drive in self.drives):
            self.attempts += [Attempt(*drive.outcome) for drive in self.drives if drive.outcome]
            self.judged = weigh(self.session, self.clause, self.attempts)

    def end(self) -> Judged:
        """Go to the end, and do nothing else while it waits; gives what it came to."""
        while True:
            self.go()
            if self.judged is not None:
                return self.judged
            self.rest()


def scene_of(clause: Clause) -> Hashable:
    """Give what decides what the check of a clause sends: clauses of one scene differ in nothing but how that is judged."""
    name = clause.guarantee or clause.observe
    if name is None:
        return clause.operation, clause.when, clause.method, _asks_further(clause)
    return clause.operation, SCENARIOS.get(name, name), clause.conditions


def scenario_of(session: TargetSession, clause: Clause) -> Scenario:
    """Begin the scenario of a clause."""
    context = Context(session.target, session.operation(clause), session.tag)
    name = clause.guarantee or clause.observe
    if name is None:
        return _condition(context, clause)
    return conforms(context, session.workshop) if name == GENERATED else SCENARIOS[name](context, clause.conditions)


def _condition(context: Context, clause: Clause) -> Scenario:
    exchange = yield from provoked(context, clause.when, clause.method)
    if _asks_further(clause):
        facts: Mapping[str, Any] = yield from which_counted(context, exchange)
        return facts
    return {}


def _asks_further(clause: Clause) -> bool:
    # Where a rule is judged, the answer alone counts, and nothing more is asked that might end otherwise.
    return clause.basis == "silent" and any(CONDITIONS[name].contradicts for name in clause.when)


def verdict_of(clause: Clause, differences: list[Difference], transcript: Transcript) -> Verdict:
    """Turn a list of differences into a verdict."""
    if clause.basis == "silent" or clause.observe:
        return Verdict.OBSERVED
    if not differences:
        return Verdict.PASS
    if clause.can_fail:
        return Verdict.FAIL
    if clause.level == "may":
        probes = [e for e in transcript.exchanges if e.call.step == "probe"]
        # What may be offered may be refused; only a proper refusal counts as one.
        proper = probes and declined(probes[-1].reply, probes[-1].call.draft.operation)
        return Verdict.NOT_SUPPORTED if proper else Verdict.WARN
    return Verdict.WARN


def weigh(session: TargetSession, clause: Clause, attempts: list[Attempt]) -> Judged:
    """Judge the attempts; of several, the one that weighs most gives the verdict."""
    judged = [_judged(session, clause, attempt) for attempt in attempts]
    if len(judged) == 1 and not judged[0].verdict.broken:
        return judged[0]
    worst = min(judged, key=lambda one: list(Verdict).index(one.verdict))
    return replace(worst, attempts=len(judged), broken=sum(one.verdict.broken for one in judged))


def check(session: TargetSession, clause: Clause) -> Judged:
    """Examine and judge one clause, and do nothing else while it waits."""
    return Check(session, clause).end()


def _fallen(session: TargetSession, clause: Clause, trouble: Exception) -> Judged:
    frames = traceback.extract_tb(trouble.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    halt = Halt(f"{type(trouble).__name__}: {trouble}{where}"[:500])
    return _judged(session, clause, Attempt(Transcript(), halt))


def _judged(session: TargetSession, clause: Clause, attempt: Attempt) -> Judged:
    context = Context(session.target, session.operation(clause), session.tag)
    differences: list[Difference] = []
    halt = attempt.halt
    if halt is None:
        try:
            if clause.guarantee == GENERATED:
                differences = described(context, attempt.transcript, session.workshop)
            else:
                differences = judge(context, attempt.transcript, clause)
        except Halt as nothing_to_judge:
            halt = nothing_to_judge
    if halt is not None:
        verdict, seen = halt.verdict, halt.reason
    else:
        verdict = verdict_of(clause, differences, attempt.transcript)
        seen = describe(clause.guarantee or clause.observe or "", context, attempt.transcript, differences)
    reason = halt.reason if halt is not None else ""
    if verdict is Verdict.NOT_SUPPORTED and not isinstance(halt, NotSupported):
        reason = f"{context.operation.name} is refused: {seen}"
    remedy = halt.remedy if halt is not None else {}
    return Judged(attempt, verdict, tuple(differences), seen, reason, remedy)

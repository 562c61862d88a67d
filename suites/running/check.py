"""Checking one clause at one target: scenario, judge, verdict, record. The table of verdicts is `verdict_of`."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from pathlib import Path

from watchword.reports.verdict import Verdict
from watchword.specs.values.clause import Clause
from watchword.suites.acting.context import Context, declined
from watchword.suites.acting.scenarios import SCENARIOS, provoked
from watchword.suites.acting.steps import Halt, NotSupported, Remedy, Scenario, Transcript
from watchword.suites.judging.contract import conforms, described
from watchword.suites.judging.expect import Difference
from watchword.suites.judging.judge import judge
from watchword.suites.judging.observe import describe
from watchword.suites.running.session import TargetSession

GENERATED = "contract.conforms"
"""The guarantee whose check sends generated requests."""

__all__ = [
    "GENERATED",
    "Attempt",
    "Judged",
    "check",
    "examine",
    "scenario_of",
    "verdict_of",
    "weigh",
]


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One try at a clause: what happened, and what halted it before there was something to judge."""

    transcript: Transcript
    halt: Halt | None


@dataclass(frozen=True, slots=True, repr=False)
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


def examine(session: TargetSession, clause: Clause) -> list[Attempt]:
    """Do at the target what the clause is about, as often as the run repeats each check."""
    left_open = session.budget.halt(clause)
    if left_open is not None:
        return [Attempt(Transcript(), left_open)]
    return [Attempt(*session.probe.run(lambda: scenario_of(session, clause))) for _ in range(session.repeat)]


def scenario_of(session: TargetSession, clause: Clause) -> Scenario:
    """Begin the scenario of a clause."""
    context = Context(session.target, session.operation(clause), session.tag)
    name = clause.guarantee or clause.observe
    if name is None:
        return _condition(context, clause)
    return conforms(context) if name == GENERATED else SCENARIOS[name](context, clause.conditions)


def _condition(context: Context, clause: Clause) -> Scenario:
    yield from provoked(context, clause.when, clause.method)
    return {}


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
    worst = min(judged, key=lambda one: list(Verdict).index(one.verdict))
    return replace(worst, attempts=len(judged), broken=sum(one.verdict.broken for one in judged))


def check(session: TargetSession, clause: Clause) -> Judged:
    """Examine and judge one clause; whatever goes wrong in our own code is a verdict, too."""
    try:
        return weigh(session, clause, examine(session, clause))
    except Exception as trouble:  # noqa: BLE001 - one check that falls over must not keep the others from being made
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
            judges = described if clause.guarantee == GENERATED else judge
            differences = judges(context, attempt.transcript, clause)
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

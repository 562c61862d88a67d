"""What all tests share: a mock and the suites in one process, joined without a socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings

from watchword.mockserver.clock import StillClock
from watchword.mockserver.http.message import finished
from watchword.mockserver.service import Outcome, Service
from watchword.reports.records import ClauseRecord
from watchword.specs.loader import load_dialect
from watchword.specs.redaction import Masker
from watchword.specs.values.http import Reply, Request
from watchword.suites.judging.schemas import schema_errors
from watchword.suites.running.check import check
from watchword.suites.running.recording import write
from watchword.suites.running.session import TargetSession
from watchword.suites.target import from_description

# A slow machine is no defect, and what fails once has to fail again.
settings.register_profile("ours", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")

ORIGIN = "http://mock.test"
TROUBLE = ("fail", "error", "blocked", "inconclusive")
"""The verdicts that a right server never gets."""


class InProcess:
    """A mock of one profile and the suites against it. `answered` is everything that the mock was asked."""

    def __init__(self, dialect: str, profile: str = "documented", *, still: bool = False) -> None:
        self.service = Service(load_dialect(dialect), profile, clock=StillClock() if still else None)
        self.answered: list[tuple[Request, Outcome]] = []
        bases = self.service.dialect.api.bases
        masker = Masker()
        masker.configure(self.service.credentials)
        target = from_description(
            {
                "name": profile,
                "dialect": dialect,
                "url": ORIGIN + bases["url"],
                "resource_url": ORIGIN + bases.get("resource_url", bases["url"]),
                "credentials": self.service.credentials,
                "control": self.service.clock,
            }
        )
        self.session = TargetSession(target, masker, wire=self)

    def send(self, request: Request) -> tuple[Reply, float]:
        """Answer a request of the suites, as a wire does."""
        base = self.service.dialect.api.bases[request.base]
        return self.ask(replace(request, path=base + request.path)), 0.0

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def ask(self, request: Request) -> Reply:
        """Answer a request whose path begins at the root of the mock."""
        outcome = self.service.handle(request, ORIGIN)
        self.answered.append((request, outcome))
        return finished(outcome.reply, request.method, outcome.at)

    def check_all(self) -> dict[str, ClauseRecord]:
        """Check every clause that can be checked; gives the records by clause, without the name of the dialect."""
        records = {}
        for clause in self.service.dialect.clauses:
            if not clause.untested:
                records[clause.id] = write(self.session, clause, check(self.session, clause), time.monotonic())
        return records

    def undescribed(self) -> list[str]:
        """Give what deviates from the description in the replies that the mock has given since it began."""
        api = self.service.dialect.api
        found = []
        for request, outcome in self.answered:
            if outcome.operation is not None:
                for where, rule, seen in schema_errors(api, api.operations[outcome.operation], outcome.reply):
                    found.append(f"{request.method} {request.path} ({outcome.condition}): {where} {rule}; {seen}")
        return sorted(set(found))


@pytest.fixture(scope="session")
def in_process() -> Callable[..., InProcess]:
    """Join a mock with the suites: `in_process("dialect", "profile")`; with `still=True` its clock stands still."""
    return InProcess


@pytest.fixture(scope="session")
def trouble() -> Callable[[dict[str, ClauseRecord]], dict[str, str]]:
    """Pick from records what a right server never gets: clause → verdict and what was seen."""

    def pick(records: dict[str, ClauseRecord]) -> dict[str, str]:
        return {
            clause: f"{record.verdict}: {'; '.join(record.differences) or record.reason}"
            for clause, record in records.items()
            if record.verdict in TROUBLE
        }

    return pick

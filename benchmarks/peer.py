"""Schemathesis as a knowledgeable user would set it up in an afternoon, run in this process against a running mock.

It is given the description, the right credentials (see the wallet), all phases and all checks. What departs from its
defaults does so for a reason that is written beside it, and most of it is what its own guide to benchmarking advises.
Running it in process spares it the second and more that its command takes to start.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import schemathesis
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from benchmarks.wallet import Wallet
from watchword.mockserver.launch import Running
from watchword.specs.loader import Dialect

__all__ = ["MAX_EXAMPLES", "Finding", "PeerRun", "run"]

MAX_EXAMPLES = 100
"""How many requests each operation gets in the fuzzing phase, and how many scenarios the stateful phase has: the default.

Fewer are faster and find less: in trials on 59 faults of one dialect 11 with 15 examples, 13 with 50, and 18 with 100.
"""


class Finding(NamedTuple):
    """A failure, told from others as Schemathesis itself does in its baselines: operation, kind, and a signature."""

    operation: str
    kind: str
    signature: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.operation, f"{self.kind[:1].lower()}{self.kind[1:]}", self.signature)))


@dataclass(frozen=True, slots=True)
class PeerRun:
    """What came of one run: distinct failures, and errors that are no failures."""

    failures: frozenset[Finding]
    errors: tuple[str, ...]
    seconds: float


def _config(running: Running, seed: int, examples: int) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            # A failure that is known already must not end the work on its operation.
            "continue-on-failure": True,
            "suppress-health-check": ["all"],
            "request-timeout": 3,
            "workers": 1,
            "cache": {"enabled": False},
            "generation": {
                "max-examples": examples,
                # Failures are counted here and not shown to people, so that none need be small.
                "no-shrink": True,
                "database": "none",
            },
            # The credentials are right, so that a positive request has no excuse left for being refused.
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx"]}},
        }
    )


def _description(dialect: Dialect, running: Running) -> dict[str, Any]:
    """Give the description with the mock's address in place of the documented one, wherever an address stands."""
    description: dict[str, Any] = json.loads(json.dumps(dialect.api.description))
    paths = description["paths"].values()
    for owner in (description, *paths, *(op for path in paths for op in path.values() if isinstance(op, dict))):
        for server in owner.get("servers", ()):
            server["url"] = running.origin + urlsplit(server["url"]).path
    return description


@contextmanager
def _of_a_stranger() -> Iterator[None]:
    """Keep Hypothesis from drawing values out of our sources, which it takes for the code under test.

    Over a network there would be none to read; and which ones have been imported would change the requests of a seed.
    """
    before = providers._get_local_constants
    nothing = Constants()
    providers._get_local_constants = lambda: nothing
    try:
        yield
    finally:
        providers._get_local_constants = before


def run(
    running: Running,
    seed: int,
    examples: int = MAX_EXAMPLES,
    known: frozenset[Finding] | None = None,
    watch: Callable[[Any, Any], None] | None = None,
) -> PeerRun:
    """Run Schemathesis once. With `known`, the run ends at the first failure that is not among these.

    `watch` is told every request and its reply.
    """
    failures: set[Finding] = set()
    errors: list[str] = []
    began = time.perf_counter()
    with _of_a_stranger(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schema = schemathesis.openapi.from_dict(
            _description(running.service.dialect, running), config=_config(running, seed, examples)
        )
        # As though it had been loaded from there: relative to this, addresses without a host are understood.
        schema.location = running.origin
        wallet = Wallet(running)
        schema.auth.providers.append(wallet)
        stream = from_schema(schema).execute()

        def before_call(context: Any, case: Any, kwargs: Any) -> None:
            wallet.fill(context, case, kwargs)

        def after_call(context: Any, case: Any, response: Any) -> None:
            wallet.remember(context, case, response)
            if watch is not None:
                watch(case, response)

        def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
            failures.add(Finding(failure.operation or "", failure.kind_title, failure._unique_key))
            if known is not None and failures - known:
                stream.stop()
            return True

        schema.hooks.hook("after_call")(after_call)
        schema.hooks.hook("filter_failure")(filter_failure)
        # The only hook there is before a call is one for all schemas, and there is no other while this run goes on.
        schemathesis.hook("before_call")(before_call)
        try:
            for event in stream:
                if isinstance(event, events.NonFatalError):
                    errors.append(f"{event.label}: {event.info.title}")
                elif isinstance(event, events.FatalError):
                    errors.append(f"{type(event.exception).__name__}: {event.exception}")
        finally:
            schemathesis.hooks.unregister_all()
    return PeerRun(frozenset(failures), tuple(errors), time.perf_counter() - began)

"""Generated requests: right in everything that they are not about, and a danger to nobody's account."""

from __future__ import annotations

import pytest

from watchword.specs.loader import bundled, load_dialect
from watchword.suites.judging.workshop import GENERATED
from watchword.suites.running.check import check

CLAUSES = [(name, c.id) for name in bundled() for c in load_dialect(name).clauses if c.guarantee == GENERATED]
SECRETS = ("password", "operator_password", "client_secret")


@pytest.fixture(scope="module", params=CLAUSES, ids=[":".join(pair) for pair in CLAUSES])
def generated(request, in_process):
    """What the mock made of the generated requests of one clause: its conditions, in order, and the bad logins."""
    dialect, clause = request.param
    mock = in_process(dialect, still=True)
    judged = check(mock.session, mock.service.dialect.clause(clause))
    probes = zip(
        mock.answered[-len(judged.attempt.transcript.exchanges) :], judged.attempt.transcript.exchanges, strict=True
    )
    return [outcome.condition for (_, outcome), exchange in probes if exchange.call.step == "probe"]


def test_some_are_served(generated):
    """The right request with generated values beside it is served, so more than refusals meets the description."""
    assert None in generated


def test_they_are_refused_for_different_reasons(generated):
    """No single refusal, such as that of a brand, hides everything else."""
    refusals = [condition for condition in generated if condition is not None]

    assert len(generated) > len(refusals)
    assert len(refusals) < 3 or len(set(refusals)) > 1 or len(refusals) < len(generated) / 2


def test_no_account_is_charged(generated):
    """No generated request tries a wrong secret on an account that exists."""
    charged = {f"{role}.{defect}" for role in SECRETS for defect in ("wrong", "truncated", "extended", "other_case")}

    assert set() == charged & set(generated)

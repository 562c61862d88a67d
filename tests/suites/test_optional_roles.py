"""What a request may do without is there, and right, where a clause is about it being wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from watchword.specs.redaction import Masker
from watchword.suites.running.check import check
from watchword.suites.running.plan import plan_lines
from watchword.suites.running.session import TargetSession

SMALLEST = Path(__file__).parent.parent / "dialects" / "smallest"
CLAUSE = """- id: login.secret-{name}
  topic: auth
  says: An application that shows a wrong secret is answered 401.
  level: must
  basis: documented
  source: {{document: smallest, section: Login, line: 3}}
  operation: logIn
  when: client_secret.{name}
  expect: {{status: [401]}}
"""
WRONG = ["truncated", "extended", "padded", "wrong", "empty"]


@pytest.fixture
def optional(tmp_path):
    """Give a dialect whose login takes an application and its secret, and works without them."""
    folder = Path(shutil.copytree(SMALLEST, tmp_path / "smallest"))
    for name, old, new in [
        (
            "openapi.yaml",
            "        password: {type: string, x-role: password}\n",
            "        password: {type: string, x-role: password}\n"
            "        app: {type: string, x-role: client_id}\n        secret: {type: string, x-role: client_secret}\n",
        ),
        (
            "profiles.yaml",
            "[username.unknown, password.wrong]",
            "[username.unknown, password.wrong, client_id.unknown, client_secret.wrong]",
        ),
        (
            "profiles.yaml",
            "profiles:\n",
            "  clients:\n    - {client_id: lamp, client_secret: Copper1-Wick}\nprofiles:\n",
        ),
    ]:
        path = folder / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")
    with (folder / "clauses.yaml").open("a", encoding="utf-8") as file:
        file.writelines(CLAUSE.format(name=name) for name in WRONG)
    return folder


def test_what_is_optional_is_right_first(optional, in_process):
    """The control carries the secret, the probe a wrong one, and a refusal of it is seen."""
    session = in_process(str(optional)).session
    for name in WRONG:
        clause = next(c for c in session.target.dialect.clauses if c.id == f"login.secret-{name}")
        checked = check(session, clause)
        bodies = [exchange.request.body for exchange in checked.attempt.transcript.exchanges]

        assert "pass" == checked.verdict, (name, checked)
        assert b"Copper1-Wick" in bodies[0]


def test_the_plan_goes_as_far(optional, in_process):
    """The plan of such clauses is told, whatever the target file gives."""
    session = in_process(str(optional)).session
    clauses = [c for c in session.target.dialect.clauses if not c.untested]

    assert "requests for" in [*plan_lines(TargetSession(session.target, Masker()), clauses)][-1]

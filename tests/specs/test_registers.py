"""The bundled registers: complete, unique, in plain sentences, and each row with its source."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from watchword.specs.applies import applicable_conditions
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.specs.model import Clause

LEAST = {"sensu": 45, "fusio": 55, "rator": 60}
TITLES = {
    "ROPC": r"\bROPC\b",
    "placeholder": r"\b(TBD|TODO|FIXME|XXX|lorem)\b",
    "two blanks": r"  ",
    "blank before a stop": r" [.,;:]",
    "dash": r"[–—]",
}
CASES = [pytest.param(clause, id=clause.full_id) for name in bundled() for clause in load_dialect(name).clauses]


@pytest.fixture(params=bundled())
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Each bundled dialect in turn."""
    return load_dialect(request.param)


def test_number_of_rows(dialect: Dialect) -> None:
    """A register has at least as many rows as its document has rules."""
    assert len(dialect.clauses) >= LEAST[dialect.name]


def test_ids_are_unique() -> None:
    """No two clauses of all dialects have one full id."""
    counted = Counter(clause.full_id for name in bundled() for clause in load_dialect(name).clauses)

    assert [] == [name for name, count in counted.items() if count > 1]


def test_sentences_are_unique(dialect: Dialect) -> None:
    """No sentence stands twice in a register."""
    counted = Counter(clause.says.lower() for clause in dialect.clauses)

    assert [] == [says for says, count in counted.items() if count > 1]


@pytest.mark.parametrize("clause", CASES)
def test_sentence(clause: Clause) -> None:
    """A rule is one short line that begins with a capital and ends with a full stop."""
    assert len(clause.says) <= 240
    assert clause.says[:1] == clause.says[:1].upper()
    assert clause.says.endswith(".")
    assert not clause.says.endswith("..")
    assert "\n" not in clause.says
    assert [] == [name for name, pattern in TITLES.items() if re.search(pattern, clause.says)]


@pytest.mark.parametrize("clause", CASES)
def test_source(clause: Clause) -> None:
    """A rule of the document names the line it stands on; a rule of a standard names the standard and the section."""
    standard = re.fullmatch(r"RFC \d{4}", clause.source.document)

    assert (clause.source.document == clause.dialect) != (standard is not None)
    assert (clause.source.line is not None) == (standard is None)
    assert standard is None or re.fullmatch(r"\d+(\.\d+)*", clause.source.section)
    assert clause.basis != "rfc" or standard is not None


@pytest.mark.parametrize("clause", CASES)
def test_strength(clause: Clause) -> None:
    """What is silent is a may, and what can fail says what it expects."""
    judged = clause.when or clause.guarantee == "request.accepted"

    assert clause.basis != "silent" or clause.level == "may"
    assert not clause.observe or clause.basis == "silent"
    assert not (clause.can_fail and judged) or clause.expect.status or clause.expect != type(clause.expect)()


def test_every_operation_has_clauses(dialect: Dialect) -> None:
    """Each described operation is spoken of."""
    named = {clause.operation for clause in dialect.clauses}

    assert [] == [name for name in dialect.api.operations if name not in named]


def test_every_condition_is_met(dialect: Dialect) -> None:
    """Each condition that some operation can have appears in the register."""
    operations = dialect.api.operations.values()
    apply = {condition.name for op in operations for condition in applicable_conditions(op, dialect.api)}
    named = {name for clause in dialect.clauses for name in (*clause.when, *clause.conditions)}
    # Only a JWT has a signature that could be cut off.
    profile = dialect.profile("documented")
    opaque = {f"{role}.unsigned" for role in ("access_token", "refresh_token") if getattr(profile, role).form != "jwt"}

    assert set() == apply - named - opaque


def test_every_topic_is_met(dialect: Dialect) -> None:
    """Each register speaks of authentication, renewal, refusals and the contract."""
    assert {"auth", "refresh", "error_codes", "contract"} <= {clause.topic for clause in dialect.clauses}


def test_what_cannot_be_tested_is_there(dialect: Dialect) -> None:
    """Rows that cannot be tested from outside stand in the register with the reason."""
    untested = [clause for clause in dialect.clauses if clause.untested]

    assert untested
    assert [] == [clause.id for clause in untested if not str(clause.untested).endswith(".")]


def test_rows_can_be_found_by_id(dialect: Dialect) -> None:
    """A clause is found by its id, and knows the line it is written on."""
    assert [] == [clause.id for clause in dialect.clauses if dialect.clause(clause.id) is not clause]
    assert sorted(c.line or 0 for c in dialect.clauses) == [c.line or 0 for c in dialect.clauses]

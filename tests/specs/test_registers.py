"""The bundled registers: complete, unique, in plain sentences, and each row with its source."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from watchword.specs.applies import applicable_conditions
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.specs.values.clause import Clause, Expectation

LEAST = {"sensu": 45, "fusio": 55, "rator": 60, "oauth2": 150}
PROSE = {
    "a placeholder": r"\b(TBD|TODO|FIXME|XXX)\b",
    "a line break": r"\n",
    "two blanks": r"  ",
    "a blank before a stop": r" [.,;:]",
    "a dash": "[\u2013\u2014]",
    "no capital at the beginning": r"^[a-z]",
    "no full stop at the end": r"[^.]$|\.\.$",
    "more than 240 characters": r"^.{241}",
}
STANDARD = re.compile(r"RFC \d{4}")


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


def prose(says: str) -> list[str]:
    """Say what is wrong with a sentence."""
    return [name for name, pattern in PROSE.items() if re.search(pattern, says)]


def test_sentences(dialect: Dialect) -> None:
    """A rule is one short line that begins with a capital and ends with a full stop."""
    assert {} == {clause.id: wrong for clause in dialect.clauses if (wrong := prose(clause.says))}


@pytest.mark.parametrize(
    ("says", "wrong"),
    [
        ("A login is answered 200.", []),
        ("a login is answered 200", ["no capital at the beginning", "no full stop at the end"]),
        ("A login  is answered 200 .", ["two blanks", "a blank before a stop"]),
        ("A login.\nIt works..", ["a line break", "no full stop at the end"]),
        ("A" * 240 + ".", ["more than 240 characters"]),
    ],
)
def test_prose_is_looked_at(says: str, wrong: list[str]) -> None:
    """What is wrong with a sentence is noticed."""
    assert wrong == prose(says)


def source(clause: Clause) -> list[str]:
    """Say what is wrong with the source of a clause."""
    named = clause.source
    standard = STANDARD.fullmatch(named.document) is not None
    wrong = {
        "another document": not standard and named.document != clause.dialect,
        "a standard without a section": standard and not re.fullmatch(r"\d+(\.\d+)*", named.section),
        "a document without a line": not standard and named.line is None,
        "an rfc clause without a standard": clause.basis == "rfc" and not standard,
    }
    return [name for name, holds in wrong.items() if holds]


def test_sources(dialect: Dialect) -> None:
    """A rule of the document names the line it stands on; a rule of a standard names the standard and the section."""
    assert {} == {clause.id: wrong for clause in dialect.clauses if (wrong := source(clause))}


def test_levels(dialect: Dialect) -> None:
    """What is silent is a may, what is only observed is silent, and what can fail says what it expects."""
    silent = [clause.id for clause in dialect.clauses if clause.basis == "silent" and clause.level != "may"]
    observed = [clause.id for clause in dialect.clauses if clause.observe and clause.basis != "silent"]
    judged = [c for c in dialect.clauses if c.can_fail and (c.when or c.guarantee == "request.accepted")]

    assert ([], []) == (silent, observed)
    assert judged
    assert [] == [clause.id for clause in judged if clause.expect == Expectation()]


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

"""The laws themselves are tested: whoever weakens a register, the catalogue, a declaration or a judge is told so."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from types import MappingProxyType

import pytest
import yaml

from watchword.detection.laws import Breach, breaches
from watchword.detection.run import run
from watchword.mockserver.faults.catalogue import catalogue
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.specs.reading.groups import ungrouped
from watchword.specs.reading.yamlfile import read_yaml
from watchword.suites.judging.expect import Difference
from watchword.suites.running import check

DIALECT = "sensu"
FAULT = "accepts:password.truncated@createToken"
CLAUSE = "token.password-truncated"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of a dialect's folder, with two of its right servers: each that is measured costs as much as a hundred faults."""
    folder = Path(shutil.copytree(bundled()[DIALECT], tmp_path / DIALECT))
    file = folder / "profiles.yaml"
    told = yaml.safe_load(file.read_text("utf-8"))
    told["profiles"] = {name: told["profiles"][name] for name in ("documented", "rotating")}
    file.write_text(yaml.safe_dump(told, sort_keys=False), "utf-8")
    return folder


def judged(dialect: Dialect, faults: Iterable[str]) -> list[Breach]:
    """Measure a few faults of a dialect, and give the laws that are broken by what is seen of those."""
    wanted = MappingProxyType({name: catalogue(dialect)[name] for name in faults})
    (sheet,) = run([dialect], faults={dialect.name: wanted}).sheets
    return breaches(sheet)


def laws(found: Iterable[Breach], *about: str) -> set[tuple[str, str]]:
    """Give which laws are broken by which of some faults and clauses."""
    return {(breach.law, breach.what) for breach in found if breach.what in about}


def test_left_alone_the_laws_hold(copy: Path) -> None:
    """Without any sabotage, nothing is said of the fault and the clause that the other tests weaken."""
    assert set() == laws(judged(load_dialect(copy), [FAULT]), FAULT, CLAUSE)


def test_a_clause_is_removed(copy: Path) -> None:
    """A fault survives when the only clause that it breaks leaves the register."""
    rows = ungrouped(read_yaml(copy / "clauses.yaml")).value
    kept = [row for row in rows if row["id"] != CLAUSE]
    assert len(kept) == len(rows) - 1
    (copy / "clauses.yaml").write_text(yaml.safe_dump(kept), "utf-8")
    (copy / "faults.yaml").unlink()

    assert {("survived", FAULT)} == laws(judged(load_dialect(copy), [FAULT]), FAULT)


def test_a_fault_is_removed(copy: Path) -> None:
    """A clause is unguarded when the faults that break it leave the catalogue, and a declaration without fault is strange."""
    dialect = load_dialect(copy)
    left = [
        name for name, fault in catalogue(dialect).items() if name.startswith("accepts:") and CLAUSE not in fault.breaks
    ]
    found = judged(dialect, left)

    assert {("unguarded", CLAUSE), ("misdeclared", FAULT)} == laws(found, CLAUSE, FAULT)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda ids: [*ids, "token.password-extended"], "declares and does not break token.password-extended"),
        (lambda ids: [], f"breaks and does not declare {CLAUSE}"),
    ],
    ids=["widened", "narrowed"],
)
def test_a_declaration_is_changed(copy: Path, change: Callable[[list[str]], list[str]], told: str) -> None:
    """A fault that declares more or less than it breaks is misdeclared."""
    declared = yaml.safe_load((copy / "faults.yaml").read_text("utf-8"))
    declared[FAULT] = change(declared[FAULT])
    (copy / "faults.yaml").write_text(yaml.safe_dump(declared), "utf-8")

    (breach,) = [one for one in judged(load_dialect(copy), [FAULT]) if one.what == FAULT]

    assert ("misdeclared", told) == (breach.law, breach.detail)


def test_a_judge_accepts_anything(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is ever broken for a judge that sees no difference: faults survive, and clauses are unguarded."""
    monkeypatch.setattr(check, "judge", lambda context, transcript, clause: [])

    found = judged(load_dialect(copy), [FAULT, "dead-token@createToken"])

    assert {("survived", FAULT), ("misdeclared", FAULT), ("unguarded", CLAUSE)} == laws(found, FAULT, CLAUSE)
    assert ("survived", "dead-token@createToken") in laws(found, "dead-token@createToken")


def test_a_judge_finds_fault_with_everything(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a judge that is never content, every right server raises an alarm."""
    monkeypatch.setattr(check, "judge", lambda context, transcript, clause: [Difference("more", "less")])

    found = judged(load_dialect(copy), [])

    assert {f"{DIALECT}/{name}" for name in load_dialect(copy).profiles} == {b.what for b in found if b.law == "alarm"}


def test_a_scenario_falls_over(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trouble of our own at a server with a fault is no kill, and is told as what it is."""

    def fall(context: object, transcript: object, clause: object) -> list[Difference]:
        raise ZeroDivisionError

    dialect = load_dialect(copy)
    honest = judged(dialect, [])
    assert "alarm" not in {breach.law for breach in honest}
    monkeypatch.setattr(check, "judge", fall)

    found = judged(dialect, [FAULT])

    assert ("survived", FAULT) in laws(found, FAULT)
    assert "alarm" in {breach.law for breach in found}

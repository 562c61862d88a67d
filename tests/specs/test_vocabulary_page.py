"""`watchword vocabulary` and its page: every word of the tables, and rows that can be pasted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from watchword.mockserver.state.tokens import FORMS
from watchword.specs.applies import why_not, why_not_guarantee
from watchword.specs.loader import Dialect, load_dialect, schema
from watchword.specs.vocabulary import CONDITIONS, GUARANTEES, ROLES
from watchword.specs.vocabulary.roles import TOKEN_FORMS
from watchword.specs.vocabulary.rows import draft_row
from watchword.specs.vocabularycommand import vocabulary
from watchword.specs.vocabularypage import SECTIONS, words_of

ROOT = Path(__file__).resolve().parent.parent.parent
FICTIONAL = ROOT / "tests" / "dialects" / "lanternhouse"
TABLES = {"conditions": CONDITIONS, "guarantees": GUARANTEES, "roles": ROLES, "tokens": TOKEN_FORMS}


def run(*words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(vocabulary, list(words))


def test_the_page_is_that_of_the_tables() -> None:
    """docs/vocabulary.md is what the command prints; `watchword vocabulary --markdown` writes it anew."""
    assert run("--markdown").stdout == (ROOT / "docs" / "vocabulary.md").read_text("utf-8")


@pytest.mark.parametrize("section", TABLES)
def test_every_word_is_told(section: str) -> None:
    """Each word of a table is told by the command, with its sentence."""
    told = {word.name: word.says for word in words_of(section, schema("profiles"))}

    assert list(TABLES[section]) == list(told)
    assert all(told.values())
    assert all(f"\n{name}\n" in f"\n{run(section).stdout}" for name in told)


def test_the_forms_of_tokens_are_those_of_profiles_and_mock() -> None:
    """What the vocabulary calls a form can be written in a profile, and the mock makes it."""
    profile = schema("profiles")["properties"]["profiles"]["additionalProperties"]["properties"]

    assert set(TOKEN_FORMS) == set(profile["access_token"]["properties"]["form"]["enum"]) == {"jwt", *FORMS}


def test_every_key_of_a_profile_is_told() -> None:
    """Each key of a profile has a sentence."""
    assert [] == [word.name for word in words_of("profiles", schema("profiles")) if not word.says]


def test_sections_are_listed() -> None:
    """Without a section, the sections are told with the number of their words."""
    assert [[name, str(len(words_of(name, schema("profiles"))))] for name in SECTIONS] == [
        line.split()[:2] for line in run().stdout.splitlines()
    ]


def test_words_are_chosen() -> None:
    """A word stands for itself and for all about it; one that is not there is answered with the nearest."""
    lines = run("conditions", "password").stdout.splitlines()
    names = [line for line in lines if line and not line.startswith(" ")]

    assert [name for name in CONDITIONS if name.startswith("password.")] == names
    wrong = run("conditions", "pasword.wrong")
    assert 4 == wrong.exit_code
    assert "did you mean 'password.wrong'?" in wrong.stderr
    assert 4 == run("condition").exit_code
    assert 4 == run("roles", "--markdown").exit_code


def drafted(dialect: Dialect) -> list[str]:
    """Draft a row of every condition and guarantee at every operation that can have it."""
    api = dialect.api
    rows = []
    for operation in api.operations.values():
        rows += [draft_row(c.name, operation.name) for c in CONDITIONS.values() if not why_not(c, operation, api)]
        rows += [draft_row(name, operation.name) for name in GUARANTEES if not why_not_guarantee(name, operation)]
    return rows


def test_drafted_rows_can_be_pasted(tmp_path: Path) -> None:
    """A register that is made of nothing but drafted rows is read, and nothing in it can fail a run."""
    rows = [row for row in drafted(load_dialect(FICTIONAL)) if "CONDITION" not in row]
    folder = Path(shutil.copytree(FICTIONAL, tmp_path / "drafted"))
    (folder / "clauses.yaml").write_text("\n".join(rows), "utf-8")

    clauses = load_dialect(folder).clauses

    assert len(rows) == len(clauses)
    assert {True} == {
        name in {w for c in clauses for w in (*c.when, c.guarantee, c.observe)}
        for name in CONDITIONS
        if name != "body.malformed"
    }
    assert not any(clause.can_fail for clause in clauses)


@pytest.mark.parametrize("name", [*CONDITIONS, *GUARANTEES])
def test_examples_are_yaml(name: str) -> None:
    """The example of a word is one row that names it."""
    (row,) = yaml.safe_load(draft_row(name, "OPERATION"))

    assert name in (row.get("when"), row.get("guarantee"), row.get("observe"))

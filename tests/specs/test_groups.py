"""The group form of a register: it means what its rows would mean one by one, and mistakes are told where they stand."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from watchword.specs.errors import SpecError
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.reading.groups import ungrouped
from watchword.specs.reading.yamlfile import read_yaml

DIALECTS = Path(__file__).parent.parent / "dialects"
GROUPED = {**bundled(), "lanternhouse": DIALECTS / "lanternhouse"}
SHARED = """\
- operation: logIn
  topic: auth
  level: must
  basis: documented
  source: {document: smallest, section: Login, line: 2}
  expect: {status: [401]}
  rows:
    - id: login.password-wrong
      says: A login with a wrong password is answered 401.
      when: password.wrong
    - id: login.name-unknown
      says: A login with a name that nobody has is answered 401.
      line: 3
      when: username.unknown
    - id: login.name-missing
      level: should
      says: A login without a name is answered 400.
      source: {section: Other}
      when: username.missing
      expect: {status: [400]}
- operation: logIn
  topic: auth
  level: must
  basis: documented
  source: {document: smallest, section: Login}
  rows:
    - guarantee: request.accepted
      expect: {status: [200]}
      rows:
        - {id: login.served, says: A login with the right password is answered 200., line: 1}
        - {id: login.name-case, says: Whether the letters of a name may differ is left open., basis: silent, when: username.other_case}
- operation: [logIn, readMe]
  topic: error_codes
  level: must
  basis: inferred
  source: {document: smallest, section: Errors, line: 9}
  rows:
    - id: {logIn: login.no-failure, readMe: me.no-failure}
      says:
        logIn: No wrong login makes the server fail.
        readMe: No wrong request makes the server fail.
      guarantee: reply.no_credentials
    - id: me.token-missing
      says: A request without a token is answered 401.
      operation: readMe
      when: access_token.missing
      expect: {status: [401]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a small dialect whose register is in group form."""
    made = Path(shutil.copytree(DIALECTS / "smallest", tmp_path / "smallest"))
    (made / "clauses.yaml").write_text(SHARED, "utf-8")
    return made


def test_what_rows_come_to(folder: Path) -> None:
    """Rows have what their groups say, save what they say themselves, in the order of the file."""
    rows = [
        (c.id, c.operation, c.level, c.basis, c.source.section, c.source.line, c.when or c.guarantee, c.expect.status)
        for c in load_dialect(folder).clauses
    ]

    assert [
        ("login.password-wrong", "logIn", "must", "documented", "Login", 2, ("password.wrong",), (401,)),
        ("login.name-unknown", "logIn", "must", "documented", "Login", 3, ("username.unknown",), (401,)),
        # With another section, the group's line does not go along.
        ("login.name-missing", "logIn", "should", "documented", "Other", None, ("username.missing",), (400,)),
        ("login.served", "logIn", "must", "documented", "Login", 1, "request.accepted", (200,)),
        # What is silent is a may, and its own condition takes the place of the group's guarantee.
        ("login.name-case", "logIn", "may", "silent", "Login", None, ("username.other_case",), (200,)),
        ("login.no-failure", "logIn", "must", "inferred", "Errors", 9, "reply.no_credentials", ()),
        ("me.no-failure", "readMe", "must", "inferred", "Errors", 9, "reply.no_credentials", ()),
        ("me.token-missing", "readMe", "must", "inferred", "Errors", 9, ("access_token.missing",), (401,)),
    ] == rows


def test_each_clause_knows_its_line(folder: Path) -> None:
    """The line of a clause is that of its row, and of its id where a row stands for several."""
    lines = SHARED.splitlines()
    named = {clause.id: lines[(clause.line or 0) - 1] for clause in load_dialect(folder).clauses}

    assert [] == [(name, line) for name, line in named.items() if name not in line]


def dumped(folder: Path) -> bytes:
    """Write out all clauses of a dialect, without the lines of its file."""

    def plain(value: Any) -> Any:
        if hasattr(value, "__slots__"):
            return {name: plain(getattr(value, name)) for name in value.__slots__}
        return dict(value) if hasattr(value, "keys") else value

    return json.dumps([plain(replace(c, line=None)) for c in load_dialect(folder).clauses], default=plain).encode()


@pytest.mark.parametrize("name", GROUPED)
def test_expanded_registers_are_equal(name: str, tmp_path: Path) -> None:
    """A register in group form is to the byte what it is with each row written out."""
    source = read_yaml(GROUPED[name] / "clauses.yaml")
    rows = ungrouped(source).value
    written = Path(shutil.copytree(GROUPED[name], tmp_path / name))
    (written / "clauses.yaml").write_text(yaml.safe_dump(rows, sort_keys=False), "utf-8")

    assert not any("rows" in row for row in rows)
    assert any("rows" in row for row in source.value)
    assert dumped(GROUPED[name]) == dumped(written)


WRONG = {
    "a key of a group": ("  topic: auth\n", "  topc: auth\n", 2, "there is no key 'topc'", "'topic'"),
    "a key of a row": ("      line: 3", "      lin: 3", 13, "there is no key 'lin'", ""),
    "a line that is none": ("      line: 3", "      line: three", 13, "'three' is not of type 'integer'", ""),
    "a level of a group": ("  level: must", "  level: shall", 3, "'shall' is not valid", "must"),
    "what no group says": ("  basis: documented\n", "", 7, "the key 'basis' is missing here", ""),
    "a condition": ("when: username.unknown", "when: username.unknwon", 14, "no condition 'username.unknwon'", ""),
    "an operation of a group": ("operation: logIn", "operation: logOn", 1, "no operation 'logOn'", "'logIn'"),
    "an id twice": ("login.name-unknown", "login.password-wrong", 11, "stands on line 8 too", "an id of its own"),
    "one id for two operations": (
        "    - id: {logIn: login.no-failure, readMe: me.no-failure}",
        "    - id: login.no-failure",
        38,
        "has the id for each of them: logIn, readMe",
        "id: {logIn: …, readMe: …}",
    ),
    "a sentence too few": (
        "        readMe: No wrong request makes the server fail.\n",
        "",
        39,
        "has the says for each of them",
        "",
    ),
}


@pytest.mark.parametrize(("old", "new", "line", "problem", "hint"), WRONG.values(), ids=WRONG)
def test_mistakes(old: str, new: str, line: int, problem: str, hint: str, folder: Path) -> None:
    """What is wrong is said with the line on which it is written, in the group or in the row."""
    file = folder / "clauses.yaml"
    assert old in SHARED
    file.write_text(SHARED.replace(old, new, 1), "utf-8")

    with pytest.raises(SpecError) as caught:
        assert load_dialect(folder).clauses

    assert (file, line) == (caught.value.file, caught.value.line), caught.value
    assert problem in caught.value.problem
    assert hint in caught.value.hint

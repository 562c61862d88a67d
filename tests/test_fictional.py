"""A fourth API, invented and made of data alone, goes all the way: loader, mock, suites, report."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from watchword.mockserver.launch import Running, start
from watchword.mockserver.service import Service
from watchword.specs.applies import applicable_conditions
from watchword.specs.loader import Dialect, load_dialect
from watchword.specs.vocabulary import BASES, CONDITIONS, GUARANTEES, LEVELS, PLACES, PURPOSES, ROLES, TOPICS

ROOT = Path(__file__).parent.parent
FOLDER = Path(__file__).parent / "dialects" / "lanternhouse"


@pytest.fixture(scope="module")
def dialect() -> Dialect:
    """The invented dialect."""
    return load_dialect(FOLDER)


@pytest.fixture(scope="module")
def mock(dialect: Dialect) -> Iterator[Running]:
    """The invented API, mocked on a socket."""
    with start(Service(dialect)) as running:
        yield running


@dataclass(frozen=True)
class Outcome:
    """What one run of the suites left behind."""

    code: int
    text: str
    records: list[dict[str, Any]]
    page: str


@pytest.fixture(scope="module")
def outcome(mock: Running, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The suites against the mock, in a process of their own, told of the dialect by the path of its folder."""
    folder = tmp_path_factory.mktemp("run")
    target = folder / "target.toml"
    lines = ["[target]", f"dialect = {json.dumps(str(FOLDER))}"]
    lines += [f"url = {json.dumps(mock.url)}", f"resource_url = {json.dumps(mock.resource_url)}", "[credentials]"]
    lines += [f"{role} = {json.dumps(value)}" for role, value in mock.credentials.items()]
    lines += ["[limits]", "requests_per_second = 100000", "bad_logins = 1000"]
    target.write_text("\n".join(lines), encoding="utf-8")
    words = ["-q", "--target", str(target), "--report-dir", str(folder / "report"), "-p", "no:cacheprovider"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    text = ended.stdout + ended.stderr
    report = folder / "report"
    assert (report / "records.jsonl").is_file(), text
    records = [json.loads(line) for line in (report / "records.jsonl").read_text(encoding="utf-8").splitlines()]
    return Outcome(ended.returncode, text, records, (report / "report.html").read_text(encoding="utf-8"))


# -- what the data covers


def test_data_only() -> None:
    """The dialect is seven files of data and the page they describe."""
    names = {path.name for path in FOLDER.iterdir()}

    files = {
        "openapi.yaml",
        "clauses.yaml",
        "sources.yaml",
        "profiles.yaml",
        "faults.yaml",
        "client.yaml",
        "generated.json",
    }

    assert files | {"document.md"} == names


def test_places_and_purposes(dialect: Dialect) -> None:
    """Every place carries some role, and every purpose has an operation."""
    operations = dialect.api.operations.values()

    assert set(PLACES) == {b.place for op in operations for b in op.bindings}
    assert set(PURPOSES) == {op.purpose for op in operations}
    assert {"main", "alternative", "superseded"} == {b.standing for op in operations for b in op.bindings}


def test_roles(dialect: Dialect) -> None:
    """Every role travels in some request or reply."""
    operations = dialect.api.operations.values()
    sent = {b.role for op in operations for b in op.bindings}
    answered = {m.role for op in operations for shape in op.replies.values() for m in shape.members if m.role}

    assert set(ROLES) == sent | answered


def test_levels_bases_topics(dialect: Dialect) -> None:
    """The register uses every level, basis and topic."""
    assert set(LEVELS) == {c.level for c in dialect.clauses}
    assert set(BASES) == {c.basis for c in dialect.clauses}
    assert set(TOPICS) == {c.topic for c in dialect.clauses}


def test_guarantees(dialect: Dialect) -> None:
    """The register names every guarantee."""
    assert set(GUARANTEES) == {name for c in dialect.clauses for name in (c.guarantee, c.observe) if name}


def test_conditions(dialect: Dialect) -> None:
    """Every condition can be provoked somewhere, and the register names it."""
    apply = {c.name for op in dialect.api.operations.values() for c in applicable_conditions(op, dialect.api)}
    named = {name for c in dialect.clauses for name in (*c.when, *c.conditions)}

    assert set(CONDITIONS) == apply
    assert set(CONDITIONS) == named


def test_forms_of_rows(dialect: Dialect) -> None:
    """There are rows with several conditions, with a method, with a note, and rows that cannot be tested."""
    clauses = dialect.clauses

    assert any(len(c.when) > 1 for c in clauses)
    assert any(c.method for c in clauses)
    assert any(c.note for c in clauses)
    assert any(c.untested for c in clauses)
    assert any(c.observe for c in clauses)


def test_shape_of_the_api(dialect: Dialect) -> None:
    """There are two base URLs, both kinds of expiry, an optional operation, another path, scopes and a rotating session."""
    operations = dialect.api.operations.values()
    given = {role for op in operations for role in op.gives}

    assert {"url": "/keeper", "issuer": "", "resource_url": "/beacon"} == dialect.api.bases
    assert {"expires_at", "expires_in"} <= given
    assert any(op.optional for op in operations)
    assert any(op.alternative_paths for op in operations)
    assert ("lamps",) == dialect.api.operations["readLamp"].scopes
    assert {"oauth2", "http"} == {s["type"] for s in dialect.api.description["components"]["securitySchemes"].values()}
    assert dialect.profile("documented").renewal.rotates
    assert {"end_session"} == {
        rule.then for op in dialect.profile("documented").operations.values() for rule in op.rules if rule.then
    }


def test_brand_key_places(dialect: Dialect) -> None:
    """Tokens want the brand key in a header, the protected operation wants it in the query."""
    operations = dialect.api.operations

    assert {"header"} == {op.place("brand_key") for op in operations.values() if op.purpose in ("issue", "renew")}
    assert "query" == operations["readLamp"].place("brand_key")


def test_profile_like_another(dialect: Dialect) -> None:
    """A profile that is like another differs from it in what it names, and in nothing else."""
    documented, plain = dialect.profile("documented"), dialect.profile("plain")

    assert ("jwt", "uuid") == (documented.access_token.form, plain.access_token.form)
    assert ("new_tokens", "same_tokens") == (documented.relogin, plain.relogin)
    assert documented.renewal == plain.renewal
    assert documented.operations["revoke"] == plain.operations["revoke"]
    assert documented.operations["readLamp"].reply == plain.operations["readLamp"].reply
    assert "language.unknown" in plain.operations["readLamp"].accepts


def test_sources(dialect: Dialect) -> None:
    """Each row of the document names the line of a sentence below the heading it gives, and no sentence is left out."""
    headings: dict[int, str] = {}
    heading = ""
    for number, line in enumerate((FOLDER / "document.md").read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line and heading:
            headings[number] = heading
    own = [c.source for c in dialect.clauses if c.source.document == dialect.name]

    assert set(headings) == {source.line for source in own}
    assert [] == [str(source) for source in own if headings[source.line or 0] != source.section]


# -- the mock


def test_mock_serves_a_session(mock: Running) -> None:
    """A keeper logs in, opens a lamp, renews, and leaves; the token that was left behind opens nothing."""
    held = mock.credentials
    house = {"Lantern-House": held["brand_key"]}
    body = {"keeper": held["username"], "passphrase": held["password"]}
    lamp = f"{mock.resource_url}/lamps/north-2?house={held['brand_key']}"
    with requests.Session() as session:
        first = session.post(f"{mock.url}/sessions", json=body, headers=house)
        bearer = {"Authorization": f"Bearer {first.json()['access_token']}"}
        opened = session.get(lamp, headers=bearer)
        refresh = {"refresh_token": first.json()["refresh_token"]}
        second = session.post(f"{mock.url}/sessions/renewal", json=refresh, headers=house | bearer)
        bearer = {"Authorization": f"Bearer {second.json()['access_token']}"}
        left = session.delete(f"{mock.url}/sessions/current", headers=bearer)
        shut = session.get(lamp, headers=bearer)

    assert [201, 200, 201, 204, 401] == [r.status_code for r in (first, opened, second, left, shut)]
    assert held["username"] == opened.json()["keeper"]
    assert first.json()["refresh_token"] != second.json()["refresh_token"]


def test_mock_ends_a_session_whose_refresh_token_comes_twice(mock: Running) -> None:
    """The reuse of a refresh token is refused, and so is the newest refresh token of that session from then on."""
    held = mock.credentials
    form = {"grant_type": "password", "username": held["username"], "password": held["password"]}
    house, application = {"Lantern-House": held["brand_key"]}, (held["client_id"], held["client_secret"])

    def ask(**fields: str) -> requests.Response:
        return requests.post(f"{mock.url}/oauth/token", data=fields, headers=house, auth=application)

    old = ask(**form).json()["refresh_token"]
    new = ask(grant_type="refresh_token", refresh_token=old).json()["refresh_token"]
    reused = ask(grant_type="refresh_token", refresh_token=old)
    retired = ask(grant_type="refresh_token", refresh_token=new)

    assert [(400, "invalid_grant")] * 2 == [(r.status_code, r.json()["error"]) for r in (reused, retired)]


# -- the suites and the report


def test_suites_conform(outcome: Outcome) -> None:
    """The suites end with 0: nothing is broken, and every clause is verified but the one about what is not offered."""
    verdicts = {r["clause"]: r["verdict"] for r in outcome.records if r["record"] == "clause"}

    assert 0 == outcome.code, outcome.text
    assert "not_supported" == verdicts.pop("lanternhouse:told.client-in-form")
    assert {"pass", "observed"} == set(verdicts.values())


def test_suites_check_every_clause(outcome: Outcome, dialect: Dialect) -> None:
    """Each testable row leaves one record, and the run says which rows cannot be tested."""
    checked = [r["clause"] for r in outcome.records if r["record"] == "clause"]
    run = outcome.records[0]

    assert sorted(c.full_id for c in dialect.clauses if not c.untested) == sorted(checked)
    assert {c.full_id for c in dialect.clauses if c.untested} == {u["clause"] for u in run["untested"]}


def test_report_names_every_clause(outcome: Outcome, dialect: Dialect) -> None:
    """The report shows the id of every clause."""
    assert [] == [c.id for c in dialect.clauses if c.id not in outcome.page]


def test_outputs_hold_no_secret(outcome: Outcome, mock: Running) -> None:
    """Neither the records nor the page nor the terminal shows a configured secret."""
    text = json.dumps(outcome.records, ensure_ascii=False) + outcome.page + outcome.text
    secrets = [v for role, v in mock.credentials.items() if role.endswith(("password", "secret"))]

    assert [] == [s for s in secrets if s in text]


# -- data, not code


def test_nothing_else_knows_it() -> None:
    """No file outside the tests names the invented dialect."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    ours = [ROOT / name for name in names if name and not name.startswith("tests/") and (ROOT / name).is_file()]
    named = [str(path.relative_to(ROOT)) for path in ours if FOLDER.name.encode() in path.read_bytes().lower()]

    assert ours
    assert [] == named

"""`watchword new`: what it drafts lints, mocks and runs at once, and nothing that it guessed fails a run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from openapi_spec_validator import OpenAPIV31SpecValidator

from watchword.mockserver.faults.catalogue import find_fault
from watchword.mockserver.launch import start
from watchword.mockserver.service import Service
from watchword.specs.applies import applicable_conditions, why_not_guarantee
from watchword.specs.loader import Dialect, load_dialect
from watchword.specs.newcommand import new
from watchword.specs.values.clause import Clause
from watchword.specs.vocabulary import GUARANTEES
from watchword.suites.lint import lint

DOCUMENTS = Path(__file__).parent / "specs" / "drafting" / "documents"
WATCHWORD = Path(sys.executable).parent / "watchword"

# Each operation, what it is for, and where its roles travel: what a person reads in the documents.
EXPECTED = {
    "harbour": {
        "issueByClientCredentials": (
            "issue",
            {"grant_type": "form", "client_id": "form", "client_secret": "form", "scope": "form"},
        ),
        "listBerths": ("resource", {"access_token": "bearer"}),
    },
    "ledger": {
        "issueByPassword": (
            "issue",
            dict.fromkeys(("grant_type", "username", "password", "client_id", "client_secret", "scope"), "form"),
        ),
        "renewByRefreshToken": (
            "renew",
            dict.fromkeys(("grant_type", "refresh_token", "client_id", "client_secret"), "form"),
        ),
        "listBooks": ("resource", {"access_token": "bearer"}),
    },
    "postbox": {
        "authLogin": ("issue", {"username": "json", "password": "json"}),
        "authLogout": ("revoke", {"access_token": "bearer"}),
        "usersMe": ("resource", {"access_token": "bearer"}),
    },
    "skywatch": {
        "createSession": ("issue", {"client_secret": "header"}),
        "forecast": ("resource", {"access_token": "bearer", "record": "path"}),
    },
    "toolshed": {
        "getToken": ("issue", {"username": "basic", "password": "basic"}),
        "getTools": ("resource", {"access_token": "header"}),
    },
}


def begin(*words: str | Path, answers: str | None = None) -> Result:
    """Run `watchword new` to its end."""
    return CliRunner().invoke(new, [str(word) for word in words], input=answers)


def document(name: str) -> Path:
    """Give one of the extracts, which were written for these tests in the style of public APIs."""
    [path] = DOCUMENTS.glob(f"{name}.*")
    return path


@pytest.fixture(scope="module", params=["nothing", *EXPECTED])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a fresh draft: one without a document, and one of each extract."""
    made = tmp_path_factory.mktemp("drafts") / str(request.param)
    words = () if request.param == "nothing" else ("--from", document(request.param), "--yes")
    done = begin(made, *words)
    assert done.exit_code == 0, done.output
    return made


@pytest.fixture(scope="module")
def dialect(folder: Path) -> Dialect:
    """The draft as the loader sees it."""
    return load_dialect(folder)


@dataclass(frozen=True)
class Outcome:
    """The exit code of one run of the suites, and the record of each clause."""

    code: int
    text: str
    clauses: list[dict[str, Any]]

    def of(self, *verdicts: str) -> list[str]:
        """Give the clauses with one of these verdicts, each with what was expected and seen."""
        return [f"{c['clause']} {c['expected']}: {c['observed']}" for c in self.clauses if c["verdict"] in verdicts]


def run_suites(folder: Path, work: Path, *, fault: str | None = None) -> Outcome:
    """Run the suites of a dialect against its own mock, in a process of their own."""
    dialect = load_dialect(folder)
    with start(Service(dialect, fault=find_fault(dialect, fault) if fault else None)) as mock:
        wanted = (*dialect.api.required_credentials, *dialect.api.optional_credentials)
        lines = ["[target]", f"dialect = {json.dumps(str(folder))}", f"url = {json.dumps(mock.url)}"]
        lines += [f"resource_url = {json.dumps(mock.resource_url)}", "[credentials]"]
        lines += [f"{role} = {json.dumps(value)}" for role, value in mock.credentials.items() if role in wanted]
        lines += ["[limits]", "requests_per_second = 100000", "bad_logins = 1000"]
        (work / "target.toml").write_text("\n".join(lines), encoding="utf-8")
        words = [str(WATCHWORD), "test", str(work / "target.toml"), "--report-dir", str(work / "report")]
        ended = subprocess.run(words, cwd=work, capture_output=True, text=True, check=False)
    text = ended.stdout + ended.stderr
    records = (work / "report" / "records.jsonl").read_text(encoding="utf-8").splitlines()
    return Outcome(ended.returncode, text, [r for r in map(json.loads, records) if r["record"] == "clause"])


# -- what a draft is


def test_a_draft_lints(folder: Path) -> None:
    """It is valid at once, as a dialect and, by itself, as OpenAPI."""
    looked = CliRunner().invoke(lint, [str(folder)])
    description = yaml.safe_load((folder / "openapi.yaml").read_text(encoding="utf-8"))

    assert looked.exit_code == 0, looked.output
    assert [] == [error.message for error in OpenAPIV31SpecValidator(description).iter_errors()]


def test_a_draft_runs(folder: Path, tmp_path: Path) -> None:
    """The suites verify something against its mock, and find nothing to complain of."""
    outcome = run_suites(folder, tmp_path)

    assert [] == outcome.of("fail", "warn", "error", "blocked", "inconclusive")
    assert outcome.of("pass")
    assert outcome.code in (0, 7), outcome.text


@pytest.mark.parametrize("name", EXPECTED)
def test_what_is_found(name: str, tmp_path: Path) -> None:
    """Operations, purposes, roles and places are those that a person reads in the document."""
    begin(tmp_path / name, "--from", document(name), "--yes")
    operations = load_dialect(tmp_path / name).api.operations.values()

    found = {op.name: (op.purpose, {b.role: b.place for b in op.bindings}) for op in operations}

    assert EXPECTED[name] == found


def test_the_register_is_complete(dialect: Dialect) -> None:
    """Each condition that an operation can have is a row there, and each property whose roles it carries."""
    for operation in dialect.api.operations.values():
        rows = [c for c in dialect.clauses if c.operation == operation.name]
        conditions = {c.name for c in applicable_conditions(operation, dialect.api)}
        needed = {"access_token.works", "renew.works", "request.accepted", "contract.conforms"}

        assert conditions == {name for c in rows for name in c.when}
        assert {g for g in needed & set(GUARANTEES) if not why_not_guarantee(g, operation)} <= {
            c.guarantee for c in rows
        }


def test_what_is_guessed_is_marked_and_binds_nothing(dialect: Dialect) -> None:
    """Only a right request binds, where no role was guessed; what is documented and may bind has a note for review."""

    def told(clause: Clause) -> bool:
        return clause.guarantee == "request.accepted" and not clause.note

    marked = [c.id for c in dialect.clauses if c.basis == "documented" and not c.note.startswith("review:")]

    assert [] == [c.id for c in dialect.clauses if c.can_fail and not told(c)]
    assert marked == [c.id for c in dialect.clauses if c.can_fail]
    assert {"must", "should"} >= {c.level for c in dialect.clauses if c.basis == "rfc"}
    assert {"may"} == {c.level for c in dialect.clauses if c.basis == "silent"}


def test_a_guess_fails_no_run_until_it_is_raised(tmp_path: Path) -> None:
    """A server that takes any password is warned of, and breaks the run once the row about that is a must."""
    folder = tmp_path / "postbox"
    begin(folder, "--from", document("postbox"), "--yes")
    fault = "accepts:password.wrong@authLogin"
    before = run_suites(folder, tmp_path, fault=fault)
    register = folder / "clauses.yaml"
    text = register.read_text(encoding="utf-8")
    at = text.index("- id: auth-login.password-wrong\n")
    raised = tmp_path / "raised"
    raised.mkdir()
    for file in folder.iterdir():
        (raised / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (raised / "clauses.yaml").write_text(
        text[:at] + text[at:].replace("level: may", "level: must", 1), encoding="utf-8"
    )

    after = run_suites(raised, tmp_path, fault=fault)

    assert [] == before.of("fail")
    assert any("password-wrong" in told for told in before.of("warn", "not_supported"))
    assert before.code in (0, 7)
    assert ["raised:auth-login.password-wrong"] == [told.split()[0] for told in after.of("fail")]
    assert after.code == 1


def test_a_standard_that_is_invoked_is_a_basis(tmp_path: Path) -> None:
    """A grant of RFC 6749 and a bearer token of RFC 6750 have their rules from there, and a login of one's own has not."""
    begin(tmp_path / "ledger", "--from", document("ledger"), "--yes")
    begin(tmp_path / "postbox", "--from", document("postbox"), "--yes")
    ledger, postbox = load_dialect(tmp_path / "ledger"), load_dialect(tmp_path / "postbox")

    wrong = ledger.clause("issue-by-password.password-wrong")
    own = postbox.clause("auth-login.password-wrong")
    bearer = postbox.clause("users-me.access-token-unknown")

    assert ("rfc", (400,), ("invalid_grant",)) == (wrong.basis, wrong.expect.status, wrong.expect.error)
    assert ("documented", (401, 422)) == (own.basis, own.expect.status)
    assert ("rfc", (401,), "RFC 6750 section 3.1: invalid_token") == (
        bearer.basis,
        bearer.expect.status,
        bearer.source.section,
    )


def test_a_standard_binds_as_far_as_it_does(tmp_path: Path) -> None:
    """A client in the header gets 401, one in the form 400, too; scopes may be passed over; RFC 6750 recommends."""
    begin(tmp_path / "harbour", "--from", document("harbour"), "--yes")
    begin(tmp_path / "mine")
    form, header = load_dialect(tmp_path / "harbour"), load_dialect(tmp_path / "mine")

    assert (401, 400) == form.clause("issue-by-client-credentials.client-secret-wrong").expect.status
    assert (401,) == header.clause("issue-by-client-credentials.client-secret-wrong").expect.status
    assert "silent" == form.clause("issue-by-client-credentials.scope-unknown").basis
    assert "must" == form.clause("issue-by-client-credentials.grant-type-missing").level
    assert "should" == form.clause("list-berths.access-token-unknown").level


# -- asking


def test_roles_are_asked_for(tmp_path: Path) -> None:
    """Without --yes it asks for each name that does not tell for certain, and takes the answer."""
    done = begin(tmp_path / "toolshed", "--from", document("toolshed"), answers="-\nno_role\naccess_token\n")
    said = begin(tmp_path / "shed", "--from", document("toolshed"), answers="no_role\naccess_token\n")

    assert done.exit_code == 4
    assert "no operation gives a token" in done.output
    assert "GET /token, `token` (given): which role?" in said.output
    assert "there is no role 'no_role'" in said.output
    assert said.exit_code == 0
    assert "access_token" in load_dialect(tmp_path / "shed").api.operations["getToken"].gives


def test_nobody_answers(tmp_path: Path) -> None:
    """Where nobody can be asked, one line names --yes, and nothing is written."""
    done = begin(tmp_path / "toolshed", "--from", document("toolshed"), answers="")

    assert done.exit_code == 4
    assert "give --yes" in done.output
    assert not (tmp_path / "toolshed").exists()


# -- what cannot be used

INFO = "info: {title: A, version: '1'}\n"
TOKEN = "application/json: {schema: {type: object, properties: {access_token: {type: string}}}}"


def wrong() -> Iterator[Any]:
    """Give texts that are no document to begin with, and what is said of each."""
    yield pytest.param("swagger: '2.0'\n" + INFO, "this has Swagger 2.0", id="swagger")
    yield pytest.param("just words", "no `openapi` version", id="words")
    yield pytest.param("a: [", "is not YAML", id="yaml")
    yield pytest.param('{"openapi": }', "is not JSON", id="json")
    yield pytest.param("openapi: 3.1.0\npaths: {}\n", "is a required property\n", id="invalid")
    yield pytest.param(
        f"openapi: 3.1.0\n{INFO}paths: {{/a: {{$ref: other.yaml}}}}\n", "'other.yaml' leads out", id="out"
    )
    yield pytest.param(f"openapi: 3.1.0\n{INFO}paths: {{}}\n", "no operation gives a token", id="no tokens")
    yield pytest.param(
        f"openapi: 3.1.0\n{INFO}paths: {{/t: {{post: {{responses: {{'200': {{description: x, content: {{{TOKEN}}}}}}}}}}}}}\n",
        "gives a token, and takes no credentials that are known here",
        id="no credentials",
    )


@pytest.mark.parametrize(("text", "said"), list(wrong()))
def test_a_document_that_cannot_be_used(text: str, said: str, tmp_path: Path) -> None:
    """One line says what was wanted and seen, with a hint, and nothing is written."""
    (tmp_path / "api.yaml").write_text(text, encoding="utf-8")

    done = begin(tmp_path / "mine", "--from", tmp_path / "api.yaml", "--yes")

    assert done.exit_code == 4, done.output
    assert said in done.output
    assert "hint:" in done.output or "not YAML" in done.output or "not JSON" in done.output
    assert not (tmp_path / "mine").exists()


def test_what_was_looked_for_is_said(tmp_path: Path) -> None:
    """A document without token operations is told what one looks like."""
    (tmp_path / "api.yaml").write_text(f"openapi: 3.1.0\n{INFO}paths: {{}}\n", encoding="utf-8")

    done = begin(tmp_path / "mine", "--from", tmp_path / "api.yaml", "--yes")

    assert "looked for an operation whose 2xx JSON reply has a token" in done.output


@pytest.mark.parametrize(
    ("name", "said"), [("there", "exists already"), ("sensu", "is bundled"), ("Not A Name", "is no name for a dialect")]
)
def test_a_name_that_cannot_be_used(name: str, said: str, tmp_path: Path) -> None:
    """A folder that is there is left as it is, and a name that would hide another dialect is refused."""
    (tmp_path / "there").mkdir()

    done = begin(tmp_path / name)

    assert done.exit_code == 4
    assert said in done.output
    assert [] == list((tmp_path / "there").iterdir())


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    """It is named, and nothing is written."""
    done = begin(tmp_path / "mine", "--from", tmp_path / "none.yaml", "--yes")

    assert done.exit_code == 4
    assert "none.yaml: cannot be read" in done.output


def test_what_lists_no_refusal_is_silent(tmp_path: Path) -> None:
    """Where the document lists no status of a refusal, nothing is said of it, and the mock refuses all the same."""
    credentials = (
        "{type: object, required: [username, password], properties: {username: true, password: {type: string}}}"
    )
    (tmp_path / "api.yaml").write_text(
        f"openapi: 3.1.0\n{INFO}"
        f"paths: {{/t: {{post: {{requestBody: {{content: {{application/json: {{schema: {credentials}}}}}}}, "
        f"responses: {{'200': {{description: x, content: {{{TOKEN}}}}}}}}}}}}}\n",
        encoding="utf-8",
    )
    done = begin(tmp_path / "mine", "--from", tmp_path / "api.yaml", "--yes")
    outcome = run_suites(tmp_path / "mine", tmp_path)

    assert "GET /protected is a stand-in" in done.output
    assert [] == outcome.of("fail", "warn", "error", "blocked", "inconclusive")
    rows = {c["clause"]: c["verdict"] for c in outcome.clauses}
    assert {"observed"} == {rows["mine:post-t.password-wrong"], rows["mine:post-t.contract-conforms"]}


def test_a_flow_alone_is_enough(tmp_path: Path) -> None:
    """A token endpoint that an OAuth 2.0 flow names and no path describes is drafted from the RFC, and runs."""
    flow = "{clientCredentials: {tokenUrl: 'https://id.example/oauth/token', scopes: {read: Read.}}}"
    (tmp_path / "api.yaml").write_text(
        f"openapi: 3.1.0\n{INFO}servers: [{{url: 'https://api.example/v1'}}]\n"
        "paths: {/things: {get: {security: [{oauth: [read]}], responses: {'200': {description: Things.}}}}}\n"
        f"components: {{securitySchemes: {{oauth: {{type: oauth2, flows: {flow}}}}}}}\n",
        encoding="utf-8",
    )
    done = begin(tmp_path / "mine", "--from", tmp_path / "api.yaml", "--yes")
    outcome = run_suites(tmp_path / "mine", tmp_path)

    assert "drafted as RFC 6749 has it" in done.output
    assert [] == outcome.of("fail", "warn", "error", "blocked", "inconclusive")
    assert outcome.code in (0, 7), outcome.text

"""Generated requests are the same ones wherever they are made."""

from __future__ import annotations

import importlib
import itertools
import json
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner

from watchword.detection.declare import requests
from watchword.detection.measure import faulty
from watchword.specs.errors import SpecError
from watchword.specs.loader import Dialect, bundled, load_dialect
from watchword.specs.reading.generated import FILE, kept_requests
from watchword.specs.values.http import Reply
from watchword.suites.judging.contract import doubtful
from watchword.suites.judging.workshop import GENERATED, Here, Keeper
from watchword.suites.lint import lint

DIALECTS = (*bundled(), str(Path(__file__).parent.parent / "dialects" / "lanternhouse"))
TYPES = (
    "",
    "application/json",
    "APPLICATION/JSON",
    " application/json ",
    "application/json;charset=latin-1",
    "application/json, text/plain",
    "application/problem+json",
    "text/plain; charset=utf-8",
    "text/html",
    "json",
    "*/*",
)
BODIES = (
    b"",
    b"{}",
    b"[]",
    b"null",
    b"{",
    b"xxxxxxxxxx",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b'{"a": NaN}',
    b'{"a": "\\ud800"}',
    b'{"token": 1}',
    b'{"error": "invalid_grant"}',
    b'{"access_token": "a", "token_type": "bearer", "expires_in": "3600"}',
)

_PRINT = """
import sys
sys.path.insert(0, sys.argv[1])
import constants_of_somebody
from watchword.specs.loader import bundled, load_dialect
from watchword.suites.judging.workshop import Here
for name in bundled():
    api = load_dialect(name).api
    for path, method in sorted({(o.path, o.method) for o in api.operations.values()}):
        for case in Here().cases(api, path, method):
            body = case.body if isinstance(case.body, dict | list | bytes | str) else None
            print(name, path, method, body, case.headers, case.query, case.path_parameters)
"""


def test_nobodys_words_are_sent(tmp_path: Path) -> None:
    """What modules of other people are imported makes no difference; their constants are not among what is generated."""
    printed = []
    for number, constants in enumerate(([], [f"Somebodys-Secret-{n}" for n in range(400)])):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "constants_of_somebody.py").write_text(f"WORDS = {constants!r}\n", "utf-8")
        command = [sys.executable, "-c", _PRINT, str(folder)]
        printed.append(subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout)

    assert all(f"{name} " in printed[0] for name in bundled())
    assert "Somebodys" not in printed[1]
    assert printed[0] == printed[1]


@pytest.fixture(params=DIALECTS, ids=lambda name: Path(name).name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Give a dialect that keeps its requests."""
    return load_dialect(request.param)


def test_what_is_kept_is_what_would_be_made(dialect: Dialect) -> None:
    """The file in the folder is what the vouched release makes of the description: `watchword faults FOLDER --declare` mends it."""
    assert requests(dialect) == (dialect.folder / FILE).read_text("utf-8")
    assert f"Schemathesis {metadata.version('schemathesis')}" in requests(dialect)


def test_what_is_kept_is_what_is_sent(dialect: Dialect) -> None:
    """A run takes the requests that are kept, for every operation that is asked about; each is as it was made."""
    asked = {c.operation for c in dialect.clauses if c.guarantee == GENERATED and c.operation}
    for name in asked:
        operation = dialect.api.operations[name]
        made = Here().cases(dialect.api, operation.described_at, operation.method)

        assert made == kept_requests(dialect.api)[operation.described_at, operation.method]
        assert made == Keeper(Nobody()).cases(dialect.api, operation.described_at, operation.method)
    assert asked


class Nobody(Here):
    """A workshop in which nothing is made."""

    def cases(self, *_: object) -> tuple[()]:
        """Make nothing."""
        return ()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give the folder of a dialect that somebody is writing."""
    return Path(shutil.copytree(bundled()["sensu"], tmp_path / "sensu"))


def test_another_description(folder: Path) -> None:
    """After a change of the description, what was made of the one before does not count."""
    text = (folder / "openapi.yaml").read_text("utf-8")
    (folder / "openapi.yaml").write_text(f"{text}\nx-anything: changed\n", "utf-8")

    assert kept_requests(load_dialect("sensu").api)
    assert not kept_requests(load_dialect(folder).api)


def test_emptied_by_somebody(folder: Path) -> None:
    """A file that was changed does not count: no rule holds because nothing is asked."""
    kept = json.loads((folder / FILE).read_text("utf-8"))
    kept["requests"]["GET /auth"] = []
    (folder / FILE).write_text(json.dumps(kept), "utf-8")

    assert not kept_requests(load_dialect(folder).api)
    assert "is not used" in CliRunner().invoke(lint, [str(folder)]).output


@pytest.mark.parametrize(
    ("text", "seen"), [("[1]", "something else"), ("{", "no JSON"), ('{"of": "", "requests": []}', "something else")]
)
def test_a_file_that_is_none(folder: Path, text: str, seen: str) -> None:
    """A file with something else in it is an error that says what mends it."""
    (folder / FILE).write_text(text, "utf-8")

    with pytest.raises(SpecError, match="--declare") as caught:
        kept_requests(load_dialect(folder).api)
    assert seen in str(caught.value)


@pytest.mark.parametrize("name", ["oauth2", "sensu"])
def test_nothing_that_schemathesis_finds_is_beyond_doubt(name: str) -> None:
    """A reply is put before Schemathesis when we doubt it: what it objects to has always been doubted."""
    api = load_dialect(name).api
    missed, found = [], 0
    for operation, status, kind, body in itertools.product(api.operations.values(), (200, 401), TYPES, BODIES):
        reply = Reply(status, (("Content-Type", kind),) if kind else (), body)
        shape = operation.shape(status)
        # A description that leaves open what a reply is written in means it: only in the types that it names can anything be wrong.
        if shape is not None and "*/*" in shape.schemas and reply.media_type not in shape.schemas:
            continue
        told = Here().failures(api, operation.described_at, operation.method, [reply])
        found += told != [()]
        if told != [()] and not doubtful(api, operation, reply):
            missed.append(f"{operation.name}: {status} {kind} {body!r}: {told}")
    assert [] == missed
    assert found


def test_half_a_schemathesis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a reply is doubted and Schemathesis cannot be used, nobody has looked at it; elsewhere nobody has to."""
    importlib.import_module("watchword.suites.judging.generating")
    monkeypatch.delattr("watchword.suites.judging.generating")
    monkeypatch.setitem(sys.modules, "watchword.suites.judging.generating", None)
    sensu = load_dialect("sensu").folder

    [doubted] = faulty(sensu, "answers-302:refresh_token.missing@renewToken", ["renew.contract"], evidence=True)
    [right] = faulty(sensu, "answers-302:refresh_token.missing@renewToken", ["token.contract"], evidence=True)

    assert "not_observable" == doubted.verdict
    assert doubted.observed.startswith("the Schemathesis that is installed cannot be used (")
    assert "pass" == right.verdict

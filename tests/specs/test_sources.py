"""`sources.yaml`: every clause can be looked up, and who fetched a document can tell whether it is the one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from watchword.specs.command import clauses
from watchword.specs.loader import bundled, load_dialect
from watchword.specs.vocabulary.standards import STANDARDS
from watchword.suites.lint import lint

DIALECTS = Path(__file__).parent.parent / "dialects"
INVENTED = DIALECTS / "lanternhouse"
EVERY = [*bundled().values(), *(DIALECTS / name for name in ("lanternhouse", "smallest"))]


def linted(*arguments: str | Path) -> Result:
    """Run `watchword lint`."""
    return CliRunner().invoke(lint, [str(argument) for argument in arguments])


@pytest.fixture
def fetched(tmp_path: Path) -> Path:
    """Give a folder with the document of the invented dialect, under a name of its own."""
    folder = tmp_path / "fetched"
    folder.mkdir()
    shutil.copy(INVENTED / "document.md", folder / "page-17.txt")
    return folder


@pytest.mark.parametrize("folder", EVERY, ids=lambda folder: folder.name)
def test_every_clause_can_be_looked_up(folder: Path) -> None:
    """Each clause's document is among the sources, with title and either an address or a note on where it is."""
    dialect = load_dialect(folder)

    for clause in dialect.clauses:
        document = dialect.documents[clause.source.document]

        assert document.title
        assert document.published or document.note


@pytest.mark.parametrize("folder", bundled().values(), ids=bundled())
def test_bundled_documents_have_a_digest(folder: Path) -> None:
    """A document that is no standard is published, and its digest tells whether a text is the one whose lines are named."""
    dialect = load_dialect(folder)
    named = {clause.source.document for clause in dialect.clauses}

    for own in (dialect.documents[name] for name in named - STANDARDS.keys()):
        assert own.published
        assert own.version
        assert 64 == len(own.sha256)


def test_a_section_of_a_standard_has_a_link_of_its_own() -> None:
    """A clause that rests on a standard leads to the section that it names."""
    dialect = load_dialect("rator")
    clause = next(c for c in dialect.clauses if c.source.document == "RFC 6749" and c.source.section == "5.2")

    assert {
        "title": "The OAuth 2.0 Authorization Framework",
        "date": "2012-10",
        "link": "https://www.rfc-editor.org/rfc/rfc6749#section-5.2",
    } == dialect.looked_up(clause)


def test_the_register_is_printed_with_its_documents() -> None:
    """`watchword clauses` ends with what the documents are, and where they can be read."""
    done = CliRunner().invoke(clauses, ["sensu", "--level", "must"])

    assert "sensu: Authorization API, Sensu Go 5.1, 2019-06, https://docs.sensu.io/" in done.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("smallest:", "smaller:", "clauses.yaml:1: the document 'smallest' of login.served is not in sources.yaml"),
        ("smallest: {", "RFC 6749: {", "sources.yaml:1: RFC 6749 is known already"),
        ('date: "2026"', 'date: "May"', "sources.yaml:1: "),
    ],
)
def test_what_is_wrong_is_refused(old: str, new: str, said: str, broken: Callable[..., object]) -> None:
    """A clause without a source, a standard that is described again and a date of another form are mistakes."""
    made = broken("sources.yaml", old, new)

    done = linted(made.folder)  # type: ignore[attr-defined]

    assert 4 == done.exit_code
    assert said in done.stderr


def test_without_sources_there_is_no_register(tmp_path: Path) -> None:
    """A dialect without `sources.yaml` works, and the lint says what is missing, once a document."""
    folder = Path(shutil.copytree(DIALECTS / "smallest", tmp_path / "smallest"))
    (folder / "sources.yaml").unlink()

    done = linted(folder)

    assert 4 == done.exit_code
    assert 1 == done.stderr.count("is not in sources.yaml")
    assert {} == load_dialect(folder).looked_up(load_dialect(folder).clauses[0])


def test_fetched_documents_are_recognised(fetched: Path) -> None:
    """A file is known by its bytes, whatever it is called."""
    done = linted(INVENTED, "--documents", fetched)

    assert 0 == done.exit_code
    assert "1 document as fetched" in done.stdout


def test_another_text_is_not_the_document(fetched: Path) -> None:
    """One byte more, and it is not the document that the register was written from."""
    file = fetched / "page-17.txt"
    file.write_bytes(file.read_bytes() + b"\n")

    done = linted(INVENTED, "--documents", fetched)

    assert 4 == done.exit_code
    assert f"no file in {fetched} is the document 'lanternhouse'" in done.stderr


@pytest.mark.parametrize(("line", "said"), [(67, "is behind the last one, 66"), (2, "is blank")])
def test_a_line_that_says_nothing(line: int, said: str, fetched: Path, tmp_path: Path) -> None:
    """A clause that points behind the end of its document, or at a blank line of it, is a mistake."""
    folder = Path(shutil.copytree(INVENTED, tmp_path / "lanternhouse"))
    register = folder / "clauses.yaml"
    text = register.read_text("utf-8")
    register.write_text(text.replace("line: 15}", f"line: {line}}}", 1), "utf-8")
    assert register.read_text("utf-8") != text

    done = linted(folder, "--documents", fetched)

    assert 4 == done.exit_code
    assert f"points at line {line} of 'lanternhouse', which {said}" in done.stderr
